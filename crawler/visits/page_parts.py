"""What the pages of one visit show: their style sheets and images, each looked at once.

Reads: addresses that pages name. Writes: looks. Of a page that has not changed since the vendor's last visit, what it
shows is carried over without a request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from crawler.images.stylesheets import Sheet, decode_sheet
from crawler.visits.looks import LookTaker
from crawler.visits.visit import RunningVisit
from ledger.vocabulary import LookOutcome, Purpose

IMAGES_AT_ONCE = 4


class PageParts:
    """The style sheets and images of a visit."""

    def __init__(self, looks: LookTaker, visit: RunningVisit) -> None:
        self.looks = looks
        self.visit = visit
        self.image_urls: set[str] = set()  # looked at already, for any page of the visit
        self._sheet_texts: dict[str, str | None] = {}  # url → text, None when it could not be read
        self._places = asyncio.Semaphore(IMAGES_AT_ONCE)

    async def read_sheets(self, urls: Iterable[str], *, is_unchanged: bool) -> list[Sheet]:
        """Return the style sheets that could be read. is_unchanged: the page that names them has not changed."""
        sheets = []
        for url in urls:
            if url not in self._sheet_texts:
                content = await self._sheet_content(url, is_unchanged=is_unchanged)
                self._sheet_texts[url] = None if content is None else decode_sheet(content)
            text = self._sheet_texts[url]
            if text is not None:
                sheets.append(Sheet(url, text))
        return sheets

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
        """Look at an image; where an optimiser fails, at the original that its address names, under that address."""
        async with self._places:
            if is_unchanged and self.looks.carry_over(self.visit, url, Purpose.IMAGE):
                return
            looked = await self.looks.look(self.visit, url, Purpose.IMAGE)
            if looked.look.outcome is LookOutcome.COULD_NOT_LOOK and original_url and not looked.is_refused:
                await self.looks.look(self.visit, url, Purpose.IMAGE, instead=original_url)
