"""What the pages of one visit show: their style sheets and images, each looked at once.

Reads: addresses that pages name. Writes: looks. Of a page that has not changed since the vendor's last visit, what it
shows is carried over without a request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from crawler.images.small_pictures import is_small_in_box
from crawler.images.sprite_files import is_drawing
from crawler.images.stylesheets import MAX_SHEETS, Sheet, decode_sheet, imported_urls
from crawler.visits.looks import LookTaker
from crawler.visits.visit import RunningVisit
from ledger.records import Sighting
from ledger.vocabulary import LookOutcome, Purpose, SectionKind

IMAGES_AT_ONCE = 4
MAX_IMPORT_DEPTH = 3  # of style sheets that import others; real ones import their theme, which imports a font
MAX_IMPORTED_SHEETS = 12  # of a page, besides those that it links to


_TELLING = frozenset(SectionKind) - {
    SectionKind.NONE, SectionKind.SOCIAL, SectionKind.PAYMENT, SectionKind.APP_STORE, SectionKind.NEWS, SectionKind.OWN,
}  # fmt: skip


class Promise(IntEnum):
    """How likely an image shows what a visit is about; the smallest is looked at first."""

    TELLING = 0  # in a section, or on a page, about partners, clients, badges, …
    PLAIN = 1
    DECORATION = 2  # flags, icons, portraits, the vendor's own logo


@dataclass(frozen=True, slots=True)
class _WaitingImage:
    """An image that was not looked at yet. original_url: what an optimiser's address hides; None: nothing."""

    url: str
    original_url: str | None
    page_url: str
    promise: Promise
    is_unchanged: bool  # its page has not changed since the vendor's last visit


@dataclass(frozen=True, slots=True)
class _NamingPage:
    """The page that names a file. is_unchanged: since the vendor's last visit."""

    url: str
    is_unchanged: bool


class PageParts:
    """The style sheets and images of a visit."""

    def __init__(self, looks: LookTaker, visit: RunningVisit) -> None:
        self.looks = looks
        self.visit = visit
        self.image_urls: set[str] = set()  # looked at already, for any page of the visit
        self._sheet_texts: dict[str, str | None] = {}  # url → text, None when it could not be read
        self._waiting: dict[str, _WaitingImage] = {}
        self._places = asyncio.Semaphore(IMAGES_AT_ONCE)

    async def read_sheets(self, urls: Iterable[str], *, page_url: str, is_unchanged: bool) -> list[Sheet]:
        """Return the files that a page is read with, as far as they could be read: style sheets, those that they import
        before them, and drawings. is_unchanged: the page that names them has not changed.
        """
        page = _NamingPage(page_url, is_unchanged)
        sheets: dict[str, Sheet] = {}
        for url in urls:
            await self._read_sheet(url, sheets, frozenset(), page)
        return list(sheets.values())

    async def _read_sheet(
        self, url: str, sheets: dict[str, Sheet], importers: frozenset[str], page: _NamingPage
    ) -> None:
        """Add a style sheet, behind those that it imports. importers: those on the way to it."""
        if url in sheets or url in importers:
            return
        if importers and len(sheets) >= MAX_SHEETS + MAX_IMPORTED_SHEETS:
            return
        if url not in self._sheet_texts:
            content = await self._sheet_content(url, page)
            self._sheet_texts[url] = None if content is None else decode_sheet(content)
        text = self._sheet_texts[url]
        if text is None:
            return
        if len(importers) < MAX_IMPORT_DEPTH and not is_drawing(text):
            for imported in imported_urls(text, url)[:MAX_IMPORTED_SHEETS]:
                await self._read_sheet(imported, sheets, importers | {url}, page)
        sheets[url] = Sheet(url, text)

    async def _sheet_content(self, url: str, page: _NamingPage) -> bytes | None:
        is_evidence = url in self.visit.evidence_urls
        if (
            page.is_unchanged
            and not is_evidence
            and (carried := self.looks.carry_over(self.visit, url, Purpose.STYLESHEET))
        ):
            return self.looks.stored_content(carried)
        return (await self.looks.look(self.visit, url, Purpose.STYLESHEET, referrer=page.url)).content

    def add_images(self, sightings: Iterable[Sighting], *, page_url: str, is_telling: bool, is_unchanged: bool) -> None:
        """Remember the images of a page that no page of the visit has shown before, and how much they promise.

        is_telling: the page is one about partners, clients, …
        """
        for sighting in sightings:
            url = sighting.image_url
            if url is None:
                continue
            promise = _promise(sighting, is_telling=is_telling)
            known = self._waiting.get(url)
            if url in self.image_urls or (known is not None and known.promise <= promise):
                continue
            self._waiting[url] = _WaitingImage(url, sighting.original_url, page_url, promise, is_unchanged)

    async def look_at_images(self, least: Promise = Promise.DECORATION) -> None:
        """Look at the images that wait, most promising first; those that promise less than `least` go on waiting."""
        for promise in Promise:
            if promise > least:
                return
            due = [image for image in self._waiting.values() if image.promise is promise]
            for image in due:
                del self._waiting[image.url]
                self.image_urls.add(image.url)
            await asyncio.gather(*map(self._look_at_image, due))
            self.looks.write_waiting()

    async def _look_at_image(self, image: _WaitingImage) -> None:
        """Look at an image; where an optimiser fails, or gives a copy too small to tell anything, at the original that its
        address names, under that address.
        """
        async with self._places:
            url, page_url = image.url, image.page_url
            is_evidence = url in self.visit.evidence_urls  # whether it is shown is never told from a file not asked for
            if image.is_unchanged and not is_evidence and self.looks.carry_over(self.visit, url, Purpose.IMAGE):
                return
            looked = await self.looks.look(self.visit, url, Purpose.IMAGE, referrer=page_url)
            original_url = image.original_url
            if not original_url or looked.is_refused or original_url in self.image_urls:
                return
            if looked.look.outcome is LookOutcome.COULD_NOT_LOOK:
                await self.looks.look(self.visit, url, Purpose.IMAGE, instead=original_url, referrer=page_url)
            elif looked.content is not None and await asyncio.to_thread(is_small_in_box, looked.content):
                larger = await self.looks.look(self.visit, url, Purpose.IMAGE, instead=original_url, referrer=page_url)
                if larger.content is None:  # the small one is all that there is
                    self.looks.keep(looked.look)


def _promise(sighting: Sighting, *, is_telling: bool) -> Promise:
    if sighting.section_kind in _TELLING or (is_telling and sighting.noise is None):
        return Promise.TELLING
    return Promise.DECORATION if sighting.noise is not None else Promise.PLAIN
