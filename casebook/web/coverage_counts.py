"""How many pages were looked at and could not be, in one number each: for the dashboard.

Reads: v_coverage, visits. Writes: nothing. casebook/coverage.py tells the same vendor by vendor.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from casebook.coverage import NOT_THERE
from ledger.database import Ledger

UNKNOWN = "unknown"
_KEPT_S, _MOST_KEPT = 60, 200  # it counts every look: once a minute is enough


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageCounts:
    """Pages of each vendor's last visit in a period. unseen: by reason, what could not be looked at."""

    vendors: int
    failed: int
    looked: int
    not_there: int
    unseen: Mapping[str, int]


@dataclass
class CoverageKeeper:
    """Coverage by period, counted at most once a minute each."""

    _kept: dict[tuple[str | None, str | None], tuple[float, CoverageCounts]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, ledger: Ledger, since: str | None, until: str | None) -> CoverageCounts:
        with self._lock:  # who asks meanwhile waits for the same count instead of counting, too
            found = self._kept.get((since, until))
            if found is None or time.monotonic() - found[0] > _KEPT_S:
                if len(self._kept) >= _MOST_KEPT:
                    self._kept.clear()
                found = self._kept[since, until] = (time.monotonic(), count_coverage(ledger, since, until))
            return found[1]


def count_coverage(ledger: Ledger, since: str | None, until: str | None) -> CoverageCounts:
    """Count what the last visits of a period looked at. since, until: dates, [since, until)."""
    period = {"since": since, "until": until}
    visits = ledger.row(f"{_LAST} SELECT count(*), coalesce(sum(state = 'failed'), 0) FROM last", period)
    looked, not_there, unseen = 0, 0, Counter[str]()
    for row in ledger.rows(f"{_LAST} {_OUTCOMES}", period):
        if row["outcome"] == "looked":
            looked += row["pages"]
        elif row["reason"] in NOT_THERE:
            not_there += row["pages"]
        elif row["outcome"] == "could-not-look":
            unseen[row["reason"] or UNKNOWN] += row["pages"]
    return CoverageCounts(
        vendors=visits[0] if visits else 0, failed=visits[1] if visits else 0, looked=looked, not_there=not_there,
        unseen=dict(unseen.most_common()),
    )  # fmt: skip


_LAST = """
    WITH last AS (
        SELECT visit_id, state, max(started_at) AS started_at FROM visits
        WHERE state IN ('done', 'failed') AND (:since IS NULL OR started_at >= :since) AND (:until IS NULL OR started_at < :until)
        GROUP BY seed_id
    )
"""
_OUTCOMES = """
    SELECT c.outcome, c.reason, count(*) AS pages FROM last CROSS JOIN v_coverage c ON c.visit_id = last.visit_id
    GROUP BY c.outcome, c.reason
"""
