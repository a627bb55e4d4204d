"""What pages show is looked at once a visit; an optimiser's image that fails is looked at where its original lies."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

from PIL import Image

from crawler.visits.looks import LookTaker
from crawler.visits.page_parts import MAX_IMPORT_DEPTH, PageParts
from ledger.records import Look
from tests.crawler.visits.folder_fetcher import FolderFetcher
from tests.crawler.visits.visit_room import SITE, VisitRoom


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
                sheets = await parts.read_sheets([f"{SITE}/s.css", f"{SITE}/gone.css"], is_unchanged=False)
                assert [(sheet.url, sheet.text) for sheet in sheets] == [(f"{SITE}/s.css", "b {}")]
                await parts.look_at_images({optimised: original, f"{SITE}/gone.png": None}, is_unchanged=False)
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
            return [sheet.url for sheet in await parts.read_sheets([f"{SITE}/0.css"], is_unchanged=False)]

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
            addresses = {f"{SITE}/{name}.png": f"{SITE}/{original}.png" for name, original in images.items()}
            await parts.look_at_images(addresses, is_unchanged=False)
            return fetcher.asked

    assert sorted(asyncio.run(look())) == ["/fine.png", "/gone.png", "/large.png", "/only.png", "/small.png"]
    looks = {look.requested_url: look for look in room.ledger.select(Look, "SELECT * FROM looks")}
    assert looks[f"{SITE}/small.png"].final_url == f"{SITE}/large.png"
    assert (looks[f"{SITE}/only.png"].status, looks[f"{SITE}/only.png"].final_url) == (200, f"{SITE}/only.png")
