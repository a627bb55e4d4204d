"""What a register consists of: snapshots, grants, corporate groups, and the indexes that find them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ledger.typed_texts import CaseId, Instant, IsoDate, Sha256, SnapshotId
from ledger.vocabulary import Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterSnapshot:
    table: ClassVar[str] = "register_snapshots"
    snapshot_id: SnapshotId
    brand: str
    file: str
    file_sha256: Sha256
    grants: int
    recorded_at: Instant
    register: str = "partners"
    format: str = "csv"
    mapping_sha256: Sha256 | None = None  # None: no mapping file was needed
    left_out: int = 0  # rows that could not be read
    keeper: str | None = None  # None: the import named nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    table: ClassVar[str] = "grants"
    grant_id: str
    snapshot_id: SnapshotId
    brand: str
    line: int
    company: str
    aliases: tuple[str, ...]
    relation: Relation
    programme: str | None
    tier: str | None
    marks: tuple[str, ...]
    territory: str | None
    valid_from: IsoDate
    valid_until: IsoDate | None  # None: no end is on record
    parent: str | None
    source: str | None
    domains: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()  # LEIs, and registration numbers as ISSUER:NUMBER
    purpose: str | None = None
    contact: str | None = None  # an e-mail address, or Name <address>


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotUndo:
    table: ClassVar[str] = "snapshot_undos"
    snapshot_id: SnapshotId
    undone_at: Instant
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterKey:
    table: ClassVar[str] = "register_keys"
    snapshot_id: SnapshotId
    kind: str
    key: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LikenessName:
    table: ClassVar[str] = "likeness_names"
    snapshot_id: SnapshotId
    number: int
    core: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LikenessGram:
    table: ClassVar[str] = "likeness_grams"
    snapshot_id: SnapshotId
    segment: int
    gram: str
    numbers: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSnapshot:
    table: ClassVar[str] = "group_snapshots"
    snapshot_no: int
    snapshot_id: SnapshotId
    source: str
    format: str
    file: str
    file_sha256: Sha256
    companies: int
    relationships: int
    recorded_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    table: ClassVar[str] = "companies"
    snapshot_no: int
    number: int
    name: str
    name_key: str
    identifier: str | None
    country: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    table: ClassVar[str] = "relationships"
    snapshot_no: int
    child: str
    parent: str
    kind: str
    valid_from: IsoDate | None
    valid_until: IsoDate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedGrant:
    table: ClassVar[str] = "proposed_grants"
    proposal_id: str
    case_id: CaseId
    batch_id: str
    brand: str
    company: str
    domain: str
    relation: Relation
    tier: str | None
    valid_from: IsoDate
    note: str
    proposed_by: str
    proposed_at: Instant
    withdrawn_at: Instant | None = None  # None: the decision stands
    settled_at: Instant | None = None  # None: it waits for whoever keeps the register
    settled_by: str | None = None
    settled_why: str | None = None  # None: it was not refused
    snapshot_id: SnapshotId | None = None  # None: it was not accepted
