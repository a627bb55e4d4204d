"""What the pages of one visit show: their style sheets and images, each looked at once.

Reads: addresses that pages name. Writes: looks. Of a page that has not changed since the vendor's last visit, what it
shows is carried over without a request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from crawler.images.small_pictures import is_small_picture
from crawler.images.sprite_files import is_drawing
from crawler.images.stylesheets import MAX_SHEETS, Sheet, decode_sheet, imported_urls
from crawler.visits.looks import LookTaker
from crawler.visits.visit import RunningVisit
from ledger.vocabulary import LookOutcome, Purpose

IMAGES_AT_ONCE = 4
MAX_IMPORT_DEPTH = 3  # of style sheets that import others; real ones import their theme, which imports a font
MAX_IMPORTED_SHEETS = 12  # of a page, besides those that it links to


class PageParts:
    """The style sheets and images of a visit."""

    def __init__(self, looks: LookTaker, visit: RunningVisit) -> None:
        self.looks = looks
        self.visit = visit
        self.image_urls: set[str] = set()  # looked at already, for any page of the visit
        self._sheet_texts: dict[str, str | None] = {}  # url → text, None when it could not be read
        self._places = asyncio.Semaphore(IMAGES_AT_ONCE)

    async def read_sheets(self, urls: Iterable[str], *, is_unchanged: bool) -> list[Sheet]:
        """Return the files that a page is read with, as far as they could be read: style sheets, those that they import
        before them, and drawings. is_unchanged: the page that names them has not changed.
        """
        sheets: dict[str, Sheet] = {}
        for url in urls:
            await self._read_sheet(url, sheets, frozenset(), is_unchanged=is_unchanged)
        return list(sheets.values())

    async def _read_sheet(
        self, url: str, sheets: dict[str, Sheet], importers: frozenset[str], *, is_unchanged: bool
    ) -> None:
        """Add a style sheet, behind those that it imports. importers: those on the way to it."""
        if url in sheets or url in importers:
            return
        if importers and len(sheets) >= MAX_SHEETS + MAX_IMPORTED_SHEETS:
            return
        if url not in self._sheet_texts:
            content = await self._sheet_content(url, is_unchanged=is_unchanged)
            self._sheet_texts[url] = None if content is None else decode_sheet(content)
        text = self._sheet_texts[url]
        if text is None:
            return
        if len(importers) < MAX_IMPORT_DEPTH and not is_drawing(text):
            for imported in imported_urls(text, url)[:MAX_IMPORTED_SHEETS]:
                await self._read_sheet(imported, sheets, importers | {url}, is_unchanged=is_unchanged)
        sheets[url] = Sheet(url, text)

    async def _sheet_content(self, url: str, *, is_unchanged: bool) -> bytes | None:
        if is_unchanged and (carried := self.looks.carry_over(self.visit, url, Purpose.STYLESHEET)):
            return self.looks.stored_content(carried)
        return (await self.looks.look(self.visit, url, Purpose.STYLESHEET)).content

    async def look_at_images(self, images: Mapping[str, str | None], *, is_unchanged: bool) -> None:
        """Look at the images that no page of the visit has shown before.

        images: address → the original that an optimiser's address hides, None where it hides none.
        """
        new = {url: original for url, original in images.items() if url not in self.image_urls}
        self.image_urls.update(new)
        await asyncio.gather(
            *(self._look_at_image(url, original, is_unchanged=is_unchanged) for url, original in new.items())
        )

    async def _look_at_image(self, url: str, original_url: str | None, *, is_unchanged: bool) -> None:
        """Look at an image; where an optimiser fails, or gives a copy too small to tell anything, at the original that its
        address names, under that address.
        """
        async with self._places:
            if is_unchanged and self.looks.carry_over(self.visit, url, Purpose.IMAGE):
                return
            looked = await self.looks.look(self.visit, url, Purpose.IMAGE)
            if not original_url or looked.is_refused or original_url in self.image_urls:
                return
            if looked.look.outcome is LookOutcome.COULD_NOT_LOOK:
                await self.looks.look(self.visit, url, Purpose.IMAGE, instead=original_url)
            elif looked.content is not None and is_small_picture(looked.content):
                larger = await self.looks.look(self.visit, url, Purpose.IMAGE, instead=original_url)
                if larger.content is None:  # the small one is all that there is
                    self.looks.ledger.put([looked.look])
