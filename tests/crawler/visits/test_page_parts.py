"""What pages show is looked at once a visit; an optimiser's image that fails is looked at where its original lies."""

from __future__ import annotations

import asyncio
from pathlib import Path

from crawler.visits.looks import LookTaker
from crawler.visits.page_parts import PageParts
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
