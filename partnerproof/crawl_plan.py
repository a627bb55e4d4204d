"""What a crawl would cost, before it starts: requests, bytes, hours, disk. From earlier visits where there are some.

1. A vendor that was visited costs what its last visit cost.
2. Any other costs the mean of all visits here, or of the 24 sites of the benchmark when there is none yet.
3. Time follows from the pace: one request to a host each delay, so many visits at once, never more than one machine reads.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from crawler.wire.hours import Window
from ledger.database import Ledger
from ledger.domains import belongs_to
from ledger.records import Seed
from ledger.typed_texts import CrawlId, SeedId, VisitId
from partnerproof.config import CrawlConfig

# means of the corpus (bench/README.md): 24 sites of small and middling vendors
REQUESTS_PER_VISIT, BYTES_PER_VISIT, DISK_PER_VISIT = 90.0, 7_000_000.0, 8_500_000.0
# what one machine of two cores reads and stores, requests a second (bench/README.md), rounded down
MACHINE_REQUESTS_PER_S = 200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlPlan:
    """The expected cost of one crawl."""

    vendors: int
    opted_out: int
    known_vendors: int  # whose own last visit was taken
    basis: str  # where the numbers of the others come from
    requests: int
    received_bytes: int
    disk_bytes: int
    hours: float  # of the crawl itself
    hours_with_window: float  # until its end, with the hours in which it must not start visits
    bound_by: str


def plan_crawl(
    ledger: Ledger | None, seeds: Sequence[Seed], config: CrawlConfig, opted_out: frozenset[str]
) -> CrawlPlan:
    """Return what a crawl of these seeds would cost. ledger: None before the first crawl."""
    wanted = [seed for seed in seeds if not belongs_to(seed.vendor_domain, opted_out)]
    known = _last_visits(ledger, [seed.seed_id for seed in wanted]) if ledger else {}
    mean = _mean(ledger) if ledger else None
    usual = mean or _Cost(requests=REQUESTS_PER_VISIT, received_bytes=BYTES_PER_VISIT)
    costs = [known.get(seed.seed_id, usual) for seed in wanted]
    total, total_bytes = sum(cost.requests for cost in costs), sum(cost.received_bytes for cost in costs)
    visit_s = total * config.delay_s / min(config.visits_at_once, max(1, len(wanted)))
    slowest_s = max((cost.requests for cost in costs), default=0.0) * config.delay_s
    bounds = {
        "the delay between two requests to one host": max(visit_s, slowest_s),
        "what one machine reads": total / MACHINE_REQUESTS_PER_S,
    }
    bound_by = max(bounds, key=lambda name: bounds[name])
    hours = bounds[bound_by] / 3600
    return CrawlPlan(
        vendors=len(wanted),
        opted_out=len(seeds) - len(wanted),
        known_vendors=len(known),
        basis="the mean of the visits here" if mean else "the mean of 24 measured sites",
        requests=round(total),
        received_bytes=round(total_bytes),
        disk_bytes=round(total_bytes * DISK_PER_VISIT / BYTES_PER_VISIT),
        hours=hours,
        hours_with_window=_with_window(hours, Window.of(config.hours)),
        bound_by=bound_by,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cost:
    """What a visit costs."""

    requests: float
    received_bytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _LastVisit:
    visit_id: VisitId
    seed_id: SeedId
    requests: int
    body_bytes: int
    crawl_id: CrawlId


def _last_visits(ledger: Ledger, seed_ids: Sequence[SeedId]) -> dict[SeedId, _Cost]:
    wanted = set(seed_ids)
    visits = ledger.select_each(
        _LastVisit,
        "SELECT v.visit_id, v.seed_id, v.requests, v.body_bytes, max(v.crawl_id) AS crawl_id"
        " FROM visits v JOIN crawls c USING (crawl_id) WHERE v.state = 'done' AND c.kind = 'crawl' GROUP BY v.seed_id",
    )
    return {
        visit.seed_id: _Cost(requests=visit.requests, received_bytes=visit.body_bytes)
        for visit in visits
        if visit.seed_id in wanted
    }


def _mean(ledger: Ledger) -> _Cost | None:
    return ledger.select_first(
        _Cost,
        "SELECT avg(v.requests) AS requests, avg(v.body_bytes) AS received_bytes"
        " FROM visits v JOIN crawls c USING (crawl_id) WHERE v.state = 'done' AND c.kind = 'crawl' HAVING count(*) > 0",
    )


def _with_window(hours: float, window: Window | None) -> float:
    if window is None:
        return hours
    opens, closes = (at.hour + at.minute / 60 for at in (window.opens, window.closes))
    open_h = (closes - opens) % 24
    days = max(0, math.ceil(hours / open_h) - 1)
    return days * 24 + (hours - days * open_h)
