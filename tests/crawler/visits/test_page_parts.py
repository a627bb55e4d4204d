"""What pages show is looked at once a visit; an optimiser's image that fails is looked at where its original lies."""

from __future__ import annotations

import asyncio
from pathlib import Path

from crawler.visits.looks import LookTaker
from crawler.visits.page_parts import PageParts, Promise
from ledger.records import Look, Sighting
from ledger.typed_texts import PageId, SightingId
from ledger.vocabulary import FoundBy, Noise, SectionKind
from tests.crawler.visits.folder_fetcher import FolderFetcher
from tests.crawler.visits.visit_room import SITE, VisitRoom


def sighting(
    url: str, *, section: SectionKind = SectionKind.NONE, noise: Noise | None = None, original_url: str | None = None
) -> Sighting:
    return Sighting(
        sighting_id=SightingId(url), page_id=PageId("page"), found_by=FoundBy.IMG, ordinal=0, image_url=url, look_id=None,
        inline_sha256=None, alt=None, title=None, link_url=None, heading_trail=(), zone="main", section_kind=section,
        section_reasons=(), nearby_text=None, noise=noise, original_url=original_url,
    )  # fmt: skip


def test_what_promises_most_is_looked_at_first(tmp_path: Path) -> None:
    room = VisitRoom(tmp_path, tmp_path)
    visit = room.begin()

    async def look(least: Promise) -> list[str]:
        with room.open_archive(visit) as archive:
            fetcher = FolderFetcher(tmp_path, archive)
            parts = PageParts(LookTaker(ledger=room.ledger, warc_dir=archive.directory, fetcher=fetcher), visit)
            blog = [sighting(f"{SITE}/photo.png"), sighting(f"{SITE}/flag.png", noise=Noise.FLAG)]
            partners = [sighting(f"{SITE}/acme.png", section=SectionKind.PARTNERS), sighting(f"{SITE}/photo.png")]
            parts.add_images(blog, page_url=f"{SITE}/blog", is_telling=False, is_unchanged=False)
            parts.add_images(
                partners, page_url=f"{SITE}/partners", is_telling=least is Promise.TELLING, is_unchanged=False
            )
            await parts.look_at_images(least)
            return fetcher.asked

    assert asyncio.run(look(Promise.DECORATION)) == ["/acme.png", "/photo.png", "/flag.png"]
    # on a page about partners each picture may be a logo, also one that another page showed first
    assert asyncio.run(look(Promise.TELLING)) == ["/photo.png", "/acme.png"]


def test_each_sheet_and_image_is_looked_at_once(tmp_path: Path) -> None:
    room = VisitRoom(tmp_path, tmp_path)
    (tmp_path / "s.css").write_text("b {}")
    (tmp_path / "original.png").write_bytes(b"png")
    visit = room.begin()
    optimised, original = f"{SITE}/_next/image?url=original.png", f"{SITE}/original.png"

    async def read() -> list[str]:
        with room.open_archive(visit) as archive:
            fetcher = FolderFetcher(tmp_path, archive)
            parts = PageParts(LookTaker(ledger=room.ledger, warc_dir=archive.directory, fetcher=fetcher), visit)
            for _ in range(2):
                sheets = await parts.read_sheets(
                    [f"{SITE}/s.css", f"{SITE}/gone.css"], page_url=f"{SITE}/", is_unchanged=False
                )
                assert [(sheet.url, sheet.text) for sheet in sheets] == [(f"{SITE}/s.css", "b {}")]
                shown = [sighting(optimised, original_url=original), sighting(f"{SITE}/gone.png")]
                parts.add_images(shown, page_url=f"{SITE}/", is_telling=False, is_unchanged=False)
                await parts.look_at_images()
            return fetcher.asked

    assert sorted(asyncio.run(read())) == ["/_next/image", "/gone.css", "/gone.png", "/original.png", "/s.css"]
    look = next(look for look in room.ledger.select(Look, "SELECT * FROM looks") if look.requested_url == optimised)
    assert (look.status, look.final_url) == (200, original)
