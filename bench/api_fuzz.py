"""Fuzz the API by its own description: python -m bench.api_fuzz [--examples 200] [--seed 1]

schemathesis makes requests from /api/v1/openapi.json, right ones and wrong ones, and holds every answer against it: no 5xx; only described
statuses, types, headers and bodies; wrong data is refused; nothing is answered without a token. Prints a line for each route with the
statuses that came, then each failure once; ends with 1 when there was one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import checks
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode

from ledger.vocabulary import TokenScope
from tests.casebook.api.served import Served

CHECKS = [
    checks.not_a_server_error, checks.status_code_conformance, checks.content_type_conformance, checks.response_headers_conformance,
    checks.response_schema_conformance, checks.negative_data_rejection, checks.ignored_auth, checks.unsupported_method,
]  # fmt: skip


@dataclass
class Fuzzed:
    """What came of a route."""

    route: str
    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)  # title → the first of its kind


def fuzz(served: Served, examples: int, number: int) -> list[Fuzzed]:
    """Ask each route so often in each mode."""
    api = schemathesis.openapi.from_asgi("/api/v1/openapi.json", served.app)
    token = served.make_token("fuzz", *TokenScope)
    return [_fuzz_route(served, result.ok(), token, examples, number) for result in api.get_all_operations()]


def _fuzz_route(served: Served, operation: Any, token: str, examples: int, number: int) -> Fuzzed:
    fuzzed = Fuzzed(operation.label)
    ids = _known_ids(served, operation)
    modes = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]
    known = [operation.as_strategy(generation_mode=GenerationMode.POSITIVE, path_parameters=ids)] if ids else []

    @seed(number)
    @settings(
        max_examples=examples * 2,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(*known, *modes))
    def ask(case: Any) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {token}"})
        fuzzed.requests += 1
        fuzzed.statuses[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=CHECKS, headers={"Authorization": f"Bearer {token}"})
        except FailureGroup as group:
            for failure in group.exceptions:
                fuzzed.failures.setdefault(f"{type(failure).__name__}", f"{failure}\n{case.as_curl_command()}")
        except Failure as failure:
            fuzzed.failures.setdefault(type(failure).__name__, f"{failure}\n{case.as_curl_command()}")

    ask()
    return fuzzed


def _known_ids(served: Served, operation: Any) -> dict[str, str]:
    ledger = served.context.ledger
    known = {"job_id": "jobs", "claim_id": "verdicts", "case_id": "cases", "crawl_id": "crawls"}
    names = [parameter["name"] for parameter in operation.definition.raw["parameters"] if parameter["in"] == "path"]
    ids = {name: ledger.value(f"SELECT {name} FROM {known[name]} ORDER BY {name} LIMIT 1") for name in names}
    return ids if all(ids.values()) else {}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        fuzzed = fuzz(Served(Path(folder), strangers_per_minute=1_000_000), chosen.examples, chosen.seed)
    for route in fuzzed:
        statuses = ", ".join(f"{number} × {status}" for status, number in sorted(route.statuses.items()))
        print(f"{route.route}: {route.requests} requests, {statuses}; {len(route.failures)} failures")
    for route in fuzzed:
        for words in route.failures.values():
            print(f"\n{route.route}: {words}")
    requests, failures = sum(route.requests for route in fuzzed), sum(len(route.failures) for route in fuzzed)
    print(f"{requests} requests in {time.monotonic() - begun:.0f} s, {failures} failures")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
