"""What the API answers, and by which parameters it is asked: the models from which its description is made."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from casebook.dossier.finding_feed import FeedFinding
from ledger.identity import parse_utc
from ledger.records import Case, Crawl, Job
from ledger.vocabulary import (
    CaseState,
    Certainty,
    CrawlKind,
    FollowUp,
    JobKind,
    JobState,
    Relation,
    VerdictKind,
)

MOST_ITEMS, MOST_LINES = 200, 100_000


def _require_instant(text: str) -> str:
    parse_utc(text)
    return text


Instant = Annotated[
    str,
    AfterValidator(_require_instant),
    Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$", examples=["2026-11-23T06:34:29Z"]),
]
Cursor = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{8,64}$", description="The `next` of the page before.")]
Word = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,253}$")]


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NoQuery(_Query):
    """An address without parameters."""


class PageQuery(_Query):
    """A page of a list."""

    limit: Annotated[int, Field(ge=1, le=MOST_ITEMS)] = 50
    cursor: Cursor | None = None


class VendorQuery(_Query):
    """A page of a crawl's vendors: larger than others, as each page costs the same however long it is."""

    limit: Annotated[int, Field(ge=1, le=5_000)] = 500
    cursor: Cursor | None = None


class JobQuery(PageQuery):
    """Which jobs."""

    state: JobState | None = None
    kind: JobKind | None = None


class FindingFilter(_Query):
    """Which findings. changed_since: from the first verdict on that was given then or later."""

    vendor: Annotated[Word | None, Field(description="The vendor's domain.")] = None
    brand: Word | None = None
    verdict: VerdictKind | None = None


class FindingQuery(FindingFilter):
    """A page of findings, in the order in which their verdicts were given."""

    limit: Annotated[int, Field(ge=1, le=MOST_ITEMS)] = 50
    cursor: Cursor | None = None
    changed_since: Instant | None = None


class FeedQuery(FindingFilter):
    """Findings as lines. after: the cursor of the last line that was taken."""

    limit: Annotated[int, Field(ge=1, le=MOST_LINES)] = 10_000
    after: Annotated[
        Cursor | None, Field(description="The `cursor` of the last line that was taken; goes on behind it.")
    ] = None
    since: Annotated[Instant | None, Field(description="Where to begin without a cursor.")] = None


class CaseQuery(PageQuery):
    """Which cases."""

    vendor: Annotated[Word | None, Field(description="The vendor's domain.")] = None
    brand: Word | None = None
    verdict: VerdictKind | None = None
    state: CaseState | None = None
    updated_since: Instant | None = None


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class ProblemItem(_Answer):
    """One mistake: where it is, what was expected, what was found, what to do."""

    where: str
    expected: str
    got: str
    next_step: str


class ProblemDetails(_Answer):
    """Why a request was not answered as asked (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    problems: list[ProblemItem] = []


class JobAnswer(_Answer):
    """A job as it is now. order: what was asked for; a file that came with it by its digest."""

    job_id: str
    kind: JobKind
    order: dict[str, Any]
    requested_by: str
    requested_at: str
    state: JobState
    started_at: str | None
    ended_at: str | None
    attempts: int
    progress: dict[str, int]
    exit_code: int | None
    messages: list[str]
    problems: list[ProblemItem]
    crawl_id: str | None
    stop_by: str | None
    stop_at: str | None

    @classmethod
    def of(cls, job: Job) -> Self:
        facts = asdict(job)
        problems = [ProblemItem(**problem) for problem in facts.pop("problems")]
        kept = {name: value for name, value in facts.items() if name in cls.model_fields}
        return cls(**kept | {"order": job.job_order, "messages": list(job.messages), "problems": problems})


class JobPage(_Answer):
    """Jobs, the newest first. next: the cursor of the next page; null: this is the last."""

    items: list[JobAnswer]
    next: str | None


class JobDetail(_Answer):
    """A job with what its command printed. answer: its first 64 kB."""

    job: JobAnswer
    answer: str


class FindingAnswer(_Answer):
    """What a vendor claims, and the verdict that holds. cursor: where this verdict stands in the order of all."""

    cursor: str
    claim_id: str
    vendor: str
    vendor_domain: str
    brand: str
    relation: Relation
    tier: str | None
    evidence: list[Literal["picture", "words", "name", "text"]]
    verdict: VerdictKind
    certainty: Certainty
    reasons: list[str]
    objections: list[str]
    page_url: str
    sentence: str | None = Field(description="The newest sentence in which the vendor claims it; null: it does so by pictures or names alone.")  # fmt: skip
    image_url: str | None
    image_sha256: str | None
    first_seen: str
    last_seen: str
    judged_at: str
    case_id: str | None
    case_link: str | None

    @classmethod
    def of(cls, finding: FeedFinding, address: str) -> Self:
        facts = asdict(finding)
        facts |= {
            "evidence": [kind for kind in (finding.evidence or "").split(",") if kind],
            "reasons": list(finding.reasons or ()),
            "objections": list(finding.objections or ()),
            "case_link": f"{address}/cases/{finding.case_id}" if finding.case_id else None,
        }
        return cls(**facts)


class FindingPage(_Answer):
    """Findings in the order of their verdicts. next: the cursor of the next page; null: this is the last, for now."""

    items: list[FindingAnswer]
    next: str | None


class CaseAnswer(_Answer):
    """A case as it is now."""

    case_id: str
    claim_id: str
    vendor: str
    vendor_domain: str
    country: str | None
    brand: str
    relation: Relation
    tier: str | None
    verdict: VerdictKind
    state: CaseState
    reason: str | None
    decided_by: str | None
    decided_at: str | None
    assignee: str | None
    due_on: str | None
    followup: FollowUp | None
    answer_by: str | None
    removed_on: str | None
    page_url: str | None
    first_seen: str
    last_seen: str
    opened_at: str
    updated_at: str
    link: str

    @classmethod
    def of(cls, case: Case, address: str) -> Self:
        facts = {name: value for name, value in asdict(case).items() if name in cls.model_fields}
        return cls(**facts, link=f"{address}/cases/{case.case_id}")


class CasePage(_Answer):
    """Cases in the order in which they were opened. next: the cursor of the next page; null: this is the last."""

    items: list[CaseAnswer]
    next: str | None


class CaseEventAnswer(_Answer):
    """What happened to a case."""

    event_id: str
    at: str
    by: str
    event: str


class CaseDetail(_Answer):
    """A case with what happened to it, oldest first."""

    case: CaseAnswer
    events: list[CaseEventAnswer]


class CrawlAnswer(_Answer):
    """A crawl with its visits by state. ended_at: null while visits are left."""

    crawl_id: str
    kind: CrawlKind
    seeds_file: str
    started_at: str
    ended_at: str | None
    waits_until: str | None
    waits_for: str | None
    visits: dict[str, int]

    @classmethod
    def of(cls, crawl: Crawl, visits: dict[str, int]) -> Self:
        facts = {name: value for name, value in asdict(crawl).items() if name in cls.model_fields}
        return cls(**facts, visits=visits)


class CrawlPage(_Answer):
    """Crawls, the newest first. next: the cursor of the next page; null: this is the last."""

    items: list[CrawlAnswer]
    next: str | None


class VendorAnswer(_Answer):
    """How much of a vendor a crawl looked at, and why not more."""

    visit_id: str
    vendor: str
    vendor_domain: str
    outcome: Literal["looked", "looked-in-part", "could-not-look", "pending", "running"]
    reason: str | None
    pages_read: int
    partner_pages: int
    pages_unseen: int
    started_at: str | None
    ended_at: str | None


class VendorPage(_Answer):
    """Vendors of a crawl in the order of its list. next: the cursor of the next page; null: this is the last."""

    items: list[VendorAnswer]
    next: str | None
