"""The findings as the public view has them, most serious first."""

from __future__ import annotations

from ledger.database import Ledger, Row
from ledger.errors import BadInputError, Problem
from ledger.typed_texts import CrawlId
from ledger.verdict_kinds import SERIOUSNESS

COLUMNS = (
    "vendor", "vendor_domain", "brand", "relation", "tier", "evidence", "verdict", "reasons", "page_url", "image_url",
    "image_sha256", "first_seen", "last_seen", "claim_id", "rule", "objections", "close", "as_of",
)  # fmt: skip
PERHAPS_COLUMNS = (
    "vendor", "brand", "official_logo", "score", "region", "page_url", "image_url", "image_sha256", "section_kind",
    "heading", "alt", "page_kind", "found_by", "distance_bits", "match_id", "sighting_id",
)  # fmt: skip
REJECTION_COLUMNS = (
    "brand", "image_sha256", "state", "images", "why", "decided_by", "decided_at", "rejection_id",
)  # fmt: skip
MIN_ID_DIGITS = 6


def require_brand(ledger: Ledger, brand: str | None) -> None:
    """Errors: BadInputError when a brand is named that the database does not know."""
    known = [row["brand"] for row in ledger.rows("SELECT brand FROM brands ORDER BY brand")]
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
) -> list[Row]:
    """Return rows of v_findings, exactly its columns. crawl_id: only claims that this crawl saw."""
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
    order = " ".join(f"WHEN '{kind}' THEN {place}" for place, kind in enumerate(SERIOUSNESS))
    return ledger.rows(
        f"SELECT {', '.join(COLUMNS)} FROM v_findings WHERE {' AND '.join(conditions)}"  # columns and words are ours
        f" ORDER BY CASE verdict {order} ELSE 99 END, vendor, brand, relation",
        values,
    )


def read_finding(ledger: Ledger, claim: str) -> Row:
    """Return the row of v_findings of a claim, named by its id or the id's first digits.

    Errors: BadInputError when there is none, or more than one.
    """
    ids = [
        row[0]
        for row in ledger.rows(
            "SELECT claim_id FROM claims WHERE claim_id >= :claim AND claim_id < :claim || 'g' LIMIT 2",
            {"claim": claim.lower()},
        )
    ]
    found = [
        row
        for claim_id in ids
        for row in ledger.rows(f"SELECT {', '.join(COLUMNS)} FROM v_findings WHERE claim_id = ?", [claim_id])
    ]
    if len(found) == 1 and len(claim) >= MIN_ID_DIGITS:
        return found[0]
    raise BadInputError(
        Problem(
            where="CLAIM",
            expected=f"the id of a claim, or its first {MIN_ID_DIGITS} digits or more",
            got=f"{claim!r}, which {'more than one claim begins with' if len(found) > 1 else 'no claim begins with'}"
            if len(claim) >= MIN_ID_DIGITS
            else repr(claim),
            next_step="see the claim_id of `partnerproof findings --json`",
        )
    )


def read_perhaps(ledger: Ledger, *, brand: str | None = None) -> list[Row]:
    """Return rows of v_perhaps, most alike first: images in which a person should look for a logo."""
    return ledger.rows(
        f"SELECT {', '.join(PERHAPS_COLUMNS)} FROM v_perhaps WHERE :brand IS NULL OR brand = :brand"
        " ORDER BY score DESC, vendor, page_url, image_url, brand",
        {"brand": brand},
    )


def read_rejections(ledger: Ledger, *, brand: str | None = None) -> list[Row]:
    """Return rows of v_rejections, newest first."""
    return ledger.rows(
        f"SELECT {', '.join(REJECTION_COLUMNS)} FROM v_rejections WHERE :brand IS NULL OR brand = :brand"
        " ORDER BY rejection_id DESC",
        {"brand": brand},
    )
