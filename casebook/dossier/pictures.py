"""Pictures of the pages on which findings rest: as a browser shows them, and with the places of the evidence outlined.

Reads: claims with evidence, renders, the archive. Writes: pictures; documents and screenshots in the WARC files.

1. Of each page of a finding the latest look, unless it has a picture with this very evidence.
2. Where the crawl had a browser draw the page, its screenshot is taken; else the page is drawn from the archive alone.
3. The evidence is looked for in the drawn document: images by their address or digest, and in them the region that matched;
   sentences by their words. What is not found again is said, never guessed.
4. The outlines are drawn on a copy of the screenshot, so that both can be laid side by side.

Drawing needs the extra [browser], and a Chromium of the system.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from casebook.dossier.outlined_places import outline_boxes
from crawler.drawing.archive_drawing import StoredLook, draw_stored, find_words, read_drawing
from crawler.drawing.browser import Browser, BrowserOptions, RenderFailedError, why_no_browser
from crawler.reading.page_reader import DrawnDocument, ReadPage
from crawler.reading.stored_pages import read_drawn
from ledger.archive.warc import MadeRecord, StoredRecord, WarcArchive, read_made
from ledger.boxes.boxed_calls import BoxedCallError
from ledger.database import Ledger, columns_of
from ledger.errors import OutsideFailureError
from ledger.identity import event_id, utc_text
from ledger.lexicon import Lexicon
from ledger.records import Look, Picture, Render
from ledger.typed_texts import (
    CaptureId,
    ClaimId,
    CrawlId,
    EvidenceId,
    FinalUrl,
    Instant,
    LookId,
    Sha256,
    SightingId,
    VisitId,
)
from ledger.verdict_kinds import NOTHING_ALLOWS
from ledger.vocabulary import DrawnFrom

# by how much the sides' ratio of an image as drawn may differ from its file's: boxes are whole pixels
SAME_SHAPE = 0.03
# an image of which more than this share is the logo is that logo with its margins; walls hold two and more
WHOLE_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureOrder:
    """What to draw with what. executable: of Chromium; None: looked for in the usual places. browser_user: as whom root
    starts it; None: as a user that has no account."""

    warc_dir: Path
    lexicon: Lexicon
    tool: str
    executable: str | None = None
    browser_user: str | None = None
    user_agent: str | None = None
    on_page: Callable[[], None] = lambda: None


@dataclass(slots=True, kw_only=True)
class PageToDraw:
    """A look whose page gets pictures, with the claims that rest on it."""

    look: StoredLook
    crawl_id: CrawlId
    has_render: bool
    claims: list[ClaimId] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _PageLook:
    """A row of _LOOKS: the latest look at one page of a claim."""

    look_id: LookId
    visit_id: VisitId
    capture_id: CaptureId
    final_url: FinalUrl
    status: int | None
    stylesheet_looks: tuple[str, ...]
    crawl_id: CrawlId
    looked_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A row of _EVIDENCE: what is looked for in a drawn page. sighting_id: None for words; sizes: None where not known."""

    evidence_id: EvidenceId
    sighting_id: SightingId | None
    image_url: str | None
    original_url: str | None
    inline_sha256: Sha256 | None
    heading: str | None
    region_x: int | None
    region_y: int | None
    region_width: int | None
    region_height: int | None
    image_width: int | None
    image_height: int | None
    sentence: str | None


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


def find_pages(
    ledger: Ledger, claim_ids: Sequence[ClaimId] | None = None, *, retries: bool = True, limit: int | None = None
) -> list[PageToDraw]:
    """Return the pages that lack a picture. claim_ids: None means those of all findings that nothing allows.

    retries: also pages that could not be drawn before; limit: no further claim is looked at once there are so many pages.
    """
    if claim_ids is None:
        kinds = json.dumps([str(kind) for kind in NOTHING_ALLOWS])
        sql = "SELECT claim_id FROM v_findings WHERE verdict IN (SELECT value FROM json_each(?)) ORDER BY claim_id"
        claim_ids = ledger.values(sql, [kinds])
    pages: dict[LookId, PageToDraw] = {}
    for claim_id in claim_ids:
        if limit is not None and len(pages) >= limit:
            break
        for shown in ledger.select(_PageLook, _LOOKS, [claim_id]):
            if _has_picture(ledger, claim_id, shown.look_id, counts_failures=not retries):
                continue
            if shown.look_id not in pages:
                pages[shown.look_id] = _page_to_draw(ledger, shown)
            pages[shown.look_id].claims.append(claim_id)
    return list(pages.values())


def _page_to_draw(ledger: Ledger, shown: _PageLook) -> PageToDraw:
    look = StoredLook(
        look_id=shown.look_id,
        visit_id=shown.visit_id,
        capture_id=shown.capture_id,
        final_url=shown.final_url,
        status=shown.status,
        stylesheet_looks=shown.stylesheet_looks,
    )
    return PageToDraw(
        look=look,
        crawl_id=shown.crawl_id,
        has_render=_find_render(ledger, shown.look_id) is not None,
    )


def _find_render(ledger: Ledger, look_id: LookId) -> Render | None:
    sql = f"SELECT {columns_of(Render)} FROM renders WHERE look_id = ? AND failure IS NULL"
    return ledger.select_first(Render, sql, [look_id])


def _has_picture(ledger: Ledger, claim_id: ClaimId, look_id: LookId, *, counts_failures: bool) -> bool:
    picture = ledger.select_first(
        Picture,
        f"SELECT {columns_of(Picture)} FROM pictures WHERE claim_id = ? AND look_id = ? ORDER BY picture_id DESC LIMIT 1",
        [claim_id, look_id],
    )
    if picture is None:
        return False
    if picture.failure is not None:
        return counts_failures
    shown = {piece["evidence_id"] for piece in picture.evidence}
    return shown == {piece.evidence_id for piece in _evidence(ledger, claim_id, look_id)}


def require_browser(pages: Iterable[PageToDraw], executable: str | None, user: str | None) -> None:
    """Errors: OutsideFailureError, in one sentence, when pages have to be drawn and nothing here can."""
    why = why_no_browser(executable, user) if any(not page.has_render for page in pages) else None
    if why is not None:
        raise OutsideFailureError(f"pictures of pages are drawn by a browser, and there is none here: {why}")


def draw_pictures(ledger: Ledger, pages: Sequence[PageToDraw], order: PictureOrder) -> Pictured:
    """Draw pages and store what comes of it. The caller holds the writer lock.

    Errors: OutsideFailureError without a browser or disk, EvidenceBrokenError when the archive is not as its rows say.
    """
    require_browser(pages, order.executable, order.browser_user)
    return asyncio.run(_draw_all(ledger, pages, order))


async def _draw_all(ledger: Ledger, pages: Sequence[PageToDraw], order: PictureOrder) -> Pictured:
    counts = Pictured()
    async with AsyncExitStack() as stack:
        browser = Browser(
            BrowserOptions(executable=order.executable, user=order.browser_user, user_agent=order.user_agent)
        )
        stack.push_async_callback(browser.close)
        for page in pages:
            with WarcArchive(order.warc_dir, ledger, page.crawl_id, tool=order.tool) as archive:
                try:
                    drawn = await _draw(browser, ledger, archive, page)
                except RenderFailedError as error:
                    ledger.add(_failed(page, claim, str(error)) for claim in page.claims)
                    counts = replace(counts, failed=counts.failed + 1)
                else:
                    read = read_drawing(ledger, order.warc_dir, page.look, drawn.document, order.lexicon)
                    for claim in page.claims:
                        picture = _outline(ledger, archive, page, claim, drawn, read)
                        ledger.add([picture])
                        counts = replace(
                            counts,
                            drawn=counts.drawn + 1,
                            not_outlined=counts.not_outlined + (picture.outlined_sha256 is None),
                        )
            order.on_page()
    return counts


async def _draw(browser: Browser, ledger: Ledger, archive: WarcArchive, page: PageToDraw) -> Drawn:
    if page.has_render:
        return _drawn_in_crawl(ledger, archive.directory, page.look.look_id)
    rendered = await draw_stored(browser, ledger, archive.directory, page.look)
    at, url = utc_text(), page.look.final_url
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
    render = _find_render(ledger, look_id)
    document = read_drawn(ledger, warc_dir, look_id)
    assert render is not None  # noqa: S101  # the caller saw it
    assert document is not None  # noqa: S101
    document_place = stored_place(render.document_warc_file, render.document_warc_offset, render.document_sha256)
    screenshot = stored_place(render.screenshot_warc_file, render.screenshot_warc_offset, render.screenshot_sha256)
    assert document_place is not None and screenshot is not None  # noqa: S101, PT018  # it was drawn, so both are stored
    return Drawn(
        document=document,
        screenshot=read_made(warc_dir, screenshot.warc_file, screenshot.warc_offset, screenshot.sha256),
        drawn_from=DrawnFrom.CRAWL,
        asked=render.asked,
        refused=render.refused,
        document_place=document_place,
        screenshot_place=screenshot,
    )


def _outline(
    ledger: Ledger, archive: WarcArchive, page: PageToDraw, claim_id: ClaimId, drawn: Drawn, read: ReadPage
) -> Picture:
    pieces = _evidence(ledger, claim_id, page.look.look_id)
    places = tuple(_find(piece, drawn.document, read) for piece in pieces)
    boxes = [tuple(box) for place in places for box in place["boxes"]]
    outlined: bytes | None = None
    with contextlib.suppress(BoxedCallError):  # the page stays, as it is without outlines
        outlined = outline_boxes(drawn.screenshot, boxes) if boxes else None
    outlined_place: StoredRecord | None = None
    at = utc_text()
    if outlined is not None:
        url = f"urn:outlined:{page.look.final_url}"
        outlined_place = archive.store_made(
            MadeRecord(kind="resource", url=url, content=outlined, content_type="image/png", made_at=at)
        )
    return Picture(
        picture_id=event_id(),
        claim_id=claim_id,
        look_id=page.look.look_id,
        drawn_from=drawn.drawn_from,
        failure=None,
        evidence=places,
        asked=drawn.asked,
        refused=drawn.refused,
        document_sha256=Sha256(drawn.document_place.sha256),
        document_warc_file=drawn.document_place.warc_file,
        document_warc_offset=drawn.document_place.warc_offset,
        screenshot_sha256=Sha256(drawn.screenshot_place.sha256),
        screenshot_warc_file=drawn.screenshot_place.warc_file,
        screenshot_warc_offset=drawn.screenshot_place.warc_offset,
        outlined_sha256=Sha256(outlined_place.sha256) if outlined_place else None,
        outlined_warc_file=outlined_place.warc_file if outlined_place else None,
        outlined_warc_offset=outlined_place.warc_offset if outlined_place else None,
        drawn_at=at,
    )


def _failed(page: PageToDraw, claim_id: ClaimId, failure: str) -> Picture:
    return Picture(
        picture_id=event_id(),
        claim_id=claim_id,
        look_id=page.look.look_id,
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


def _evidence(ledger: Ledger, claim_id: ClaimId, look_id: LookId) -> list[_Piece]:
    return ledger.select(_Piece, _EVIDENCE, [claim_id, look_id])


def _find(piece: _Piece, drawn: DrawnDocument, read: ReadPage) -> dict[str, Any]:
    """Where one piece of evidence stands in what was drawn, or why that is not known."""
    if piece.sighting_id is None:
        boxes = find_words(drawn, piece.sentence or "")
        why_not = None if boxes else "its words were not found in what was drawn"
        return {"evidence_id": piece.evidence_id, "how": "words", "boxes": boxes, "why_not": why_not}
    addresses = {piece.image_url, piece.original_url} - {None}
    if addresses:
        how, same = "image-address", [s for s in read.sightings if addresses & {s.image_url, s.original_url}]
    else:
        how, same = "inline-image", [s for s in read.sightings if s.inline_sha256 == piece.inline_sha256]
    under_it = [s for s in same if s.heading == piece.heading]
    shown = [_region_in(piece, s.page_box) for s in under_it or same if s.page_box]
    why_not = None
    if not same:
        why_not = "its image was not found in what was drawn"
    elif not shown:
        why_not = "its image is in the document that was drawn, and not seen"
    return {
        "evidence_id": piece.evidence_id,
        "how": how,
        "boxes": list(dict.fromkeys(shown)),
        "why_not": why_not,
    }


def _region_in(piece: _Piece, box: Sequence[int]) -> tuple[int, ...]:
    """The part of an image's box that shows the logo: in a wall of logos it is not the whole image."""
    wide, high = piece.image_width, piece.image_height
    region = (piece.region_x or 0, piece.region_y or 0, piece.region_width or 0, piece.region_height or 0)
    x, y, width, height = box
    if not wide or not high or not width or not height or abs(width / height * high / wide - 1) > SAME_SHAPE:
        return tuple(box)  # cropped, a sprite, or with a frame around it: which part is seen is not known
    if region[2] * region[3] > WHOLE_SHARE * wide * high:
        return tuple(box)
    across, down = width / wide, height / high
    left, top = x + region[0] * across, y + region[1] * down
    return round(left), round(top), round(region[2] * across), round(region[3] * down)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageExhibit:
    """A page as drawn, for a reader. missing: evidence that was not found again, and why."""

    picture: Picture
    url: FinalUrl
    looked_at: Instant
    screenshot_png: bytes | None
    outlined_png: bytes | None
    missing: tuple[str, ...]


def list_exhibits(ledger: Ledger, claim_id: ClaimId) -> list[Picture]:
    """Return the latest picture of each page of a claim, the latest look first, without the pixels."""
    return ledger.select(Picture, _PICTURES, [claim_id])


def stored_place(warc_file: str | None, warc_offset: int | None, sha256: Sha256 | None) -> StoredRecord | None:
    """Return where a drawing lies, as a row says it in three columns; None: there is none."""
    if warc_file is None or warc_offset is None or sha256 is None:
        return None
    return StoredRecord(warc_file=warc_file, warc_offset=warc_offset, sha256=sha256)


def screenshot_place(picture: Picture) -> StoredRecord | None:
    """Return where the untouched screenshot of a picture lies."""
    return stored_place(picture.screenshot_warc_file, picture.screenshot_warc_offset, picture.screenshot_sha256)


def outlined_place(picture: Picture) -> StoredRecord | None:
    """Return where the copy with the outlined evidence lies; None: nothing was found again in what was drawn."""
    return stored_place(picture.outlined_warc_file, picture.outlined_warc_offset, picture.outlined_sha256)


def read_png(warc_dir: Path, place: StoredRecord | None) -> bytes | None:
    """Return the pixels of a stored picture; None: there is none."""
    return None if place is None else read_made(warc_dir, place.warc_file, place.warc_offset, place.sha256)


def read_exhibits(ledger: Ledger, warc_dir: Path, claim_id: ClaimId) -> tuple[PageExhibit, ...]:
    """Return the latest picture of each page of a claim."""
    exhibits = []
    for picture in list_exhibits(ledger, claim_id):
        look = ledger.find(Look, look_id=picture.look_id)
        assert look is not None and look.final_url is not None  # noqa: S101, PT018  # what was drawn was looked at
        exhibits.append(
            PageExhibit(
                picture=picture,
                url=look.final_url,
                looked_at=look.looked_at,
                screenshot_png=read_png(warc_dir, screenshot_place(picture)),
                outlined_png=read_png(warc_dir, outlined_place(picture)),
                missing=tuple(dict.fromkeys(piece["why_not"] for piece in picture.evidence if piece["why_not"])),
            )
        )
    return tuple(exhibits)


# of each page of a claim the latest look
_LOOKS = """
    SELECT k.look_id, k.visit_id, k.capture_id, k.final_url, k.status, p.stylesheet_looks, v.crawl_id,
           max(k.looked_at) AS looked_at FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id
    JOIN looks k ON k.look_id = p.look_id JOIN visits v ON v.visit_id = k.visit_id
    WHERE e.claim_id = ? AND k.capture_id NOT IN (SELECT capture_id FROM deletions)
    GROUP BY p.url ORDER BY k.looked_at DESC, p.url
"""
_EVIDENCE = """
    SELECT e.evidence_id, e.sighting_id, g.image_url, g.original_url, g.inline_sha256, g.heading,
           m.x AS region_x, m.y AS region_y, m.width AS region_width, m.height AS region_height,
           (SELECT max(width_px) FROM recognitions r WHERE r.image_sha256 = m.image_sha256) AS image_width,
           (SELECT max(height_px) FROM recognitions r WHERE r.image_sha256 = m.image_sha256) AS image_height,
           (SELECT t.sentence FROM sentences t WHERE t.text_match_id = e.text_match_id) AS sentence
    FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id
    LEFT JOIN sightings g ON g.sighting_id = e.sighting_id
    LEFT JOIN logo_matches m ON m.match_id = e.match_id
    WHERE e.claim_id = ?1 AND p.look_id = ?2
      AND NOT (e.evidence = 'name' AND EXISTS ( -- the region says more than the whole image
          SELECT 1 FROM claim_evidence n WHERE n.claim_id = ?1 AND n.sighting_id = e.sighting_id AND n.evidence IN ('picture', 'words')))
    ORDER BY e.evidence_id
"""
_PICTURES = f"""
    SELECT {columns_of(Picture, "r")} FROM pictures r JOIN looks k ON k.look_id = r.look_id
    WHERE r.claim_id = ?1 AND r.picture_id = (SELECT max(picture_id) FROM pictures WHERE claim_id = ?1 AND look_id = r.look_id)
      AND k.capture_id NOT IN (SELECT capture_id FROM deletions)
    ORDER BY k.looked_at DESC, k.final_url
"""
