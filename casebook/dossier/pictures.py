"""Pictures of the pages on which findings rest: as a browser shows them, and with the places of the evidence outlined.

Reads: claims with evidence, renders, the archive. Writes: pictures; documents and screenshots in the WARC files.

1. Of each page of a finding the latest look, unless it has a picture with this very evidence.
2. Where the crawl had a browser draw the page, its screenshot is taken; else the page is drawn from the archive alone.
3. The evidence is looked for in the drawn document: images by their address or digest, and in them the region that matched;
   sentences by their words. What is not found again is said, never guessed.
4. The outlines are drawn on a copy of the screenshot, so that both can be laid side by side.

Drawing needs the extra: pip install 'partnerproof[browser]', and a Chromium of the system.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from crawler.drawing.archive_drawing import StoredLook, draw_stored, find_words, read_drawing
from crawler.drawing.browser import Browser, BrowserOptions, RenderFailedError, why_no_browser
from crawler.reading.page_reader import DrawnDocument, ReadPage
from crawler.reading.stored_pages import read_drawn
from ledger.archive.warc import MadeRecord, StoredRecord, WarcArchive, read_made
from ledger.database import Ledger, Row
from ledger.errors import OutsideFailureError
from ledger.identity import event_id, utc_text
from ledger.lexicon import Lexicon
from ledger.records import Picture
from ledger.typed_texts import ClaimId, LookId
from ledger.verdict_kinds import NOTHING_ALLOWS
from ledger.vocabulary import DrawnFrom

_INK, _HALO = "#d4000f", "#ffffff"
_MARGIN_PX, _LINE_PX = 6, 4
# by how much the sides' ratio of an image as drawn may differ from its file's: boxes are whole pixels
SAME_SHAPE = 0.03
# an image of which more than this share is the logo is that logo with its margins; walls hold two and more
WHOLE_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureOrder:
    """What to draw with what. executable: of Chromium; None: looked for in the usual places."""

    warc_dir: Path
    lexicon: Lexicon
    tool: str
    executable: str | None = None
    user_agent: str | None = None
    on_page: Callable[[], None] = lambda: None


@dataclass(slots=True, kw_only=True)
class PageToDraw:
    """A look whose page gets pictures, with the claims that rest on it."""

    look: Row
    has_render: bool
    claims: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A page as drawn, from wherever, before anything is outlined. The places of its records."""

    document: DrawnDocument
    screenshot: bytes
    drawn_from: DrawnFrom
    asked: int
    refused: tuple[str, ...]
    document_place: StoredRecord
    screenshot_place: StoredRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictured:
    """What drawing came to."""

    drawn: int = 0
    failed: int = 0
    not_outlined: int = 0  # pictures in which nothing of the claim was found again


def find_pages(ledger: Ledger, claim_ids: Sequence[ClaimId] | None = None) -> list[PageToDraw]:
    """Return the pages that lack a picture. claim_ids: None means those of all findings that nothing allows."""
    if claim_ids is None:
        kinds = json.dumps([str(kind) for kind in NOTHING_ALLOWS])
        sql = "SELECT claim_id FROM v_findings WHERE verdict IN (SELECT value FROM json_each(?)) ORDER BY claim_id"
        claim_ids = [row[0] for row in ledger.rows(sql, [kinds])]
    pages: dict[str, PageToDraw] = {}
    for claim_id in claim_ids:
        for look in ledger.rows(_LOOKS, [claim_id]):
            if _has_picture(ledger, claim_id, look["look_id"]):
                continue
            if look["look_id"] not in pages:
                render = ledger.row("SELECT 1 FROM renders WHERE look_id = ? AND failure IS NULL", [look["look_id"]])
                pages[look["look_id"]] = PageToDraw(look=look, has_render=render is not None)
            pages[look["look_id"]].claims.append(claim_id)
    return list(pages.values())


def _has_picture(ledger: Ledger, claim_id: ClaimId, look_id: LookId) -> bool:
    row = ledger.row(
        "SELECT failure, evidence FROM pictures WHERE claim_id = ? AND look_id = ? ORDER BY picture_id DESC LIMIT 1",
        [claim_id, look_id],
    )
    if row is None or row["failure"] is not None:
        return False
    shown = {one["evidence_id"] for one in json.loads(row["evidence"])}
    return shown == {one["evidence_id"] for one in _evidence(ledger, claim_id, look_id)}


def require_browser(pages: Iterable[PageToDraw], executable: str | None) -> None:
    """Errors: OutsideFailureError, in one sentence, when pages have to be drawn and nothing here can."""
    why = why_no_browser(executable) if any(not page.has_render for page in pages) else None
    if why is not None:
        raise OutsideFailureError(f"pictures of pages are drawn by a browser, and there is none here: {why}")


def draw_pictures(ledger: Ledger, pages: Sequence[PageToDraw], order: PictureOrder) -> Pictured:
    """Draw pages and store what comes of it. The caller holds the pen.

    Errors: OutsideFailureError without a browser or disk, EvidenceBrokenError when the archive is not as its rows say.
    """
    require_browser(pages, order.executable)
    return asyncio.run(_draw_all(ledger, pages, order))


async def _draw_all(ledger: Ledger, pages: Sequence[PageToDraw], order: PictureOrder) -> Pictured:
    told = Pictured()
    async with AsyncExitStack() as stack:
        browser = Browser(BrowserOptions(executable=order.executable, user_agent=order.user_agent))
        stack.push_async_callback(browser.close)
        for page in pages:
            with WarcArchive(order.warc_dir, ledger, page.look["crawl_id"], tool=order.tool) as archive:
                try:
                    drawn = await _draw(browser, ledger, archive, page)
                except RenderFailedError as error:
                    ledger.add(_failed(page, claim, str(error)) for claim in page.claims)
                    told = replace(told, failed=told.failed + 1)
                else:
                    read = read_drawing(ledger, order.warc_dir, _stored_look(page.look), drawn.document, order.lexicon)
                    for claim in page.claims:
                        picture = _outline(ledger, archive, page, claim, drawn, read)
                        ledger.add([picture])
                        told = replace(
                            told,
                            drawn=told.drawn + 1,
                            not_outlined=told.not_outlined + (picture.outlined_sha256 is None),
                        )
            order.on_page()
    return told


def _stored_look(look: Row) -> StoredLook:
    return StoredLook(
        look_id=look["look_id"],
        visit_id=look["visit_id"],
        capture_id=look["capture_id"],
        final_url=look["final_url"],
        status=look["status"],
        stylesheet_looks=tuple(json.loads(look["stylesheet_looks"])),
    )


async def _draw(browser: Browser, ledger: Ledger, archive: WarcArchive, page: PageToDraw) -> Drawn:
    if page.has_render:
        return _drawn_in_crawl(ledger, archive.directory, page.look["look_id"])
    rendered = await draw_stored(browser, ledger, archive.directory, _stored_look(page.look))
    at, url = utc_text(), page.look["final_url"]
    html = rendered.html.encode("utf-8", "replace")
    # addresses of their own, as other archivers' pictures have: the page's own address is that of what the server sent
    document = MadeRecord(
        kind="conversion", url=f"urn:dom:{url}", content=html, content_type="text/html; charset=utf-8", made_at=at
    )
    screenshot = MadeRecord(
        kind="resource", url=f"urn:fullPage:{url}", content=rendered.screenshot, content_type="image/png", made_at=at
    )
    return Drawn(
        document=DrawnDocument(html=rendered.html, box_attribute=rendered.box_attribute),
        screenshot=rendered.screenshot,
        drawn_from=DrawnFrom.ARCHIVE,
        asked=rendered.asked,
        refused=rendered.refused,
        document_place=archive.store_made(document),
        screenshot_place=archive.store_made(screenshot),
    )


def _drawn_in_crawl(ledger: Ledger, warc_dir: Path, look_id: LookId) -> Drawn:
    row = ledger.row("SELECT * FROM renders WHERE look_id = ? AND failure IS NULL", [look_id])
    document = read_drawn(ledger, warc_dir, look_id)
    assert row is not None  # noqa: S101  # the caller saw it
    assert document is not None  # noqa: S101
    places = {
        name: StoredRecord(
            warc_file=row[f"{name}_warc_file"], warc_offset=row[f"{name}_warc_offset"], sha256=row[f"{name}_sha256"]
        )
        for name in ("document", "screenshot")
    }
    screenshot = places["screenshot"]
    return Drawn(
        document=document,
        screenshot=read_made(warc_dir, screenshot.warc_file, screenshot.warc_offset, screenshot.sha256),
        drawn_from=DrawnFrom.CRAWL,
        asked=row["asked"],
        refused=tuple(json.loads(row["refused"])),
        document_place=places["document"],
        screenshot_place=screenshot,
    )


def _outline(
    ledger: Ledger, archive: WarcArchive, page: PageToDraw, claim_id: ClaimId, drawn: Drawn, read: ReadPage
) -> Picture:
    found = tuple(_find(one, drawn.document, read) for one in _evidence(ledger, claim_id, page.look["look_id"]))
    boxes = [tuple(box) for one in found for box in one["boxes"]]
    outlined = outline_boxes(drawn.screenshot, boxes) if boxes else None
    place: StoredRecord | None = None
    at = utc_text()
    if outlined is not None:
        url = f"urn:outlined:{page.look['final_url']}"
        place = archive.store_made(
            MadeRecord(kind="resource", url=url, content=outlined, content_type="image/png", made_at=at)
        )
    return Picture(
        picture_id=event_id(),
        claim_id=claim_id,
        look_id=page.look["look_id"],
        drawn_from=drawn.drawn_from,
        failure=None,
        evidence=found,
        asked=drawn.asked,
        refused=drawn.refused,
        document_sha256=drawn.document_place.sha256,
        document_warc_file=drawn.document_place.warc_file,
        document_warc_offset=drawn.document_place.warc_offset,
        screenshot_sha256=drawn.screenshot_place.sha256,
        screenshot_warc_file=drawn.screenshot_place.warc_file,
        screenshot_warc_offset=drawn.screenshot_place.warc_offset,
        outlined_sha256=place.sha256 if place else None,
        outlined_warc_file=place.warc_file if place else None,
        outlined_warc_offset=place.warc_offset if place else None,
        drawn_at=at,
    )


def _failed(page: PageToDraw, claim_id: ClaimId, failure: str) -> Picture:
    return Picture(
        picture_id=event_id(),
        claim_id=claim_id,
        look_id=page.look["look_id"],
        drawn_from=DrawnFrom.ARCHIVE,
        failure=failure,
        evidence=(),
        asked=0,
        refused=(),
        document_sha256=None,
        document_warc_file=None,
        document_warc_offset=None,
        screenshot_sha256=None,
        screenshot_warc_file=None,
        screenshot_warc_offset=None,
        outlined_sha256=None,
        outlined_warc_file=None,
        outlined_warc_offset=None,
        drawn_at=utc_text(),
    )


def _evidence(ledger: Ledger, claim_id: ClaimId, look_id: LookId) -> list[Row]:
    return ledger.rows(_EVIDENCE, [claim_id, look_id])


def _find(evidence: Row, drawn: DrawnDocument, read: ReadPage) -> dict[str, Any]:
    """Where one piece of evidence stands in what was drawn, or why that is not known."""
    if evidence["sighting_id"] is None:
        boxes = find_words(drawn, evidence["said"] or "")
        why_not = None if boxes else "its words were not found in what was drawn"
        return {"evidence_id": evidence["evidence_id"], "how": "words", "boxes": boxes, "why_not": why_not}
    addresses = {evidence["image_url"], evidence["original_url"]} - {None}
    if addresses:
        how, same = "image-address", [s for s in read.sightings if addresses & {s.image_url, s.original_url}]
    else:
        how, same = "inline-image", [s for s in read.sightings if s.inline_sha256 == evidence["inline_sha256"]]
    under_it = [s for s in same if s.heading == evidence["heading"]]
    shown = [_region_in(evidence, s.page_box) for s in under_it or same if s.page_box]
    why_not = None
    if not same:
        why_not = "its image was not found in what was drawn"
    elif not shown:
        why_not = "its image is in the document that was drawn, and not seen"
    return {
        "evidence_id": evidence["evidence_id"],
        "how": how,
        "boxes": list(dict.fromkeys(shown)),
        "why_not": why_not,
    }


def _region_in(evidence: Row, box: Sequence[int]) -> tuple[int, ...]:
    """The part of an image's box that shows the logo: in a wall of logos it is not the whole image."""
    wide, high = evidence["image_width"], evidence["image_height"]
    x, y, width, height = box
    if not wide or not high or not width or not height or abs(width / height * high / wide - 1) > SAME_SHAPE:
        return tuple(box)  # cropped, a sprite, or with a frame around it: which part is seen is not known
    if evidence["region_width"] * evidence["region_height"] > WHOLE_SHARE * wide * high:
        return tuple(box)
    across, down = width / wide, height / high
    left, top = x + evidence["region_x"] * across, y + evidence["region_y"] * down
    return round(left), round(top), round(evidence["region_width"] * across), round(evidence["region_height"] * down)


def outline_boxes(png: bytes, boxes: Iterable[Sequence[int]]) -> bytes | None:
    """Return a picture with boxes (x, y, width, height) outlined; None when none of them lies in it."""
    with Image.open(io.BytesIO(png), formats=["PNG"]) as opened:
        picture = opened.convert("RGB")
    draw = ImageDraw.Draw(picture)
    is_any = False
    for x, y, width, height in boxes:
        left, top = max(0, x - _MARGIN_PX), max(0, y - _MARGIN_PX)
        right = min(picture.width - 1, x + width + _MARGIN_PX)
        bottom = min(picture.height - 1, y + height + _MARGIN_PX)
        if x >= picture.width or y >= picture.height or right <= left or bottom <= top:
            continue
        draw.rectangle((left, top, right, bottom), outline=_HALO, width=_LINE_PX + 2)
        draw.rectangle((left, top, right, bottom), outline=_INK, width=_LINE_PX)
        is_any = True
    if not is_any:
        return None
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageExhibit:
    """A page as drawn, for a reader. missing: evidence that was not found again, and why."""

    row: Row
    url: str
    screenshot_png: bytes | None
    outlined_png: bytes | None
    missing: tuple[str, ...]
    refused: tuple[str, ...]


def list_exhibits(ledger: Ledger, claim_id: ClaimId) -> list[Row]:
    """Return the rows of the latest picture of each page of a claim, without the pictures."""
    return ledger.rows(_PICTURES, [claim_id])


def read_exhibit_png(warc_dir: Path, row: Row, name: str) -> bytes | None:
    """Return one picture of a row. name: screenshot or outlined. None: there is none."""
    if not row[f"{name}_sha256"]:
        return None
    return read_made(warc_dir, row[f"{name}_warc_file"], row[f"{name}_warc_offset"], row[f"{name}_sha256"])


def read_exhibits(ledger: Ledger, warc_dir: Path, claim_id: ClaimId) -> tuple[PageExhibit, ...]:
    """Return the latest picture of each page of a claim."""
    return tuple(
        PageExhibit(
            row=row,
            url=row["final_url"],
            screenshot_png=read_exhibit_png(warc_dir, row, "screenshot"),
            outlined_png=read_exhibit_png(warc_dir, row, "outlined"),
            missing=tuple(dict.fromkeys(one["why_not"] for one in json.loads(row["evidence"]) if one["why_not"])),
            refused=tuple(json.loads(row["refused"])),
        )
        for row in list_exhibits(ledger, claim_id)
    )


# of each page of a claim the latest look
_LOOKS = """
    SELECT k.*, p.stylesheet_looks, v.crawl_id, max(k.looked_at) FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id
    JOIN looks k ON k.look_id = p.look_id JOIN visits v ON v.visit_id = k.visit_id
    WHERE e.claim_id = ? AND k.capture_id NOT IN (SELECT capture_id FROM deletions)
    GROUP BY p.url ORDER BY k.looked_at DESC, p.url
"""
_EVIDENCE = """
    SELECT e.evidence_id, e.sighting_id, g.image_url, g.original_url, g.inline_sha256, g.heading,
           m.x AS region_x, m.y AS region_y, m.width AS region_width, m.height AS region_height,
           (SELECT max(width_px) FROM recognitions r WHERE r.image_sha256 = m.image_sha256) AS image_width,
           (SELECT max(height_px) FROM recognitions r WHERE r.image_sha256 = m.image_sha256) AS image_height,
           trim(substr(a.text, t.sentence_start + 1, t.sentence_end - t.sentence_start)) AS said
    FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id
    LEFT JOIN sightings g ON g.sighting_id = e.sighting_id
    LEFT JOIN logo_matches m ON m.match_id = e.match_id
    LEFT JOIN text_matches t ON t.text_match_id = e.text_match_id
    LEFT JOIN passages a ON a.passage_id = t.passage_id
    WHERE e.claim_id = ? AND p.look_id = ? ORDER BY e.evidence_id
"""
_PICTURES = """
    SELECT r.*, k.final_url, k.looked_at FROM pictures r JOIN looks k ON k.look_id = r.look_id
    WHERE r.claim_id = ?1 AND r.picture_id = (SELECT max(picture_id) FROM pictures WHERE claim_id = ?1 AND look_id = r.look_id)
      AND k.capture_id NOT IN (SELECT capture_id FROM deletions)
    ORDER BY k.looked_at DESC, k.final_url
"""
