"""How the service is, for who watches it: metrics in Prometheus' text format, and whether it is ready.

Reads: jobs, visits, crawls, verdicts, cases, deliveries, and the custody log. What takes long to count is as old as the cache of counts has it.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from casebook.jobs.job_queue import count_jobs
from casebook.web.application_context import ApplicationContext
from ledger.database import Ledger
from ledger.errors import PartnerproofError
from ledger.identity import parse_utc, utc_now
from ledger.proof.custody import CustodyLog
from ledger.vocabulary import CaseState, CustodyEvent, JobState, VerdictKind, VisitState

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
MIN_FREE_BYTES = (
    200_000_000  # under this nothing should be begun: an archive that is cut short is worse than one that waits
)
_AGES = {"seal": CustodyEvent.SEALED, "anchor": CustodyEvent.ANCHORED, "backup": CustodyEvent.BACKED_UP}


@dataclass
class RequestCounts:
    """Requests to the API since it began, by the route's pattern and status: no id of anything is in it."""

    _counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, route: str, status: int) -> None:
        with self._lock:
            self._counts[route, status] += 1

    def read(self) -> dict[tuple[str, int], int]:
        with self._lock:
            return dict(self._counts)


@dataclass
class ServiceHealth:
    """Whether the service can do its work. runs_jobs: whether somebody looks after them, where this server does."""

    database: Path
    runs_jobs: Callable[[], bool] = field(default=lambda: True)
    min_free_bytes: int = MIN_FREE_BYTES
    _checked: tuple[float, dict[str, bool]] | None = None

    def check(self) -> dict[str, bool]:
        """Return what is well and what not, in words without details; at most a second old."""
        if self._checked is None or time.monotonic() - self._checked[0] > 1:
            self._checked = (
                time.monotonic(),
                {"database": self._answers(), "disk": self._has_space(), "jobs": self.runs_jobs()},
            )
        return self._checked[1]

    def free_bytes(self) -> int:
        return shutil.disk_usage(self.database.parent).free

    def _answers(self) -> bool:
        try:
            with Ledger.open_readonly(self.database) as ledger:
                return ledger.value("SELECT count(*) FROM jobs") is not None
        except (PartnerproofError, sqlite3.Error):
            return False

    def _has_space(self) -> bool:
        try:
            return self.free_bytes() >= self.min_free_bytes
        except OSError:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Count:
    name: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    """What takes long to count."""

    visits: Mapping[str, int]
    findings: Mapping[str, int]
    cases: Mapping[str, int]


def write_metrics(context: ApplicationContext, counts: RequestCounts, health: ServiceHealth) -> bytes:
    """Return all metrics as text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(list(_measure(context, counts, health))))
    return generate_latest(registry)


class _Collected(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _measure(context: ApplicationContext, counts: RequestCounts, health: ServiceHealth) -> Iterator[Metric]:
    ledger = context.ledger
    jobs = count_jobs(ledger)
    yield _gauge("partnerproof_jobs", "Jobs by state.", "state", {state: jobs.get(state, 0) for state in JobState})
    running = _count(ledger, "SELECT v.state AS name, count(*) AS number FROM visits v JOIN crawls c USING (crawl_id) WHERE c.ended_at IS NULL GROUP BY v.state")  # fmt: skip
    yield _gauge("partnerproof_crawl_visits", "Visits of crawls that have not ended, by state.", "state", {state: running.get(state, 0) for state in VisitState})  # fmt: skip
    slow: _Counts = context.counts.read(ledger, ("metrics",), _count_slowly)
    yield _gauge("partnerproof_visits", "Visits of all crawls, by state.", "state", {state: slow.visits.get(state, 0) for state in VisitState})  # fmt: skip
    yield _gauge("partnerproof_findings", "Findings by the verdict that holds.", "verdict", {kind: slow.findings.get(kind, 0) for kind in VerdictKind})  # fmt: skip
    yield _gauge("partnerproof_cases", "Cases by state; open, later and waiting-approval wait for a person.", "state", {state: slow.cases.get(state, 0) for state in CaseState})  # fmt: skip
    waiting = ledger.value("SELECT count(*) FROM deliveries WHERE delivered_at IS NULL")
    yield GaugeMetricFamily("partnerproof_deliveries_waiting", "Alerts that no channel has taken yet.", value=waiting)
    requests = CounterMetricFamily("partnerproof_api_requests", "Requests to the API, by route and status.", labels=["route", "status"])  # fmt: skip
    for (route, status), number in sorted(counts.read().items()):
        requests.add_metric([route, str(status)], number)
    yield requests
    yield from _measure_ages(context.log)
    yield GaugeMetricFamily(
        "partnerproof_disk_free_bytes", "Free on the disk of the workspace.", value=health.free_bytes()
    )
    checks = health.check()
    yield _gauge("partnerproof_ready", "1 = this part of the service can do its work.", "part", {part: int(is_well) for part, is_well in checks.items()})  # fmt: skip


def _measure_ages(log: CustodyLog) -> Iterator[Metric]:
    """What never was has no age, and no metric: an alert asks for its absence."""
    for name, event in _AGES.items():
        if (entry := log.newest({event})) is not None:
            seconds = max(0.0, (utc_now() - parse_utc(entry["at"])).total_seconds())
            yield GaugeMetricFamily(f"partnerproof_{name}_age_seconds", f"Since the latest {name}.", value=seconds)


def _count_slowly(ledger: Ledger) -> _Counts:
    return _Counts(
        visits=_count(ledger, "SELECT state AS name, count(*) AS number FROM visits GROUP BY state"),
        findings=_count(ledger, _FINDINGS),
        cases=_count(ledger, "SELECT state AS name, count(*) AS number FROM cases GROUP BY state"),
    )


def _count(ledger: Ledger, sql: str) -> dict[str, int]:
    return {row.name: row.number for row in ledger.select(_Count, sql)}


def _gauge(name: str, about: str, label: str, values: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, about, labels=[label])
    for value, number in values.items():
        family.add_metric([str(value)], number)
    return family


_FINDINGS = """
    SELECT v.verdict AS name, count(*) AS number FROM verdicts v
    WHERE v.is_replay = 0 AND v.sequence = (SELECT max(n.sequence) FROM verdicts n WHERE n.claim_id = v.claim_id AND n.is_replay = 0)
        AND EXISTS (SELECT 1 FROM claim_evidence e WHERE e.claim_id = v.claim_id)
    GROUP BY v.verdict
"""
