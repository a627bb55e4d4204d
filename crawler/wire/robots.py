"""Which addresses a visit may ask for: robots.txt of each host, and the operator's list of domains that are never asked.

Reads: robots.txt, by a look of the visit. Writes: nothing; the rule goes with the request into its capture's row.
"""

from __future__ import annotations

import asyncio
import logging
from asyncio import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.robotstxt import ProtegoRobotParser

from crawler.visits.visit import RunningVisit
from crawler.wire.failures import LookRefusedError
from crawler.wire.opt_out import read_opt_out
from crawler.wire.visiting_spider import visiting_spider
from ledger.domains import belongs_to
from ledger.typed_texts import CaptureId
from ledger.vocabulary import Purpose, RobotsRule

logger = logging.getLogger(__name__)
ROBOTS_META = "robots"  # of a request: the rule that allows it, and the capture that it was read from


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRules:
    """What a host's robots.txt says. capture_id: of the answer that it was read from."""

    parser: ProtegoRobotParser
    rule: RobotsRule
    capture_id: CaptureId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRules:
    """Why a host may not be asked for anything: its robots.txt could not be had."""

    reason: str
    detail: str
    capture_id: CaptureId | None = None


class VisitRobotsMiddleware:
    """RFC 9309: robots.txt decides; a missing one allows all, an unreachable one forbids all.

    Rules are forgotten with their visit: a crawl of many vendors does not grow with them.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.user_agent = crawler.settings["ROBOTSTXT_USER_AGENT"] or crawler.settings["USER_AGENT"]
        self.is_obeyed = crawler.settings.getbool("PARTNERPROOF_OBEY_ROBOTS")
        self.opted_out = read_opt_out(Path(crawler.settings["PARTNERPROOF_OPT_OUT_FILE"]))
        # visit → scheme://netloc → its rules, under way or here
        self._rules_of: WeakKeyDictionary[RunningVisit, dict[str, Future[SiteRules | NoRules]]] = WeakKeyDictionary()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        visit: RunningVisit | None = request.meta.get("visit")
        if self.opted_out and belongs_to(urlsplit(request.url).hostname, self.opted_out):
            if visit is None:  # no row will say why
                logger.warning("%s is not asked: the list of domains that wish not to be visited names it", request.url)
            raise LookRefusedError("opt-out", "the list of domains that wish not to be visited names it")
        if visit is None:
            return
        request.meta[ROBOTS_META] = None  # a redirect brings the rules of the address that it comes from
        if request.meta.get("purpose") is Purpose.ROBOTS:
            return
        if not self.is_obeyed:
            request.meta[ROBOTS_META] = (RobotsRule.NOT_ASKED, None)
            return
        rules = await self._rules(visit, request)
        if isinstance(rules, NoRules):
            raise LookRefusedError(rules.reason, rules.detail, robots_capture_id=rules.capture_id)
        if not rules.parser.allowed(request.url, self.user_agent):
            raise LookRefusedError("robots", "robots.txt forbids this address", robots_capture_id=rules.capture_id)
        request.meta[ROBOTS_META] = (rules.rule, rules.capture_id)

    async def _rules(self, visit: RunningVisit, request: Request) -> SiteRules | NoRules:
        parts = urlsplit(request.url)
        netloc = f"{parts.scheme}://{parts.netloc}"
        of_visit = self._rules_of.setdefault(visit, {})
        if netloc not in of_visit:
            of_visit[netloc] = asyncio.ensure_future(self._fetch(visit, netloc))
        return await of_visit[netloc]

    async def _fetch(self, visit: RunningVisit, site: str) -> SiteRules | NoRules:
        spider = visiting_spider(self.crawler)
        looked = await spider.looks.look(visit, f"{site}/robots.txt", Purpose.ROBOTS)
        answer, capture_id = looked.answer, looked.look.capture_id
        if answer is None:  # the host itself can't be reached, or must not be
            return NoRules(reason=looked.look.reason or "failed", detail=f"{looked.look.detail} (asked for robots.txt)")
        if answer.status >= 500 or answer.status == 429:
            return NoRules(
                reason="robots-unreachable",
                detail=f"robots.txt answers {answer.status}, so nothing is allowed (RFC 9309)",
                capture_id=capture_id,
            )
        body = b"" if answer.status >= 400 else answer.content[:512_000]  # RFC 9309, 2.5: at least 500 KiB
        parser = ProtegoRobotParser(body, spider)
        rules = parser.rp
        visit.sitemaps += [url for url in list(rules.sitemaps)[:20] if url not in visit.sitemaps]
        spider.pace.set_delay(site.split("://")[1], rules.crawl_delay(self.user_agent))
        rule = RobotsRule.NO_ROBOTS if answer.status >= 400 else RobotsRule.ALLOWED
        return SiteRules(parser=parser, rule=rule, capture_id=capture_id)
