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
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from crawler.drawing.browser import Browser, BrowserOptions
from crawler.lists.vendor_list import ListOptions, read_vendor_list
from crawler.reading.page_reader import ReadPage
from crawler.reading.reading_pool import ReadingPool
from crawler.visits.looks import LookTaker
from crawler.visits.made_with import describe_crawler
from crawler.visits.outage import Outage
from crawler.visits.seeds import begin_crawl, end_crawl_if_complete, seed_of_url
from crawler.visits.visit import (
    PROGRAM_ERROR,
    Budget,
    RunningVisit,
    begin_visit,
    end_visit,
    put_back,
    read_seed,
)
from crawler.visits.visit_run import VisitRun
from crawler.visits.visit_tools import VisitTools
from crawler.wire.hours import Window
from crawler.wire.pace import Pace
from crawler.wire.proxy_address import Proxy
from crawler.wire.scrapy_fetcher import ScrapyFetcher
from crawler.wire.vendors_elsewhere import VendorsElsewhere
from crawler.wire.visiting_spider import VisitingSpider
from ledger.archive.warc import WarcArchive
from ledger.boxes.box import describe_missing
from ledger.database import Ledger, columns_of
from ledger.errors import BadInputError, OutsideFailureError, PartnerproofError, Problem
from ledger.identity import utc_now, utc_text
from ledger.lexicon import Lexicon
from ledger.proof.writer_lock import acquire_entry_lock, hold_name
from ledger.records import Crawl, Seed, Visit
from ledger.typed_texts import CrawlId
from ledger.vocabulary import CrawlKind, VisitState

logger = logging.getLogger(__name__)
visit_begun = object()  # Scrapy signal
visits_put_back = object()  # Scrapy signal, with number: they run again later
visit_ended = object()  # Scrapy signal, with visit_id, state and reason
page_read = object()  # Scrapy signal, with visit_id and page
_NOT_OF_THE_ORDER = frozenset(
    {"PARTNERPROOF_DATABASE", "PARTNERPROOF_MADE_WITH", "PARTNERPROOF_CONFIG_FILE", "PARTNERPROOF_PROXY"}
)


class PartnersSpider(VisitingSpider):
    """Visit vendors and read their partner pages: -a seeds=vendors.csv, or -a url=https://vendor.example/partners."""

    name = "partners"

    def __init__(
        self, seeds: str | None = None, url: str | None = None, list_options: ListOptions | None = None, **kwargs: Any
    ) -> None:
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
        self.list_options = list_options
        self.seed_list = [] if seeds else [seed_of_url(url or "")]
        self.crawl_id = CrawlId("")  # set when the crawl has begun
        self.failure: PartnerproofError | None = None
        self.is_single_url = url is not None
        self.outage = Outage()
        self.locks = ExitStack()

    # set by from_crawler
    ledger: Ledger
    tools: VisitTools
    budget: Budget
    window: Window | None
    vendors_elsewhere: VendorsElsewhere

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = crawler.settings
        if (missing := describe_missing()) is not None:
            logger.warning("%s", missing)
        if not spider.is_single_url:
            spider.seed_list = _read_list(Path(spider.seeds_file), spider.list_options, settings)
        database = Path(settings["PARTNERPROOF_DATABASE"])
        if not settings.getbool("PARTNERPROOF_HAS_ENTRY_LOCK"):
            spider.locks.enter_context(acquire_entry_lock(database, "scrapy crawl"))
        lexicon_dir = Path(settings["PARTNERPROOF_LEXICON_DIR"])
        lexicon = Lexicon.with_own(lexicon_dir)
        spider.pace = Pace(per_address=settings.getint("PARTNERPROOF_REQUESTS_PER_ADDRESS"))
        spider.window = Window.of(settings["PARTNERPROOF_HOURS"])
        spider.ledger = Ledger.open(database)
        spider.budget = _budget(settings)
        spider.crawl_id = spider._begin_crawl(settings)
        if not spider.locks.enter_context(hold_name(database.parent, spider.crawl_id)):
            raise OutsideFailureError(
                f"crawl {spider.crawl_id}: another process is doing just this crawl; `partnerproof status` shows how far it is"
            )
        spider.vendors_elsewhere = VendorsElsewhere(database.parent)
        spider.seed_list = []  # from here on the visits table is the list
        spider.archive = WarcArchive(
            Path(settings["PARTNERPROOF_WARC_DIR"]), spider.ledger, spider.crawl_id, tool=settings["PARTNERPROOF_TOOL"]
        )
        fetcher = ScrapyFetcher(crawler)
        spider.looks = LookTaker(
            ledger=spider.ledger,
            warc_dir=spider.archive.directory,
            fetcher=fetcher,
            recheck_days=settings.getfloat("PARTNERPROOF_RECHECK_DAYS"),
            may_skip_check=settings.getbool("PARTNERPROOF_ALLOW_UNVERIFIED"),
        )
        spider.tools = VisitTools(
            ledger=spider.ledger,
            archive=spider.archive,
            lexicon=lexicon,
            fetcher=fetcher,
            looks=spider.looks,
            reading_pool=ReadingPool(lexicon, processes=settings.getint("PARTNERPROOF_READERS")),
            browser=Browser(
                BrowserOptions(
                    executable=settings["PARTNERPROOF_BROWSER"] or None,
                    user=settings["PARTNERPROOF_BROWSER_USER"] or None,
                    user_agent=settings["USER_AGENT"],
                )
            ),
            follow_links=settings.getbool("PARTNERPROOF_FOLLOW_LINKS"),
            on_page=spider._tell_page,
        )
        return spider

    def _begin_crawl(self, settings: BaseSettings) -> CrawlId:
        return begin_crawl(
            self.ledger,
            self.seed_list,
            seeds_file=Path(self.seeds_file).name,
            settings={
                **{
                    k: v
                    for k, v in sorted(settings.copy_to_dict().items())
                    if k.startswith("PARTNERPROOF_") and "DIR" not in k and k not in _NOT_OF_THE_ORDER
                },
                "PARTNERPROOF_PROXY": proxy.url if (proxy := Proxy.of(settings["PARTNERPROOF_PROXY"])) else "",
            },
            tool_version=settings["PARTNERPROOF_TOOL"],
            keep_known=self.is_single_url,
            kind=CrawlKind.CHECK if self.is_single_url else CrawlKind.CRAWL,
            made_with=settings.getdict("PARTNERPROOF_MADE_WITH")
            or describe_crawler(
                tool=settings["PARTNERPROOF_TOOL"],
                config=Path(settings["PARTNERPROOF_CONFIG_FILE"]),
                own_lexicon=Path(settings["PARTNERPROOF_LEXICON_DIR"]),
            ),
        )

    async def start(self) -> AsyncIterator[Any]:
        """Run all visits that are not done. Yields nothing: a visit awaits its own downloads."""
        workers = self.settings.getint("PARTNERPROOF_CONCURRENT_VISITS")
        try:
            while self._has_visits_to_do():
                waiting = self._visits_to_do()
                async with asyncio.TaskGroup() as group:
                    for _ in range(max(1, workers)):
                        group.create_task(self._work(waiting))
                self._put_back(self.outage.end_of_list())
                self._end_held()
        except* PartnerproofError as errors:
            # disk full, evidence broken: whoever started the crawl must know, and no visit goes on without its archive
            self.failure = next(e for e in errors.exceptions if isinstance(e, PartnerproofError))
            logger.error("the crawl stopped: %s", self.failure)
        finally:
            await self.tools.browser.close()
        return
        yield

    def closed(self, reason: str) -> None:
        if self.settings.getbool("PARTNERPROOF_END_CRAWL"):
            end_crawl_if_complete(self.ledger, self.crawl_id)
        self.tools.reading_pool.close()
        self.archive.close()
        self.ledger.close()
        self.locks.close()

    def _has_visits_to_do(self) -> bool:
        left = "SELECT 1 FROM visits WHERE crawl_id = ? AND state IN ('pending', 'running') LIMIT 1"
        return self.ledger.value(left, [self.crawl_id]) is not None

    def _visits_to_do(self) -> Iterator[Visit]:
        """Yield one visit at a time: interrupted ones first. Asks the database each time, so memory stays flat."""
        last = (False, -1)
        while True:
            visit = self.ledger.select_first(
                Visit,
                f"SELECT {columns_of(Visit)} FROM visits WHERE crawl_id = ? AND state IN ('pending', 'running')"
                " AND (state = 'pending', ordinal) > (?, ?) ORDER BY state = 'pending', ordinal LIMIT 1",
                [self.crawl_id, *last],
            )
            if visit is None:
                return
            last = (visit.state is VisitState.PENDING, visit.ordinal)
            yield visit

    async def _work(self, waiting: Iterator[Visit]) -> None:
        for row in waiting:
            await self._wait_for_window()
            await self._wait_for_network()
            async with self.vendors_elsewhere.keep_out(
                row.start_urls or read_seed(self.ledger, row.seed_id).start_urls
            ):
                self.crawler.signals.send_catch_log(visit_begun)
                visit = begin_visit(self.ledger, row, self.budget, utc_text())
                failure: str | None
                try:
                    failure = await VisitRun(self.tools, visit).run()
                except PartnerproofError:
                    raise
                except Exception:  # one vendor's surprise must not end the crawl; the visit's row says that it failed
                    logger.exception("visit %s failed", visit.visit_id)
                    failure = PROGRAM_ERROR
            if self.outage.is_suspect(visit, failure):
                self._put_back(self.outage.hold(visit, failure or ""))
                continue
            if visit.pages:
                self.outage.is_over()
            self._end_held()
            self._end(visit, failure)

    def _tell_page(self, visit: RunningVisit, page: ReadPage) -> None:
        self.crawler.signals.send_catch_log(page_read, visit_id=visit.visit_id, page=page)

    def _put_back(self, visits: Sequence[RunningVisit]) -> None:
        for visit in visits:
            put_back(self.ledger, visit)
        if visits:
            self.crawler.signals.send_catch_log(visits_put_back, number=len(visits))

    def _end_held(self) -> None:
        for held in self.outage.release():
            self._end(held.visit, held.failure)

    def _end(self, visit: RunningVisit, failure: str | None) -> None:
        state = end_visit(self.ledger, visit, failure=failure, now=utc_text())
        self.archive.sync()
        self.crawler.signals.send_catch_log(
            visit_ended,
            visit_id=visit.visit_id,
            state=state,
            reason=failure if state == "failed" or failure == PROGRAM_ERROR else None,
        )

    async def _wait_for_network(self) -> None:
        while (seconds := self.outage.wait_left_s()) > 0:
            await self._wait(seconds, "our own network")

    async def _wait_for_window(self) -> None:
        while self.window is not None and (seconds := self.window.seconds_until_open(utc_now())) > 0:
            logger.info("outside the hours %s; the next visit starts in %.0f s", self.window, seconds)
            await self._wait(seconds, f"the hours {self.window}")

    async def _wait(self, seconds: float, what_for: str) -> None:
        """Sleep at most a minute of so many seconds, since a clock may jump; `status` shows until when, and why."""
        until = utc_text(utc_now() + timedelta(seconds=seconds))
        self.ledger.update(Crawl, {"waits_until": until, "waits_for": what_for}, crawl_id=self.crawl_id)
        try:
            await asyncio.sleep(min(seconds, 60.0))
        finally:
            self.ledger.update(Crawl, {"waits_until": None, "waits_for": None}, crawl_id=self.crawl_id)


def _read_list(path: Path, options: ListOptions | None, settings: BaseSettings) -> list[Seed]:
    """Read a vendor list. options: None where Scrapy's own command line names it; then the log says what was left out."""
    if options is not None:
        return list(read_vendor_list(path, options).seeds)
    pinned = frozenset(entry.rpartition(":")[0] for entry in settings.getdict("PARTNERPROOF_RESOLVE"))
    allow_private = settings.getbool("PARTNERPROOF_ALLOW_PRIVATE")
    listed = read_vendor_list(path, ListOptions(allow_private=allow_private, pinned_hosts=pinned))
    for problem in listed.reading.all_problems:
        logger.warning("left out: %s: expected %s", problem.where, problem.expected)
    return list(listed.seeds)


def _budget(settings: BaseSettings) -> Budget:
    return Budget(
        pages=settings.getint("PARTNERPROOF_MAX_PAGES"),
        images=settings.getint("PARTNERPROOF_MAX_IMAGES"),
        requests=settings.getint("PARTNERPROOF_MAX_REQUESTS"),
        body_bytes=settings.getint("PARTNERPROOF_MAX_BYTES"),
        seconds=settings.getfloat("PARTNERPROOF_MAX_SECONDS"),
        renders=settings.getint("PARTNERPROOF_MAX_RENDERS"),
    )
