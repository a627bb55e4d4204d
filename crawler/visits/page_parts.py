"""What the pages of one visit show: their style sheets and images, each looked at once.

Reads: addresses that pages name. Writes: looks. Of a page that has not changed since the vendor's last visit, what it
shows is carried over without a request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from crawler.images.stylesheets import Sheet, decode_sheet
from crawler.visits.looks import LookTaker
from crawler.visits.visit import RunningVisit
from ledger.records import Sighting
from ledger.vocabulary import LookOutcome, Purpose, SectionKind

IMAGES_AT_ONCE = 4


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
        """Return the style sheets that could be read. is_unchanged: the page that names them has not changed."""
        sheets = []
        for url in urls:
            if url not in self._sheet_texts:
                content = await self._sheet_content(url, page_url, is_unchanged=is_unchanged)
                self._sheet_texts[url] = None if content is None else decode_sheet(content)
            text = self._sheet_texts[url]
            if text is not None:
                sheets.append(Sheet(url, text))
        return sheets

    async def _sheet_content(self, url: str, page_url: str, *, is_unchanged: bool) -> bytes | None:
        if is_unchanged and (carried := self.looks.carry_over(self.visit, url, Purpose.STYLESHEET)):
            return self.looks.stored_content(carried)
        return (await self.looks.look(self.visit, url, Purpose.STYLESHEET, referrer=page_url)).content

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

    async def _look_at_image(self, image: _WaitingImage) -> None:
        """Look at an image; where an optimiser fails, at the original that its address names, under that address."""
        async with self._places:
            url, page_url = image.url, image.page_url
            if image.is_unchanged and self.looks.carry_over(self.visit, url, Purpose.IMAGE):
                return
            looked = await self.looks.look(self.visit, url, Purpose.IMAGE, referrer=page_url)
            if looked.look.outcome is LookOutcome.COULD_NOT_LOOK and image.original_url and not looked.is_refused:
                await self.looks.look(self.visit, url, Purpose.IMAGE, instead=image.original_url, referrer=page_url)


def _promise(sighting: Sighting, *, is_telling: bool) -> Promise:
    if sighting.section_kind in _TELLING or (is_telling and sighting.noise is None):
        return Promise.TELLING
    return Promise.DECORATION if sighting.noise is not None else Promise.PLAIN
