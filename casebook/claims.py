"""Matches and their surroundings → claims: what a vendor says that it is to a brand.

Reads: logo_matches with sightings and pages, text_matches with passages, brands, seeds. Writes: claims, claim_evidence.

1. Each sighting of an official logo gets a relation from where it stands; each sentence from what it says.
2. Evidence of one vendor, brand and relation is one claim.
3. Evidence that a new reading no longer gives is removed; the claim's row and its verdicts stay as history.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ledger.database import Ledger, Row
from ledger.domains import belongs_to
from ledger.identity import content_id
from ledger.records import Claim, ClaimEvidence
from ledger.vocabulary import Evidence, LogoVariant, PageKind, Relation, SectionKind, StatementKind

_BY_SECTION = {
    SectionKind.PARTNERS: Relation.PARTNER,
    SectionKind.RESELLERS: Relation.RESELLER,
    SectionKind.CLIENTS: Relation.CUSTOMER,
    SectionKind.SUPPLIERS: Relation.SUPPLIER,
    SectionKind.TECHNOLOGY: Relation.TECHNOLOGY,
    SectionKind.CERTIFICATIONS: Relation.CERTIFICATION,
    SectionKind.MEMBERS: Relation.MEMBER,
    SectionKind.SPONSORS: Relation.SPONSOR,
    SectionKind.SOCIAL: Relation.SOCIAL,
    SectionKind.PAYMENT: Relation.PAYMENT,
    SectionKind.APP_STORE: Relation.APP_STORE,
    SectionKind.NEWS: Relation.PRESS,
}
_BY_PAGE = {
    PageKind.PARTNERS: Relation.PARTNER,
    PageKind.RESELLERS: Relation.RESELLER,
    PageKind.CLIENTS: Relation.CUSTOMER,
    PageKind.SUPPLIERS: Relation.SUPPLIER,
    PageKind.TECHNOLOGY: Relation.TECHNOLOGY,
    PageKind.CERTIFICATIONS: Relation.CERTIFICATION,
    PageKind.MEMBERS: Relation.MEMBER,
    PageKind.SPONSORS: Relation.SPONSOR,
    PageKind.NEWS: Relation.PRESS,
}
_BY_STATEMENT = {
    StatementKind.PARTNER_CLAIM: Relation.PARTNER,
    StatementKind.CERTIFICATION: Relation.CERTIFICATION,
    StatementKind.CUSTOMER_CLAIM: Relation.CUSTOMER,
    StatementKind.DENIAL: Relation.DENIED,
}
_FURNITURE = frozenset({"header", "nav", "footer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an official logo stands."""

    section_kind: SectionKind
    section_reasons: tuple[str, ...]
    page_kind: PageKind
    zone: str
    link_url: str | None
    variant: LogoVariant
    brand_domains: tuple[str, ...]
    page_host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relating:
    """A relation with the reasons for it."""

    relation: Relation
    reasons: tuple[str, ...]


def relate_logo(place: Place) -> Relating:
    """Return what a logo says by where it stands; the first rule that fits decides.

    1. On the brand's own site it is the brand's own.
    2. In a row of social icons, payment marks or app-store badges it is that.
    3. In the page's frame, with a link to a profile at the brand's site, it is a social icon.
    4. A partner badge says partner, wherever it stands.
    5. The section around it says what it is; else the kind of page, for what stands in its main part.
    6. Nothing says it: incidental.
    """
    if belongs_to(place.page_host, place.brand_domains):
        return Relating(relation=Relation.OWN, reasons=("the page stands at a domain of the brand",))
    section = _BY_SECTION.get(place.section_kind)
    if section in (Relation.SOCIAL, Relation.PAYMENT, Relation.APP_STORE):
        return Relating(relation=section, reasons=place.section_reasons)
    if place.zone in _FURNITURE and section is None and _leads_to_profile(place):
        return Relating(
            relation=Relation.SOCIAL, reasons=(f"in the page's {place.zone}, links to a profile at {place.link_url}",)
        )
    if place.variant is LogoVariant.BADGE:
        return Relating(relation=Relation.PARTNER, reasons=("the artwork is a partner badge", *place.section_reasons))
    if section is not None:
        return Relating(relation=section, reasons=place.section_reasons)
    page = _BY_PAGE.get(place.page_kind)
    if page is not None and place.zone not in _FURNITURE:
        return Relating(relation=page, reasons=(f"the page is of the kind {place.page_kind}",))
    return Relating(
        relation=Relation.INCIDENTAL, reasons=(f"stands in the page's {place.zone}; nothing around it says why",)
    )


def _leads_to_profile(place: Place) -> bool:
    parts = urlsplit(place.link_url or "")
    return belongs_to(parts.hostname, place.brand_domains) and bool(parts.path.strip("/") or parts.query)


def find_claims(ledger: Ledger, brands: Sequence[str], *, visit_ids: Iterable[str]) -> set[str]:
    """Write the claims that visits give; returns the ids of all claims touched. Running it again changes nothing."""
    chosen = json.dumps(list(brands))
    touched: set[str] = set()
    for visit_id in visit_ids:
        claims: dict[str, Claim] = {}
        evidence: dict[tuple[str, str], ClaimEvidence] = {}
        for row in ledger.rows(_LOGO_EVIDENCE, [visit_id, chosen]):
            _add_logo(row, claims, evidence)
        for row in ledger.rows(_TEXT_EVIDENCE, [visit_id, chosen]):
            _add_text(row, claims, evidence)
        with ledger.transaction():
            for old in ledger.rows(
                "SELECT e.claim_id, e.evidence_id FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id"
                " JOIN claims c ON c.claim_id = e.claim_id"
                " WHERE p.visit_id = ? AND c.brand IN (SELECT value FROM json_each(?))",
                [visit_id, chosen],
            ):
                if (old["claim_id"], old["evidence_id"]) not in evidence:
                    ledger.execute("DELETE FROM claim_evidence WHERE claim_id = ? AND evidence_id = ?", list(old))
                    touched.add(old["claim_id"])
            ledger.add(claims.values())
            ledger.put(evidence.values())
        touched |= claims.keys()
    return touched


def _add_logo(row: Row, claims: dict[str, Claim], evidence: dict[tuple[str, str], ClaimEvidence]) -> None:
    related = relate_logo(
        Place(
            section_kind=SectionKind(row["section_kind"]),
            section_reasons=tuple(json.loads(row["section_reasons"])),
            page_kind=PageKind(row["page_kind"]),
            zone=row["zone"],
            link_url=row["link_url"],
            variant=LogoVariant(row["variant"]),
            brand_domains=tuple(json.loads(row["domains"])),
            page_host=urlsplit(row["url"]).hostname or "",
        )
    )
    claim = _claim(row["seed_id"], row["brand"], related.relation)
    claims[claim.claim_id] = claim
    is_badge = row["variant"] == LogoVariant.BADGE
    piece = ClaimEvidence(
        claim_id=claim.claim_id,
        evidence_id=content_id("logo-evidence", row["sighting_id"], row["match_id"]),
        evidence=Evidence.LOGO,
        page_id=row["page_id"],
        sighting_id=row["sighting_id"],
        match_id=row["match_id"],
        text_match_id=None,
        tier=row["tier"] if is_badge else None,
        programme=row["programme"] if is_badge else None,
        reasons=related.reasons,
        seen_at=row["seen_at"],
    )
    evidence[piece.claim_id, piece.evidence_id] = piece


def _add_text(row: Row, claims: dict[str, Claim], evidence: dict[tuple[str, str], ClaimEvidence]) -> None:
    relation = _BY_STATEMENT.get(StatementKind(row["kind"]))
    if relation is Relation.PARTNER and SectionKind.RESELLERS in (row["section_kind"], row["page_kind"]):
        relation = Relation.RESELLER
    if relation is None:
        return  # a name in a text, or a tie that is said to be over, is not yet a claim; v_text_claims has it
    if belongs_to(urlsplit(row["url"]).hostname, json.loads(row["domains"])):
        relation = Relation.OWN
    claim = _claim(row["seed_id"], row["brand"], relation)
    claims[claim.claim_id] = claim
    piece = ClaimEvidence(
        claim_id=claim.claim_id,
        evidence_id=content_id("text-evidence", row["text_match_id"]),
        evidence=Evidence.TEXT,
        page_id=row["page_id"],
        sighting_id=None,
        match_id=None,
        text_match_id=row["text_match_id"],
        tier=row["tier"],
        programme=None,
        reasons=(row["rule"],),
        seen_at=row["seen_at"],
    )
    evidence[piece.claim_id, piece.evidence_id] = piece


def _claim(seed_id: str, brand: str, relation: Relation) -> Claim:
    return Claim(
        claim_id=content_id("claim", seed_id, brand, relation), seed_id=seed_id, brand=brand, relation=relation
    )


_LOGO_EVIDENCE = """
    SELECT s.seed_id, b.brand, b.domains, p.page_id, p.url, p.kind AS page_kind, g.sighting_id, g.zone, g.link_url,
           g.section_kind, g.section_reasons, m.match_id, o.variant, o.tier, o.programme,
           coalesce(c.fetched_at, k.looked_at) AS seen_at
    FROM pages p
    JOIN visits v ON v.visit_id = p.visit_id
    JOIN seeds s ON s.seed_id = v.seed_id
    JOIN looks k ON k.look_id = p.look_id
    LEFT JOIN captures c ON c.capture_id = k.capture_id
    JOIN sightings g ON g.page_id = p.page_id
    LEFT JOIN looks i ON i.look_id = g.look_id AND i.outcome = 'looked'
    JOIN logo_matches m ON m.image_sha256 = coalesce(g.inline_sha256, i.content_sha256)
        AND m.strength = 'match' AND m.rejection_id IS NULL
    JOIN official_logos o ON o.official_logo_id = m.official_logo_id
    JOIN brands b ON b.brand = m.brand
    WHERE p.visit_id = ? AND p.health = 'ok' AND m.brand IN (SELECT value FROM json_each(?))
    ORDER BY g.rowid
"""
_TEXT_EVIDENCE = """
    SELECT s.seed_id, b.brand, b.domains, p.page_id, p.url, t.text_match_id, t.kind, t.rule, t.tier,
           g.section_kind, p.kind AS page_kind,
           coalesce(c.fetched_at, k.looked_at) AS seen_at
    FROM pages p
    JOIN visits v ON v.visit_id = p.visit_id
    JOIN seeds s ON s.seed_id = v.seed_id
    JOIN looks k ON k.look_id = p.look_id
    LEFT JOIN captures c ON c.capture_id = k.capture_id
    JOIN passages g ON g.page_id = p.page_id
    JOIN text_matches t ON t.passage_id = g.passage_id
    JOIN brands b ON b.brand = t.brand
    WHERE p.visit_id = ? AND p.health = 'ok' AND t.brand IN (SELECT value FROM json_each(?))
    ORDER BY g.rowid, t.span_start
"""
