"""The queue: one job a key, the oldest first, stopped, put back, given up.

Tests: casebook/jobs/job_queue.py, casebook/jobs/job_orders.py.
"""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from casebook.jobs.job_orders import JobPlaces, read_order
from casebook.jobs.job_queue import (
    KeyReusedError,
    claim_next,
    count_jobs,
    list_jobs,
    order_job,
    queue_again,
    read_job,
    request_stop,
    take_back,
)
from ledger.database import Ledger
from ledger.proof.custody import CustodyLog
from ledger.records import Job
from ledger.vocabulary import JobState
from tests.new_ledger import new_ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return new_ledger(tmp_path / "var" / "p.db")


@pytest.fixture
def places(tmp_path: Path) -> JobPlaces:
    return JobPlaces(jobs=tmp_path / "jobs", seeds=tmp_path, registers=tmp_path, brands=tmp_path)


def order(ledger: Ledger, places: JobPlaces, key: str | None = None, **facts: object) -> Job:
    log = CustodyLog(places.seeds / "custody.jsonl")
    return order_job(ledger, log, places, read_order(facts or {"kind": "watch"}), by="ann", idempotency_key=key)[0]


def test_jobs_begin_in_the_order_in_which_they_were_asked_for(ledger, places):
    asked = [order(ledger, places).job_id for _ in range(3)]
    assert [claim_next(ledger).job_id for _ in range(3)] == asked
    assert claim_next(ledger) is None
    assert count_jobs(ledger) == {JobState.RUNNING: 3}
    assert [job.job_id for job in list_jobs(ledger, limit=9)] == asked[::-1]


def test_many_that_send_one_order_at_once_make_one_job(ledger, places, tmp_path):
    made: list[str] = []

    def send() -> None:
        with Ledger.open(ledger.path) as own:
            made.append(order(own, places, key="once").job_id)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 6
    assert len(set(made)) == 1
    assert ledger.value("SELECT count(*) FROM jobs") == 1


def test_a_key_with_another_order_is_refused(ledger, places):
    order(ledger, places, key="once")
    with pytest.raises(KeyReusedError, match="choose a new key"):
        order(ledger, places, key="once", kind="check", url="https://vendor.example/")


def test_a_stop_is_noted_once_with_who_asked_for_it(ledger, places, tmp_path):
    log = CustodyLog(tmp_path / "custody.jsonl")
    job = order(ledger, places)
    claim_next(ledger)
    assert request_stop(ledger, log, places, job.job_id, by="ann").stop_by == "ann"
    assert request_stop(ledger, log, places, job.job_id, by="ben").stop_by == "ann"
    assert queue_again(ledger, read_job(ledger, job.job_id)) is JobState.STOPPED
    assert request_stop(ledger, log, places, "none", by="ann") is None


def test_a_job_that_breaks_off_is_queued_again_five_times(ledger, places):
    job_id = order(ledger, places).job_id
    for _ in range(4):
        assert queue_again(ledger, claim_next(ledger)) is JobState.QUEUED
    assert queue_again(ledger, claim_next(ledger)) is JobState.FAILED
    assert "machine's memory" in read_job(ledger, job_id).problems[0]["next_step"]


def test_a_start_that_the_server_took_back_does_not_count(ledger, places):
    order(ledger, places)
    for _ in range(9):
        take_back(ledger, claim_next(ledger))
    assert claim_next(ledger).attempts == 1


def test_a_list_that_can_not_be_stored_is_no_job(ledger, places):
    places.jobs.write_text("a file where the folder should be")
    from ledger.errors import OutsideFailureError

    (places.brands / "acme").mkdir()
    with pytest.raises(OutsideFailureError, match="could not be stored"):
        order(ledger, places, kind="crawl", file={"format": "csv", "content": "YQ=="})
    assert list_jobs(ledger, limit=1) == []
