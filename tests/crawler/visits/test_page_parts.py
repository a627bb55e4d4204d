"""What pages show is looked at once a visit; an optimiser's image that fails is looked at where its original lies."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

from PIL import Image

from crawler.visits.looks import LookTaker
from crawler.visits.page_parts import MAX_IMPORT_DEPTH, PageParts, Promise
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


def test_imported_sheets_come_before_the_one_that_imports_them_within_limits(tmp_path: Path) -> None:
    room = VisitRoom(tmp_path, tmp_path)
    for number in range(6):
        (tmp_path / f"{number}.css").write_text(f"@import '{number + 1}.css'; @import '0.css'; .s{number} {{}}")
    visit = room.begin()

    async def read() -> list[str]:
        with room.open_archive(visit) as archive:
            fetcher = FolderFetcher(tmp_path, archive)
            parts = PageParts(LookTaker(ledger=room.ledger, warc_dir=archive.directory, fetcher=fetcher), visit)
            return [
                sheet.url
                for sheet in await parts.read_sheets([f"{SITE}/0.css"], page_url=f"{SITE}/", is_unchanged=False)
            ]

    assert asyncio.run(read()) == [f"{SITE}/{number}.css" for number in reversed(range(MAX_IMPORT_DEPTH + 1))]


def picture(width: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, 20), (9, 80, 120)).save(file, "PNG")
    return file.getvalue()


def test_a_copy_of_a_few_pixels_is_replaced_by_the_large_picture_where_there_is_one(tmp_path: Path) -> None:
    room = VisitRoom(tmp_path, tmp_path)
    for name, width in (("small.png", 40), ("only.png", 41), ("large.png", 300), ("fine.png", 200)):
        (tmp_path / name).write_bytes(picture(width))
    visit = room.begin()
    images = {"small": "large", "only": "gone", "fine": "large"}

    async def look() -> list[str]:
        with room.open_archive(visit) as archive:
            fetcher = FolderFetcher(tmp_path, archive)
            parts = PageParts(LookTaker(ledger=room.ledger, warc_dir=archive.directory, fetcher=fetcher), visit)
            shown = [
                sighting(f"{SITE}/{name}.png", original_url=f"{SITE}/{original}.png")
                for name, original in images.items()
            ]
            parts.add_images(shown, page_url=f"{SITE}/", is_telling=False, is_unchanged=False)
            await parts.look_at_images()
            return fetcher.asked

    assert sorted(asyncio.run(look())) == ["/fine.png", "/gone.png", "/large.png", "/only.png", "/small.png"]
    looks = {look.requested_url: look for look in room.ledger.select(Look, "SELECT * FROM looks")}
    assert looks[f"{SITE}/small.png"].final_url == f"{SITE}/large.png"
    assert (looks[f"{SITE}/only.png"].status, looks[f"{SITE}/only.png"].final_url) == (200, f"{SITE}/only.png")
