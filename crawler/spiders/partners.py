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
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import scrapy
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.drawing.browser import Browser, BrowserOptions
from crawler.reading.reading_pool import Reader
from crawler.visits.looks import Looked, LookRefusedError, explain_failure
from crawler.visits.made_with import describe_crawler
from crawler.visits.outage import Outage
from crawler.visits.seeds import begin_crawl, end_crawl_if_complete, read_seeds, seed_of_url
from crawler.visits.visit import (
    PROGRAM_ERROR,
    Budget,
    RunningVisit,
    begin_visit,
    end_visit,
    find_earlier_look,
    put_back,
)
from crawler.visits.visit_run import VisitRun
from crawler.wire.hours import Window
from crawler.wire.pace import Pace
from ledger.archive.warc import WarcArchive, read_exchange
from ledger.database import Ledger
from ledger.errors import BadInputError, PartnerproofError, Problem
from ledger.identity import look_id_of, parse_utc, sha256_hex, utc_now, utc_text
from ledger.lexicon import Lexicon
from ledger.proof.writer_lock import hold_pen
from ledger.records import Look
from ledger.vocabulary import CrawlKind, LookOutcome, Purpose

logger = logging.getLogger(__name__)
visit_begun = object()  # Scrapy signal
visits_put_back = object()  # Scrapy signal, with number: they run again later
visit_ended = object()  # Scrapy signal, with visit_id, state and reason
MAX_BYTES = {
    Purpose.PAGE: 5_000_000,
    Purpose.IMAGE: 10_000_000,
    Purpose.STYLESHEET: 1_000_000,
    Purpose.SITEMAP: 10_000_000,
    Purpose.ROBOTS: 1_000_000,
    Purpose.SCRIPT: 1_000_000,
    Purpose.PROBE: 1_000_000,
}
_NOT_OF_THE_ORDER = frozenset({"PARTNERPROOF_DATABASE", "PARTNERPROOF_MADE_WITH", "PARTNERPROOF_CONFIG_FILE"})


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
        self.reader: Reader
        self.pace: Pace
        self.window: Window | None = None
        self.outage = Outage()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = crawler.settings
        if not settings.getbool("PARTNERPROOF_HAS_PEN"):
            spider.pen.enter_context(hold_pen(Path(settings["PARTNERPROOF_DATABASE"]), "scrapy crawl"))
        lexicon_dir = Path(settings["PARTNERPROOF_LEXICON_DIR"])
        spider.lexicon = Lexicon.with_own(lexicon_dir)
        spider.reader = Reader(lexicon_dir, processes=settings.getint("PARTNERPROOF_READERS"))
        spider.pace = Pace(per_address=settings.getint("PARTNERPROOF_REQUESTS_PER_ADDRESS"))
        spider.window = Window.of(settings["PARTNERPROOF_HOURS"])
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
        spider.recheck_days = settings.getfloat("PARTNERPROOF_RECHECK_DAYS")
        spider.crawl_id = begin_crawl(
            spider.ledger,
            spider.seed_list,
            seeds_file=Path(spider.seeds_file).name,
            settings={
                k: v
                for k, v in sorted(settings.copy_to_dict().items())
                if k.startswith("PARTNERPROOF_") and "DIR" not in k and k not in _NOT_OF_THE_ORDER
            },
            tool_version=settings["PARTNERPROOF_TOOL"],
            keep_known=spider.is_single_url,
            kind=CrawlKind.CHECK if spider.is_single_url else CrawlKind.CRAWL,
            made_with=settings.getdict("PARTNERPROOF_MADE_WITH")
            or describe_crawler(
                tool=settings["PARTNERPROOF_TOOL"],
                config=Path(settings["PARTNERPROOF_CONFIG_FILE"]),
                own_lexicon=lexicon_dir,
            ),
        )
        spider.archive = WarcArchive(
            Path(settings["PARTNERPROOF_WARC_DIR"]), spider.ledger, spider.crawl_id, tool=settings["PARTNERPROOF_TOOL"]
        )
        spider.seed_list = []  # from here on the visits table is the list
        return spider

    budget: Budget
    browser: Browser
    follow_links: bool
    recheck_days: float

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
            await self.browser.close()
        return
        yield

    def closed(self, reason: str) -> None:
        if self.settings.getbool("PARTNERPROOF_END_CRAWL"):
            end_crawl_if_complete(self.ledger, self.crawl_id)
        self.reader.close()
        self.archive.close()
        self.ledger.close()
        self.pen.close()

    def _has_visits_to_do(self) -> bool:
        left = "SELECT 1 FROM visits WHERE crawl_id = ? AND state IN ('pending', 'running') LIMIT 1"
        return self.ledger.row(left, [self.crawl_id]) is not None

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
            await self._wait_for_window()
            while (seconds := self.outage.wait_left_s()) > 0:
                await asyncio.sleep(seconds)
            self.crawler.signals.send_catch_log(visit_begun)
            visit = begin_visit(self.ledger, row, self.budget, utc_text())
            failure: str | None
            try:
                failure = await VisitRun(self, visit).run()
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

    async def _wait_for_window(self) -> None:
        while self.window is not None and (seconds := self.window.seconds_until_open(utc_now())) > 0:
            logger.info("outside the hours %s; the next visit starts in %.0f s", self.window, seconds)
            await asyncio.sleep(min(seconds, 60.0))  # looked at again: a clock may jump

    async def look(
        self, visit: RunningVisit, url: str, purpose: Purpose, *, why: str | None = None, instead: str | None = None
    ) -> Looked:
        """Look at one URL and record what came of it. Never raises for what a server does.

        instead: the address to ask in its place, for the same image at another one.
        """
        before = visit.failed.get((purpose, url))
        if before is not None and instead is None:
            return Looked(before, None)
        overspent = None if purpose is Purpose.ROBOTS else visit.overspent(purpose)
        response: Response | None = None
        robots_capture_id: str | None = None
        reason: str | None = f"budget-{overspent}" if overspent else None
        detail: str | None = f"the visit's budget of {overspent} is spent" if overspent else None
        if overspent is None:
            if purpose is Purpose.IMAGE:
                visit.images += 1
            try:
                response = await self.download(visit, instead or url, purpose)
            except Exception as error:  # whatever a server provokes is a row, never the end of the crawl
                if isinstance(error, PartnerproofError):
                    raise
                reason, detail = explain_failure(error, instead or url)
                robots_capture_id = error.robots_capture_id if isinstance(error, LookRefusedError) else None
        if reason == "tls" and self._may_skip_check(visit, instead or url):
            visit.unverified_hosts.add(urlsplit(instead or url).netloc)
            return await self.look(visit, url, purpose, why=why, instead=instead)
        look = replace(
            self._look(visit, url, purpose, response, reason, detail, why), robots_capture_id=robots_capture_id
        )
        self.ledger.put([look])
        return Looked(look, response)

    def _may_skip_check(self, visit: RunningVisit, url: str) -> bool:
        """Whether a host whose certificate failed may be asked once more without the check."""
        return (
            self.settings.getbool("PARTNERPROOF_ALLOW_UNVERIFIED")
            and urlsplit(url).netloc not in visit.unverified_hosts
        )

    async def download(self, visit: RunningVisit, url: str, purpose: Purpose) -> Response:
        """Fetch one URL as part of a visit, through robots rules, pace, address guard and archive. Raises what Scrapy raises."""
        meta = {"visit": visit, "purpose": purpose, "download_maxsize": MAX_BYTES[purpose]}
        assert self.crawler.engine is not None  # noqa: S101  # it runs us
        return await self.crawler.engine.download_async(Request(url, meta=meta, dont_filter=True))

    def carry_over(self, visit: RunningVisit, url: str, purpose: Purpose) -> Look | None:
        """Take over what the vendor's last visit saw at a URL, without a request, when that is recent enough."""
        earlier = find_earlier_look(self.ledger, visit, url, purpose)
        if earlier is None or earlier.status is None or earlier.status >= 500 or earlier.status == 429:
            return None
        seen_at = self._seen_at(earlier)
        if seen_at is None or utc_now() - seen_at > timedelta(days=self.recheck_days):
            return None
        look = replace(
            earlier,
            look_id=look_id_of(visit.visit_id, purpose, url),
            visit_id=visit.visit_id,
            looked_at=utc_text(),
            unchanged_since=earlier.unchanged_since or earlier.looked_at,
        )
        self.ledger.put([look])
        return look

    def _seen_at(self, look: Look) -> datetime | None:
        """When the server was last asked for what a look holds."""
        fetched_at = self.ledger.value("SELECT fetched_at FROM captures WHERE capture_id = ?", [look.capture_id])
        return parse_utc(fetched_at or look.unchanged_since or look.looked_at)

    def stored_content(self, look: Look) -> bytes | None:
        """Return the content that a look brought, from the archive."""
        if look.capture_id is None or look.status is None or look.status >= 300:
            return None
        return read_exchange(self.archive.directory, self.ledger, look.capture_id).content

    def _look(
        self,
        visit: RunningVisit,
        url: str,
        purpose: Purpose,
        response: Response | None,
        reason: str | None,
        detail: str | None,
        why: str | None,
    ) -> Look:
        status = response.status if response is not None else None
        if status is not None and 300 <= status < 400:
            reason, detail = "redirect-not-followed", f"to {_location(response)}"
        elif status is not None and status >= 400:
            reason = f"http-{status}"
        # a page that answers with an error is still read: it may be a challenge; robots rules depend on the status
        is_told = purpose in (Purpose.PAGE, Purpose.ROBOTS, Purpose.PROBE) and (status or 0) >= 400
        looked = status is not None and (status < 300 or is_told)
        digest = sha256_hex(response.body) if response is not None else None
        return Look(
            look_id=look_id_of(visit.visit_id, purpose, url),
            visit_id=visit.visit_id,
            purpose=purpose,
            requested_url=url,
            outcome=LookOutcome.LOOKED if looked else LookOutcome.COULD_NOT_LOOK,
            reason=None if looked and purpose in (Purpose.ROBOTS, Purpose.PROBE) else reason,
            detail=detail,
            status=status,
            final_url=response.url if response is not None else None,
            capture_id=visit.captures.get(response.url) if response is not None else None,
            content_sha256=digest,
            content_bytes=len(response.body) if response is not None else None,
            looked_at=utc_text(),
            why=why,
            unchanged_since=self._unchanged_since(visit, url, purpose, digest) if looked else None,
        )

    def _unchanged_since(self, visit: RunningVisit, url: str, purpose: Purpose, digest: str | None) -> str | None:
        """Since when the content is what it is now, if the vendor's last visit had the same."""
        earlier = find_earlier_look(self.ledger, visit, url, purpose)
        if earlier is None or digest is None or earlier.content_sha256 != digest:
            return None
        return earlier.unchanged_since or earlier.looked_at


def _location(response: Response | None) -> str:
    value = response.headers.get("Location") if response is not None else None
    return value.decode("latin-1")[:200] if value else "nowhere"
