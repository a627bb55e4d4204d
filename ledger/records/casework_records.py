"""What people do with verdicts: cases and their events, letters, replies, removal checks, alerts, accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ledger.typed_texts import CaseId, ClaimId, Instant, IsoDate, LetterId, Sha256, VisitId
from ledger.vocabulary import (
    CaseEvent,
    CaseState,
    FollowUp,
    LetterState,
    Relation,
    RemovalOutcome,
    ReplyKind,
    Role,
    Tone,
    VerdictKind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    table: ClassVar[str] = "cases"
    case_id: CaseId
    claim_id: ClaimId
    opened_at: Instant
    state: CaseState
    reason: str | None  # code of the decision that holds
    decided_by: str | None
    decided_at: Instant | None
    assignee: str | None
    due_on: IsoDate | None  # until when it was put off
    last_event_id: str
    material: str
    verdict: VerdictKind
    brand: str
    relation: Relation
    tier: str | None
    evidence: str  # picture, words, name, text, as many as there are, with commas
    vendor: str
    vendor_domain: str
    country: str | None
    language: str | None
    score: float | None  # None: no logo
    page_url: str | None
    image_sha256: Sha256 | None
    template_id: str | None
    first_seen: Instant
    last_seen: Instant
    updated_at: Instant
    seriousness: int
    newness: int
    unlikeness: float
    followup: FollowUp | None = None  # None: nothing was asked of the vendor
    followup_at: Instant | None = None
    answer_by: IsoDate | None = None
    removed_on: IsoDate | None = None  # None: no removal is proven


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEventRow:
    table: ClassVar[str] = "case_events"
    event_id: str
    case_id: CaseId
    at: Instant
    by: str
    event: CaseEvent
    batch_id: str
    details: dict[str, Any]
    before: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseWords:
    table: ClassVar[str] = "case_words"
    search_id: int
    case_id: CaseId
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChange:
    table: ClassVar[str] = "case_changes"
    change: int
    case_id: CaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    table: ClassVar[str] = "letters"
    letter_id: LetterId
    case_id: CaseId
    tone: Tone
    language: str
    jurisdiction: str
    gate: str
    state: LetterState
    text_id: str
    written_by: str
    written_at: Instant
    approved_by: str | None = None
    approved_at: Instant | None = None
    counsel: str | None = None  # None: the gate asks for none, or nobody has looked yet
    sent_on: IsoDate | None = None
    sent_by: str | None = None
    sent_how: str | None = None
    answer_by: IsoDate | None = None
    jurisdiction_why: str | None = None
    grounds: dict[str, Any]
    enclosure: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterText:
    table: ClassVar[str] = "letter_texts"
    text_id: str
    letter_id: LetterId
    recipient: str
    contact: str
    contact_source: str
    subject: str
    body: str
    written_by: str
    written_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    table: ClassVar[str] = "replies"
    reply_id: str
    case_id: CaseId
    kind: ReplyKind
    received_on: IsoDate
    sender: str
    words: str
    file_name: str | None  # None: words only
    file: bytes | None
    file_sha256: Sha256 | None
    noted_by: str
    noted_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalCheck:
    table: ClassVar[str] = "removal_checks"
    check_id: str
    case_id: CaseId
    visit_id: VisitId
    looked_at: Instant
    outcome: RemovalOutcome
    pages: tuple[dict[str, Any], ...]
    checked_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    table: ClassVar[str] = "alerts"
    channel: str
    brand: str
    told_until: str
    told_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    table: ClassVar[str] = "accounts"
    account: str
    role: Role
    password_hash: str | None  # None: a company account
    is_active: bool
    created_at: Instant
    issuer: str | None = None  # of a company account, with subject: who it is
    subject: str | None = None

    @property
    def is_company_account(self) -> bool:
        return self.issuer is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    table: ClassVar[str] = "second_factors"
    account: str
    secret: str
    begun_at: Instant
    confirmed_at: Instant | None  # None: no code was given yet
    last_step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCode:
    table: ClassVar[str] = "recovery_codes"
    account: str
    code_sha256: Sha256
    used_at: Instant | None  # None: still good


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    table: ClassVar[str] = "sessions"
    token_sha256: Sha256
    account: str
    role: Role
    csrf: str
    began_at: Instant
    expires_at: Instant
    must_enrol: bool = False  # it may do nothing but set up a second factor


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptText:
    table: ClassVar[str] = "kept_texts"
    account: str
    form: str
    fields: dict[str, str]
    kept_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class SentForm:
    table: ClassVar[str] = "sent_forms"
    number: str
    account: str
    sent_at: Instant
    leads_to: str | None  # None: it is still being carried out


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    table: ClassVar[str] = "saved_views"
    account: str
    name: str
    query: str
