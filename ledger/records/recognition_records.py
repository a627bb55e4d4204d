"""What recognition stores: brands with their official logos, hashes, matches of logos and of texts, rejections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ledger.typed_texts import (
    Instant,
    IsoDate,
    Json,
    MatchId,
    NameMatchId,
    OfficialLogoId,
    PassageId,
    RejectionId,
    Sha256,
    SightingId,
    TextMatchId,
)
from ledger.vocabulary import (
    AssertedBy,
    Certainty,
    MatchKind,
    MatchStrength,
    Modality,
    NameSource,
    PerhapsReason,
    Polarity,
    RejectionEvent,
    Relation,
    StatementKind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandRow:
    table: ClassVar[str] = "brands"
    brand: str
    name: str
    aliases: tuple[str, ...]
    domains: tuple[str, ...]
    recorded_at: Instant
    not_when: tuple[str, ...] = ()
    tiers: tuple[dict[str, str | None], ...] = ()  # lowest first


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialLogoRow:
    table: ClassVar[str] = "official_logos"
    official_logo_id: OfficialLogoId
    brand: str
    file: str
    variant: str
    programme: str | None
    tier: str | None
    valid_from: IsoDate | None
    valid_until: IsoDate | None
    content: bytes  # a picture: of a PDF the page, drawn
    is_current: bool
    recorded_at: Instant
    product: str | None  # None: the brand itself
    usage: Json  # rules by key; empty where the brand's guide says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    table: ClassVar[str] = "recognitions"
    image_sha256: Sha256
    logo_set_id: str
    width_px: int | None
    height_px: int | None
    format: str | None
    refusal_reason: str | None  # None: the image was judged
    refusal_detail: str | None
    recognised_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class HashedImage:
    table: ClassVar[str] = "hashed_images"
    image_no: int
    image_sha256: Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class HashedRegion:
    table: ClassVar[str] = "image_hashes"
    image_no: int
    x: int
    y: int
    width: int
    height: int
    phash_8x8: bytes
    dhash_8x8: bytes
    edge_4x8x8: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReading:
    table: ClassVar[str] = "image_readings"
    image_sha256: Sha256
    engine: str
    refusal_reason: str | None  # None: it was read
    refusal_detail: str | None
    read_at: Instant
    search_words: str  # all lines, as they are searched


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLine:
    table: ClassVar[str] = "image_words"
    image_sha256: Sha256
    line_no: int
    text: str
    confidence: float
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """By picture: official_logo_id to strangers_compared are not None; by words: name to letters_wrong."""

    table: ClassVar[str] = "logo_matches"
    match_id: MatchId
    image_sha256: Sha256
    brand: str
    kind: MatchKind
    method: str
    score: float
    x: int
    y: int
    width: int
    height: int
    strength: MatchStrength
    why_perhaps: PerhapsReason | None
    rejection_id: RejectionId | None  # the rejection that holds it back
    inside_brand: str | None = None
    official_logo_id: OfficialLogoId | None = None
    distance_bits: int | None = None
    transform: Json | None = None
    strangers: int | None = None
    strangers_compared: int | None = None
    name: str | None = None
    words: str | None = None
    letters_wrong: int | None = None
    relation: Relation | None = None  # what the words beside it call the vendor
    tier: str | None = None
    programme: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NameMatch:
    table: ClassVar[str] = "name_matches"
    name_match_id: NameMatchId
    sighting_id: SightingId
    brand: str
    source: NameSource
    text: str
    name: str
    is_alone: bool  # nothing else stands there that could be a name
    relation: Relation | None
    tier: str | None
    programme: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    table: ClassVar[str] = "rejections"
    rejection_id: RejectionId
    event: RejectionEvent
    image_sha256: Sha256
    brand: str
    official_logo_ids: tuple[str, ...]  # the official set that it was made against, in order
    decided_by: str
    why: str
    decided_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMatch:
    table: ClassVar[str] = "text_matches"
    text_match_id: TextMatchId
    passage_id: PassageId
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
    certainty: Certainty | None  # None: claims nothing
    doubt: str | None  # what leaves the doubt, when the certainty is "likely"
    is_overshadowed: bool = False  # the same page says more of the brand
