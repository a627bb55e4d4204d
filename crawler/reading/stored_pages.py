"""Stored pages read again, without the network: after the reading has improved, and to check that it repeats itself.

Reads: looks and captures of a visit. Writes: pages, sightings, inline images, passages.

Pages carry the version of the reading that they were read with, so that what is up to date is left alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from crawler.images.stylesheets import Sheet, decode_sheet
from crawler.reading.boxed_reading import reading_with
from crawler.reading.browser_reasons import needs_browser
from crawler.reading.documents import NOTHING_TO_READ, as_document_page, is_pdf, read_document, sources_of
from crawler.reading.links import is_hash_route
from crawler.reading.page_health import is_html
from crawler.reading.page_reader import (
    EXTRACTOR_VERSION,
    SAME_AS_MISSING,
    DrawnDocument,
    PageSource,
    ReadPage,
    store_page,
    unread_page,
)
from ledger.archive.warc import read_exchange, read_made
from ledger.database import Ledger
from ledger.errors import RecordDeletedError
from ledger.lexicon import Lexicon
from ledger.records import Look, Render
from ledger.typed_texts import CaptureId, FinalUrl, LookId, Sha256, VisitId
from ledger.vocabulary import PageHealth


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoredPage:
    """A page's row with what its look brought."""

    look_id: LookId
    url: FinalUrl
    link_text: str
    health_reason: str | None
    stylesheet_looks: tuple[str, ...]
    capture_id: CaptureId
    final_url: FinalUrl
    status: int
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _DrawnRecord:
    """Where the archive holds the document of a page that was drawn."""

    document_warc_file: str
    document_warc_offset: int
    document_sha256: Sha256
    box_attribute: str


def read_again(ledger: Ledger, warc_dir: Path, lexicon: Lexicon, *, visit_id: VisitId, is_all: bool) -> int:
    """Read pages of a visit again from the archive; returns how many. Not is_all: those of earlier readings only."""
    pages = ledger.select(
        _StoredPage,
        "SELECT p.look_id, p.url, p.link_text, p.health_reason, p.stylesheet_looks, k.capture_id, k.final_url, k.status,"
        " coalesce(k.detail LIKE 'cut-short%', 0) AS is_cut"
        " FROM pages p JOIN looks k ON k.look_id = p.look_id"
        " WHERE p.visit_id = ? AND p.health <> ? AND k.capture_id IS NOT NULL AND (? OR p.extractor_version <> ?)"
        " ORDER BY p.rowid",
        [visit_id, PageHealth.NOT_HTML, is_all, EXTRACTOR_VERSION],
    )
    documents: set[LookId] = set()  # a document has a row for each of its pages, and is read once
    for known in pages:
        if known.look_id in documents:
            continue
        try:
            stored = read_exchange(warc_dir, ledger, known.capture_id)
        except RecordDeletedError:
            continue  # what was read of it was deleted with it
        if not is_html(stored.content_type, stored.content) and not is_pdf(stored.content):
            continue
        drawn = read_drawn(ledger, warc_dir, known.look_id)
        if is_hash_route(known.url) and drawn is None:
            continue  # its bytes are those of another page
        source = PageSource(
            visit_id=visit_id,
            look_id=known.look_id,
            url=known.url if is_hash_route(known.url) else known.final_url,
            status=known.status,
            content=stored.content,
            content_type=stored.content_type,
            link_text=known.link_text,
            drawn=drawn,
            is_cut=known.is_cut,
        )
        if is_pdf(stored.content):
            documents.add(known.look_id)
            _read_document_again(ledger, source, lexicon, refused_before=known.health_reason)
            continue
        sheets = read_sheets(ledger, warc_dir, known.stylesheet_looks)
        page = reading_with(lexicon).read_whole(source, sheets)
        store_page(ledger, _as_known(ledger, known, page))
    return len(pages)


def _read_document_again(ledger: Ledger, source: PageSource, lexicon: Lexicon, *, refused_before: str | None) -> None:
    """Read a stored document page by page; one that still can't be read keeps a row that says why."""
    document = read_document(source.content)
    sources = sources_of(source, document)
    for page_source in sources:
        page = reading_with(lexicon).read_whole(page_source, (), is_any_health=True)
        if page.page.health is not PageHealth.UNREADABLE:
            page = as_document_page(page, refusal=document.refusal)
        store_page(ledger, page)
    if not sources:
        reason = document.refusal or refused_before or NOTHING_TO_READ
        store_page(ledger, unread_page(source, reason, health=PageHealth.UNREADABLE))


def _as_known(ledger: Ledger, known: _StoredPage, page: ReadPage) -> ReadPage:
    """What a visit knew of a page beyond its bytes holds: a soft 404 by comparison, a browser that was not there."""
    if page.is_healthy and known.health_reason == SAME_AS_MISSING:
        return page.with_health(PageHealth.SOFT_404, SAME_AS_MISSING)
    render = ledger.find(Render, look_id=known.look_id)
    if render is not None and render.failure is not None:
        return needs_browser(page, render.reason, render.failure)
    return page


def read_drawn(ledger: Ledger, warc_dir: Path, look_id: LookId) -> DrawnDocument | None:
    """Return the document that a browser drew for a look, or None when none did."""
    render = ledger.select_first(
        _DrawnRecord,
        "SELECT document_warc_file, document_warc_offset, document_sha256, box_attribute FROM renders"
        " WHERE look_id = ? AND failure IS NULL",
        [look_id],
    )
    if render is None:
        return None
    content = read_made(warc_dir, render.document_warc_file, render.document_warc_offset, render.document_sha256)
    return DrawnDocument(html=content.decode("utf-8", "replace"), box_attribute=render.box_attribute)


def read_sheets(ledger: Ledger, warc_dir: Path, stylesheet_looks: Iterable[str]) -> list[Sheet]:
    """Return the style sheets that a page was read with. stylesheet_looks: as its row has them."""
    sheets = []
    for look_id in stylesheet_looks:
        look = ledger.find(Look, look_id=look_id)
        if look is not None and look.capture_id:
            with contextlib.suppress(RecordDeletedError):
                content = read_exchange(warc_dir, ledger, look.capture_id).content
                sheets.append(Sheet(look.requested_url, decode_sheet(content)))
    return sheets
