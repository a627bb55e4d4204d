"""How fast the API answers: the data of bench.review_load, a real server on loopback, one program that asks without a pause.

python -m bench.api_load [--cases 50000] [--sightings 1000000] [--times 100] [--folder DIR]

With --folder the workspace is kept there, and used again the next time. Printed: of each address median and 99th percentile in ms, and how fast
all findings come as lines.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.request import Request, urlopen

from bench.review_load import make
from casebook.api.api_tokens import make_token
from ledger.vocabulary import TokenScope
from partnerproof.workspace import find_workspace


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=50_000)
    parser.add_argument("--sightings", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = chosen.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        root = folder / "space"
        if not root.exists():
            make(root, chosen.cases, chosen.sightings)
        config = root / "partnerproof.toml"
        config.write_text(config.read_text().replace("requests_per_minute = 300", "requests_per_minute = 100000"))
        workspace = find_workspace(root)
        with workspace.open() as ledger:
            token, _ = make_token(
                ledger, workspace.custody, f"load-{time.time_ns()}", list(TokenScope), days=1, by="bench"
            )
        command = [sys.executable, "-m", "partnerproof", "-w", str(root), "serve", "--port", "0", "--no-pictures"]
        server = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        assert server.stdout is not None
        address = server.stdout.readline().strip().rstrip("/")
        try:
            measure(lambda path: ask(address, token, path), chosen.times)
        finally:
            server.terminate()


def ask(address: str, token: str, path: str) -> bytes:
    request = Request(address + path, headers={"Authorization": f"Bearer {token}"})  # noqa: S310  # our own server
    with urlopen(request, timeout=300) as answer:  # noqa: S310
        data: bytes = answer.read()
    return data


def measure(ask: Callable[[str], bytes], times: int) -> None:
    base = "/api/v1"
    middle = json.loads(ask(f"{base}/findings.jsonl?limit=20000").splitlines()[-1])
    case = json.loads(ask(f"{base}/cases?limit=1"))["items"][0]["case_id"]
    crawl = json.loads(ask(f"{base}/crawls?limit=1"))["items"][0]["crawl_id"]
    for name, path in {
        "findings, first page": f"{base}/findings",
        "findings, from the middle": f"{base}/findings?cursor={middle['cursor']}&limit=50",
        "findings of a verdict": f"{base}/findings?verdict={middle['verdict']}",
        "findings since an instant": f"{base}/findings?changed_since={middle['judged_at']}",
        "one finding": f"{base}/findings/{middle['claim_id']}",
        "cases, open": f"{base}/cases?state=open",
        "one case": f"{base}/cases/{case}",
        "crawls": f"{base}/crawls",
        "vendors of a crawl": f"{base}/crawls/{crawl}/vendors",
        "metrics": "/metrics",
    }.items():
        spans_ms = []
        for _ in range(times):
            begun = time.perf_counter()
            ask(path)
            spans_ms.append((time.perf_counter() - begun) * 1000)
        print(
            f"{name}: median {statistics.median(spans_ms):.0f} ms, 99th percentile {sorted(spans_ms)[int(times * 0.99) - 1]:.0f} ms",
            flush=True,
        )
    begun = time.perf_counter()
    lines = ask(f"{base}/findings.jsonl?limit=100000").count(b"\n")
    print(f"findings as lines: {lines:,} in {time.perf_counter() - begun:.1f} s")


if __name__ == "__main__":
    main()
