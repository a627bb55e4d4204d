"""What visits cost in this workspace: of each vendor its last visit, of all others the mean.

Reads: crawls, visits, looks, captures. Writes nothing.

A vendor at which nobody answered is dead; any other visit that failed (robots.txt, a challenge) costs what it did.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from crawler.visits.start_addresses import NO_ANSWER
from ledger.database import Ledger
from ledger.typed_texts import CrawlId, SeedId
from ledger.vocabulary import VisitState
from partnerproof.planning.machine_speed import MachineSpeed
from partnerproof.planning.plan_figures import (
    BUSY_SHARE,
    BYTES_PER_VISIT,
    DEAD_SHARE,
    IMAGES_PER_VISIT,
    PAGES_PER_VISIT,
    REQUEST_S,
    REQUESTS_PER_VISIT,
    SAMPLED_VISITS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitCost:
    """What one visit costs. seconds: from its begin to its end; None: not known."""

    requests: float
    received_bytes: float
    pages: float
    images: float  # that are recognised: those that no earlier visit had
    seconds: float | None
    is_queued: bool = False  # it stood in a queue for the processor much of that time: it waits less than so long
    is_dead: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitCosts:
    """What visits of a list cost. known: by vendor, from its last visit."""

    known: dict[SeedId, VisitCost]
    usual: VisitCost  # of a vendor that answers
    basis: str  # where the usual one comes from
    dead_share: float
    dead_seconds: float | None  # how long a visit lasts at which nobody answers; None: none was made yet
    address_share: float | None  # of all requests, that went to the one address that most of them did; None: not known


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    seed_id: SeedId
    crawl_id: CrawlId
    state: VisitState
    reason: str
    requests: int
    body_bytes: int
    pages: int
    seconds: float

    @property
    def is_dead(self) -> bool:
        return self.state is VisitState.FAILED and self.reason in NO_ANSWER


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    """Sums over the last visits: what is too much to be read for each."""

    requests: int
    images: int
    to_one_address: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _CrawlWork:
    crawl_id: CrawlId
    requests: int
    pages: int
    seconds: float


def corpus_costs() -> VisitCosts:
    """Return what visits cost on the benchmark's corpus."""
    usual = VisitCost(
        requests=REQUESTS_PER_VISIT,
        received_bytes=BYTES_PER_VISIT,
        pages=PAGES_PER_VISIT,
        images=IMAGES_PER_VISIT,
        seconds=None,
    )
    return VisitCosts(
        known={},
        usual=usual,
        basis="the mean of 24 measured sites",
        dead_share=DEAD_SHARE,
        dead_seconds=None,
        address_share=None,
    )


def read_visit_costs(
    ledger: Ledger, seed_ids: Collection[SeedId], speed: MachineSpeed, *, max_seconds: float
) -> VisitCosts:
    """Return what visits cost, as crawls of this workspace measured it; the corpus's where no visit has ended yet.

    max_seconds: a visit that was interrupted, and went on another day, did not take longer than that.
    """
    visits = ledger.select(_Visit, _LAST_VISITS)
    if not visits:
        return corpus_costs()
    sample = ledger.select_first(_Sample, _SAMPLE, {"visits": SAMPLED_VISITS})
    images_per_request = sample.images / sample.requests if sample is not None and sample.requests else 0.0
    busy = _busy_crawls(ledger, speed, images_per_request)
    wanted = set(seed_ids)
    costs = {
        visit.seed_id: VisitCost(
            requests=visit.requests,
            received_bytes=visit.body_bytes,
            pages=visit.pages,
            images=visit.requests * images_per_request,
            seconds=min(visit.seconds, max_seconds),
            is_queued=visit.crawl_id in busy,
            is_dead=visit.is_dead,
        )
        for visit in visits
    }
    living = [cost for cost in costs.values() if not cost.is_dead]
    dead = [min(visit.seconds, max_seconds) for visit in visits if visit.is_dead]
    return VisitCosts(
        known={seed_id: cost for seed_id, cost in costs.items() if seed_id in wanted},
        usual=_mean(living) if living else corpus_costs().usual,
        basis="the mean of the visits here" if living else corpus_costs().basis,
        dead_share=len(dead) / len(visits),
        dead_seconds=sum(dead) / len(dead) if dead else None,
        address_share=sample.to_one_address / sample.requests if sample is not None and sample.requests else None,
    )


def _busy_crawls(ledger: Ledger, speed: MachineSpeed, images_per_request: float) -> set[CrawlId]:
    """The crawls whose processors, or the one process that fetches, had little time left: their visits stood in a queue."""
    busy = set()
    for crawl in ledger.select(_CrawlWork, _CRAWLS):
        fetching_s = crawl.requests * REQUEST_S
        all_s = fetching_s + crawl.requests * images_per_request * speed.image_s + crawl.pages * speed.page_s
        if max(fetching_s, all_s / speed.processors) >= BUSY_SHARE * max(crawl.seconds, 1.0):
            busy.add(crawl.crawl_id)
    return busy


def _mean(costs: Collection[VisitCost]) -> VisitCost:
    number = len(costs)
    seconds = [cost.seconds for cost in costs if cost.seconds is not None]
    return VisitCost(
        requests=sum(cost.requests for cost in costs) / number,
        received_bytes=sum(cost.received_bytes for cost in costs) / number,
        pages=sum(cost.pages for cost in costs) / number,
        images=sum(cost.images for cost in costs) / number,
        seconds=sum(seconds) / len(seconds) if seconds else None,
        is_queued=all(cost.is_queued for cost in costs),
    )


# SQLite takes the other columns from the row with the maximum
_LAST_VISITS = """
    SELECT v.seed_id, max(v.crawl_id) AS crawl_id, v.state, v.requests, v.body_bytes, v.pages,
           substr(v.end_reason || ':', 1, instr(v.end_reason || ':', ':') - 1) AS reason,
           coalesce((julianday(v.ended_at) - julianday(v.started_at)) * 86400.0, 0.0) AS seconds
    FROM visits v JOIN crawls c USING (crawl_id)
    WHERE v.state IN ('done', 'failed') AND c.kind = 'crawl' GROUP BY v.seed_id
"""
_SAMPLE = """
    WITH sampled AS MATERIALIZED (
        SELECT v.visit_id, v.requests FROM visits v JOIN crawls c USING (crawl_id)
        WHERE v.state IN ('done', 'failed') AND c.kind = 'crawl' ORDER BY v.crawl_id DESC, v.ordinal LIMIT :visits)
    SELECT coalesce((SELECT sum(requests) FROM sampled), 0) AS requests,
           (SELECT count(DISTINCT l.content_sha256) FROM sampled JOIN looks l USING (visit_id)
            WHERE l.purpose = 'image' AND l.outcome = 'looked' AND l.unchanged_since IS NULL) AS images,
           coalesce((SELECT count(*) FROM sampled JOIN captures a USING (visit_id) WHERE a.remote_ip IS NOT NULL
            GROUP BY a.remote_ip ORDER BY 1 DESC LIMIT 1), 0) AS to_one_address
"""
_CRAWLS = """
    SELECT c.crawl_id, sum(v.requests) AS requests, sum(v.pages) AS pages,
           (julianday(max(v.ended_at)) - julianday(min(v.started_at))) * 86400.0 AS seconds
    FROM crawls c JOIN visits v USING (crawl_id)
    WHERE c.kind = 'crawl' AND v.state IN ('done', 'failed') AND v.started_at IS NOT NULL AND v.ended_at IS NOT NULL
    GROUP BY c.crawl_id
"""
