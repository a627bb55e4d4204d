"""Jobs that a server runs: to their end, with their mistakes, stopped, and through kill -9 of the server and of the job.

Tests: partnerproof/service/job_runner.py, partnerproof/service/job_process.py, partnerproof/service/job_commands.py.
"""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from casebook.jobs.job_orders import JobPlaces, read_order
from casebook.jobs.job_queue import order_job, read_job, request_stop
from ledger.database import Ledger
from ledger.records import Job
from ledger.vocabulary import JobState
from partnerproof.service.job_process import find_process
from partnerproof.service.job_runner import JobRunner
from partnerproof.workspace import Workspace, find_workspace
from tests.conftest import SmallServer, send
from tests.flow.watched import LOGO, html


def space_for(root: Path, server: SmallServer | None = None) -> Workspace:
    """A workspace whose jobs may visit vendor.example on loopback, and take no seal."""
    config = root / "partnerproof.toml"
    text = config.read_text(encoding="utf-8").replace("after_crawl = true", "after_crawl = false")
    if server is not None:
        pins = [f"{name}.example:{server.url.rpartition(':')[2]}:127.0.0.1" for name in ("vendor", "slow")]
        text = text.replace("resolve = []", f"resolve = {pins}".replace("'", '"'))
    config.write_text(text.replace("delay_s = 0.25", "delay_s = 0.0"), encoding="utf-8")
    return find_workspace(root)


def places_of(workspace: Workspace) -> JobPlaces:
    return JobPlaces(jobs=workspace.jobs, seeds=workspace.seeds, registers=workspace.registers, brands=workspace.brands)


def given(text: str, kind: str = "csv") -> dict[str, str]:
    return {"name": "a list", "format": kind, "content": base64.b64encode(text.encode()).decode()}


def order(workspace: Workspace, **facts: Any) -> str:
    with workspace.writing_beside("a test"), workspace.open() as ledger:
        job, _ = order_job(ledger, workspace.custody, places_of(workspace), read_order(facts), by="ann")
    return job.job_id


def job_of(workspace: Workspace, job_id: str) -> Job:
    with workspace.open_readonly() as ledger:
        job = read_job(ledger, job_id)
    assert job is not None
    return job


def wait_for(workspace: Workspace, job_id: str, is_so: Callable[[Job], bool], seconds: float = 60) -> Job:
    until = time.monotonic() + seconds
    while not is_so(job := job_of(workspace, job_id)):
        assert time.monotonic() < until, job
        time.sleep(0.05)
    return job


def has_ended(job: Job) -> bool:
    return job.state in (JobState.DONE, JobState.FAILED, JobState.STOPPED)


@contextmanager
def running(workspace: Workspace) -> Iterator[JobRunner]:
    runner = JobRunner(workspace, stop_wait_s=3)
    runner.start()
    try:
        yield runner
    finally:
        runner.stop()


@pytest.fixture
def vendor(serve, logo_png) -> Iterator[SmallServer]:
    """vendor.example answers at once; slow.example does not answer as long as the test runs."""
    released = threading.Event()

    def answer_slowly(handler: BaseHTTPRequestHandler) -> None:
        if handler.headers["Host"].startswith("slow"):
            released.wait(20)
        html("Our partners", LOGO)(handler)

    yield serve({"/": answer_slowly, "/partners.html": answer_slowly, "/acme.png": send(logo_png, "image/png")})
    released.set()


def test_a_crawl_runs_to_its_end_and_its_bad_rows_are_its_problems(acme, vendor):
    workspace = space_for(acme, vendor)
    port = vendor.url.rpartition(":")[2]
    rows = f"name,url\nVendor,http://vendor.example:{port}/\nNobody,\n"
    job_id = order(workspace, kind="crawl", file=given(rows), brands=["acme"])
    with running(workspace):
        job = wait_for(workspace, job_id, has_ended)
    assert (job.state, job.exit_code, job.attempts) == (JobState.DONE, 0, 1), job
    assert job.progress["vendors"] == job.progress["done"] == 1
    assert job.progress["pages"] >= 1
    assert [problem["where"] for problem in job.problems] == ["line 3 site"] or job.problems[0]["where"].startswith(
        "line 3"
    )
    assert set(job.problems[0]) == {"where", "expected", "got", "next_step"}
    with workspace.open_readonly() as ledger:
        assert ledger.value("SELECT seeds_file FROM crawls WHERE crawl_id = ?", [job.crawl_id]) == f"job-{job_id}.csv"
        assert ledger.value("SELECT verdict FROM v_findings") == "no-authorisation"
    assert "no-authorisation" in (workspace.jobs / job_id / "answer").read_text()
    told = [(entry["event"], entry["by"]) for entry in _log(workspace)]
    assert ("ordered", "ann") in told


def _log(workspace: Workspace) -> list[dict[str, Any]]:
    import json

    return [json.loads(line) for line in workspace.custody.path.read_text(encoding="utf-8").splitlines()]


def test_the_mistakes_of_a_register_come_back_whole_and_a_mended_one_is_imported(acme):
    workspace = space_for(acme)
    with running(workspace):
        wrong = order(workspace, kind="import", brand="acme", file=given("company,valid_from\nOne,3/4/24\nTwo,never\n"))
        job = wait_for(workspace, wrong, has_ended)
        assert (job.state, job.exit_code) == (JobState.FAILED, 2)
        assert len(job.problems) >= 2
        assert all("valid_from" in problem["where"] for problem in job.problems[:2]), job.problems
        right = order(
            workspace,
            kind="import",
            brand="acme",
            file=given("company,domain,relation,valid_from\nOne,one.example,partner,2024-04-03\n"),
        )
        job = wait_for(workspace, right, has_ended)
    assert (job.state, job.problems) == (JobState.DONE, ())
    assert "imported 1 grants for acme" in (workspace.jobs / right / "answer").read_text()


def test_a_running_job_is_stopped_and_one_that_waits_never_begins(acme, vendor):
    workspace = space_for(acme, vendor)
    slow = order(workspace, kind="check", url=f"http://slow.example:{vendor.url.rpartition(':')[2]}/")
    waiting = order(workspace, kind="watch")
    with running(workspace) as runner:
        wait_for(workspace, slow, lambda job: job.crawl_id is not None)
        with workspace.open() as ledger:
            for job_id in (waiting, slow):
                request_stop(ledger, workspace.custody, places_of(workspace), job_id, by="ann")
        runner.wake()
        stopped, never = wait_for(workspace, slow, has_ended), job_of(workspace, waiting)
    assert (stopped.state, stopped.stop_by) == (JobState.STOPPED, "ann")
    assert (never.state, never.attempts) == (JobState.STOPPED, 0)
    assert find_process(workspace.jobs / slow) is None


def test_a_server_that_ends_in_order_puts_its_job_back(acme, vendor):
    workspace = space_for(acme, vendor)
    slow = order(workspace, kind="check", url=f"http://slow.example:{vendor.url.rpartition(':')[2]}/")
    with running(workspace):
        wait_for(workspace, slow, lambda job: job.crawl_id is not None)
    job = job_of(workspace, slow)
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    assert find_process(workspace.jobs / slow) is None


_SERVER = """
import sys, time
from pathlib import Path
from partnerproof.service.job_runner import JobRunner
from partnerproof.workspace import find_workspace
JobRunner(find_workspace(Path(sys.argv[1]))).start()
time.sleep(600)
"""


@pytest.mark.parametrize("with_job", [False, True], ids=["the server alone", "the job with it"])
def test_a_job_outlives_kill_9(acme, vendor, with_job):
    """A job that lives is watched on, and is not started twice; one that died begins again, and goes on where it was."""
    workspace = space_for(acme, vendor)
    slow = order(workspace, kind="check", url=f"http://slow.example:{vendor.url.rpartition(':')[2]}/")
    with subprocess.Popen([sys.executable, "-c", _SERVER, str(acme)]) as server:
        wait_for(workspace, slow, lambda job: job.crawl_id is not None)
        process = find_process(workspace.jobs / slow)
        assert process is not None
        server.kill()
        if with_job:
            os.killpg(process, signal.SIGKILL)
    with running(workspace) as runner:
        if with_job:
            wait_for(workspace, slow, lambda job: job.attempts == 2)
        else:
            time.sleep(1.5)
            assert find_process(workspace.jobs / slow) == process
            assert job_of(workspace, slow).attempts == 1
        with workspace.open() as ledger:
            request_stop(ledger, workspace.custody, places_of(workspace), slow, by="ann")
        runner.wake()
        job = wait_for(workspace, slow, has_ended)
    assert job.state is JobState.STOPPED
    with Ledger.open_readonly(workspace.database) as ledger:
        assert ledger.value("SELECT count(*) FROM crawls") == 1


def test_a_job_that_is_killed_alone_says_so(acme, vendor):
    workspace = space_for(acme, vendor)
    slow = order(workspace, kind="check", url=f"http://slow.example:{vendor.url.rpartition(':')[2]}/")
    with running(workspace):
        wait_for(workspace, slow, lambda job: job.crawl_id is not None)
        process = find_process(workspace.jobs / slow)
        assert process is not None
        os.killpg(process, signal.SIGKILL)
        job = wait_for(workspace, slow, has_ended)
    assert job.state is JobState.FAILED
    assert job.problems[0]["got"] == "signal 9, by the system or by somebody"


def test_a_job_under_which_the_machine_goes_down_again_and_again_is_given_up(acme):
    workspace = space_for(acme)
    job_id = order(workspace, kind="watch")
    with workspace.open() as ledger:
        ledger.update(Job, {"state": JobState.RUNNING, "attempts": 5}, job_id=job_id)
    with running(workspace):
        job = wait_for(workspace, job_id, has_ended)
    assert (job.state, job.problems[0]["expected"]) == (JobState.FAILED, "an end")


def test_nothing_begins_on_a_disk_that_is_nearly_full(acme):
    workspace = space_for(acme)
    job_id = order(workspace, kind="watch")
    runner = JobRunner(workspace, min_free_bytes=1 << 60)
    runner.start()
    time.sleep(1)
    assert runner.is_alive()
    runner.stop()
    assert job_of(workspace, job_id).state is JobState.QUEUED


def test_two_servers_of_a_workspace_run_no_job_twice(acme, vendor):
    workspace = space_for(acme, vendor)
    job_id = order(workspace, kind="watch")
    with running(workspace), running(workspace):
        job = wait_for(workspace, job_id, has_ended)
    assert job.attempts == 1
