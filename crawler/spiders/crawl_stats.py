"""What a crawl did, in Scrapy's stats: whatever watches a crawl there (spidermon, a periodic log, another collector) sees it as it runs.

Reads: visits, pages, looks. Writes: stats of the crawl under `partnerproof/`, never the database.

1. How many visits run is set as they begin and end.
2. What a visit read and looked at is added when it ends, from its rows: so a visit that was interrupted counts whole, and once.

Matches and claims are added by whoever judges (partnerproof/crawl_run.py): the crawl itself knows of none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.statscollectors import StatsCollector

from crawler.spiders.partners import PartnersSpider, visit_begun, visit_ended, visits_put_back
from ledger.database import Ledger
from ledger.typed_texts import VisitId

PREFIX = "partnerproof"
_BUDGET = re.compile(r"budget of (\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Number:
    name: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _EndedVisit:
    end_reason: str
    requests: int
    body_bytes: int


class CrawlStats:
    """Scrapy extension. It does nothing for a spider that makes no visits, as that of `scrapy shell`."""

    def __init__(self, crawler: Crawler, stats: StatsCollector) -> None:
        self.crawler = crawler
        self.stats = stats
        crawler.signals.connect(self._on_begun, signal=visit_begun)
        crawler.signals.connect(self._on_put_back, signal=visits_put_back)
        crawler.signals.connect(self._on_ended, signal=visit_ended)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if crawler.stats is None:
            raise NotConfigured("there are no stats to write to")
        return cls(crawler, crawler.stats)

    def _on_begun(self) -> None:
        self._add("visits/running")

    def _on_put_back(self, number: int) -> None:
        self._add("visits/running", -number)
        self._add("visits/put-back", number)

    def _on_ended(self, visit_id: VisitId, state: str) -> None:
        spider = self.crawler.spider
        if not isinstance(spider, PartnersSpider):
            return
        self._add("visits/running", -1)
        self._add(f"visits/{state}")
        self._add_visit(spider.ledger, visit_id, is_failed=state == "failed")
        for count in spider.ledger.select(_Number, _PAGES, [visit_id, visit_id]):
            self._add(f"pages/{count.name}", count.number)
        for count in spider.ledger.select(_Number, _LOOKS, [visit_id, visit_id, visit_id]):
            self._add(count.name, count.number)

    def _add_visit(self, ledger: Ledger, visit_id: VisitId, *, is_failed: bool) -> None:
        visit = ledger.select(_EndedVisit, "SELECT end_reason, requests, body_bytes FROM visits WHERE visit_id = ?", [visit_id])[0]  # fmt: skip
        self._add("requests", visit.requests)
        self._add("body_bytes", visit.body_bytes)
        if is_failed:
            self._add(f"visits/failed/{visit.end_reason.partition(':')[0].partition(';')[0]}")
        elif budget := _BUDGET.match(visit.end_reason):
            self._add(f"budgets/{budget[1]}")

    def _add(self, name: str, number: int = 1) -> None:
        self.stats.inc_value(f"{PREFIX}/{name}", number)


_PAGES = """
    SELECT 'health/' || health AS name, count(*) AS number FROM pages WHERE visit_id = ? GROUP BY 1
    UNION ALL SELECT 'kind/' || kind, count(*) FROM pages WHERE visit_id = ? AND health = 'ok' GROUP BY 1
"""
_LOOKS = """
    SELECT 'looks/' || purpose || '/' || outcome AS name, count(*) AS number FROM looks WHERE visit_id = ? GROUP BY 1
    UNION ALL SELECT 'looks/reason/' || reason, count(*) FROM looks
              WHERE visit_id = ? AND outcome = 'could-not-look' AND reason IS NOT NULL GROUP BY 1
    UNION ALL SELECT 'images/' || iif(outcome = 'looked', 'looked', 'unseen'), count(*) FROM looks
              WHERE visit_id = ? AND purpose = 'image' GROUP BY 1
"""
