"""What is claimed and judged: claims with their evidence, walls, searches, verdicts, pictures, holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from ledger.typed_texts import (
    ClaimId,
    EvidenceId,
    FinalUrl,
    Instant,
    IsoDate,
    JudgingId,
    LookId,
    MatchId,
    PageId,
    SearchId,
    SeedId,
    Sha256,
    SightingId,
    SnapshotId,
    TextMatchId,
)
from ledger.vocabulary import (
    DrawnFrom,
    Evidence,
    HoldEvent,
    JudgingCause,
    MarkMisuse,
    NearMissEvent,
    Relation,
    RemovalOutcome,
    VerdictKind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    table: ClassVar[str] = "claims"
    claim_id: ClaimId
    seed_id: SeedId
    brand: str
    relation: Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimEvidence:
    table: ClassVar[str] = "claim_evidence"
    claim_id: ClaimId
    evidence_id: EvidenceId
    evidence: Evidence
    page_id: PageId
    sighting_id: SightingId | None
    match_id: MatchId | None
    text_match_id: TextMatchId | None
    tier: str | None
    programme: str | None
    reasons: tuple[str, ...]
    seen_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    table: ClassVar[str] = "walls"
    wall_id: str
    page_id: PageId
    seed_id: SeedId
    images: int
    alike_id: str  # of the group of walls that are alike
    template_id: str | None  # None: fewer than three unrelated vendors show the walls of its group


@dataclass(frozen=True, slots=True, kw_only=True)
class WallImage:
    table: ClassVar[str] = "wall_images"
    wall_id: str
    position: int
    sighting_id: SightingId
    image_sha256: Sha256
    image_hash: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkFinding:
    table: ClassVar[str] = "mark_findings"
    claim_id: ClaimId
    evidence_id: EvidenceId
    kind: MarkMisuse
    measured: str
    allowed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    table: ClassVar[str] = "searches"
    search_id: SearchId
    brand: str
    snapshot_id: SnapshotId | None  # of the first register; None: the brand has none
    as_of: IsoDate
    asked: dict[str, Any]
    grants_searched: int
    hits: tuple[dict[str, Any], ...]
    near_misses: tuple[dict[str, Any], ...]
    searched_at: Instant
    registers: tuple[dict[str, Any], ...] = ()
    period_from: IsoDate | None = None  # None: grants of any date were looked for
    period_until: IsoDate | None = None
    tried: dict[str, Any] = field(default_factory=dict)
    known_at: Instant | None = None  # None: what was known at searched_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    table: ClassVar[str] = "absences"
    claim_id: ClaimId
    page_id: PageId
    url: FinalUrl
    last_shown_on: PageId
    outcome: RemovalOutcome
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMissCheck:
    table: ClassVar[str] = "near_miss_checks"
    check_id: str
    search_id: SearchId
    near_miss_no: int
    company: str
    event: NearMissEvent
    why: str
    decided_by: str
    decided_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    table: ClassVar[str] = "judgings"
    judging_id: JudgingId
    cause: JudgingCause
    as_of: IsoDate | None  # None: of each claim the day when it was last seen
    known_at: Instant | None  # None: what was known when it ran
    rules_version: str
    started_at: Instant
    ended_at: Instant | None
    claims: int
    verdicts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    table: ClassVar[str] = "verdicts"
    verdict_id: str
    claim_id: ClaimId
    sequence: int
    search_id: SearchId | None  # None: the rule needed no search
    verdict: VerdictKind
    rule: str
    reasons: tuple[str, ...]
    objections: tuple[str, ...]
    as_of: IsoDate
    rules_version: str
    judged_at: Instant
    judging_id: JudgingId | None
    is_replay: bool
    close: tuple[str, ...]
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    table: ClassVar[str] = "pictures"
    picture_id: str
    claim_id: ClaimId
    look_id: LookId
    drawn_from: DrawnFrom
    failure: str | None  # None: it was drawn, and the fields below are set
    evidence: tuple[dict[str, Any], ...]
    asked: int
    refused: tuple[str, ...]
    document_sha256: Sha256 | None
    document_warc_file: str | None
    document_warc_offset: int | None
    screenshot_sha256: Sha256 | None
    screenshot_warc_file: str | None
    screenshot_warc_offset: int | None
    outlined_sha256: Sha256 | None  # None: nothing of the claim was found again in what was drawn
    outlined_warc_file: str | None
    outlined_warc_offset: int | None
    drawn_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    table: ClassVar[str] = "holds"
    hold_id: str
    seed_id: SeedId
    event: HoldEvent
    why: str
    decided_by: str
    decided_at: Instant
