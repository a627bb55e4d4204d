"""The steps of one visit: which page next, its style sheets and images, until nothing is left or the budget is spent."""

from __future__ import annotations

import asyncio
import heapq
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from crawler.links import WELL_KNOWN_PATHS, Link, find_links, is_same_site, read_sitemap
from crawler.page_health import is_html
from crawler.page_kind import WORTH
from crawler.page_reader import PageSource, ReadPage, read_page, store_page, unread_page
from crawler.rendering import draw_if_needed
from crawler.stylesheets import Sheet, decode_sheet, sheet_urls
from crawler.visit import RunningVisit
from ledger.vocabulary import LookOutcome, PageKind, Purpose

if TYPE_CHECKING:
    from crawler.spiders.partners import PartnersSpider

page_read = object()  # Scrapy signal, with visit_id and page
IMAGES_AT_ONCE = 4
START_WORTH, HOME_WORTH = 2.0, 1.5  # above every link's 0..1: read first, and followed to wherever they lead
PARTNER_KINDS = frozenset({PageKind.PARTNERS, PageKind.CLIENTS, PageKind.RESELLERS})


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
        self.image_urls: set[str] = set()  # looked at already, for any page of the visit
        self.site = visit.seed.start_urls[0]

    async def run(self) -> str | None:
        """Run the visit to its end; returns why nothing could be read, if so."""
        failure: str | None = None
        for url in self.visit.seed.start_urls:
            self._add(Link(url=url, text="", worth=START_WORTH, kind=PageKind.HOME, reason="start address"))
        if self.spider.follow_links:
            home = urljoin(self.site, "/")
            self._add(Link(url=home, text="", worth=HOME_WORTH, kind=PageKind.HOME, reason="home page"))
        has_sitemap = has_probed = not self.spider.follow_links
        while True:
            while self.frontier and self.visit.pages < self.visit.budget.pages and not self.visit.spent:
                if not has_sitemap and self.frontier[0][2].worth < HOME_WORTH:
                    has_sitemap = True
                    await self._read_sitemap()
                failure = await self._read(heapq.heappop(self.frontier)[2]) or failure
            if self.frontier and not self.visit.spent:
                self.visit.spent = "pages"
            if has_probed or self.visit.pages == 0 or self.visit.spent or self.kinds & PARTNER_KINDS:
                return failure
            has_probed = True
            for path in WELL_KNOWN_PATHS:
                url = urljoin(self.site, path)
                self._add(
                    Link(
                        url=url,
                        text="",
                        worth=WORTH[PageKind.PARTNERS],
                        kind=PageKind.PARTNERS,
                        reason="well-known path",
                    )
                )

    def _add(self, link: Link) -> None:
        key = link.url.rstrip("/")
        if key not in self.known:
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
        if response is None or looked.look.outcome is LookOutcome.COULD_NOT_LOOK:
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
        if link.worth >= HOME_WORTH:
            self.site = response.url if link.worth == START_WORTH else self.site
        elif not is_same_site(response.url, self.site) and not is_same_site(
            response.url, self.visit.seed.start_urls[0]
        ):
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
        page = await draw_if_needed(self.spider, self.visit, source, page, self._sheets)
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
        new = [url for url in urls if url and url not in self.image_urls]
        self.image_urls.update(new)
        await asyncio.gather(*(self._look_at_image(url) for url in new))

    async def _look_at_image(self, url: str) -> None:
        async with self.images:
            await self.spider.look(self.visit, url, Purpose.IMAGE)
