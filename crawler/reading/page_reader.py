"""One page, from bytes to rows: health, kind, sightings, passages. The same code reads a live answer and a stored one.

Reads: the bytes of a look. Writes: a row in pages, and its sightings, inline images and passages.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from crawler.images.sightings import extract_sightings
from crawler.images.stylesheets import Sheet
from crawler.page.own_names import stated_names
from crawler.page.page import Document, parse_page
from crawler.reading.page_health import EMPTY_MAIN, Health, judge_health
from crawler.reading.page_kind import judge_kind
from crawler.reading.passages import extract_passages
from ledger.archive.record_places import PAGES_OF_CAPTURES
from ledger.database import Ledger
from ledger.identity import content_id, look_id_of
from ledger.lexicon import Lexicon
from ledger.records import InlineImage, Page, Passage, Sighting
from ledger.typed_texts import CaptureId, FinalUrl, LookId, PageId, VisitId
from ledger.vocabulary import PageHealth, PageKind, Purpose

# Goes up when the reading of a page changes what is found in it: `partnerproof extract` then reads stored pages again.
EXTRACTOR_VERSION = 4
SAME_AS_MISSING = "answers like an address that can't exist"  # a health reason that no page shows by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnDocument:
    """A page's document as a browser drew it."""

    html: str
    box_attribute: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSource:
    """What a look at a page brought."""

    visit_id: VisitId
    look_id: LookId
    url: FinalUrl
    status: int
    content: bytes
    content_type: str | None
    link_text: str = ""
    drawn: DrawnDocument | None = None  # what a browser made of the content, or a page of a document
    is_cut: bool = False  # the connection ended before the content did
    part: int | None = None  # which page of a document, beyond the first that was read

    @property
    def page_id(self) -> PageId:
        parts = () if self.part is None else (self.part,)
        return PageId(content_id("page", self.visit_id, self.look_id, *parts))


@dataclass(frozen=True, kw_only=True)
class ReadPage:
    """A page that was read, with all that was seen in it."""

    document: Document
    page: Page
    sightings: tuple[Sighting, ...] = ()
    inline_images: tuple[InlineImage, ...] = ()
    passages: tuple[Passage, ...] = ()
    image_places: frozenset[int] = frozenset()  # of the document's outline, at which there is an image

    @property
    def is_healthy(self) -> bool:
        return self.page.health is PageHealth.OK

    def with_health(self, health: PageHealth, reason: str) -> ReadPage:
        return replace(self, page=replace(self.page, health=health, health_reason=reason))

    def with_images(self, sheets: Sequence[Sheet], lexicon: Lexicon) -> ReadPage:
        """Return the page with its sightings and passages. sheets: those of its style sheets that could be read."""
        page_id, visit_id = self.page.page_id, self.page.visit_id
        images = extract_sightings(self.document, sheets, lexicon, page_id=page_id, visit_id=visit_id)
        looks = tuple(look_id_of(visit_id, Purpose.STYLESHEET, sheet.url) for sheet in sheets)
        reason = self.page.health_reason
        if (reason or "").startswith(EMPTY_MAIN) and any(s.zone in ("main", "aside") for s in images.sightings):
            reason = None  # a style sheet fills it
        return replace(
            self,
            page=replace(self.page, stylesheet_looks=looks, health_reason=reason),
            sightings=images.sightings,
            inline_images=images.inline_images,
            passages=extract_passages(self.document, lexicon, page_id=page_id),
            image_places=images.places,
        )


def read_page(source: PageSource, lexicon: Lexicon) -> ReadPage:
    """Judge a page's health and kind; with_images() reads the rest."""
    if source.drawn is None:
        document = parse_page(source.content, source.url, source.content_type)
    else:
        document = Document(source.url, source.drawn.html, source.drawn.box_attribute)
    content = source.content if source.drawn is None else b""
    health = judge_health(document, source.status, lexicon, content=content)
    if source.is_cut and health == Health(PageHealth.OK):
        health = Health(
            PageHealth.OK, f"cut short after {len(source.content)} bytes"
        )  # what it lacks may have come after
    kind = judge_kind(document, lexicon, link_text=source.link_text)
    page = Page(
        page_id=source.page_id,
        visit_id=source.visit_id,
        look_id=source.look_id,
        url=source.url,
        link_text=source.link_text,
        title=document.title,
        language=document.language,
        kind=kind.kind,
        kind_reasons=kind.reasons,
        health=health.health,
        health_reason=health.reason,
        stylesheet_looks=(),
        extractor_version=EXTRACTOR_VERSION,
        own_names=stated_names(document, lexicon) if health.health is PageHealth.OK else (),
    )
    return ReadPage(document=document, page=page)


def unread_page(source: PageSource, reason: str, *, health: PageHealth = PageHealth.NOT_HTML) -> ReadPage:
    """Return the row for an answer that is no page of this site, or that could not be read: nothing was seen in it."""
    page = Page(
        page_id=source.page_id,
        visit_id=source.visit_id,
        look_id=source.look_id,
        url=source.url,
        link_text=source.link_text,
        title=None,
        language=None,
        kind=PageKind.OTHER,
        kind_reasons=(),
        health=health,
        health_reason=reason,
        stylesheet_looks=(),
        extractor_version=EXTRACTOR_VERSION,
    )
    return ReadPage(document=Document(source.url, ""), page=page)


def store_page(ledger: Ledger, read: ReadPage) -> None:
    """Write a page and all that was seen in it; what an earlier reading of the same look had found more goes, with all that rests on it."""
    page_id = read.page.page_id
    with ledger.transaction():
        ledger.put([read.page])
        ledger.add(read.inline_images)
        for table, key, seen in (
            ("sightings", "sighting_id", [sighting.sighting_id for sighting in read.sightings]),
            ("passages", "passage_id", [passage.passage_id for passage in read.passages]),
        ):
            ledger.execute(
                f"DELETE FROM {table} WHERE page_id = ? AND {key} NOT IN (SELECT value FROM json_each(?))",
                [page_id, json.dumps(seen)],
            )
        ledger.put(read.sightings)
        ledger.put(read.passages)


def forget_unclaimed_contents(ledger: Ledger, capture_ids: Sequence[CaptureId]) -> None:
    """Take away what was read of pages whose captures are deleted: words and images on which no claim rests."""
    captures = {"captures": json.dumps(list(capture_ids))}
    for sql in (
        f"DELETE FROM passages WHERE page_id IN ({PAGES_OF_CAPTURES})"
        " AND passage_id NOT IN (SELECT passage_id FROM text_matches)",
        f"DELETE FROM sightings WHERE page_id IN ({PAGES_OF_CAPTURES})"
        " AND sighting_id NOT IN (SELECT sighting_id FROM claim_evidence WHERE sighting_id IS NOT NULL)",
    ):
        ledger.execute(sql, captures)
    ledger.execute(
        "DELETE FROM inline_images"
        " WHERE image_sha256 NOT IN (SELECT inline_sha256 FROM sightings WHERE inline_sha256 IS NOT NULL)"
    )
