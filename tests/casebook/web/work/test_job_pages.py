"""The screen of jobs: order each kind, what is wrong comes back with what was typed, progress, stop."""

from __future__ import annotations

import pytest

from casebook.jobs.job_queue import end_job, list_jobs, note_progress
from casebook.web.application_context import ApplicationContext
from ledger.errors import Problem
from ledger.records import Job
from ledger.vocabulary import JobState
from tests.casebook.web.contexts import HOSTILE, client, csrf, make_context


@pytest.fixture
def context(tmp_path) -> ApplicationContext:
    return make_context(tmp_path)


def send(context: ApplicationContext, files=None, **fields: object):
    who = client(context, "admin-one")
    data = {"csrf": csrf(who.get("/jobs").text), **fields}
    return who.post("/jobs/order", data=data, files=files)


def the_job(context: ApplicationContext) -> Job:
    (job,) = list_jobs(context.ledger, limit=2)
    return job


def test_a_crawl_of_a_file_is_ordered_once_however_often_the_button_is_pressed(context):
    who = client(context, "admin-one")
    page = who.get("/jobs").text
    data = {"csrf": csrf(page), "once": "01M8RNJG9KSD5STVEKY64SJCEG", "kind": "crawl", "brands": "acme", "stored": ""}
    file = {"list": ("Vendors of 2026.CSV", b"name,url\nVendor,https://vendor.example/\n", "text/csv")}
    first, again = (who.post("/jobs/order", data=data, files=file) for _ in range(2))
    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    job = the_job(context)
    assert (job.kind, job.requested_by, job.job_order["file"]["name"]) == ("crawl", "admin-one", "Vendors of 2026.CSV")
    assert (context.job_places.folder(job.job_id) / f"job-{job.job_id}.csv").read_bytes().startswith(b"name,url")
    assert "Vendors of 2026.CSV, for acme" in who.get("/jobs").text


@pytest.mark.parametrize(
    ("fields", "facts"),
    [
        ({"kind": "crawl", "stored": "vendors.csv", "strict": "yes"}, {"file": "vendors.csv", "strict": True, "brands": []}),
        ({"kind": "check", "url": " https://vendor.example/partners ", "brands": "acme"}, {"url": "https://vendor.example/partners", "brands": ["acme"]}),
        ({"kind": "watch"}, {"kind": "watch"}),
    ],
)  # fmt: skip
def test_each_kind_is_ordered_by_its_form(context, fields, facts):
    assert send(context, **fields).status_code == 303
    assert facts.items() <= the_job(context).job_order.items()


def test_a_register_is_imported_from_a_file(context):
    file = {"list": ("partners.json", b"[]", "application/json")}
    answer = send(context, files=file, kind="import", brand="acme", keeper="Ann Example", lenient="yes", register="")
    assert answer.status_code == 303
    assert {"register_name": "partners", "keeper": "Ann Example", "lenient": True}.items() <= the_job(
        context
    ).job_order.items()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "crawl", "stored": ""}, "Choose one of them"),
        ({"kind": "crawl", "stored": "../partnerproof.toml"}, "File"),
        ({"kind": "check", "url": "https://nowhere/&#34;"}, "no domain in it"),
        ({"kind": "check", "url": "https://vendor.example/", "brands": "nobody"}, "one of acme"),
        ({"kind": "import", "brand": "acme", "stored": "none.csv"}, "registers/"),
        ({"kind": "", "stored": ""}, "Body"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_on_the_page_and_nothing_is_ordered(context, fields, words):
    answer = send(context, **fields)
    assert answer.status_code == 400
    assert words in answer.text
    assert list_jobs(context.ledger, limit=1) == []


def test_what_was_typed_comes_back_with_the_mistake(context):
    answer = send(context, kind="check", url='https://nowhere/"><b>')
    assert 'value="https://nowhere/&#34;&gt;&lt;b&gt;"' in answer.text


def test_a_file_of_another_kind_is_refused(context):
    answer = send(context, files={"list": ("vendors.pdf", b"%PDF", "application/pdf")}, kind="crawl", stored="")
    assert answer.status_code == 400
    assert ".xlsx" in answer.text


def test_a_job_shows_how_far_it_is_and_is_stopped(context):
    send(context, kind="crawl", stored="vendors.csv")
    job = the_job(context)
    who = client(context, "admin-one")
    context.ledger.update(
        Job, {"state": JobState.RUNNING, "attempts": 1, "started_at": "2026-11-23T06:34:29Z"}, job_id=job.job_id
    )
    note_progress(
        context.ledger, job.job_id, {"vendors": 40, "done": 7, "failed": 2}, [HOSTILE], "01M8RNJG9KSD5STVEKY64SJCEG"
    )
    page = who.get(f"/jobs/{job.job_id}").text
    assert "7 of 40 vendors, 2 could not be visited" in page
    assert '<progress max="40" value="7"' in page
    assert 'data-live="on"' in page
    assert "<script>alert" not in page
    assert (
        who.post("/jobs/stop", data={"csrf": csrf(page), "job": job.job_id}).headers["location"]
        == f"/jobs/{job.job_id}"
    )
    page = who.get(f"/jobs/{job.job_id}").text
    assert "stopping" in page
    assert "Stop it" not in page


def test_a_job_that_failed_shows_each_mistake_with_what_to_do(context):
    send(context, kind="crawl", stored="vendors.csv")
    job = the_job(context)
    problem = Problem(where="line 3", expected="a site", got=HOSTILE, next_step="write its address")
    end_job(context.ledger, job.job_id, JobState.FAILED, exit_code=2, problems=[problem])
    (context.job_places.folder(job.job_id)).mkdir()
    (context.job_places.folder(job.job_id) / "answer").write_text(f"1 of 2\n{HOSTILE}")
    page = client(context, "admin-one").get(f"/jobs/{job.job_id}").text
    assert "What went wrong" in page
    assert "write its address" in page
    assert "1 of 2\n" in page
    assert "<script>alert" not in page
    assert 'data-live="off"' in page


def test_older_jobs_are_on_pages_of_their_own(context):
    with context.ledger.transaction():
        for number in range(51):
            job = Job(job_id=f"01AAAAAAAAAAAAAAAAAAAAAA{number:02d}", kind="watch", job_order={"kind": "watch"}, order_sha256="", requested_by="ann", requested_at="2026-11-23T06:34:29Z", progress={})  # type: ignore[arg-type]  # fmt: skip
            context.ledger.add([job])
    who = client(context, "admin-one")
    page = who.get("/jobs").text
    assert page.count('href="/jobs/01A') == 50
    assert 'href="/jobs?before=01AAAAAAAAAAAAAAAAAAAAAA01"' in page
    assert who.get("/jobs?before=01AAAAAAAAAAAAAAAAAAAAAA01").text.count('href="/jobs/01A') == 1


def test_a_server_that_runs_no_jobs_says_so(context):
    who = client(context, "admin-one")
    token = csrf(who.get("/jobs").text)
    context.job_places = None
    assert "runs no jobs" in who.get("/jobs").text
    assert who.post("/jobs/order", data={"csrf": token, "kind": "watch"}).status_code == 404
