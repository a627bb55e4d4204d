"""The queue of jobs: who asked for what, how far it is, what came of it.

Reads and writes: jobs. Writes `var/jobs/<job>/`: the file that came with an order, under a name of ours.

A job is queued, running, then done, failed or stopped. It is started again as long as the machine goes down under it (`attempts`); the
command that it runs goes on where it was.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from casebook.jobs.job_orders import CheckJob, CrawlJob, GivenFile, ImportJob, JobPlaces, WatchJob, check_order
from ledger.database import Ledger, columns_of
from ledger.errors import BadInputError, OutsideFailureError, Problem
from ledger.identity import event_id, sha256_hex, utc_text
from ledger.proof.custody import CustodyLog
from ledger.records import Job
from ledger.typed_texts import JobId
from ledger.vocabulary import CustodyEvent, JobKind, JobState

MOST_ATTEMPTS = 5  # a job under which the machine went down so often may be why
ENDED = (JobState.DONE, JobState.FAILED, JobState.STOPPED)
MAX_QUEUED = 1_000


class KeyReusedError(BadInputError):
    """An idempotency key came again with another order."""


class QueueFullError(OutsideFailureError):
    """More jobs wait than anybody can mean."""


def order_job(
    ledger: Ledger,
    log: CustodyLog,
    places: JobPlaces,
    order: CrawlJob | CheckJob | ImportJob | WatchJob,
    *,
    by: str,
    idempotency_key: str | None = None,
) -> tuple[Job, bool]:
    """Queue a job; returns it and whether it is new. The same order under the same key is the job that it already made.

    Errors: BadInputError with every mistake, KeyReusedError, QueueFullError, OutsideFailureError when the disk refuses.
    """
    given = getattr(order, "file", None)
    file = given if isinstance(given, GivenFile) else None
    facts = order.model_dump(mode="json", exclude={"file"} if file else None)
    if file is not None:
        facts["file"] = {
            "name": file.name,
            "format": file.format,
            "sha256": sha256_hex(file.data),
            "bytes": len(file.data),
        }
    digest = sha256_hex(json.dumps(facts, sort_keys=True).encode())
    if (known := _find_ordered(ledger, by, idempotency_key, digest)) is not None:
        return known, False
    check_order(order, places)
    job = Job(
        job_id=JobId(event_id()),
        kind=JobKind(order.kind),
        job_order=facts,
        order_sha256=digest,
        requested_by=by,
        requested_at=utc_text(),
        idempotency_key=idempotency_key,
        progress={},
    )
    _store_file(places, job, file)
    with ledger.transaction():
        if (known := _find_ordered(ledger, by, idempotency_key, digest)) is not None:  # it came twice at once
            return known, False
        if count_jobs(ledger).get(JobState.QUEUED, 0) >= MAX_QUEUED:
            raise QueueFullError(f"{MAX_QUEUED:,} jobs wait already; stop some, or wait until they are done")
        ledger.add([job])
    log.add(CustodyEvent.ORDERED, {"job": job.job_id, "kind": job.kind, "order_sha256": digest}, by=by)
    places.wake()
    return job, True


def _find_ordered(ledger: Ledger, by: str, idempotency_key: str | None, digest: str) -> Job | None:
    if idempotency_key is None:
        return None
    known = ledger.find(Job, requested_by=by, idempotency_key=idempotency_key)
    if known is not None and known.order_sha256 != digest:
        raise KeyReusedError(
            Problem(
                where="Idempotency-Key",
                expected="the order that it was first sent with",
                got="another one",
                next_step="choose a new key for a new order",
            )
        )
    return known


def _store_file(places: JobPlaces, job: Job, file: GivenFile | None) -> None:
    """Write what came with an order where only this job reads it, whole before the job can be seen."""
    if file is None:
        return
    try:
        folder = places.folder(job.job_id)
        folder.mkdir(parents=True, mode=0o700)
        with (folder / f"job-{job.job_id}.{file.format}").open("xb") as out:
            out.write(file.data)
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise OutsideFailureError(
            f"the list could not be stored ({error.strerror}); free some space and try again"
        ) from error


def read_job(ledger: Ledger, job_id: str) -> Job | None:
    return ledger.find(Job, job_id=job_id)


def list_jobs(
    ledger: Ledger, *, state: JobState | None = None, kind: JobKind | None = None, before: str | None = None, limit: int
) -> list[Job]:
    """Return jobs, the newest first. before: only those that were ordered before this one."""
    sql = (
        f"SELECT {columns_of(Job)} FROM jobs WHERE (:state IS NULL OR state = :state) AND (:kind IS NULL OR kind = :kind)"
        " AND (:before IS NULL OR job_id < :before) ORDER BY job_id DESC LIMIT :limit"
    )
    return ledger.select(Job, sql, {"state": state, "kind": kind, "before": before, "limit": limit})


def list_running(ledger: Ledger) -> list[Job]:
    sql = f"SELECT {columns_of(Job)} FROM jobs WHERE state = ? ORDER BY job_id"
    return ledger.select(Job, sql, [JobState.RUNNING])


def count_jobs(ledger: Ledger) -> dict[JobState, int]:
    """Return how many jobs are in each state that any is in."""
    return {
        state: number
        for state in JobState
        if (number := ledger.value("SELECT count(*) FROM jobs WHERE state = ?", [state]))
    }


def request_stop(ledger: Ledger, log: CustodyLog, places: JobPlaces, job_id: str, *, by: str) -> Job | None:
    """Ask that a job ends; one that waits ends at once, one that has ended stays as it is. Returns it; None: there is none."""
    with ledger.transaction():
        job = ledger.find(Job, job_id=job_id)
        if job is None or job.state in ENDED or job.stop_by is not None:
            return job
        asked = {"stop_by": by, "stop_at": utc_text()}
        if job.state is JobState.QUEUED:
            asked |= {"state": JobState.STOPPED, "ended_at": utc_text()}
        ledger.update(Job, asked, job_id=job_id)
    log.add(CustodyEvent.ORDERED, {"job": job_id, "stop": True}, by=by)
    places.wake()
    return ledger.find(Job, job_id=job_id)


def claim_next(ledger: Ledger) -> Job | None:
    """Make the oldest job that waits a running one; returns it, or None when none waits."""
    with ledger.transaction():
        sql = f"SELECT {columns_of(Job)} FROM jobs WHERE state = ? ORDER BY job_id LIMIT 1"
        job = ledger.select_first(Job, sql, [JobState.QUEUED])
        if job is None:
            return None
        begun = {"state": JobState.RUNNING, "started_at": utc_text(), "attempts": job.attempts + 1}
        ledger.update(Job, begun, job_id=job.job_id)
    return ledger.find(Job, job_id=job.job_id)


def note_progress(
    ledger: Ledger, job_id: str, progress: dict[str, Any], messages: Sequence[str], crawl_id: str | None
) -> None:
    known = {"progress": progress, "messages": tuple(messages)} | ({"crawl_id": crawl_id} if crawl_id else {})
    ledger.update(Job, known, job_id=job_id)


def end_job(
    ledger: Ledger, job_id: str, state: JobState, *, exit_code: int | None, problems: Sequence[Problem] = ()
) -> None:
    """Note how a job ended."""
    told = tuple({name: value for name, value in asdict(problem).items() if value is not None} for problem in problems)
    ended = {"state": state, "ended_at": utc_text(), "exit_code": exit_code, "problems": told}
    ledger.update(Job, ended, job_id=job_id)


def queue_again(ledger: Ledger, job: Job) -> JobState:
    """Put a job back whose process is gone without an end; returns its state now."""
    if job.stop_by is not None:
        end_job(ledger, job.job_id, JobState.STOPPED, exit_code=None)
        return JobState.STOPPED
    if job.attempts >= MOST_ATTEMPTS:
        problem = Problem(
            where=f"job {job.job_id}",
            expected="an end",
            got=f"{job.attempts} starts, each of which broke off with the server or the machine",
            next_step="look at the machine's memory and its system log, then order it again",
        )
        end_job(ledger, job.job_id, JobState.FAILED, exit_code=None, problems=[problem])
        return JobState.FAILED
    ledger.update(Job, {"state": JobState.QUEUED}, job_id=job.job_id)
    return JobState.QUEUED


def take_back(ledger: Ledger, job: Job) -> None:
    """Put a job back that was interrupted because the server ended in order: that start does not count."""
    ledger.update(Job, {"state": JobState.QUEUED, "attempts": job.attempts - 1}, job_id=job.job_id)
