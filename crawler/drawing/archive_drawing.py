"""Pages drawn later, from the archive alone, and where in the drawing something stands.

Reads: looks and captures of one visit. Writes: nothing; the drawn page is returned.

The browser (crawler/drawing/browser.py) has no network; here it gets what the visit had stored, and nothing else: what the crawl
did not fetch (fonts, most scripts) stays away, and is listed as not-in-archive.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from crawler.drawing.browser import WORDS_SUFFIX, Browser, Fetch, Fetched, Rendered, RenderFailedError
from crawler.page.page import attribute
from crawler.reading.boxed_reading import reading_with
from crawler.reading.documents import is_pdf
from crawler.reading.page_reader import DrawnDocument, PageSource, ReadPage
from crawler.reading.stored_pages import read_sheets
from ledger.archive.warc import read_exchange
from ledger.boxes.boxed_calls import BoxedCallError, read_foreign
from ledger.database import Ledger
from ledger.errors import RecordDeletedError
from ledger.lexicon import Lexicon
from ledger.typed_texts import CaptureId, FinalUrl, LookId, VisitId

Box = tuple[int, int, int, int]
MAX_HOPS = 10
MAX_PLACES = 20  # of the same words in one page
NOT_IN_ARCHIVE = "not-in-archive"
_NO_WORDS = frozenset({"script", "style", "noscript", "template", "title"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLook:
    """A look whose page the archive holds, and the looks at the style sheets that it was read with."""

    look_id: LookId
    visit_id: VisitId
    capture_id: CaptureId
    final_url: FinalUrl
    status: int | None
    stylesheet_looks: tuple[str, ...]


async def draw_stored(browser: Browser, ledger: Ledger, warc_dir: Path, look: StoredLook) -> Rendered:
    """Draw the page of a look from what its visit had stored. Errors: RenderFailedError; EvidenceBrokenError."""
    fetch = _fetch_from_archive(ledger, warc_dir, look)
    try:
        stored = read_exchange(warc_dir, ledger, look.capture_id)
    except RecordDeletedError as error:
        raise RenderFailedError(str(error)) from error
    if is_pdf(stored.content):
        raise RenderFailedError("it is a page of a PDF: open the stored file at the page that the address names")
    return await browser.render(look.final_url, fetch, why_unanswered=NOT_IN_ARCHIVE)


def _fetch_from_archive(ledger: Ledger, warc_dir: Path, look: StoredLook) -> Fetch:
    async def fetch(url: str, kind: str) -> Fetched | None:
        is_page = url == look.final_url
        capture_id = look.capture_id if is_page else find_stored(ledger, look.visit_id, url)
        if capture_id is None:
            return None
        try:
            stored = read_exchange(warc_dir, ledger, capture_id)
        except RecordDeletedError:
            return None
        return Fetched(status=stored.status, headers=stored.headers, body=stored.content)

    return fetch


def find_stored(ledger: Ledger, visit_id: VisitId, url: str) -> CaptureId | None:
    """Return the capture that a visit has for an address: of its look, or at the end of its redirects; None: it has none."""
    looked: CaptureId | None = ledger.value(
        "SELECT capture_id FROM looks WHERE visit_id = ? AND requested_url = ? AND capture_id IS NOT NULL LIMIT 1",
        [visit_id, url],
    )
    if looked is not None:
        return looked
    for _ in range(MAX_HOPS):
        hop = ledger.select_first(
            _Hop,
            "SELECT capture_id, redirect_url FROM captures WHERE visit_id = ? AND url = ? ORDER BY attempt DESC LIMIT 1",
            [visit_id, url],
        )
        if hop is None or hop.redirect_url is None:
            return None if hop is None else hop.capture_id
        url = hop.redirect_url
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hop:
    capture_id: CaptureId
    redirect_url: str | None


def read_drawing(ledger: Ledger, warc_dir: Path, look: StoredLook, drawn: DrawnDocument, lexicon: Lexicon) -> ReadPage:
    """Return a drawn page with what is seen in it."""
    source = PageSource(
        visit_id=look.visit_id,
        look_id=look.look_id,
        url=look.final_url,
        status=look.status or 200,
        content=b"",
        content_type="text/html",
        drawn=drawn,
    )
    sheets = read_sheets(ledger, warc_dir, look.stylesheet_looks)
    return reading_with(lexicon).read_whole(source, sheets, is_any_health=True)


def find_words(drawn: DrawnDocument, words: str) -> list[Box]:
    """Return the boxes of the places in a drawn page where words stand; letters' case and white space do not count."""
    try:
        return read_foreign(_find_words_here, drawn, words)
    except BoxedCallError:
        return []


def _find_words_here(drawn: DrawnDocument, words: str) -> list[Box]:
    boxes: list[Box] = []
    for parents in _find_places(BeautifulSoup(drawn.html, "lxml"), words):
        known = [box for parent in parents if (box := _box(parent, drawn.box_attribute + WORDS_SUFFIX))]
        if known:
            boxes.append(_around(known))
    return list(dict.fromkeys(boxes))


def find_elements(soup: BeautifulSoup, words: str) -> list[Tag]:
    """Return the elements that hold the places where words stand, as find_words looks for them."""
    return list({id(tag): tag for parents in _find_places(soup, words) for tag in parents}.values())


def _find_places(soup: BeautifulSoup, words: str) -> Iterator[list[Tag]]:
    """Yield for each place the elements whose words it is made of; at most MAX_PLACES."""
    wanted = _bare(words)
    pieces = list(_pieces(soup)) if wanted else []
    text = "".join(piece for piece, _ in pieces)
    at, places = text.find(wanted) if wanted else -1, 0
    while at >= 0 and places < MAX_PLACES:
        yield list(_overlapped(pieces, at, at + len(wanted)))
        at, places = text.find(wanted, at + len(wanted)), places + 1


def _pieces(soup: BeautifulSoup) -> Iterator[tuple[str, Tag]]:
    for string in soup.find_all(string=True):
        parent = string.parent
        if type(string) is NavigableString and parent is not None and parent.name not in _NO_WORDS:
            bare = _bare(string)
            if bare:
                yield bare, parent


def _overlapped(pieces: Iterable[tuple[str, Tag]], start: int, stop: int) -> Iterator[Tag]:
    at = 0
    for piece, parent in pieces:
        if at >= stop:
            return
        if at + len(piece) > start:
            yield parent
        at += len(piece)


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text).casefold()


def _box(element: Tag, name: str) -> Box | None:
    numbers = (attribute(element, name) or "").split(",")
    if len(numbers) != 4 or not all(number.lstrip("-").isdecimal() for number in numbers):
        return None
    x, y, width, height = map(int, numbers)
    return x, y, width, height


def _around(boxes: Iterable[Box]) -> Box:
    boxes = list(boxes)
    left, top = min(b[0] for b in boxes), min(b[1] for b in boxes)
    right, bottom = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
    return left, top, right - left, bottom - top
