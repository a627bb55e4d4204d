"""The pictures of an export as files: each pair of official and found logo, each image that is only named, each page that a browser drew.
Every picture has its number.

Reads: dossiers, renders, the archive. Writes: the folder exhibits/ of an export.

Logos come first, then images that are only named, then the pages that the crawl's browser drew, then those that were drawn later: a redacted copy leaves the latter out,
and what both hold has the same number in both.
"""

from __future__ import annotations

from pathlib import Path

from casebook.dossier.dossier import Dossier
from casebook.dossier.pictures import read_png, stored_place
from casebook.export.claim_rows import read_drawn_pages
from ledger.database import Ledger
from ledger.typed_texts import ClaimId


def write_exhibits(folder: Path, ledger: Ledger, warc_dir: Path, claim_id: ClaimId, dossier: Dossier) -> None:
    """Write the pictures of a claim, as PNG."""
    exhibits = folder / "exhibits"
    exhibits.mkdir()
    number = 0
    for logo in dossier.logos:
        if logo.pictures is not None:
            number += 1
            for name, data in (
                ("official", logo.pictures.official_png),
                ("found", logo.pictures.found_png),
                ("overlay", logo.pictures.overlay_png),
                ("image", logo.pictures.whole_png),
            ):
                (exhibits / f"{number:02}-logo-{name}.png").write_bytes(data)
    for named in dossier.named:
        if named.picture_png is not None:
            number += 1
            (exhibits / f"{number:02}-named-image.png").write_bytes(named.picture_png)
    pictured = {page.picture.look_id: page for page in dossier.pages}
    for render in read_drawn_pages(ledger, claim_id):
        number += 1
        place = stored_place(render.screenshot_warc_file, render.screenshot_warc_offset, render.screenshot_sha256)
        drawn_png = read_png(warc_dir, place)
        assert drawn_png is not None  # noqa: S101  # a render without a failure has its screenshot
        (exhibits / f"{number:02}-page-as-drawn.png").write_bytes(drawn_png)
        page = pictured.pop(render.look_id, None)  # the same screenshot, with its outlines
        if page is not None and page.outlined_png is not None:
            (exhibits / f"{number:02}-page-outlined.png").write_bytes(page.outlined_png)
    for page in pictured.values():
        number += 1
        for name, png in (("as-drawn", page.screenshot_png), ("outlined", page.outlined_png)):
            if png is not None:
                (exhibits / f"{number:02}-page-{name}.png").write_bytes(png)
