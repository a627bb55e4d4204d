"""Strange requests to the review application, for as long as one likes: each is answered or refused, none makes a fault.

python -m bench.fuzz_review [--requests 50000] [--seed 1]   # shared among the routes

The same requests as tests/casebook/web/test_fuzz.py, in a new order each seed. Printed: how many of each route were answered how.
A fault stops it, with the request that made it, made as small as it can be.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, given, settings

from casebook.web.app import make_app
from tests.casebook.web.contexts import make_context
from tests.casebook.web.strangers import StrangeRequest, Strangers, send


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    asked_for = parser.parse_args()
    counts: Counter[tuple[str, str, int]] = Counter()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as made, asyncio.Runner() as runner:
        strangers = Strangers(make_context(Path(made), four_eyes=True, token="a-token"))  # noqa: S106  # of this benchmark
        app = make_app(strangers.context)
        each = asked_for.requests // len(strangers.routes)
        quiet = list(HealthCheck)

        def ask_route(path: str, method: str, seed: int) -> None:
            @hypothesis.seed(seed)
            @settings(max_examples=each, deadline=None, database=None, suppress_health_check=quiet)
            @given(strangers.requests(path, method))
            def ask(asked: StrangeRequest) -> None:
                answered = runner.run(send(app, asked))
                counts[path, asked.method if asked.method in ("GET", "POST") else "(other)", answered.status] += 1
                assert answered.status < 500, asked

            ask()

        for number, (path, method) in enumerate(strangers.routes):
            ask_route(path, method, asked_for.seed * 1_000 + number)
    for (route, method, status), count in sorted(counts.items()):
        print(f"{route:44} {method:8} {status} {count:7,}")
    print(f"{counts.total():,} requests in {time.perf_counter() - began:.0f} s, no fault")


if __name__ == "__main__":
    main()
