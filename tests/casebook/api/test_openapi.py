"""The description says what the API does: it is valid, whole, and a fuzzer finds no answer that it does not describe.

Tests: casebook/api/openapi.py, bench/api_fuzz.py. `python -m bench.api_fuzz` asks longer.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casebook.api.api_routes import API_ROUTES, BASE
from casebook.api.openapi import describe_api
from tests.casebook.api.served import Served
from tests.house import ROOT

schemathesis = pytest.importorskip("schemathesis", reason="needs the extra [dev]")


def test_the_document_is_the_one_that_is_served_and_the_one_in_the_reference(tmp_path: Path):
    served = Served(tmp_path)
    answer = served.program().get(f"{BASE}/openapi.json")
    assert answer.json() == describe_api()
    assert json.loads((ROOT / "docs/reference/openapi.json").read_text(encoding="utf-8")) == describe_api()
    assert (
        served.program().get(f"{BASE}/openapi.json", headers={"If-None-Match": answer.headers["etag"]}).status_code
        == 304
    )


def test_the_document_is_openapi_and_names_every_route_with_its_scope():
    document = describe_api()
    schemathesis.openapi.from_dict(document).validate()
    for route in API_ROUTES:
        operation = document["paths"][BASE + route.path][route.method.lower()]
        assert operation["security"] == [{"token": [route.scope]}]
        assert {"401", "403", "429"} <= operation["responses"].keys()


@pytest.mark.filterwarnings("default")  # of the fuzzer's own libraries
def test_no_request_gets_an_answer_that_is_not_described(tmp_path: Path):
    from bench.api_fuzz import fuzz

    fuzzed = fuzz(Served(tmp_path, strangers_per_minute=1_000_000), examples=8, number=7)
    assert {route.route: route.failures for route in fuzzed if route.failures} == {}
    assert sum(route.statuses[200] + route.statuses[201] for route in fuzzed) > 30
