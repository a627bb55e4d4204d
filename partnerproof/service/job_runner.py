"""Runs the jobs of the queue, each in a process group of its own, while the server answers.

Reads and writes: jobs. Writes `var/jobs/`: of each job its log, its answer and how it ended.

1. One server of a workspace has the runner's lock; another waits for it.
2. A job marked running whose process lives is watched on; one whose process is gone without an end is queued again.
3. A stop is an interruption (SIGINT) of the whole group, as by a key; who has not ended after a while is killed.
4. At the server's end its jobs are interrupted and queued again: they go on with the next start.
"""

from __future__ import annotations

import csv
import logging
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from casebook.api.metrics import MIN_FREE_BYTES
from casebook.jobs.job_queue import (
    claim_next,
    end_job,
    list_running,
    note_progress,
    queue_again,
    read_job,
    take_back,
)
from ledger.database import Ledger
from ledger.errors import PartnerproofError, Problem
from ledger.identity import parse_utc, utc_now
from ledger.records import Job
from ledger.vocabulary import JobKind, JobState
from partnerproof.service.job_commands import REJECTS_NAME, command_of
from partnerproof.service.job_log import ANSWER_NAME, LOG_NAME, JobLog
from partnerproof.service.job_process import ALREADY_RUNNING, END_NAME, MOST_PROBLEMS, find_process, read_end
from partnerproof.workspace import Workspace

logger = logging.getLogger(__name__)
TICK_S, NOTE_EVERY_S = 0.5, 1.0
STOP_WAIT_S = 45.0  # for a crawl to end in order; it loses nothing when it is killed
TIDY_EVERY_S = 6 * 3_600.0
_ORPHAN_S = 3_600.0  # a folder without its job: its order was killed between the two


@dataclass(slots=True)
class _Watched:
    """A job whose process this server watches. process: None where another server started it."""

    log: JobLog
    process: subprocess.Popen[bytes] | None
    noted_at: float = 0.0
    interrupted_at: float | None = None
    is_killed: bool = False
    has_news: bool = False  # that is not noted yet


class JobRunner:
    """The thread that starts, watches and ends jobs."""

    def __init__(
        self, workspace: Workspace, *, stop_wait_s: float = STOP_WAIT_S, min_free_bytes: int = MIN_FREE_BYTES
    ) -> None:
        self._workspace, self._stop_wait_s, self._min_free_bytes = workspace, stop_wait_s, min_free_bytes
        self._folder = workspace.jobs
        self._watched: dict[str, _Watched] = {}
        self._wakes, self._ends = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        self._tidied_at = 0.0
        self._beat = time.monotonic()

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._thread.start()

    def wake(self) -> None:
        """A job waits, or somebody asked to stop one."""
        self._wakes.set()

    def is_alive(self) -> bool:
        """Whether jobs are being looked after."""
        return self._thread.is_alive() and time.monotonic() - self._beat < 60

    def stop(self) -> None:
        """End; jobs that run are interrupted and queued again."""
        self._ends.set()
        self._wakes.set()
        if self._thread.is_alive():
            self._thread.join(timeout=self._stop_wait_s + 20)

    def _run(self) -> None:
        while not self._ends.is_set():
            with self._workspace.hold("jobs") as is_ours:
                if is_ours:
                    self._run_jobs()
            self._beat = time.monotonic()
            self._ends.wait(TICK_S)

    def _run_jobs(self) -> None:
        while not self._ends.is_set():
            self._try_round()
            self._beat = time.monotonic()
            self._wakes.wait(TICK_S)
            self._wakes.clear()
        self._interrupt_all()

    def _try_round(self, *, starts: bool = True) -> None:
        """A full disk, or a database that somebody holds, costs a round and never the runner."""
        try:
            with self._workspace.open() as ledger:
                for job in list_running(ledger):
                    self._look_after(ledger, job)
                if starts:
                    self._start_waiting(ledger)
                    self._tidy(ledger)
        except (PartnerproofError, sqlite3.Error, OSError):
            logger.exception("jobs could not be looked after; it is tried again")
            self._ends.wait(5)

    # --- one job

    def _start_waiting(self, ledger: Ledger) -> None:
        """Start what waits; on a disk that is nearly full nothing begins, and /readyz says so."""
        if shutil.disk_usage(self._folder).free < self._min_free_bytes:
            return
        while len(self._watched) < self._workspace.config.service.jobs_at_once and (job := claim_next(ledger)):
            self._start(ledger, job)

    def _start(self, ledger: Ledger, job: Job) -> None:
        folder = self._folder / job.job_id
        folder.mkdir(exist_ok=True, mode=0o700)
        if find_process(folder) is None:
            (folder / END_NAME).unlink(missing_ok=True)
        try:
            arguments = command_of(self._workspace, job, folder)
        except PartnerproofError as error:  # an order of another version
            problem = Problem(
                where="job_order", expected="an order of this version", got=str(error), next_step="order it again"
            )
            end_job(ledger, job.job_id, JobState.FAILED, exit_code=None, problems=[problem])
            return
        command = [sys.executable, "-m", "partnerproof.service.job_process", str(folder.resolve()), *arguments]
        with (folder / LOG_NAME).open("ab") as log, (folder / ANSWER_NAME).open("wb") as answer:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=answer, stderr=log, start_new_session=True, close_fds=True
            )
        self._watched[job.job_id] = _Watched(log=JobLog(folder), process=process)

    def _look_after(self, ledger: Ledger, job: Job) -> None:
        folder = self._folder / job.job_id
        watched = self._watched.setdefault(job.job_id, _Watched(log=JobLog(folder), process=None))
        code = watched.process.poll() if watched.process is not None else None
        if code == ALREADY_RUNNING and read_end(folder) is None:
            watched.process, code = None, None  # another server's process has it
        has_ended = code is not None if watched.process is not None else find_process(folder) is None
        watched.has_news |= watched.log.read_on()
        if has_ended:
            while watched.log.read_on():
                watched.has_news = True
        if watched.has_news and (has_ended or time.monotonic() - watched.noted_at >= NOTE_EVERY_S):
            note_progress(ledger, job.job_id, watched.log.progress, watched.log.messages, watched.log.crawl_id)
            watched.noted_at, watched.has_news = time.monotonic(), False
        if has_ended:
            self._finish(ledger, job, code)
        elif job.stop_by is not None or self._ends.is_set():
            self._interrupt(folder, watched)

    def _interrupt(self, folder: Path, watched: _Watched) -> None:
        now = time.monotonic()
        if watched.interrupted_at is None:
            watched.interrupted_at = now
            _signal(folder, watched, signal.SIGINT)
        elif now - watched.interrupted_at > self._stop_wait_s and not watched.is_killed:
            watched.is_killed = True
            _signal(folder, watched, signal.SIGKILL)

    def _finish(self, ledger: Ledger, job: Job, returned: int | None) -> None:
        folder = self._folder / job.job_id
        job = read_job(ledger, job.job_id) or job  # its stop may have been asked for meanwhile
        watched, end = self._watched.pop(job.job_id), read_end(folder)
        is_server_ending = self._ends.is_set() and job.stop_by is None
        code = end["exit_code"] if end is not None else None
        if is_server_ending and code in (None, 130):
            take_back(ledger, job)
        elif code is None and job.stop_by is None and returned is not None and returned < 0:
            problem = Problem(
                where=f"process of job {job.job_id}",
                expected="an end of its own",
                got=f"signal {-returned}, by the system or by somebody",
                next_step="see whether the machine ran out of memory, then order it again: a crawl goes on where it was",
            )
            end_job(ledger, job.job_id, JobState.FAILED, exit_code=None, problems=[problem])
        elif code is None and returned is None:  # another server started it, and it broke off
            queue_again(ledger, job)
        else:
            code = end["exit_code"] if end is not None else (returned or 0)
            problems = [Problem(**problem) for problem in end["problems"]] if end is not None else []
            state = _state_of(job, code)
            if state is JobState.FAILED and not problems:
                problems = [_unsaid_problem(job, code, watched.log)]
            end_job(
                ledger, job.job_id, state, exit_code=code, problems=[*problems, *_read_rejects(folder)][:MOST_PROBLEMS]
            )

    def _interrupt_all(self) -> None:
        until = time.monotonic() + self._stop_wait_s + 10
        while time.monotonic() < until:
            self._try_round(starts=False)
            if not self._watched:
                return
            time.sleep(TICK_S / 2)

    # --- folders

    def _tidy(self, ledger: Ledger) -> None:
        """Delete the folders of jobs that ended long ago, and those of orders that were never queued."""
        if time.monotonic() - self._tidied_at < TIDY_EVERY_S and self._tidied_at:
            return
        self._tidied_at = time.monotonic()
        days = self._workspace.config.service.keep_days
        for folder in self._folder.iterdir():
            if not folder.is_dir():
                continue
            job = read_job(ledger, folder.name)
            if job is None:
                is_old = time.time() - folder.stat().st_mtime > _ORPHAN_S
            else:
                is_old = bool(days and job.ended_at) and (utc_now() - parse_utc(job.ended_at or "")).days >= days
            if is_old:
                shutil.rmtree(folder, ignore_errors=True)


def _signal(folder: Path, watched: _Watched, number: int) -> None:
    """Signal the group of a job: its process is known to live, so the number is its own."""
    process = watched.process.pid if watched.process is not None else find_process(folder)
    if process is not None:
        try:
            os.killpg(process, number)
        except ProcessLookupError:
            logger.debug("process group %d is gone", process)


def _state_of(job: Job, code: int) -> JobState:
    if code == 0 or (job.kind is JobKind.CHECK and code == 1):  # 1: a claim lacks authorisation, as its answer says
        return JobState.DONE
    return JobState.STOPPED if job.stop_by is not None else JobState.FAILED


def _unsaid_problem(job: Job, code: int, log: JobLog) -> Problem:
    last = log.messages[-1] if log.messages else f"exit {code}"
    if job.kind is JobKind.CHECK and code == 3:
        last = "it could not look at the page, or not at all of it; the job's answer says why"
    return Problem(where=str(job.kind), expected="an end without failure", got=last, next_step="look at the job's messages, then order it again")  # fmt: skip


def _read_rejects(folder: Path) -> list[Problem]:
    """The rows of the job's list that were left out."""
    try:
        with (folder / REJECTS_NAME).open(encoding="utf-8-sig", newline="") as file:
            rows = [dict(row) for _, row in zip(range(MOST_PROBLEMS), csv.DictReader(file, restval=""), strict=False)]
    except (OSError, UnicodeDecodeError, csv.Error):
        return []
    return [
        Problem(
            where=f"line {row.get('rejected line', '')} {row.get('rejected column', '')}".strip(),
            expected=row.get("reason", "").partition(", got ")[0].removeprefix("expected ")[:500],
            got=row.get("reason", "").partition(", got ")[2][:500],
            next_step=row.get("what to do", "")[:500],
        )
        for row in rows
    ]
