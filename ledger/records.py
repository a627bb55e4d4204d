"""What the ledger stores, in flow order: one frozen dataclass a table, one field a column.

Times are UTC text (`2026-11-23T06:34:29Z`), dates ISO text; tuples and dicts are stored as JSON. A None is
"unknown" or "does not apply"; where it means something else, the comment beside the field says so. One file, as long as the
schema is: it is read beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from ledger.vocabulary import (
    AssertedBy,
    CrawlKind,
    DnsSource,
    DrawnFrom,
    Evidence,
    FoundBy,
    HoldEvent,
    JudgingCause,
    LookOutcome,
    MarkMisuse,
    MatchStrength,
    Modality,
    Noise,
    PageHealth,
    PageKind,
    Polarity,
    Purpose,
    RejectionEvent,
    Relation,
    RobotsRule,
    SectionKind,
    StatementKind,
    Tls,
    VerdictKind,
    VisitState,
)

Json = dict[str, Any] | tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandRow:
    table: ClassVar[str] = "brands"
    brand: str
    name: str
    aliases: tuple[str, ...]
    domains: tuple[str, ...]
    recorded_at: str
    not_when: tuple[str, ...] = ()
    tiers: tuple[dict[str, str | None], ...] = ()  # lowest first


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialLogoRow:
    table: ClassVar[str] = "official_logos"
    official_logo_id: str
    brand: str
    file: str
    variant: str
    programme: str | None
    tier: str | None
    valid_from: str | None
    valid_until: str | None
    content: bytes  # a picture: of a PDF the page, drawn
    is_current: bool
    recorded_at: str
    product: str | None  # None: the brand itself
    usage: Json  # rules by key; empty where the brand's guide says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    table: ClassVar[str] = "seeds"
    seed_id: str
    vendor: str
    vendor_domain: str
    start_urls: tuple[str, ...]
    country: str | None
    parent: str | None
    identifiers: tuple[str, ...] = ()  # LEIs, and registration numbers as ISSUER:NUMBER


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawl:
    table: ClassVar[str] = "crawls"
    crawl_id: str
    order_sha256: str
    seeds_file: str
    settings: Json
    tool_version: str
    started_at: str
    ended_at: str | None
    kind: CrawlKind = CrawlKind.CRAWL
    made_with: Json = field(default_factory=dict)  # empty: not known
    clock: Json | None = None  # None: not measured (yet)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    table: ClassVar[str] = "visits"
    visit_id: str
    crawl_id: str
    seed_id: str
    ordinal: int
    state: VisitState
    started_at: str | None
    ended_at: str | None
    end_reason: str | None
    pages: int
    requests: int
    body_bytes: int
    judged_at: str | None = None  # None: matches, claims and verdicts of it are still to come
    start_urls: tuple[str, ...] | None = None  # None: those of the seed


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    table: ClassVar[str] = "captures"
    capture_id: str
    visit_id: str
    url: str
    attempt: int
    status: int
    fetched_at: str
    content_type: str | None
    redirect_url: str | None
    remote_ip: str | None
    payload_sha256: str  # of the body as received, before Content-Encoding is undone
    payload_bytes: int
    warc_file: str
    warc_offset: int
    warc_length: int
    request_warc_offset: int  # of the request record, or of the metadata record that says that there is none
    refers_to: str | None  # the capture that holds the same payload; this one is a revisit record
    etag: str | None = None
    last_modified: str | None = None
    tls: Tls | None = None  # None: plain HTTP, or stored before this was noted
    connection_id: str | None = None  # None: from an archive that others made, or stored before this was noted
    robots: RobotsRule | None = None  # None: robots.txt itself, or one of the above
    robots_capture_id: str | None = None  # the answer that the rule was read from
    server_date: str | None = None  # None: not said, or said by a cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    table: ClassVar[str] = "certificates"
    certificate_sha256: str  # of the DER bytes
    subject: str | None
    issuer: str | None
    valid_from: str | None
    valid_until: str | None
    warc_file: str
    warc_offset: int
    stored_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    table: ClassVar[str] = "connections"
    connection_id: str
    visit_id: str
    host: str
    port: int
    remote_ip: str | None
    dns_addresses: tuple[str, ...] | None  # None: the host is an address itself, or the answer was forgotten
    dns_answered_at: str | None  # None: the operator pinned the host's address, or see above
    dns_source: DnsSource | None
    dns_left_out: int
    tls_version: str | None
    tls_cipher: str | None
    certificates: tuple[str, ...]
    certificates_left_out: int
    warc_file: str
    warc_offset: int
    noted_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    table: ClassVar[str] = "deletions"
    capture_id: str
    retention_class: str
    kept_days: int
    deleted_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    table: ClassVar[str] = "holds"
    hold_id: str
    seed_id: str
    event: HoldEvent
    why: str
    decided_by: str
    decided_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    table: ClassVar[str] = "looks"
    look_id: str
    visit_id: str
    purpose: Purpose
    requested_url: str
    outcome: LookOutcome
    reason: str | None  # why we could not look; http-404 and the like also on pages whose error answer was read
    detail: str | None
    status: int | None
    final_url: str | None
    capture_id: str | None
    content_sha256: str | None  # of the body after Content-Encoding is undone
    content_bytes: int | None
    looked_at: str
    why: str | None = None  # pages: why this address was worth a look
    unchanged_since: str | None = None  # the earlier look whose content still holds
    robots_capture_id: str | None = None  # the answer of robots.txt that forbids it


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    table: ClassVar[str] = "pages"
    page_id: str
    visit_id: str
    look_id: str
    url: str
    link_text: str
    title: str | None
    language: str | None
    kind: PageKind
    kind_reasons: tuple[str, ...]
    health: PageHealth
    health_reason: str | None
    stylesheet_looks: tuple[str, ...]  # look_ids of the style sheets that were read with it
    extractor_version: int  # of crawler/reading/page_reader.py; 0: before this was recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    table: ClassVar[str] = "sightings"
    sighting_id: str
    page_id: str
    found_by: FoundBy
    ordinal: int
    image_url: str | None  # None: the image lies in the page itself (inline SVG, data: URI)
    look_id: str | None  # the look that image_url leads to; it may not have happened
    inline_sha256: str | None
    alt: str | None
    title: str | None
    link_url: str | None
    heading: str | None
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Render:
    table: ClassVar[str] = "renders"
    render_id: str
    visit_id: str
    look_id: str
    reason: str
    failure: str | None  # None: it was drawn, and the fields below are set
    consent: str | None
    asked: int
    refused: tuple[str, ...]
    box_attribute: str | None
    document_sha256: str | None
    document_warc_file: str | None
    document_warc_offset: int | None
    screenshot_sha256: str | None
    screenshot_warc_file: str | None
    screenshot_warc_offset: int | None
    rendered_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    table: ClassVar[str] = "pictures"
    picture_id: str
    claim_id: str
    look_id: str
    drawn_from: DrawnFrom
    failure: str | None  # None: it was drawn, and the fields below are set
    evidence: tuple[dict[str, Any], ...]
    asked: int
    refused: tuple[str, ...]
    document_sha256: str | None
    document_warc_file: str | None
    document_warc_offset: int | None
    screenshot_sha256: str | None
    screenshot_warc_file: str | None
    screenshot_warc_offset: int | None
    outlined_sha256: str | None  # None: nothing of the claim was found again in what was drawn
    outlined_warc_file: str | None
    outlined_warc_offset: int | None
    drawn_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineImage:
    table: ClassVar[str] = "inline_images"
    image_sha256: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    table: ClassVar[str] = "passages"
    passage_id: str
    page_id: str
    ordinal: int
    text: str
    language: str | None
    heading: str | None
    heading_trail: tuple[str, ...]
    zone: str
    section_kind: SectionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    table: ClassVar[str] = "recognitions"
    image_sha256: str
    logo_set_id: str
    width_px: int | None
    height_px: int | None
    format: str | None
    refusal_reason: str | None  # None: the image was judged
    refusal_detail: str | None
    recognised_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageHash:
    table: ClassVar[str] = "image_hashes"
    image_sha256: str
    x: int
    y: int
    width: int
    height: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    table: ClassVar[str] = "logo_matches"
    match_id: str
    image_sha256: str
    brand: str
    official_logo_id: str
    method: str
    distance_bits: int
    score: float
    x: int
    y: int
    width: int
    height: int
    strength: MatchStrength
    rejection_id: str | None  # the rejection that holds it back
    transform: Json
    strangers: int
    strangers_compared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    table: ClassVar[str] = "rejections"
    rejection_id: str
    event: RejectionEvent
    image_sha256: str
    brand: str
    official_logo_ids: tuple[str, ...]  # the official set that it was made against, in order
    decided_by: str
    why: str
    decided_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMatch:
    table: ClassVar[str] = "text_matches"
    text_match_id: str
    passage_id: str
    brand: str | None  # None: the sentence speaks of every brand, as "we are no official partner of any of them"
    alias: str
    kind: StatementKind
    rule: str
    tier: str | None
    span_start: int
    span_end: int
    sentence_start: int
    sentence_end: int
    relation: Relation | None  # None: the sentence states no relation
    polarity: Polarity
    modality: Modality
    asserted_by: AssertedBy
    subject: str | None  # as written; None: "we", or nobody is named
    programme: str | None
    since: str | None  # a date as precise as the sentence says it: 2014, 2014-03, 2014-03-05
    until: str | None
    is_overshadowed: bool = False  # the same page says more of the brand


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    table: ClassVar[str] = "claims"
    claim_id: str
    seed_id: str
    brand: str
    relation: Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimEvidence:
    table: ClassVar[str] = "claim_evidence"
    claim_id: str
    evidence_id: str
    evidence: Evidence
    page_id: str
    sighting_id: str | None
    match_id: str | None
    text_match_id: str | None
    tier: str | None
    programme: str | None
    reasons: tuple[str, ...]
    seen_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    table: ClassVar[str] = "walls"
    wall_id: str
    page_id: str
    seed_id: str
    images: int
    template_id: str | None  # None: no other vendor shows the same images in the same order


@dataclass(frozen=True, slots=True, kw_only=True)
class WallImage:
    table: ClassVar[str] = "wall_images"
    wall_id: str
    position: int
    sighting_id: str
    image_sha256: str
    image_hash: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkFinding:
    table: ClassVar[str] = "mark_findings"
    claim_id: str
    evidence_id: str
    kind: MarkMisuse
    measured: str
    allowed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterSnapshot:
    table: ClassVar[str] = "register_snapshots"
    snapshot_id: str
    brand: str
    file: str
    file_sha256: str
    grants: int
    recorded_at: str
    register: str = "partners"
    format: str = "csv"
    mapping_sha256: str | None = None  # None: no mapping file was needed


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    table: ClassVar[str] = "grants"
    grant_id: str
    snapshot_id: str
    brand: str
    line: int
    company: str
    aliases: tuple[str, ...]
    relation: Relation
    programme: str | None
    tier: str | None
    marks: tuple[str, ...]
    territory: str | None
    valid_from: str
    valid_until: str | None  # None: no end is on record
    parent: str | None
    source: str | None
    domains: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()  # LEIs, and registration numbers as ISSUER:NUMBER
    purpose: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotUndo:
    table: ClassVar[str] = "snapshot_undos"
    snapshot_id: str
    undone_at: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSnapshot:
    table: ClassVar[str] = "group_snapshots"
    snapshot_no: int
    snapshot_id: str
    source: str
    format: str
    file: str
    file_sha256: str
    companies: int
    relationships: int
    recorded_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    table: ClassVar[str] = "searches"
    search_id: str
    brand: str
    snapshot_id: str | None  # of the first register; None: the brand has none
    as_of: str
    asked: Json
    grants_searched: int
    hits: Json
    near_misses: Json
    searched_at: str
    registers: Json = ()
    period_from: str | None = None  # None: grants of any date were looked for
    period_until: str | None = None
    tried: Json = field(default_factory=dict)
    known_at: str | None = None  # None: what was known at searched_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    table: ClassVar[str] = "judgings"
    judging_id: str
    cause: JudgingCause
    as_of: str | None  # None: of each claim the day when it was last seen
    known_at: str | None  # None: what was known when it ran
    rules_version: str
    started_at: str
    ended_at: str | None
    claims: int
    verdicts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    table: ClassVar[str] = "verdicts"
    verdict_id: str
    claim_id: str
    sequence: int
    search_id: str | None  # None: the rule needed no search
    verdict: VerdictKind
    rule: str
    reasons: tuple[str, ...]
    objections: tuple[str, ...]
    as_of: str
    rules_version: str
    judged_at: str
    judging_id: str | None
    is_replay: bool
    close: tuple[str, ...]
    facts: Json
