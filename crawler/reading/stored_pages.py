"""Stored pages read again, without the network: after the reading has improved, and to check that it repeats itself.

Reads: looks and captures of a visit. Writes: pages, sightings, inline images, passages.

Pages carry the version of the reading that they were read with, so that what is up to date is left alone.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from crawler.images.stylesheets import Sheet, decode_sheet
from crawler.reading.browser_reasons import needs_browser
from crawler.reading.page_health import is_html
from crawler.reading.page_reader import (
    EXTRACTOR_VERSION,
    SAME_AS_MISSING,
    DrawnDocument,
    PageSource,
    ReadPage,
    read_page,
    store_page,
)
from ledger.archive.warc import StoredExchange, read_exchange, read_made
from ledger.database import Ledger, Row
from ledger.errors import RecordDeletedError
from ledger.lexicon import Lexicon
from ledger.typed_texts import LookId, VisitId
from ledger.vocabulary import PageHealth


def read_again(ledger: Ledger, warc_dir: Path, lexicon: Lexicon, *, visit_id: VisitId, is_all: bool) -> int:
    """Read pages of a visit again from the archive; returns how many. Not is_all: those of earlier readings only."""
    rows = ledger.rows(
        "SELECT p.*, k.capture_id, k.final_url, k.status FROM pages p JOIN looks k ON k.look_id = p.look_id"
        " WHERE p.visit_id = ? AND p.health <> ? AND k.capture_id IS NOT NULL AND (? OR p.extractor_version <> ?)"
        " ORDER BY p.rowid",
        [visit_id, PageHealth.NOT_HTML, is_all, EXTRACTOR_VERSION],
    )
    for row in rows:
        try:
            stored = read_exchange(warc_dir, ledger, row["capture_id"])
        except RecordDeletedError:
            continue  # what was read of it was deleted with it
        content_type = _content_type(stored)
        if not is_html(content_type, stored.content):
            continue
        source = PageSource(
            visit_id=visit_id,
            look_id=row["look_id"],
            url=row["final_url"],
            status=row["status"],
            content=stored.content,
            content_type=content_type,
            link_text=row["link_text"],
            drawn=read_drawn(ledger, warc_dir, row["look_id"]),
        )
        page = read_page(source, lexicon)
        if page.is_healthy:
            page = page.with_images(read_sheets(ledger, warc_dir, row["stylesheet_looks"]), lexicon)
        store_page(ledger, _as_known(ledger, row, page))
    return len(rows)


def _as_known(ledger: Ledger, row: Row, page: ReadPage) -> ReadPage:
    """What a visit knew of a page beyond its bytes holds: a soft 404 by comparison, a browser that was not there."""
    if page.is_healthy and row["health_reason"] == SAME_AS_MISSING:
        return page.with_health(PageHealth.SOFT_404, SAME_AS_MISSING)
    render = ledger.row("SELECT reason, failure FROM renders WHERE look_id = ?", [row["look_id"]])
    if render is not None and render["failure"] is not None:
        return needs_browser(page, render["reason"], render["failure"])
    return page


def read_drawn(ledger: Ledger, warc_dir: Path, look_id: LookId) -> DrawnDocument | None:
    """Return the document that a browser drew for a look, or None when none did."""
    row = ledger.row("SELECT * FROM renders WHERE look_id = ? AND failure IS NULL", [look_id])
    if row is None:
        return None
    content = read_made(warc_dir, row["document_warc_file"], row["document_warc_offset"], row["document_sha256"])
    return DrawnDocument(html=content.decode("utf-8", "replace"), box_attribute=row["box_attribute"])


def read_sheets(ledger: Ledger, warc_dir: Path, stylesheet_looks: str) -> list[Sheet]:
    """Return the style sheets that a page was read with. stylesheet_looks: as its row has them."""
    sheets = []
    for look_id in json.loads(stylesheet_looks):
        look = ledger.row("SELECT requested_url, capture_id FROM looks WHERE look_id = ?", [look_id])
        if look is not None and look["capture_id"]:
            with contextlib.suppress(RecordDeletedError):
                content = read_exchange(warc_dir, ledger, look["capture_id"]).content
                sheets.append(Sheet(look["requested_url"], decode_sheet(content)))
    return sheets


def _content_type(stored: StoredExchange) -> str | None:
    return next((value for name, value in stored.headers if name.lower() == "content-type"), None)
