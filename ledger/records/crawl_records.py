"""What a crawl or an ingest stores: seeds, visits, captures, pages, and what stands in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from ledger.typed_texts import (
    CaptureId,
    CrawlId,
    FinalUrl,
    Instant,
    Json,
    LookId,
    PageId,
    PassageId,
    RequestedUrl,
    SeedId,
    Sha256,
    SightingId,
    VisitId,
)
from ledger.vocabulary import (
    Continuity,
    CrawlKind,
    DnsSource,
    FoundBy,
    LookOutcome,
    Noise,
    PageHealth,
    PageKind,
    Purpose,
    RobotsRule,
    SectionKind,
    Tls,
    VisitState,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    table: ClassVar[str] = "seeds"
    seed_id: SeedId
    vendor: str
    vendor_domain: str
    start_urls: tuple[str, ...]
    country: str | None
    parent: str | None
    identifiers: tuple[str, ...] = ()  # LEIs, and registration numbers as ISSUER:NUMBER
    aliases: tuple[str, ...] = ()  # its other names, as the seed list has them


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawl:
    table: ClassVar[str] = "crawls"
    crawl_id: CrawlId
    order_sha256: Sha256
    seeds_file: str
    settings: Json
    tool_version: str
    started_at: Instant
    ended_at: Instant | None
    kind: CrawlKind = CrawlKind.CRAWL
    made_with: Json = field(default_factory=dict)  # empty: not known
    clock: Json | None = None  # None: not measured (yet)
    waits_until: Instant | None = None  # None: it does not wait
    waits_for: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    table: ClassVar[str] = "visits"
    visit_id: VisitId
    crawl_id: CrawlId
    seed_id: SeedId
    ordinal: int
    state: VisitState
    started_at: Instant | None
    ended_at: Instant | None
    end_reason: str | None
    pages: int
    requests: int
    body_bytes: int
    judged_at: Instant | None = None  # None: matches, claims and verdicts of it are still to come
    start_urls: tuple[str, ...] | None = None  # None: those of the seed


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcFile:
    table: ClassVar[str] = "warc_files"
    warc_file: str
    crawl_id: CrawlId
    committed_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    table: ClassVar[str] = "captures"
    capture_id: CaptureId
    visit_id: VisitId
    url: str
    attempt: int
    status: int
    fetched_at: Instant
    content_type: str | None
    redirect_url: str | None
    remote_ip: str | None
    payload_sha256: Sha256  # of the body as received, before Content-Encoding is undone
    payload_bytes: int
    warc_file: str
    warc_offset: int
    warc_length: int
    request_warc_offset: int  # of the request record, or of the metadata record that says that there is none
    refers_to: CaptureId | None  # the capture that holds the same payload; this one is a revisit record
    etag: str | None = None
    last_modified: str | None = None
    tls: Tls | None = None  # None: plain HTTP, or stored before this was noted
    connection_id: str | None = None  # None: from an archive that others made, or stored before this was noted
    robots: RobotsRule | None = None  # None: robots.txt itself, or one of the above
    robots_capture_id: CaptureId | None = None  # the answer that the rule was read from
    server_date: str | None = None  # None: not said, or said by a cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    table: ClassVar[str] = "certificates"
    certificate_sha256: Sha256  # of the DER bytes
    subject: str | None
    issuer: str | None
    valid_from: Instant | None
    valid_until: Instant | None
    warc_file: str
    warc_offset: int
    stored_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    table: ClassVar[str] = "connections"
    connection_id: str
    visit_id: VisitId
    host: str
    port: int
    remote_ip: str | None
    dns_addresses: tuple[str, ...] | None  # None: the host is an address itself, or the answer was forgotten
    dns_answered_at: Instant | None  # None: the operator pinned the host's address, or see above
    dns_source: DnsSource | None
    dns_left_out: int
    tls_version: str | None
    tls_cipher: str | None
    certificates: tuple[str, ...]
    certificates_left_out: int
    warc_file: str
    warc_offset: int
    noted_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    table: ClassVar[str] = "looks"
    look_id: LookId
    visit_id: VisitId
    purpose: Purpose
    requested_url: RequestedUrl
    outcome: LookOutcome
    reason: str | None  # why we could not look; http-404 and the like also on pages whose error answer was read
    detail: str | None
    status: int | None
    final_url: FinalUrl | None
    capture_id: CaptureId | None
    content_sha256: Sha256 | None  # of the body after Content-Encoding is undone
    content_bytes: int | None
    looked_at: Instant
    why: str | None = None  # pages: why this address was worth a look
    unchanged_since: Instant | None = None  # the earlier look whose content still holds
    robots_capture_id: CaptureId | None = None  # the answer of robots.txt that forbids it


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    table: ClassVar[str] = "pages"
    page_id: PageId
    visit_id: VisitId
    look_id: LookId
    url: FinalUrl
    link_text: str
    title: str | None
    language: str | None
    kind: PageKind
    kind_reasons: tuple[str, ...]
    health: PageHealth
    health_reason: str | None
    stylesheet_looks: tuple[str, ...]  # look_ids of the style sheets that were read with it
    extractor_version: int  # of crawler/reading/page_reader.py; 0: before this was recorded
    own_names: tuple[str, ...] = ()  # what the vendor calls itself there


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    table: ClassVar[str] = "sightings"
    sighting_id: SightingId
    page_id: PageId
    found_by: FoundBy
    ordinal: int
    image_url: str | None  # None: the image lies in the page itself (inline SVG, data: URI)
    look_id: LookId | None  # the look that image_url leads to; it may not have happened
    inline_sha256: Sha256 | None
    alt: str | None
    title: str | None
    link_url: str | None
    heading_trail: tuple[str, ...]
    zone: str
    section_kind: SectionKind
    section_reasons: tuple[str, ...]
    nearby_text: str | None
    original_url: str | None = None  # the address that an optimiser's image_url hides: for when image_url fails
    fragment: str | None = None  # the part of a sprite file that is shown
    box: tuple[int, int, int, int] | None = None  # x, y, width, height in px of the image; None: all of it
    aria_label: str | None = None  # of the image, or of its link
    caption: str | None = None
    noise: Noise | None = None  # None: it may be anyone's logo
    noise_reason: str | None = None
    twin_group: str | None = None  # equal on the sightings of a page that show one logo; None: it has no twin
    page_box: tuple[int, ...] | None = None  # x, y, width, height in px of a page that a browser drew
    is_hidden: bool = False  # by the page itself: [hidden], display: none

    @property
    def heading(self) -> str | None:
        """The nearest heading above it."""
        return self.heading_trail[-1] if self.heading_trail else None


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineImage:
    table: ClassVar[str] = "inline_images"
    image_sha256: Sha256
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    table: ClassVar[str] = "passages"
    passage_id: PassageId
    page_id: PageId
    ordinal: int
    text: str
    language: str | None
    heading_trail: tuple[str, ...]
    zone: str
    section_kind: SectionKind
    search_words: str | None = None  # None: the text itself


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContinuity:
    table: ClassVar[str] = "page_continuity"
    page_id: PageId
    compared_with: PageId
    continuity: Continuity
    own_kept: float | None  # None: it had too few words of its own
    kept: float
    why: str
    compared_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Render:
    table: ClassVar[str] = "renders"
    render_id: str
    visit_id: VisitId
    look_id: LookId
    reason: str
    failure: str | None  # None: it was drawn, and the fields below are set
    consent: str | None
    asked: int
    refused: tuple[str, ...]
    box_attribute: str | None
    document_sha256: Sha256 | None
    document_warc_file: str | None
    document_warc_offset: int | None
    screenshot_sha256: Sha256 | None
    screenshot_warc_file: str | None
    screenshot_warc_offset: int | None
    rendered_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    table: ClassVar[str] = "deletions"
    capture_id: CaptureId
    retention_class: str
    kept_days: int
    deleted_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDeletion:
    table: ClassVar[str] = "row_deletions"
    table_name: str
    row_id: str
    row_sha256: Sha256
    left_sha256: Sha256
    retention_class: str
    kept_days: int
    deleted_at: Instant
