"""The findings as the public view has them, most serious first."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

from ledger.database import Ledger, columns_of
from ledger.errors import BadInputError, Problem
from ledger.typed_texts import ClaimId, CrawlId, FinalUrl, Instant, IsoDate, MatchId, RejectionId, Sha256, SightingId
from ledger.verdict_kinds import SERIOUSNESS
from ledger.vocabulary import Certainty, FoundBy, PageKind, Relation, SectionKind, VerdictKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A row of v_findings: what is claimed, on what evidence, and the verdict that holds; None where none was given yet."""

    table: ClassVar[str] = "v_findings"
    vendor: str
    vendor_domain: str
    brand: str
    relation: Relation
    tier: str | None
    evidence: str | None  # picture, words, name, text, as many as there are, with commas
    verdict: VerdictKind | None
    reasons: tuple[str, ...] | None
    page_url: FinalUrl
    image_url: str | None
    image_sha256: Sha256 | None
    first_seen: Instant
    last_seen: Instant
    claim_id: ClaimId
    rule: str | None
    objections: tuple[str, ...] | None
    close: tuple[str, ...] | None
    as_of: IsoDate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A row of v_standings: where a vendor stands to a brand, by its most serious claim."""

    table: ClassVar[str] = "v_standings"
    vendor: str
    vendor_domain: str
    brand: str
    verdict: VerdictKind | None
    certainty: Certainty
    relation: Relation
    tier: str | None
    evidence: str | None  # picture, words, name, text, as many as there are, with commas
    other_claims: int
    state: str
    reasons: tuple[str, ...] | None
    page_url: FinalUrl
    first_seen: Instant
    last_seen: Instant
    claim_id: ClaimId


@dataclass(frozen=True, slots=True, kw_only=True)
class PerhapsMatch:
    """A row of v_perhaps: an image that resembles an official logo, or seems to name a brand, too little to count. region: JSON."""

    table: ClassVar[str] = "v_perhaps"
    vendor: str
    brand: str
    official_logo: str | None
    score: float
    why_perhaps: str
    words: str | None
    region: str
    page_url: FinalUrl
    image_url: str | None
    image_sha256: Sha256
    section_kind: SectionKind
    heading: str | None
    alt: str | None
    page_kind: PageKind
    found_by: FoundBy
    distance_bits: int | None
    match_id: MatchId
    sighting_id: SightingId


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedImage:
    """A row of v_rejections. state: holds, undone or official-set-changed; images: whose match it holds back."""

    table: ClassVar[str] = "v_rejections"
    brand: str
    image_sha256: Sha256
    state: str
    images: int
    why: str
    decided_by: str
    decided_at: Instant
    rejection_id: RejectionId


COLUMNS = tuple(column.name for column in fields(Finding))
STANDING_COLUMNS = tuple(column.name for column in fields(Standing))
PERHAPS_COLUMNS = tuple(column.name for column in fields(PerhapsMatch))
REJECTION_COLUMNS = tuple(column.name for column in fields(RejectedImage))
MIN_ID_DIGITS = 6
_PLACES = " ".join(f"WHEN '{kind}' THEN {place}" for place, kind in enumerate(SERIOUSNESS))
_MOST_SERIOUS = f"CASE verdict {_PLACES} ELSE 99 END"


def require_brand(ledger: Ledger, brand: str | None) -> None:
    """Errors: BadInputError when a brand is named that the database does not know."""
    known = ledger.values("SELECT brand FROM brands ORDER BY brand")
    if brand is not None and brand not in known:
        raise BadInputError(
            Problem(
                where="--brand",
                expected=f"one of {', '.join(known) or 'no brands yet'}",
                got=repr(brand),
                next_step="see `partnerproof brand list`",
            )
        )


def read_findings(
    ledger: Ledger, *, crawl_id: CrawlId | None = None, verdict: str | None = None, brand: str | None = None
) -> list[Finding]:
    """Return the findings. crawl_id: only claims that this crawl saw."""
    conditions, values = ["1"], list[str]()
    if crawl_id is not None:
        conditions.append(
            "claim_id IN (SELECT e.claim_id FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id"
            " JOIN visits v ON v.visit_id = p.visit_id WHERE v.crawl_id = ?)"
        )
        values.append(crawl_id)
    for column, value in (("verdict", verdict), ("brand", brand)):
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(value)
    return ledger.select(
        Finding,
        f"SELECT {columns_of(Finding)} FROM v_findings WHERE {' AND '.join(conditions)}"  # columns and words are ours
        f" ORDER BY {_MOST_SERIOUS}, vendor, brand, relation",
        values,
    )


def read_standings(ledger: Ledger, *, verdict: str | None = None, brand: str | None = None) -> list[Standing]:
    """Return where each vendor stands to each brand, the most serious first."""
    return ledger.select(
        Standing,
        f"SELECT {columns_of(Standing)} FROM v_standings"
        " WHERE (:verdict IS NULL OR verdict = :verdict) AND (:brand IS NULL OR brand = :brand)"
        f" ORDER BY {_MOST_SERIOUS}, vendor, brand",
        {"verdict": verdict, "brand": brand},
    )


def read_finding(ledger: Ledger, claim: str) -> Finding:
    """Return the finding of a claim, named by its id or the id's first digits.

    Errors: BadInputError when there is none, or more than one.
    """
    ids = ledger.values(
        "SELECT claim_id FROM claims WHERE claim_id >= :claim AND claim_id < :claim || 'g' LIMIT 2",
        {"claim": claim.lower()},
    )
    findings = [finding for claim_id in ids if (finding := ledger.find(Finding, claim_id=claim_id)) is not None]
    if len(findings) == 1 and len(claim) >= MIN_ID_DIGITS:
        return findings[0]
    raise BadInputError(
        Problem(
            where="CLAIM",
            expected=f"the id of a claim, or its first {MIN_ID_DIGITS} digits or more",
            got=f"{claim!r}, which {'more than one claim begins with' if len(findings) > 1 else 'no claim begins with'}"
            if len(claim) >= MIN_ID_DIGITS
            else repr(claim),
            next_step="see the claim_id of `partnerproof findings --json`",
        )
    )


def read_perhaps(ledger: Ledger, *, brand: str | None = None) -> list[PerhapsMatch]:
    """Return the images in which a person should look for a logo, most alike first."""
    return ledger.select(
        PerhapsMatch,
        f"SELECT {columns_of(PerhapsMatch)} FROM v_perhaps WHERE :brand IS NULL OR brand = :brand"
        " ORDER BY score DESC, vendor, page_url, image_url, brand",
        {"brand": brand},
    )


def read_rejections(ledger: Ledger, *, brand: str | None = None) -> list[RejectedImage]:
    """Return the images of which a person said that they do not show a brand's logo, newest first."""
    return ledger.select(
        RejectedImage,
        f"SELECT {columns_of(RejectedImage)} FROM v_rejections WHERE :brand IS NULL OR brand = :brand"
        " ORDER BY rejection_id DESC",
        {"brand": brand},
    )
