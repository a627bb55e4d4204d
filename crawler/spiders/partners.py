"""The crawl: visits every seed, reads its pages best first, stores captures, pages, sightings and passages.

Reads: seeds, and visits that are not done. Writes: captures (through the middleware), looks, pages, sightings, passages.

1. As many visits at once as the settings allow, each a coroutine with its own budget; the next one starts when one ends.
2. A visit reads its start pages, then what their links and the sitemap promise, best first, until the budget is spent.
3. Each healthy page gives sightings and passages; the images that it shows are looked at right after it.
4. A visit that was interrupted runs again: what it had stored is answered from the archive.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import scrapy
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Response

from crawler.addresses import refused_hosts
from ledger.lexicon import Lexicon
from crawler.links import WELL_KNOWN_PATHS, Link, find_links, is_same_site, read_sitemap
from crawler.middlewares import LookRefusedError
from crawler.page_health import is_html
from crawler.page_reader import PageSource, ReadPage, read_page, store_page, unread_page
from crawler.page_kind import WORTH
from crawler.seeds import begin_crawl, end_crawl_if_complete, read_seeds, seed_of
from crawler.stylesheets import Sheet, decode_sheet, sheet_urls
from crawler.visit import Budget, RunningVisit, begin_visit, end_visit
from ledger.database import Ledger
from ledger.errors import BadInputError, PartnerproofError, Problem
from ledger.identity import content_id, sha256_hex, utc_text
from ledger.records import Look
from ledger.vocabulary import LookOutcome, PageKind, Purpose
from ledger.warc import WarcArchive

logger = logging.getLogger(__name__)
visit_ended = object()  # Scrapy signal, with visit_id and state
page_read = object()  # Scrapy signal, with visit_id and page
MAX_BYTES = {
    Purpose.PAGE: 5_000_000,
    Purpose.IMAGE: 10_000_000,
    Purpose.STYLESHEET: 1_000_000,
    Purpose.SITEMAP: 10_000_000,
    Purpose.ROBOTS: 1_000_000,
}
IMAGES_AT_ONCE = 4
PARTNER_KINDS = frozenset({PageKind.PARTNERS, PageKind.CLIENTS, PageKind.RESELLERS})


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
            try:
                self.seed_list = [seed_of(url or "")]
            except ValueError as error:
                raise BadInputError(
                    Problem(where="url", expected="a web address", got=f"{url!r} ({error})", next_step="write it as https://vendor.example/partners")
                ) from error
        self.crawl_id = ""
        self.failure: PartnerproofError | None = None
        self.ledger: Ledger
        self.archive: WarcArchive
        self.lexicon: Lexicon

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = crawler.settings
        spider.lexicon = _load_lexicon(Path(settings["PARTNERPROOF_LEXICON_DIR"]))
        spider.ledger = Ledger.open(Path(settings["PARTNERPROOF_DATABASE"]))
        spider.budget = Budget(
            pages=settings.getint("PARTNERPROOF_MAX_PAGES"),
            images=settings.getint("PARTNERPROOF_MAX_IMAGES"),
            requests=settings.getint("PARTNERPROOF_MAX_REQUESTS"),
            body_bytes=settings.getint("PARTNERPROOF_MAX_BYTES"),
            seconds=settings.getfloat("PARTNERPROOF_MAX_SECONDS"),
        )
        spider.follow_links = settings.getbool("PARTNERPROOF_FOLLOW_LINKS")
        spider.crawl_id = begin_crawl(
            spider.ledger,
            spider.seed_list,
            seeds_file=Path(spider.seeds_file).name,
            settings={k: v for k, v in sorted(settings.copy_to_dict().items()) if k.startswith("PARTNERPROOF_") and "DIR" not in k and "DATABASE" not in k},
            tool_version=settings["PARTNERPROOF_TOOL"],
        )
        spider.archive = WarcArchive(
            Path(settings["PARTNERPROOF_WARC_DIR"]), spider.ledger, spider.crawl_id, tool=settings["PARTNERPROOF_TOOL"]
        )
        spider.seed_list = []  # from here on the visits table is the list
        return spider

    budget: Budget
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
        return
        yield

    def closed(self, reason: str) -> None:
        end_crawl_if_complete(self.ledger, self.crawl_id)
        self.archive.close()
        self.ledger.close()

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
                response = await self._download(visit, url, purpose)
            except Exception as error:  # whatever a server provokes is a row, never the end of the crawl
                if isinstance(error, PartnerproofError):
                    raise
                reason, detail = explain_failure(error, url)
        look = self._look(visit, url, purpose, response, reason, detail)
        self.ledger.put([look])
        return Looked(look, response)

    async def _download(self, visit: RunningVisit, url: str, purpose: Purpose) -> Response:
        request = Request(
            url,
            meta={"visit": visit, "purpose": purpose, "download_maxsize": MAX_BYTES[purpose], "handle_httpstatus_all": False},
            dont_filter=True,
        )
        assert self.crawler.engine is not None  # noqa: S101  # it runs us
        return await self.crawler.engine.download_async(request)

    def _look(
        self, visit: RunningVisit, url: str, purpose: Purpose, response: Response | None, reason: str | None, detail: str | None
    ) -> Look:
        is_refused = response is not None and response.status >= 400 and purpose is not Purpose.ROBOTS
        looked = response is not None and (not is_refused or purpose is Purpose.PAGE)
        return Look(
            look_id=content_id("look", visit.visit_id, purpose, url),
            visit_id=visit.visit_id,
            purpose=purpose,
            requested_url=url,
            outcome=LookOutcome.LOOKED if looked else LookOutcome.COULD_NOT_LOOK,
            reason=f"http-{response.status}" if response is not None and is_refused else reason,
            detail=detail,
            status=response.status if response is not None else None,
            final_url=response.url if response is not None else None,
            capture_id=visit.captures.get(response.url) if response is not None else None,
            content_sha256=sha256_hex(response.body) if response is not None else None,
            content_bytes=len(response.body) if response is not None else None,
            looked_at=utc_text(),
        )


class Looked:
    """What one look gave: its row, and the response when there was one."""

    __slots__ = ("look", "response")

    def __init__(self, look: Look, response: Response | None) -> None:
        self.look = look
        self.response = response


class VisitRun:
    """The steps of one visit."""

    def __init__(self, spider: PartnersSpider, visit: RunningVisit) -> None:
        self.spider = spider
        self.visit = visit
        self.frontier: list[tuple[float, int, Link]] = []
        self.known: set[str] = set()
        self.pushed = 0
        self.contents: set[str] = set()
        self.kinds: set[PageKind] = set()
        self.images = asyncio.Semaphore(IMAGES_AT_ONCE)
        self.sheet_texts: dict[str, str | None] = {}  # url → text, None when it could not be read
        self.site = visit.seed.start_urls[0]

    async def run(self) -> str | None:
        """Run the visit to its end; returns why nothing could be read, if so."""
        failure: str | None = None
        for url in self.visit.seed.start_urls:
            self._add(Link(url=url, text="", worth=2.0, kind=PageKind.HOME, reason="start address"))
        if self.spider.follow_links:
            home = urljoin(self.site, "/")
            self._add(Link(url=home, text="", worth=1.5, kind=PageKind.HOME, reason="home page"))
        has_sitemap = has_probed = not self.spider.follow_links
        while True:
            while self.frontier and self.visit.pages < self.visit.budget.pages and not self.visit.spent:
                link = heapq.heappop(self.frontier)[2]
                if not has_sitemap and link.worth < 1.5:
                    has_sitemap = True
                    await self._read_sitemap()
                    self._add(link, again=True)
                    continue
                failure = await self._read(link) or failure
            if self.frontier and not self.visit.spent:
                self.visit.spent = "pages"
            if has_probed or self.visit.pages == 0 or self.visit.spent or self.kinds & PARTNER_KINDS:
                return failure
            has_probed = True
            for path in WELL_KNOWN_PATHS:
                url = urljoin(self.site, path)
                self._add(Link(url=url, text="", worth=WORTH[PageKind.PARTNERS], kind=PageKind.PARTNERS, reason="well-known path"))

    def _add(self, link: Link, *, again: bool = False) -> None:
        key = link.url.rstrip("/")
        if again or key not in self.known:
            self.known.add(key)
            self.pushed += 1  # first come, first served among equals
            heapq.heappush(self.frontier, (-link.worth, self.pushed, link))

    async def _read_sitemap(self) -> None:
        looked = await self.spider.look(self.visit, urljoin(self.site, "/sitemap.xml"), Purpose.SITEMAP)
        if looked.response is not None and looked.response.status < 400:
            for link in read_sitemap(looked.response.body, looked.response.url, self.spider.lexicon):
                self._add(link)

    async def _read(self, link: Link) -> str | None:
        """Read one page with its style sheets and images; returns why it could not be read, if so."""
        looked = await self.spider.look(self.visit, link.url, Purpose.PAGE)
        response = looked.response
        if response is None:
            return f"{looked.look.reason}: {looked.look.detail}"
        source = PageSource(
            visit_id=self.visit.visit_id,
            look_id=looked.look.look_id,
            url=response.url,
            status=response.status,
            content=response.body,
            content_type=(response.headers.get("Content-Type") or b"").decode("latin-1") or None,
            link_text=link.text,
        )
        if link.worth >= 1.5:
            self.site = response.url if link.worth == 2.0 else self.site
        elif not is_same_site(response.url, self.site) and not is_same_site(response.url, self.visit.seed.start_urls[0]):
            store_page(self.spider.ledger, unread_page(source, "left the site"))
            return None
        if not is_html(source.content_type, source.content):
            store_page(self.spider.ledger, unread_page(source, f"content type {source.content_type}"))
            return f"not-html: {source.content_type}"
        if looked.look.content_sha256 in self.contents:
            return None
        page = read_page(source, self.spider.lexicon)
        if page.is_healthy:
            self.contents.add(looked.look.content_sha256 or "")
            sheets = await self._sheets(page)
            page = page.with_images(sheets, self.spider.lexicon)
        store_page(self.spider.ledger, page)
        self.spider.crawler.signals.send_catch_log(page_read, visit_id=self.visit.visit_id, page=page.page)
        if not page.is_healthy:
            return f"{page.page.health}: {page.page.health_reason}"
        self.visit.pages += 1
        self.kinds.add(page.page.kind)
        if self.spider.follow_links:
            for found in find_links(page.document, self.spider.lexicon):
                self._add(found)
        await self._look_at_images(page)
        return None

    async def _sheets(self, page: ReadPage) -> list[Sheet]:
        sheets = []
        for url in sheet_urls(page.document):
            if url not in self.sheet_texts:
                looked = await self.spider.look(self.visit, url, Purpose.STYLESHEET)
                is_read = looked.response is not None and looked.look.outcome is LookOutcome.LOOKED
                self.sheet_texts[url] = decode_sheet(looked.response.body) if is_read and looked.response else None
            text = self.sheet_texts[url]
            if text is not None:
                sheets.append(Sheet(url, text))
        return sheets

    async def _look_at_images(self, page: ReadPage) -> None:
        urls = dict.fromkeys(s.image_url for s in page.sightings if s.image_url)
        new = [url for url in urls if url and (Purpose.IMAGE, url) not in self.visit.looks]
        await asyncio.gather(*(self._look_at_image(url) for url in new))

    async def _look_at_image(self, url: str) -> None:
        async with self.images:
            self.visit.looks[Purpose.IMAGE, url] = (await self.spider.look(self.visit, url, Purpose.IMAGE)).look


def explain_failure(error: Exception, url: str) -> tuple[str, str]:
    """Return the reason (a short word that rows carry) and the detail for a download that gave no response."""
    host = urlsplit(url).hostname
    if isinstance(error, LookRefusedError):
        return error.reason, error.detail
    if isinstance(error, CannotResolveHostError):
        failed_host = next((h for h in (host, *_hosts_in(str(error))) if refused_hosts.get(h)), None)
        if failed_host:
            return "private-address", f"{failed_host} leads to {refused_hosts.get(failed_host)}, which is not a public address"
        return "dns", f"no address for {host}"
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            return reason, str(error)[:300] or type(error).__name__
    return "failed", f"{type(error).__name__}: {error}"[:300]


def _hosts_in(message: str) -> list[str]:
    return [word.strip("'\".,:;") for word in message.split()]


_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (DownloadTimeoutError, "timeout"),
    (DownloadConnectionRefusedError, "connection-refused"),
    (DownloadCancelledError, "too-large"),
    (ResponseDataLossError, "cut-short"),
    (DownloadFailedError, "broken-response"),
    (UnsupportedURLSchemeError, "other-scheme"),
    (IgnoreRequest, "redirect-loop-or-too-large"),
)


def _load_lexicon(own: Path) -> Lexicon:
    from ledger.shipped import shipped_data

    return Lexicon.load(shipped_data("lexicon"), *([own] if own.is_dir() else []))
