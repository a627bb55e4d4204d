"""The steps of one visit: which page next, its style sheets and images, until nothing is left or the budget is spent.

1. The start pages, the home page, and the partner pages of the vendor's last visit.
2. What they lead to, best first; sitemaps join before the first page that only a link promises.
3. No partner page yet: scripts of the site that may hold its menu, then well-known paths, compared with what the
   site answers to an address that can't exist.
4. Images of pages and sections about partners, clients, … come right after their page; those of other pages when nothing that
   promises more is left to read, decoration last. What a spent budget leaves unread is noted.
5. A page that has not changed since the last visit costs its own request alone: its images and sheets are carried over.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from urllib.parse import urljoin, urlsplit

from crawler.page.page import Document
from crawler.reading.browser_reasons import reason_to_render
from crawler.reading.documents import is_pdf
from crawler.reading.links import (
    LANGUAGE_HOME,
    MAX_LEGAL_PAGES,
    SECURITY_TXT,
    Link,
    PageLinks,
    is_hash_route,
    is_same_site,
    read_refresh,
)
from crawler.reading.own_hosts import seen_here
from crawler.reading.page_health import is_html
from crawler.reading.page_kind import WORTH
from crawler.reading.page_reader import SAME_AS_MISSING, PageSource, ReadPage, store_page, unread_page
from crawler.reading.reading_pool import PageUnreadableError
from crawler.visits.boxed_leads import read_script_leads, read_sitemap_leads
from crawler.visits.drawn_pages import draw
from crawler.visits.fetcher import FetchedAnswer
from crawler.visits.linked_documents import LinkedDocuments
from crawler.visits.page_parts import PageParts, Promise
from crawler.visits.seeds import is_within, sites_beside
from crawler.visits.sitemaps import MAX_SITEMAPS
from crawler.visits.start_addresses import NO_ANSWER, other_start_addresses
from crawler.visits.traps import url_key
from crawler.visits.visit import RunningVisit
from crawler.visits.visit_tools import VisitTools
from ledger.records import Look
from ledger.typed_texts import FinalUrl
from ledger.vocabulary import LookOutcome, PageHealth, PageKind, Purpose

START_WORTH, HOME_WORTH = 2.0, 1.5  # above every link's 0..1: read first, and followed to wherever they lead
PARTNER_KINDS = frozenset({PageKind.PARTNERS, PageKind.CLIENTS, PageKind.RESELLERS})
WELL_KNOWN = (  # names of pages, asked for with the site's own ending; what a vendor without any link to it still has
    ("partners", PageKind.PARTNERS),
    ("our-partners", PageKind.PARTNERS),
    ("technology-partners", PageKind.PARTNERS),
    ("alliances", PageKind.PARTNERS),
    ("clients", PageKind.CLIENTS),
    ("about", PageKind.ABOUT),
)
WELL_KNOWN_REASON = "well-known path"
HASH_ROUTE = "a hash route: scripts make the page of what stands behind #"
DISCLOSURE_REASON = "may say what the vendor is not"
CLAIMING_KINDS = frozenset(
    {PageKind.PARTNERS, PageKind.RESELLERS, PageKind.SUPPLIERS, PageKind.CERTIFICATIONS, PageKind.MEMBERS}
)
TELLING_KINDS = frozenset(PageKind) - {PageKind.HOME, PageKind.ABOUT, PageKind.NEWS, PageKind.OTHER}
START_REASON = "start address"
MAX_UNREAD_NOTED = 50
MAX_LANGUAGES = 3  # in which a page that was found by its name alone is asked for too
ENDINGS = (".html", ".htm", ".php", ".aspx")


def _is_promising(link: Link) -> bool:
    """Whether a word or the seed list speaks for a page, so that its turn comes before the images of others."""
    return link.worth >= HOME_WORTH or link.kind in TELLING_KINDS


class VisitRun:
    """The steps of one visit."""

    def __init__(self, tools: VisitTools, visit: RunningVisit) -> None:
        self.tools = tools
        self.looks = tools.looks
        self.visit = visit
        self.frontier: list[tuple[float, int, Link]] = []
        self.known: set[str] = set()
        self.pushed = 0
        self.contents: set[str] = set()
        self.kinds: set[PageKind] = set()
        self.parts = PageParts(tools.looks, visit)
        self.documents = LinkedDocuments(tools, visit)
        self.site = visit.seed.start_urls[0]
        self.hosts: frozenset[str] = frozenset()  # further hosts that the vendor calls its own
        self.others = sites_beside(tools.ledger, visit.seed)
        self.script_urls: dict[str, None] = {}
        self.contact_urls: dict[str, None] = {}
        self.legal_urls: dict[str, None] = {}
        self.endings: dict[str, int] = {}
        self.missing: PageSource | None = None  # what the site answers to an address that can't exist, when it says 200
        self.is_home_unchanged = False
        self.language_homes: list[str] = []
        self.other_starts: list[str] = []

    async def run(self) -> str | None:
        """Run the visit to its end; returns why nothing could be read, if so."""
        for url in self.visit.seed.start_urls:
            self._add(Link(url=url, text="", worth=START_WORTH, kind=PageKind.HOME, reason=START_REASON))
            self.other_starts += other_start_addresses(url)
        if self.tools.follow_links:
            self._add(self._home_link(self.site))
            for page in self.visit.earlier_pages:
                url = page.url if is_hash_route(page.url) else page.url.partition("#")[0]  # of a document: the whole
                self._add(Link(url=url, text=page.link_text, worth=1.0, kind=page.kind, reason=page.reason))
        failure = await self._read_pages()
        await self._read_disclosures()
        await self._ask_for_contacts()
        await self.parts.look_at_images()
        self._note_unread()
        return failure

    async def _read_pages(self) -> str | None:
        steps = [self._read_sitemaps, self._read_scripts, self._probe] if self.tools.follow_links else []
        failure: str | None = None
        start_failure: str | None = None  # it tells most of why nothing could be read
        while True:
            while self.frontier and self.visit.pages < self.visit.budget.pages and not self.visit.spent:
                if len(steps) == 3 and self.frontier[0][2].worth < HOME_WORTH:
                    await steps.pop(0)()
                link = heapq.heappop(self.frontier)[2]
                if not _is_promising(link):
                    await self.parts.look_at_images(Promise.PLAIN)
                failed = await self._read(link)
                failure = failed or failure
                if link.worth == START_WORTH:
                    start_failure = start_failure or failed
                    self._go_on_from_start(link, failed)
                await self.parts.look_at_images(Promise.TELLING)
            if self.frontier and not self.visit.spent:
                self.visit.spent = "pages"
            if not steps or self.visit.pages == 0 or self.visit.spent or PageKind.PARTNERS in self.kinds:
                return start_failure or failure
            await steps.pop(0)()

    def _home_link(self, site: str) -> Link:
        return Link(url=urljoin(site, "/"), text="", worth=HOME_WORTH, kind=PageKind.HOME, reason="home page")

    def _go_on_from_start(self, link: Link, failed: str | None) -> None:
        """Of a start address that nobody answers at, try the other ways; one that shows no page may hide a home page that does."""
        if failed is None:
            self.other_starts.clear()
            if self.tools.follow_links:
                self._add(self._home_link(self.site))
        elif failed.partition(":")[0] in NO_ANSWER and self.other_starts:
            url = self.other_starts.pop(0)
            self._add(
                Link(url=url, text="", worth=START_WORTH, kind=PageKind.HOME, reason=f"{START_REASON}, another way")
            )
        elif self.tools.follow_links:
            home = self._home_link(link.url)
            if home.url != link.url and url_key(home.url) == url_key(link.url):  # /index.html is not there, / may be
                self.known.discard(url_key(home.url))
            self._add(home)

    def _note_unread(self) -> None:
        """Name what promised something and was left, when a budget ended the visit."""
        budget = self.visit.spent
        if budget is None:
            return
        promising = [link for _, _, link in sorted(self.frontier) if _is_promising(link)]
        for link in promising[:MAX_UNREAD_NOTED]:
            self.looks.leave(self.visit, link.url, budget, link.reason)

    def _add(self, link: Link) -> None:
        key = link.url if is_hash_route(link.url) else url_key(link.url)
        if key in self.known or any(is_within(link.url, site) for site in self.others):
            return
        self.known.add(key)
        is_promising = link.kind not in (PageKind.OTHER, PageKind.NEWS)
        if link.worth <= 1.0 and self.visit.traps.is_trap(link.url, is_promising=is_promising):
            return
        self.pushed += 1  # first come, first served among equals
        heapq.heappush(self.frontier, (-link.worth, self.pushed, link))

    def _add_all(self, links: Iterable[Link]) -> None:
        for link in links:
            self._add(link)

    async def _read_sitemaps(self) -> None:
        """Read the sitemaps that robots.txt names, else the one at its usual place; indexes lead to further ones."""
        waiting = [here for url in self.visit.sitemaps[:MAX_SITEMAPS] if (here := self._here(url))]
        waiting = waiting or [urljoin(self.site, "/sitemap.xml")]
        seen: set[str] = set()
        while waiting and len(seen) < MAX_SITEMAPS:
            url = waiting.pop(0)
            if url in seen:
                continue
            seen.add(url)
            looked = await self.looks.look(self.visit, url, Purpose.SITEMAP)
            if looked.answer is None or looked.answer.status >= 400:
                continue
            sitemap = await read_sitemap_leads(
                self.tools.reading_pool, self.visit.visit_id, looked.answer.content, looked.answer.url, self.hosts
            )
            self._add_all(sitemap.links)
            waiting += [here for further in sitemap.sitemaps if (here := self._here(further))]

    def _here(self, url: str) -> str | None:
        """An address of the site; of one of the vendor's other hosts as one of the visited host."""
        address = Document(self.site, "").absolute(url)
        if address is None:
            return None
        return address if is_same_site(address, self.site) else seen_here(address, self.site, self.hosts)

    async def _read_scripts(self) -> None:
        """Look for a menu in the scripts of the site's first page."""
        for url in self.script_urls:
            looked = await self.looks.look(self.visit, url, Purpose.SCRIPT)
            if looked.content is not None:
                self._add_all(
                    await read_script_leads(self.tools.reading_pool, self.visit.visit_id, looked.content, self.site)
                )

    async def _probe(self) -> None:
        """Ask for pages by their usual names, after asking for one that can't exist, to know a soft 404 by its words."""
        name = f"no-such-page-{self.visit.visit_id[:12]}"
        ending = max(self.endings, key=lambda e: self.endings[e]) if self.endings else ""
        missing = urljoin(self.site, f"/{name}{ending}")
        earlier = self.looks.carry_over(self.visit, missing, Purpose.PROBE) if self.is_home_unchanged else None
        if earlier is None or (earlier.status or 0) < 400:  # an answer is needed itself, to compare others with it
            looked = await self.looks.look(self.visit, missing, Purpose.PROBE)
            if looked.answer is not None and looked.answer.status < 400:
                self.missing = self._source(looked.look, looked.answer, "")
        for name, kind in WELL_KNOWN:
            if kind is PageKind.PARTNERS or not self.kinds & PARTNER_KINDS:
                url = urljoin(self.site, f"/{name}{ending}")
                self._add(Link(url=url, text="", worth=WORTH[kind], kind=kind, reason=WELL_KNOWN_REASON))

    async def _read_disclosures(self) -> None:
        """Where the vendor says what it is to others: read its terms and disclaimers, which may take that back."""
        if not (self.tools.follow_links and self.kinds & CLAIMING_KINDS):
            return
        for url in list(self.legal_urls)[:MAX_LEGAL_PAGES]:
            if url_key(url) not in self.known and not self.visit.spent:
                await self._read(Link(url=url, text="", worth=0.01, kind=PageKind.OTHER, reason=DISCLOSURE_REASON))

    async def _ask_for_contacts(self) -> None:
        """Where somebody may write to the vendor: read its imprint and contact pages, and security.txt (RFC 9116)."""
        if not (self.visit.wants_contacts and self.visit.pages and self.tools.follow_links):
            return
        for url in self.contact_urls:
            if url_key(url) not in self.known:
                await self._read(
                    Link(url=url, text="", worth=0.01, kind=PageKind.OTHER, reason="may say who the vendor is")
                )
        await self.looks.look(self.visit, urljoin(self.site, SECURITY_TXT), Purpose.PROBE)

    async def _read(self, link: Link) -> str | None:
        """Read one page with its style sheets and images; returns why it could not be read, if so."""
        if link.reason == WELL_KNOWN_REASON and self.is_home_unchanged:
            carried = self.looks.carry_over(self.visit, link.url, Purpose.PAGE)
            if carried is not None and carried.status is not None and carried.status >= 400:
                return f"{carried.reason}: {carried.detail}"
        looked = await self.looks.look(self.visit, link.url, Purpose.PAGE, why=link.reason)
        answer = looked.answer
        if answer is None or looked.look.outcome is LookOutcome.COULD_NOT_LOOK:
            return f"{looked.look.reason}: {looked.look.detail}"
        source = self._source(looked.look, answer, link.text)
        unread = self._why_unread(link, source)
        if unread is not None:
            store_page(self.tools.ledger, unread_page(source, unread))
            return f"not-html: {unread}" if unread.startswith("content type") else None
        if is_hash_route(link.url):
            return await self._read_route(link, source)
        if looked.look.content_sha256 in self.contents:
            return None
        self.known.add(url_key(answer.url))
        if is_pdf(source.content):
            self.contents.add(looked.look.content_sha256 or "")
            return await self.documents.read(source)
        try:
            page, leads = await self.tools.reading_pool.read(source)
            page = await self._check_soft_404(link, page, source)
            sheets = partial(self.parts.read_sheets, page_url=source.url, is_unchanged=looked.is_unchanged)
            why_drawn = reason_to_render(page)  # of a shell; whether a healthy page needs it, the reader sees
            if page.is_healthy:
                self.contents.add(looked.look.content_sha256 or "")
                page, why_drawn = await self.tools.reading_pool.read_images(source, await sheets(leads.sheet_urls))
            if why_drawn is not None:
                page, drawn_leads = await draw(self.tools, self.visit, source, page, why_drawn, sheets)
                leads = drawn_leads or leads
        except PageUnreadableError as error:
            store_page(self.tools.ledger, unread_page(source, str(error), health=PageHealth.UNREADABLE))
            return f"{PageHealth.UNREADABLE}: {error}"
        finally:
            self.visit.queued_s = self.tools.reading_pool.waited_s(self.visit.visit_id)
        store_page(self.tools.ledger, page)
        self.tools.on_page(self.visit, page)
        self._follow_refresh(link, answer, leads)
        if not page.is_healthy:
            if page.page.health is PageHealth.LISTING:
                self._add_all(leads.links)
            return f"{page.page.health}: {page.page.health_reason}"
        self._note(link, page, leads, is_unchanged=looked.is_unchanged)
        self.parts.add_images(
            page.sightings,
            page_url=source.url,
            is_telling=page.page.kind in TELLING_KINDS,
            is_unchanged=looked.is_unchanged,
        )
        return None

    async def _read_route(self, link: Link, source: PageSource) -> str | None:
        """Read what a browser shows at an address of which the server knows only the page before the #."""
        source = replace(source, url=FinalUrl(f"{source.url}#{urlsplit(link.url).fragment}"))
        shell = unread_page(source, HASH_ROUTE, health=PageHealth.EMPTY_SHELL)
        sheets = partial(self.parts.read_sheets, page_url=source.url, is_unchanged=False)
        try:
            page, leads = await draw(self.tools, self.visit, source, shell, HASH_ROUTE, sheets)
        except PageUnreadableError as error:
            page, leads = unread_page(source, str(error), health=PageHealth.UNREADABLE), None
        store_page(self.tools.ledger, page)
        self.tools.on_page(self.visit, page)
        if not page.is_healthy or leads is None:
            return f"{page.page.health}: {page.page.health_reason}"
        self._note(link, page, leads, is_unchanged=False)
        self.parts.add_images(page.sightings, page_url=source.url, is_telling=True, is_unchanged=False)
        return None

    def _follow_refresh(self, link: Link, answer: FetchedAnswer, leads: PageLinks) -> None:
        """Go where the page sends its visitors, as far as a redirect would be followed."""
        target = Document(answer.url, "").absolute(read_refresh(answer.header("refresh"))) or leads.sent_on_to
        if target is not None and (link.worth >= HOME_WORTH or is_same_site(target, self.site)):
            self._add(replace(link, url=target, reason=f"{answer.url} sends its visitors there"))

    def _why_unread(self, link: Link, source: PageSource) -> str | None:
        if link.worth >= HOME_WORTH:
            self.site = source.url if link.worth == START_WORTH else self.site
        elif not is_same_site(source.url, self.site) and not is_same_site(source.url, self.visit.seed.start_urls[0]):
            return "left the site"
        is_readable = is_html(source.content_type, source.content) or is_pdf(source.content)
        return None if is_readable else f"content type {source.content_type}"

    async def _check_soft_404(self, link: Link, page: ReadPage, source: PageSource) -> ReadPage:
        """A well-known path may answer with what the site says to any address."""
        if link.reason != WELL_KNOWN_REASON or self.missing is None or not page.is_healthy:
            return page
        if not await self.tools.reading_pool.is_like(self.missing, source):
            return page
        return page.with_health(PageHealth.SOFT_404, SAME_AS_MISSING)

    def _source(self, look: Look, answer: FetchedAnswer, link_text: str) -> PageSource:
        return PageSource(
            visit_id=self.visit.visit_id,
            look_id=look.look_id,
            url=answer.url,
            status=answer.status,
            content=answer.content,
            content_type=answer.content_type,
            link_text=link_text,
            is_cut=answer.is_cut,
        )

    def _note(self, link: Link, page: ReadPage, leads: PageLinks, *, is_unchanged: bool) -> None:
        """Remember what a healthy page adds to the visit."""
        self.visit.pages += 1
        self.kinds |= {page.page.kind, *leads.section_kinds}
        if link.worth >= HOME_WORTH:
            self.hosts |= leads.other_hosts
            self.script_urls |= dict.fromkeys(leads.script_urls)
            self.is_home_unchanged = is_unchanged
            self.contact_urls |= dict.fromkeys(leads.contact_urls)
            self.legal_urls |= dict.fromkeys(leads.legal_urls)
        if link.reason.startswith(LANGUAGE_HOME):
            self.language_homes.append(page.page.url)
        if link.reason == WELL_KNOWN_REASON and page.page.kind is link.kind:  # no menu names it, in any language
            name = urlsplit(page.page.url).path.rpartition("/")[2]
            for home in self.language_homes[:MAX_LANGUAGES]:
                self._add(replace(link, url=urljoin(home, name)))
        for lead in leads.links if self.tools.follow_links else ():
            path = urlsplit(lead.url).path.lower()
            for ending in ENDINGS:
                if path.endswith(ending):
                    self.endings[ending] = self.endings.get(ending, 0) + 1
            self._add(lead)
