"""The crawl: visits every seed, reads its pages best first, stores captures, pages, sightings and passages.

Reads: seeds, and visits that are not done. Writes: captures (through the middleware), looks, pages, sightings, passages.

1. As many visits at once as the settings allow, each a coroutine with its own budget; the next one starts when one ends.
2. A visit reads its start pages, then what their links and the sitemap promise, best first, until the budget is spent.
3. Each healthy page gives sightings and passages; the images that it shows are looked at right after it.
4. A visit that was interrupted runs again: what it had stored is answered from the archive.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import scrapy
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.browser import Browser, BrowserOptions
from crawler.looks import Looked, explain_failure
from crawler.seeds import begin_crawl, end_crawl_if_complete, read_seeds, seed_of_url
from crawler.visit import Budget, RunningVisit, begin_visit, end_visit
from crawler.visit_run import VisitRun
from ledger.database import Ledger
from ledger.errors import BadInputError, PartnerproofError, Problem
from ledger.identity import content_id, sha256_hex, utc_text
from ledger.lexicon import Lexicon
from ledger.pen import hold_pen
from ledger.records import Look
from ledger.vocabulary import LookOutcome, Purpose
from ledger.warc import WarcArchive

logger = logging.getLogger(__name__)
visit_ended = object()  # Scrapy signal, with visit_id and state
MAX_BYTES = {
    Purpose.PAGE: 5_000_000,
    Purpose.IMAGE: 10_000_000,
    Purpose.STYLESHEET: 1_000_000,
    Purpose.SITEMAP: 10_000_000,
    Purpose.ROBOTS: 1_000_000,
}


class PartnersSpider(scrapy.Spider):
    """Visit vendors and read their partner pages: -a seeds=vendors.csv, or -a url=https://vendor.example/partners."""

    name = "partners"

    def __init__(self, seeds: str | None = None, url: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if bool(seeds) == bool(url):
            raise BadInputError(
                Problem(
                    where="spider argument",
                    expected="either seeds or url",
                    got="both" if seeds else "neither",
                    next_step="run `scrapy crawl partners -a seeds=vendors.csv`",
                )
            )
        self.seeds_file = seeds or url or ""
        if seeds:
            self.seed_list = read_seeds(Path(seeds))
        else:
            self.seed_list = [seed_of_url(url or "")]
        self.crawl_id = ""
        self.failure: PartnerproofError | None = None
        self.is_single_url = url is not None
        self.pen = ExitStack()
        self.ledger: Ledger
        self.archive: WarcArchive
        self.lexicon: Lexicon

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = crawler.settings
        if not settings.getbool("PARTNERPROOF_HAS_PEN"):
            spider.pen.enter_context(hold_pen(Path(settings["PARTNERPROOF_DATABASE"]).parent))
        spider.lexicon = Lexicon.with_own(Path(settings["PARTNERPROOF_LEXICON_DIR"]))
        spider.ledger = Ledger.open(Path(settings["PARTNERPROOF_DATABASE"]))
        spider.budget = Budget(
            pages=settings.getint("PARTNERPROOF_MAX_PAGES"),
            images=settings.getint("PARTNERPROOF_MAX_IMAGES"),
            requests=settings.getint("PARTNERPROOF_MAX_REQUESTS"),
            body_bytes=settings.getint("PARTNERPROOF_MAX_BYTES"),
            seconds=settings.getfloat("PARTNERPROOF_MAX_SECONDS"),
            renders=settings.getint("PARTNERPROOF_MAX_RENDERS"),
        )
        spider.browser = Browser(
            BrowserOptions(executable=settings["PARTNERPROOF_BROWSER"] or None, user_agent=settings["USER_AGENT"])
        )
        spider.follow_links = settings.getbool("PARTNERPROOF_FOLLOW_LINKS")
        spider.crawl_id = begin_crawl(
            spider.ledger,
            spider.seed_list,
            seeds_file=Path(spider.seeds_file).name,
            settings={
                k: v
                for k, v in sorted(settings.copy_to_dict().items())
                if k.startswith("PARTNERPROOF_") and "DIR" not in k and "DATABASE" not in k
            },
            tool_version=settings["PARTNERPROOF_TOOL"],
            keep_known=spider.is_single_url,
        )
        spider.archive = WarcArchive(
            Path(settings["PARTNERPROOF_WARC_DIR"]), spider.ledger, spider.crawl_id, tool=settings["PARTNERPROOF_TOOL"]
        )
        spider.seed_list = []  # from here on the visits table is the list
        return spider

    budget: Budget
    browser: Browser
    follow_links: bool

    async def start(self) -> AsyncIterator[Any]:
        """Run all visits that are not done. Yields nothing: a visit awaits its own downloads."""
        waiting = self._visits_to_do()
        workers = self.settings.getint("PARTNERPROOF_CONCURRENT_VISITS")
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(max(1, workers)):
                    group.create_task(self._work(waiting))
        except* PartnerproofError as errors:
            # disk full, evidence broken: whoever started the crawl must know, and no visit goes on without its archive
            self.failure = next(e for e in errors.exceptions if isinstance(e, PartnerproofError))
            logger.error("the crawl stopped: %s", self.failure)
        finally:
            await self.browser.close()
        return
        yield

    def closed(self, reason: str) -> None:
        if self.settings.getbool("PARTNERPROOF_END_CRAWL"):
            end_crawl_if_complete(self.ledger, self.crawl_id)
        self.archive.close()
        self.ledger.close()
        self.pen.close()

    def _visits_to_do(self) -> Iterator[Any]:
        """Yield one visit at a time: interrupted ones first. Asks the database each time, so memory stays flat."""
        last = (1, -1)
        while True:
            row = self.ledger.row(
                "SELECT *, state = 'pending' AS is_new FROM visits WHERE crawl_id = ? AND state IN ('pending', 'running')"
                " AND (state = 'pending', ordinal) > (?, ?) ORDER BY is_new, ordinal LIMIT 1",
                [self.crawl_id, *last] if last[1] >= 0 else [self.crawl_id, 0, -1],
            )
            if row is None:
                return
            last = (row["is_new"], row["ordinal"])
            yield row

    async def _work(self, waiting: Iterator[Any]) -> None:
        for row in waiting:
            visit = begin_visit(self.ledger, row, self.budget, utc_text())
            failure: str | None
            try:
                failure = await VisitRun(self, visit).run()
            except PartnerproofError:
                raise
            except Exception:  # one vendor's surprise must not end the crawl; the visit's row says that it failed
                logger.exception("visit %s failed", visit.visit_id)
                failure = "an error of the program, see the log"
            state = end_visit(self.ledger, visit, failure=failure, now=utc_text())
            self.archive.sync()
            self.crawler.signals.send_catch_log(visit_ended, visit_id=visit.visit_id, state=state)

    async def look_at_robots(self, visit: RunningVisit, url: str) -> Looked:
        """Look at a robots.txt; the middleware asks for it."""
        return await self.look(visit, url, Purpose.ROBOTS)

    async def look(self, visit: RunningVisit, url: str, purpose: Purpose) -> Looked:
        """Look at one URL and record what came of it. Never raises for what a server does."""
        before = visit.failed.get((purpose, url))
        if before is not None:
            return Looked(before, None)
        overspent = None if purpose is Purpose.ROBOTS else visit.overspent(purpose)
        response: Response | None = None
        reason: str | None = f"budget-{overspent}" if overspent else None
        detail: str | None = f"the visit's budget of {overspent} is spent" if overspent else None
        if overspent is None:
            if purpose is Purpose.IMAGE:
                visit.images += 1
            try:
                response = await self.download(visit, url, purpose)
            except Exception as error:  # whatever a server provokes is a row, never the end of the crawl
                if isinstance(error, PartnerproofError):
                    raise
                reason, detail = explain_failure(error, url)
        look = self._look(visit, url, purpose, response, reason, detail)
        self.ledger.put([look])
        return Looked(look, response)

    async def download(self, visit: RunningVisit, url: str, purpose: Purpose) -> Response:
        """Fetch one URL as part of a visit, through robots rules, address guard and archive. Raises what Scrapy raises."""
        request = Request(
            url,
            meta={"visit": visit, "purpose": purpose, "download_maxsize": MAX_BYTES[purpose]},
            dont_filter=True,
        )
        assert self.crawler.engine is not None  # noqa: S101  # it runs us
        return await self.crawler.engine.download_async(request)

    def _look(
        self,
        visit: RunningVisit,
        url: str,
        purpose: Purpose,
        response: Response | None,
        reason: str | None,
        detail: str | None,
    ) -> Look:
        status = response.status if response is not None else None
        if status is not None and 300 <= status < 400:
            reason, detail = "redirect-not-followed", f"to {_location(response)}"
        elif status is not None and status >= 400:
            reason = f"http-{status}"
        # a page that answers with an error is still read: it may be a challenge; robots rules depend on the status
        is_told = purpose in (Purpose.PAGE, Purpose.ROBOTS) and (status or 0) >= 400
        looked = status is not None and (status < 300 or is_told)
        return Look(
            look_id=content_id("look", visit.visit_id, purpose, url),
            visit_id=visit.visit_id,
            purpose=purpose,
            requested_url=url,
            outcome=LookOutcome.LOOKED if looked else LookOutcome.COULD_NOT_LOOK,
            reason=None if looked and purpose is Purpose.ROBOTS else reason,
            detail=detail,
            status=status,
            final_url=response.url if response is not None else None,
            capture_id=visit.captures.get(response.url) if response is not None else None,
            content_sha256=sha256_hex(response.body) if response is not None else None,
            content_bytes=len(response.body) if response is not None else None,
            looked_at=utc_text(),
        )


def _location(response: Response | None) -> str:
    value = response.headers.get("Location") if response is not None else None
    return value.decode("latin-1")[:200] if value else "nowhere"
