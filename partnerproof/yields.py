"""Does the reading still see what it saw? Sightings and passages a page, this crawl against the one before.

A change of the reading, or of many sites at once, shows first as fewer sightings a page.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.database import Ledger
from ledger.typed_texts import CrawlId

MIN_PAGES = 20  # of the same vendors in both crawls; fewer say nothing
DROP = 0.3  # share; between two crawls of the corpus an hour apart it is 0


@dataclass(frozen=True, slots=True)
class _Seen:
    pages: int
    sightings: int
    passages: int


@dataclass(frozen=True, slots=True)
class _Yield:
    pages: int
    sightings: float
    passages: float


def yield_drops(ledger: Ledger, crawl_id: CrawlId) -> list[str]:
    """Return a line for what a crawl saw far less of, on pages that the same vendors' visits before have read too."""
    before = ledger.value(
        "SELECT max(v.crawl_id) FROM visits v WHERE v.crawl_id < ? AND v.state = 'done'"
        " AND v.seed_id IN (SELECT seed_id FROM visits WHERE crawl_id = ?)",
        [crawl_id, crawl_id],
    )
    if before is None:
        return []
    now, earlier = _yield_of(ledger, crawl_id, before), _yield_of(ledger, before, crawl_id)
    if now.pages < MIN_PAGES or earlier.pages < MIN_PAGES:
        return []
    lines = []
    for name in ("sightings", "passages"):
        had, has = getattr(earlier, name), getattr(now, name)
        if had > 0 and has < (1 - DROP) * had:
            lines.append(
                f"alert: {has:.1f} {name} a page, {had:.1f} in the crawl before, on pages of the same addresses; "
                "look at some of them before you believe that what is missing is gone"
            )
    return lines


def _yield_of(ledger: Ledger, crawl_id: CrawlId, other: str) -> _Yield:
    seen = ledger.select(
        _Seen,
        """
        WITH shared AS (
            SELECT p.page_id FROM pages p JOIN visits v USING (visit_id)
            WHERE v.crawl_id = :crawl AND p.health = 'ok' AND EXISTS (
                SELECT 1 FROM pages q JOIN visits w ON w.visit_id = q.visit_id
                WHERE w.crawl_id = :other AND w.seed_id = v.seed_id AND q.url = p.url AND q.health = 'ok')
        )
        SELECT (SELECT count(*) FROM shared) AS pages,
               (SELECT count(*) FROM sightings WHERE page_id IN shared) AS sightings,
               (SELECT count(*) FROM passages WHERE page_id IN shared) AS passages
        """,
        {"crawl": crawl_id, "other": other},
    )
    pages = seen[0].pages or 1
    return _Yield(seen[0].pages, seen[0].sightings / pages, seen[0].passages / pages)
