"""The API: every route with every scope, pages, lines to follow, keys, limits, and what goes wrong.

Tests: casebook/api/api_app.py, casebook/api/api_calls.py, casebook/api/api_models.py, casebook/api/api_routes.py, casebook/api/service_app.py,
casebook/api/job_addresses.py, casebook/api/finding_addresses.py, casebook/api/case_addresses.py, casebook/api/crawl_addresses.py,
casebook/dossier/finding_feed.py, casebook/jobs/job_answers.py.
"""

from __future__ import annotations

import base64
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from casebook.api.api_app import OPEN, Api
from casebook.api.api_calls import ApiRoute
from casebook.api.api_routes import API_ROUTES, BASE
from casebook.verdicts.claims import find_claims
from casebook.verdicts.judge import Judge
from ledger.records import Job
from ledger.vocabulary import JobState, TokenScope
from tests.casebook.api.served import ADDRESS, Served
from tests.casebook.ledgers import ACME, Read, add_visit
from tests.casebook.web.contexts import case_of, client

ORDER = {"kind": "crawl", "file": "vendors.csv", "brands": ["acme"]}
WRITE, JOBS, FINDINGS = TokenScope.JOBS_WRITE, TokenScope.JOBS_READ, TokenScope.FINDINGS_READ


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return Served(tmp_path_factory.mktemp("served"))


def address(served: Served, route: ApiRoute) -> str:
    ledger = served.context.ledger
    job = served.program(WRITE).post(f"{BASE}/jobs", json=ORDER, headers={"Idempotency-Key": "of-the-routes"}).json()
    names = {
        "job_id": job["job_id"],
        "claim_id": ledger.value("SELECT claim_id FROM verdicts ORDER BY claim_id LIMIT 1"),
        "case_id": ledger.value("SELECT case_id FROM cases ORDER BY case_id LIMIT 1"),
        "crawl_id": ledger.value("SELECT crawl_id FROM crawls ORDER BY crawl_id LIMIT 1"),
    }
    return BASE + route.path.format(**names)


def test_every_route_of_the_api_needs_a_scope_or_is_known_to_be_open(served):
    needing = {BASE + route.path for route in API_ROUTES}
    routes = {route.path for route in Api(served.context, served.settings, served.health).routes()}
    assert routes == needing | {*OPEN, "/metrics"}
    assert all(isinstance(route.scope, TokenScope) for route in API_ROUTES)


@pytest.mark.parametrize("scope", [None, *TokenScope])
@pytest.mark.parametrize("route", API_ROUTES, ids=lambda route: route.name)
def test_routes_by_scope(served, route, scope):
    who = served.program(*([scope] if scope else []))
    body = {"json": ORDER} if route.body is not None else {}
    answer = who.request(route.method, address(served, route), **body)
    if scope is None:
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="partnerproof"'
    elif scope is not route.scope:
        assert answer.status_code == 403
        assert f'error="insufficient_scope", scope="{route.scope}"' in answer.headers["www-authenticate"]
    else:
        assert answer.status_code == route.status, answer.text
        assert answer.headers["ratelimit-policy"] == '"requests";q=100000;w=60'
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_session_opens_nothing_of_the_api_and_a_token_nothing_of_the_screen(served):
    screen = client(served.context, "admin-one")
    asked = served.program()
    asked.cookies = screen.cookies
    assert asked.get(f"{BASE}/jobs").status_code == 401
    assert served.program(*TokenScope).get("/").status_code == 303
    assert served.program(*TokenScope).get("/log").headers["location"].startswith("/login")


def test_a_token_that_is_closed_or_over_or_made_up_opens_nothing(served):
    for text in ("", "x", "ppt_" + "x" * 43, "ppt_" + "x" * 4_000, served.tokens[JOBS][:-1], "ppt_\x7f"):
        answer = served.program().get(f"{BASE}/jobs", headers={"Authorization": f"Bearer {text}"})
        assert answer.status_code == 401
    assert (
        served.program().get(f"{BASE}/jobs", headers={"Authorization": f"Basic {served.tokens[JOBS]}"}).status_code
        == 401
    )


def test_an_order_is_one_job_however_often_it_is_sent(served):
    who, key = served.program(WRITE), {"Idempotency-Key": "night/1"}
    first, again = (who.post(f"{BASE}/jobs", json=ORDER, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["job_id"] == again.json()["job_id"]
    assert first.headers["location"] == f"{BASE}/jobs/{first.json()['job_id']}"
    other = who.post(f"{BASE}/jobs", json={"kind": "watch"}, headers=key)
    assert other.status_code == 422
    assert other.json()["problems"][0]["where"] == "Idempotency-Key"
    elsewhere = served.make_token("another", WRITE)
    mine = who.post(f"{BASE}/jobs", json=ORDER, headers=key | {"Authorization": f"Bearer {elsewhere}"})
    assert (mine.status_code, mine.json()["job_id"] == first.json()["job_id"]) == (201, False)
    entry = [
        json.loads(line) for line in served.context.log.path.read_text().splitlines() if first.json()["job_id"] in line
    ]
    assert [(line["event"], line["by"]) for line in entry] == [("ordered", "token jobs-write")]


def test_a_list_that_comes_along_lies_where_only_its_job_reads_it(served, tmp_path):
    content = base64.b64encode(b"name,url\nVendor,https://vendor.example/\n").decode()
    file = {"name": "../../etc/passwd", "format": "csv", "content": content}
    made = served.program(WRITE).post(f"{BASE}/jobs", json={"kind": "crawl", "file": file})
    assert made.status_code == 201
    job_id = made.json()["job_id"]
    folder = served.context.job_places.folder(job_id)
    assert [path.name for path in folder.iterdir()] == [f"job-{job_id}.csv"]
    assert made.json()["order"]["file"] == {
        "name": "../../etc/passwd",
        "format": "csv",
        "bytes": 40,
        "sha256": made.json()["order"]["file"]["sha256"],
    }


@pytest.mark.parametrize(
    ("order", "status", "where"),
    [
        ({"kind": "crawl", "file": "../partnerproof.toml"}, 400, "crawl.file.constrained-str"),
        ({"kind": "crawl", "file": "none.csv"}, 422, "file"),
        ({"kind": "crawl", "file": "vendors.csv", "brands": ["nobody"]}, 422, "brands"),
        ({"kind": "crawl", "file": {"format": "html", "content": "YQ=="}}, 422, "file.format"),
        ({"kind": "crawl", "file": {"format": "csv", "content": ""}}, 422, "file.content"),
        ({"kind": "crawl", "file": {"format": "csv", "content": "a"}}, 400, "crawl.file.GivenFile.content"),
        ({"kind": "check", "url": "https://nowhere/"}, 422, "url"),
        ({"kind": "check", "url": "file:///etc/passwd"}, 400, "check.url"),
        ({"kind": "check", "url": "https://vendor.example/", "resolve": "x"}, 400, "check.resolve"),
        ({"kind": "import", "brand": "--help", "file": "x.csv"}, 400, "import.brand"),
        ({"kind": "seal"}, 400, "body"),
        ([], 400, "body"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_order_is_told_with_what_to_do(served, order, status, where):
    answer = served.program(WRITE).post(f"{BASE}/jobs", json=order)
    assert answer.status_code == status, answer.text
    assert where in [problem["where"] for problem in answer.json()["problems"]]
    assert all(problem["next_step"] for problem in answer.json()["problems"])


def test_a_body_is_json_of_a_known_length(served):
    who = served.program(WRITE)
    post = lambda content, **headers: who.post(f"{BASE}/jobs", content=content, headers=headers).status_code  # noqa: E731
    assert post(b"{}", **{"Content-Type": "text/plain"}) == 415
    assert post(b"{", **{"Content-Type": "application/json"}) == 400
    assert post(b'{"kind": "\\ud800"}', **{"Content-Type": "application/json"}) == 400
    assert post(iter([b"{}"]), **{"Content-Type": "application/json"}) == 411
    assert post(b"x" * 12_000_001, **{"Content-Type": "application/json"}) == 413


def test_jobs_are_listed_read_and_stopped(served):
    made = [served.program(WRITE).post(f"{BASE}/jobs", json={"kind": "watch"}).json()["job_id"] for _ in range(3)]
    who = served.program(JOBS)
    first = who.get(f"{BASE}/jobs?kind=watch&limit=2").json()
    assert [job["job_id"] for job in first["items"]] == made[:0:-1]
    rest = who.get(f"{BASE}/jobs?kind=watch&limit=2&cursor={first['next']}").json()
    assert (rest["items"][0]["job_id"], rest["next"]) == (made[0], None)
    folder = served.context.job_places.folder(made[0])
    folder.mkdir()
    (folder / "answer").write_bytes(b"1 of 1\x1b[2J \xff\n")
    assert who.get(f"{BASE}/jobs/{made[0]}").json()["answer"] == "1 of 1\ufffd[2J \ufffd"
    stopped = served.program(WRITE).post(f"{BASE}/jobs/{made[0]}/stop").json()
    assert (stopped["state"], stopped["stop_by"]) == ("stopped", "token jobs-write")
    served.context.ledger.update(Job, {"state": JobState.RUNNING}, job_id=made[1])
    stopping = served.program(WRITE).post(f"{BASE}/jobs/{made[1]}/stop").json()
    assert (stopping["state"], stopping["stop_by"]) == ("running", "token jobs-write")
    assert who.get(f"{BASE}/jobs/01M8RNJG9KSD5STVEKY64SJCEG").status_code == 404


def test_findings_come_in_pages_with_sentence_certainty_and_case(served):
    who = served.program(FINDINGS)
    page, found = who.get(f"{BASE}/findings?limit=2").json(), []
    while True:
        found += page["items"]
        if page["next"] is None:
            break
        page = who.get(f"{BASE}/findings?limit=2&cursor={page['next']}").json()
    assert (
        len(found)
        == len({item["claim_id"] for item in found})
        == served.context.ledger.value("SELECT count(*) FROM v_findings")
    )
    harbour = next(
        item for item in found if item["vendor_domain"] == "harbour.example" and item["relation"] == "partner"
    )
    assert harbour["sentence"] == "We are a partner of 艾克米 Acme."
    assert harbour["certainty"] == "sure"
    case = case_of(served.context, "harbour.example")
    assert harbour["case_link"] == f"{ADDRESS}/cases/{case.case_id}"
    assert who.get(f"{BASE}/findings/{harbour['claim_id']}").json() == harbour
    only = who.get(f"{BASE}/findings?vendor=known.example&verdict=authorised&brand=acme").json()["items"]
    assert [item["vendor_domain"] for item in only] == ["known.example"]
    assert who.get(f"{BASE}/findings?vendor=nobody.example").json() == {"items": [], "next": None}
    unknown = who.get(f"{BASE}/findings?cursor=00000000")
    assert (unknown.status_code, unknown.json()["problems"][0]["where"]) == (422, "cursor")


def lines_of(answer: Any) -> list[dict[str, Any]]:
    assert answer.headers["content-type"] == "application/jsonl"
    return [json.loads(line) for line in answer.text.splitlines()]


def test_who_follows_findings_gets_each_new_verdict_once(tmp_path: Path):
    served = Served(tmp_path)
    who = served.program(FINDINGS)
    ledger = served.context.ledger
    first = lines_of(who.get(f"{BASE}/findings.jsonl?limit=3"))
    rest = lines_of(who.get(f"{BASE}/findings.jsonl?after={first[-1]['cursor']}"))
    assert len(first) == 3
    assert (
        len({line["claim_id"] for line in first + rest})
        == len(first + rest)
        == ledger.value("SELECT count(*) FROM v_findings")
    )
    last = rest[-1]["cursor"]
    assert lines_of(who.get(f"{BASE}/findings.jsonl?after={last}")) == []
    visit = add_visit(ledger, "2026-02-01", [Read(images=[ACME])], domain="new.example")
    find_claims(ledger, ["acme"], visit_ids=[visit])
    Judge(ledger).judge()
    news = lines_of(who.get(f"{BASE}/findings.jsonl?after={last}"))
    assert [line["vendor_domain"] for line in news] == ["new.example"]
    ledger.execute("UPDATE verdicts SET judged_at = '2026-02-01T00:00:00Z' WHERE claim_id <> ?", [news[0]["claim_id"]])
    since = lines_of(who.get(f"{BASE}/findings.jsonl?since=2026-03-01T00:00:00Z"))
    assert [line["vendor_domain"] for line in since] == ["new.example"]
    assert lines_of(who.get(f"{BASE}/findings.jsonl?since=2999-01-01T00:00:00Z")) == []
    assert who.get(f"{BASE}/findings.jsonl?since=2026-03-01T00:00:00Z&after={last}").status_code == 400


def test_cases_and_crawls_are_told_without_comments(served):
    who = served.program(TokenScope.CASES_READ)
    cases = who.get(f"{BASE}/cases?state=open&vendor=meadow.example").json()["items"]
    detail = who.get(f"{BASE}/cases/{cases[0]['case_id']}").json()
    assert (detail["case"], [event["event"] for event in detail["events"]]) == (cases[0], ["opened"])
    assert set(detail["events"][0]) == {"event_id", "at", "by", "event"}
    assert who.get(f"{BASE}/cases?updated_since=2999-01-01T00:00:00Z").json()["items"] == []
    who = served.program(TokenScope.CRAWLS_READ)
    crawl = who.get(f"{BASE}/crawls?limit=1").json()["items"][0]
    assert crawl["visits"] == {"done": 1}
    assert who.get(f"{BASE}/crawls/{crawl['crawl_id']}").json() == crawl
    vendors = who.get(f"{BASE}/crawls/{crawl['crawl_id']}/vendors").json()
    assert [(vendor["vendor_domain"], vendor["outcome"]) for vendor in vendors["items"]] == [
        ("known.example", "looked")
    ]


def test_what_has_not_changed_is_not_sent_again(served):
    who = served.program(TokenScope.CRAWLS_READ)
    etag = who.get(f"{BASE}/crawls").headers["etag"]
    again = who.get(f"{BASE}/crawls", headers={"If-None-Match": f'"x", {etag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert who.head(f"{BASE}/crawls").headers["etag"] == etag


def test_a_token_has_its_own_bucket_and_a_stranger_a_small_one(tmp_path: Path):
    served = Served(tmp_path, requests_per_minute=3)
    answers = [served.program(JOBS).get(f"{BASE}/jobs") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["ratelimit"].startswith('"requests";r=2;t=')
    assert int(answers[3].headers["retry-after"]) in range(1, 21)
    assert served.program(FINDINGS).get(f"{BASE}/findings").status_code == 200
    assert {served.program().get(f"{BASE}/jobs").status_code for _ in range(61)} == {401, 429}


def test_strange_requests_are_refused_in_our_form(served):
    who = served.program(*TokenScope)
    for query in (
        "limit=0",
        "limit=x",
        "limit=201",
        "state=none",
        "cursor=%00",
        "unknown=1",
        "limit=1&limit=2",
        "changed_since=2026-02-30T00:00:00Z",
    ):
        path = "findings" if "changed" in query else "jobs"
        assert who.get(f"{BASE}/{path}?{query}").status_code == 400, query
    wrong = who.put(f"{BASE}/jobs", json={})
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST, GET, HEAD")
    for path in ("/api", "/api/v2/jobs", f"{BASE}/nothing", f"{BASE}/jobs/..%2f..", f"{BASE}/jobs/{'x' * 65}"):
        answer = who.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), path
    assert who.post(f"{BASE}/jobs", json=ORDER, headers={"Idempotency-Key": "two words"}).status_code == 400


def test_a_server_without_jobs_says_so(tmp_path: Path):
    served = Served(tmp_path)
    served.context.job_places = None
    assert served.program(WRITE).post(f"{BASE}/jobs", json=ORDER).status_code == 503


def test_a_fault_is_noted_and_answered_without_its_words(tmp_path: Path, caplog):
    served = Served(tmp_path)
    served.context.ledger.execute("UPDATE jobs SET state = state")
    served.program(WRITE).post(f"{BASE}/jobs", json=ORDER)
    served.context.ledger.execute('UPDATE jobs SET progress = \'{"vendors": "many"}\'')
    who = served.program(JOBS)
    with caplog.at_level(logging.CRITICAL):
        answer = TestClient(served.app, headers=who.headers, raise_server_exceptions=False).get(f"{BASE}/jobs")
    assert answer.status_code == 500
    assert "many" not in answer.text
    assert "serve.log" in answer.json()["detail"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_queue_takes_so_many_and_says_no_to_more(tmp_path: Path, monkeypatch):
    served = Served(tmp_path)
    served.context.ledger.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
        " INSERT INTO jobs SELECT printf('01AAAAAAAAAAAAAAAAAA%06d', i), 'watch', '{\"kind\": \"watch\"}', '', 'ann', '2026-01-01T00:00:00Z',"
        " NULL, 'queued', NULL, NULL, 0, '{}', NULL, '[]', '[]', NULL, NULL, NULL FROM n"
    )
    answer = served.program(WRITE).post(f"{BASE}/jobs", json=ORDER)
    assert (answer.status_code, answer.json()["detail"][:17]) == (503, "1,000 jobs wait a")
