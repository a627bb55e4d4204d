"""How many pages were looked at and could not be, in one number each: for the dashboard.

Reads: v_vendor_coverage, visits, looks, pages. Writes: nothing. casebook/dossier/coverage.py tells the same vendor by vendor.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from casebook.dossier.coverage import NOT_THERE, VendorOutcomes, VendorTally, tell_vendors
from ledger.database import Ledger

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageCounts:
    """Pages of each vendor's last visit in a period. looked: pages that were read, each once, however many addresses it has;
    unseen: by reason, what could not be looked at."""

    vendors: int
    told: str  # how many vendors were looked at, in part, or not, and why
    looked: int
    not_there: int
    unseen: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _PageCount:
    """A row of _OUTCOMES: pages by outcome and reason, as v_coverage has them."""

    outcome: str
    reason: str | None
    pages: int


def count_coverage(ledger: Ledger, since: str | None, until: str | None) -> CoverageCounts:
    """Count what the last visits of a period looked at. since, until: dates, [since, until)."""
    period = {"since": since, "until": until}
    tally = VendorTally.of(ledger.select(VendorOutcomes, f"{_LAST} {_VENDORS}", period))
    looked, not_there, unseen = 0, 0, Counter[str]()
    for group in ledger.select_each(_PageCount, f"{_LAST} {_OUTCOMES}", period):
        if group.outcome == "looked":
            looked += group.pages
        elif group.reason in NOT_THERE:
            not_there += group.pages
        elif group.outcome == "could-not-look":
            unseen[group.reason or UNKNOWN] += group.pages
    return CoverageCounts(
        vendors=tally.by_outcome.total(),
        told=tell_vendors(tally.by_outcome, tally.by_reason),
        looked=looked,
        not_there=not_there,
        unseen=dict(unseen.most_common()),
    )


_LAST = """
    WITH last AS MATERIALIZED (
        SELECT visit_id, state, end_reason, max(started_at) AS started_at FROM visits
        WHERE state IN ('done', 'failed') AND (:since IS NULL OR started_at >= :since) AND (:until IS NULL OR started_at < :until)
        GROUP BY seed_id
    )
"""
_VENDORS = """
    SELECT v.outcome, v.reason, count(*) AS vendors FROM last JOIN v_vendor_coverage v ON v.visit_id = last.visit_id GROUP BY 1, 2
"""
# outcome and reason as v_coverage tells them (tests/casebook/web/test_dashboard.py), which joins more than a count needs;
# but a page that answered under two addresses is one page
_OUTCOMES = """
    SELECT CASE WHEN l.look_id IS NULL THEN iif(last.state = 'failed', 'could-not-look', last.state)
                WHEN p.health <> 'ok' THEN 'could-not-look'
                WHEN p.page_id IS NULL AND l.outcome = 'looked' THEN 'same-page' ELSE l.outcome END AS outcome,
           CASE WHEN p.health_reason LIKE 'needs a browser%' THEN 'needs-browser'
                WHEN p.health = 'ok' AND p.health_reason LIKE 'empty main part%' THEN 'empty-main'
                WHEN p.health = 'ok' AND p.health_reason LIKE 'cut short%' THEN 'cut-short'
                WHEN p.health = 'error' THEN 'http-' || l.status WHEN p.health <> 'ok' THEN p.health
                ELSE coalesce(l.reason, iif(last.state = 'failed', last.end_reason, NULL)) END AS reason,
           count(*) AS pages
    FROM last LEFT JOIN looks l ON l.visit_id = last.visit_id AND l.purpose = 'page'
    LEFT JOIN pages p ON p.visit_id = last.visit_id AND p.look_id = l.look_id
    GROUP BY 1, 2
"""
