"""Orders jobs of every kind by the API while the server is killed under its hands; afterwards each must have been done once.

Used by bench/review_writers.py --day.
"""

from __future__ import annotations

import base64
import http.client
import itertools
import json
import re
import sqlite3
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.generated_web import GeneratedWeb, address
from casebook.api.api_tokens import make_token
from ledger.database import Ledger
from ledger.proof.custody import CustodyLog
from ledger.proof.writer_lock import LOG_NAME, acquire_entry_lock
from ledger.vocabulary import TokenScope

PAUSE_S = 3.0


def allow_jobs(root: Path, web: GeneratedWeb, vendors: int) -> str:
    """Let jobs of a workspace visit the generated vendors, two at once; return a token that may order and read jobs."""
    resolve = [f"{address(number)}:{web.port}:{address(number)}" for number in range(vendors)]
    config = root / "partnerproof.toml"
    text = config.read_text(encoding="utf-8")
    for key, value in (("jobs_at_once", "2"), ("resolve", json.dumps(resolve)), ("delay_s", "0.0")):
        text = re.sub(rf"(?m)^{key} = [^#\n]*", f"{key} = {value} ", text)
    config.write_text(text, encoding="utf-8")
    database = root / "var" / "partnerproof.db"
    with acquire_entry_lock(database, "token"), Ledger.open(database) as ledger:
        log = CustodyLog(database.parent / LOG_NAME)
        return make_token(ledger, log, "bench", [TokenScope.JOBS_WRITE], by="bench", days=1)[0]


@dataclass
class Orderer:
    """Somebody's program. port: of the server that runs now; None while it is down. accepted: job ids, each with its kind."""

    web: GeneratedWeb
    token: str
    vendors: int
    port: int | None = None
    accepted: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)

    def order_on(self, until: float) -> None:
        """Order one job after the other until a moment; one that a killed server did not answer is ordered again, under its key."""
        for number in itertools.count():
            order = self._order(number)
            while time.monotonic() < until and not self._send(order, f"order-{number}"):
                time.sleep(0.3)
            if time.monotonic() >= until:
                return
            time.sleep(PAUSE_S)

    def _send(self, order: dict[str, Any], key: str) -> bool:
        if self.port is None:
            return False
        try:
            http_ = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            headers = {
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "Idempotency-Key": key,
            }
            http_.request("POST", "/api/v1/jobs", json.dumps(order), headers)
            answer = http_.getresponse()
            told = json.loads(answer.read())
            http_.close()
        except (OSError, http.client.HTTPException, ValueError):
            return False  # it was killed: the same order under the same key is one job
        self.statuses[f"order {answer.status}"] += 1
        if answer.status not in (200, 201):
            self.problems.append(f"order of {order['kind']}: {answer.status} {told}")
            return True
        self.accepted[told["job_id"]] = order["kind"]
        return True

    def _order(self, number: int) -> dict[str, Any]:
        vendor = number % self.vendors
        site = f"http://{address(vendor)}:{self.web.port}"
        if number % 4 == 0:
            return {"kind": "check", "url": f"{site}/partners.html"}
        if number % 4 == 1:
            return {"kind": "crawl", "file": _csv(f"name,url\nVendor {vendor},{site}/\n", f"list-{number}.csv")}
        if number % 4 == 2:
            grants = "".join(f"Vendor {n},vendor{n}.example,partner,2020-01-01\n" for n in range(number % 7))
            return {"kind": "import", "brand": "quintary", "file": _csv(f"company,domain,relation,valid_from\n{grants}Known,known.example,partner,2020-01-01\n", "register.csv")}  # fmt: skip
        return {"kind": "watch"}


def _csv(text: str, name: str) -> dict[str, str]:
    return {"format": "csv", "name": name, "content": base64.b64encode(text.encode()).decode()}


def wait_for_jobs(root: Path, *, at_most_s: float) -> None:
    """Return when no job waits or runs any more, or the time is over."""
    until = time.monotonic() + at_most_s
    while time.monotonic() < until:
        with sqlite3.connect(f"file:{root}/var/partnerproof.db?mode=ro", uri=True) as database:
            if not database.execute("SELECT 1 FROM jobs WHERE state IN ('queued', 'running')").fetchone():
                return
        threading.Event().wait(0.5)


def read_job_faults(root: Path, accepted: dict[str, str]) -> tuple[Counter[str], list[str]]:
    """Return how many jobs ended how, and what is wrong with them: lost, doubled, not ended, or failed."""
    with sqlite3.connect(f"file:{root}/var/partnerproof.db?mode=ro", uri=True) as database:
        rows = database.execute("SELECT job_id, kind, state, messages FROM jobs").fetchall()
    stored = {job: (kind, state, messages) for job, kind, state, messages in rows}
    faults = [f"{kind} {job}: accepted, and not there" for job, kind in accepted.items() if job not in stored]
    faults += [
        f"{kind} {job}: {state} {str(messages)[-300:]}"
        for job, (kind, state, messages) in stored.items()
        if state != "done"
    ]
    return Counter(f"{kind} {state}" for kind, state, _ in stored.values()), faults
