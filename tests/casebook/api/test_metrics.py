"""Metrics and health: who may ask, what they tell, and that they tell no secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from casebook.api.api_routes import BASE
from casebook.api.metrics import ServiceHealth
from ledger.vocabulary import CustodyEvent, TokenScope
from tests.casebook.api.served import Served


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return Served(tmp_path)


def metrics_of(text: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_need_their_scope(served):
    assert served.program().get("/metrics").status_code == 401
    assert served.program(TokenScope.JOBS_READ).get("/metrics").status_code == 403
    answer = served.program(TokenScope.METRICS_READ).get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_metrics_tell_how_the_service_is_without_names(served):
    served.program(TokenScope.JOBS_WRITE).post(f"{BASE}/jobs", json={"kind": "watch"})
    served.program(TokenScope.CASES_READ).get(f"{BASE}/cases/nothing-there")
    served.context.log.add(CustodyEvent.SEALED, {"seal": "000001", "head_sha256": "0" * 64})
    text = served.program(TokenScope.METRICS_READ).get("/metrics").text
    told = metrics_of(text)
    assert told["partnerproof_jobs", "queued"] == 1
    assert told["partnerproof_findings", "no-authorisation"] >= 3
    assert told["partnerproof_cases", "open"] >= 3
    assert told["partnerproof_visits", "done"] == 5
    assert told["partnerproof_api_requests_total", f"{BASE}/jobs", "201"] == 1
    assert told["partnerproof_api_requests_total", f"{BASE}/cases/{{case_id}}", "404"] == 1
    assert 0 <= told["partnerproof_seal_age_seconds",] < 60
    assert ("partnerproof_backup_age_seconds",) not in told
    assert told["partnerproof_disk_free_bytes",] > 0
    assert told["partnerproof_ready", "database"] == 1
    assert "harbour" not in text
    assert "nothing-there" not in text


def test_this_machine_may_ask_without_a_token_where_its_operator_says_so(tmp_path: Path):
    served = Served(tmp_path, metrics_from_loopback=True)
    here = TestClient(served.app, client=("127.0.0.1", 5000))
    assert here.get("/metrics").status_code == 200
    assert here.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 401
    assert TestClient(served.app, client=("192.0.2.7", 5000)).get("/metrics").status_code == 401
    assert here.get(f"{BASE}/jobs").status_code == 401


def test_health_is_told_to_all_in_words_that_tell_nothing_else(served):
    who = served.program()
    assert who.get("/healthz").json() == {"status": "alive"}
    ready = who.get("/readyz")
    assert (ready.status_code, ready.json()) == (
        200,
        {"status": "ready", "checks": {"database": True, "disk": True, "jobs": True}},
    )


@pytest.mark.parametrize("part", ["database", "disk", "jobs"])
def test_a_service_that_can_not_do_its_work_is_not_ready(served, tmp_path, part):
    health = served.health
    if part == "database":
        health.database = tmp_path / "var" / "none.db"
    elif part == "disk":
        health.min_free_bytes = 1 << 60
    else:
        health.runs_jobs = lambda: False
    ready = served.program().get("/readyz")
    assert (ready.status_code, ready.json()["checks"][part]) == (503, False)
    assert served.program().get("/healthz").status_code == 200


def test_health_is_asked_at_most_once_a_second(tmp_path: Path):
    asked = []
    health = ServiceHealth(database=tmp_path / "p.db", runs_jobs=lambda: not asked.append(1))
    for _ in range(5):
        health.check()
    assert len(asked) == 1
