"""Matches and their surroundings → claims: what a vendor says that it is to a brand.

Reads: logo_matches with sightings and pages, text_matches with passages, brands, seeds. Writes: walls, claims,
claim_evidence, mark_findings.

1. Find the logo walls of a visit, and which of them came with a template.
2. Each sentence that claims something gives a relation; each sighting of an official logo gets one from where it stands.
3. Evidence of one vendor, brand and relation is one claim. Denials are claims of their own, kept beside what they contradict.
4. Evidence that a new reading no longer gives is removed; the claim's row and its verdicts stay as history.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from casebook.verdicts.logo_relations import LogoRelations, Place
from casebook.verdicts.mark_findings import Misuse, ShownMark, find_misuse
from casebook.verdicts.walls import find_walls
from ledger.database import Ledger, Row
from ledger.domains import belongs_to
from ledger.identity import content_id
from ledger.records import Claim, ClaimEvidence, MarkFinding
from ledger.typed_texts import SeedId, VisitId
from ledger.vocabulary import Evidence, LogoVariant, Noise, PageKind, Relation, SectionKind, StatementKind
from matcher.looking.regions import Box

_CLAIMING = frozenset({StatementKind.PARTNER_CLAIM, StatementKind.CERTIFICATION, StatementKind.CUSTOMER_CLAIM})
_PARTNERSHIP = frozenset({
    Relation.PARTNER, Relation.RESELLER, Relation.DISTRIBUTOR, Relation.SUPPLIER, Relation.MEMBER, Relation.CERTIFICATION,
})  # fmt: skip
# relations that say something of the two companies, so that a denial contradicts them
_CLAIMED = _PARTNERSHIP | {
    Relation.CUSTOMER,
    Relation.TECHNOLOGY,
    Relation.SPONSOR,
    Relation.INVESTOR,
    Relation.UNSTATED,
}
MAX_QUOTED_CHARS = 120


@dataclass
class _Found:
    """The claims of one visit, put together."""

    claims: dict[str, Claim] = field(default_factory=dict)
    evidence: dict[tuple[str, str], ClaimEvidence] = field(default_factory=dict)
    marks: list[MarkFinding] = field(default_factory=list)
    said: dict[tuple[str, str], tuple[Relation, str]] = field(default_factory=dict)  # by page and brand
    general_denials: list[Row] = field(default_factory=list)  # sentences that speak of every brand

    def claim(self, seed_id: SeedId, brand: str, relation: Relation) -> Claim:
        claim = Claim(
            claim_id=content_id("claim", seed_id, brand, relation), seed_id=seed_id, brand=brand, relation=relation
        )
        return self.claims.setdefault(claim.claim_id, claim)

    def add(self, piece: ClaimEvidence) -> None:
        self.evidence[piece.claim_id, piece.evidence_id] = piece


def find_claims(ledger: Ledger, brands: Sequence[str], *, visit_ids: Iterable[VisitId]) -> set[str]:
    """Write the claims that visits give; returns the ids of all claims touched. Running it again changes nothing.

    Touched are all claims of the visited vendors, and those of others whose logo wall turns out to be a template's.
    """
    chosen = json.dumps(list(brands))
    relations = LogoRelations()
    touched: set[str] = set()
    for visit_id in visit_ids:
        reseeded = find_walls(ledger, visit_id)
        found = _Found()
        for row in ledger.rows(_TEXT_EVIDENCE, [visit_id, chosen]):
            _add_text(row, found)
        for row in ledger.rows(_LOGO_EVIDENCE, [visit_id, chosen]):
            _add_logo(row, relations, found)
        _add_general_denials(found)
        with ledger.transaction():
            _remove_stale(ledger, visit_id, chosen, found)
            ledger.add(found.claims.values())
            ledger.put(found.evidence.values())
            ledger.execute(_DELETE_MARKS, [visit_id, chosen])
            ledger.put(found.marks)
        # what a visit denies, or shows no longer, speaks against the vendor's other claims too
        seed_id = ledger.value("SELECT seed_id FROM visits WHERE visit_id = ?", [visit_id])
        touched |= {
            row[0]
            for row in ledger.rows(
                "SELECT claim_id FROM claims WHERE seed_id IN (SELECT value FROM json_each(?))"
                " AND brand IN (SELECT value FROM json_each(?))",
                [json.dumps(sorted({seed_id, *reseeded})), chosen],
            )
        }
    return touched


def _remove_stale(ledger: Ledger, visit_id: VisitId, chosen: str, found: _Found) -> None:
    for old in ledger.rows(
        "SELECT e.claim_id, e.evidence_id FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id"
        " JOIN claims c ON c.claim_id = e.claim_id"
        " WHERE p.visit_id = ? AND c.brand IN (SELECT value FROM json_each(?))",
        [visit_id, chosen],
    ):
        if (old["claim_id"], old["evidence_id"]) not in found.evidence:
            ledger.execute("DELETE FROM claim_evidence WHERE claim_id = ? AND evidence_id = ?", list(old))


def _add_general_denials(found: _Found) -> None:
    """ "We are no official partner of any of these companies" contradicts each claim of the visit."""
    claimed = {(claim.seed_id, claim.brand) for claim in found.claims.values() if claim.relation in _CLAIMED}
    for row in found.general_denials:
        for seed_id, brand in sorted(claimed):
            _add_sentence(row, found, found.claim(seed_id, brand, Relation.DENIED), ("speaks of every brand",))


def _add_text(row: Row, found: _Found) -> None:
    kind = StatementKind(row["kind"])
    if row["brand"] is None:
        found.general_denials += [row] if kind is StatementKind.DENIAL else []
        return
    if kind is StatementKind.DENIAL:
        relation = Relation.DENIED
    elif kind in _CLAIMING and row["relation"]:
        relation = Relation(row["relation"])
    else:
        return  # a name in a text, or a tie that is said to be over or to come, is not a claim; v_text_claims has it
    if relation is Relation.PARTNER and SectionKind.RESELLERS in (row["section_kind"], row["page_kind"]):
        relation = Relation.RESELLER
    if belongs_to(urlsplit(row["url"]).hostname, json.loads(row["domains"])):
        relation = Relation.OWN
    if relation in _PARTNERSHIP:
        sentence = " ".join(row["sentence"].split())[:MAX_QUOTED_CHARS]
        found.said.setdefault((row["page_id"], row["brand"]), (relation, sentence))
    quoted = () if row["asserted_by"] == "vendor" else (f"said by: {row['asserted_by']}",)
    _add_sentence(row, found, found.claim(row["seed_id"], row["brand"], relation), quoted)


def _add_sentence(row: Row, found: _Found, claim: Claim, reasons: tuple[str, ...]) -> None:
    found.add(
        ClaimEvidence(
            claim_id=claim.claim_id,
            evidence_id=content_id("text-evidence", row["text_match_id"]),
            evidence=Evidence.TEXT,
            page_id=row["page_id"],
            sighting_id=None,
            match_id=None,
            text_match_id=row["text_match_id"],
            tier=row["tier"],
            programme=row["programme"],
            reasons=(row["rule"], *reasons),
            seen_at=row["seen_at"],
        )
    )


def _add_logo(row: Row, relations: LogoRelations, found: _Found) -> None:
    related = relations.relate(_place(row, found))
    is_badge = row["variant"] == LogoVariant.BADGE
    piece = ClaimEvidence(
        claim_id=found.claim(row["seed_id"], row["brand"], related.relation).claim_id,
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
    found.add(piece)
    found.marks += [
        MarkFinding(
            claim_id=piece.claim_id,
            evidence_id=piece.evidence_id,
            kind=misuse.kind,
            measured=misuse.measured,
            allowed=misuse.allowed,
        )
        for misuse in _misuse(row)
    ]


def _place(row: Row, found: _Found) -> Place:
    return Place(
        section_kind=SectionKind(row["section_kind"]),
        section_reasons=tuple(json.loads(row["section_reasons"])),
        page_kind=PageKind(row["page_kind"]),
        page_reasons=tuple(json.loads(row["kind_reasons"])),
        zone=row["zone"],
        link_url=row["link_url"],
        headings=tuple(json.loads(row["heading_trail"])),
        beside=tuple(filter(None, (row["alt"], row["aria_label"], row["caption"], row["nearby_text"]))),
        variant=LogoVariant(row["variant"]),
        noise=Noise(row["noise"]) if row["noise"] else None,
        noise_reason=row["noise_reason"],
        is_in_wall=bool(row["is_in_wall"]),
        said_on_page=found.said.get((row["page_id"], row["brand"])),
        brand_domains=tuple(json.loads(row["domains"])),
        page_host=urlsplit(row["url"]).hostname or "",
    )


def _misuse(row: Row) -> Iterator[Misuse]:
    return find_misuse(
        ShownMark(
            variant=LogoVariant(row["variant"]),
            valid_until=row["valid_until"],
            seen_on=row["seen_at"][:10],
            usage=row["usage"],
            transform=row["transform"],
            box=Box(x=row["x"], y=row["y"], width=row["width"], height=row["height"]),
            neighbours=_boxes(row["neighbours"]),
            page_box=json.loads(row["page_box"]) if row["page_box"] else None,
            image_width_px=row["image_width_px"],
            has_one_colour_variant=bool(row["has_one_colour_variant"]),
        )
    )


def _boxes(stored: str | None) -> list[Box]:
    return [Box(x=x, y=y, width=width, height=height) for x, y, width, height in json.loads(stored or "[]")]


_DELETE_MARKS = """
    DELETE FROM mark_findings WHERE (claim_id, evidence_id) IN (
        SELECT e.claim_id, e.evidence_id FROM claim_evidence e
        JOIN pages p ON p.page_id = e.page_id
        JOIN claims c ON c.claim_id = e.claim_id
        WHERE p.visit_id = ? AND c.brand IN (SELECT value FROM json_each(?)))
"""
_LOGO_EVIDENCE = """
    SELECT s.seed_id, b.brand, b.domains, p.page_id, p.url, p.kind AS page_kind, p.kind_reasons, g.sighting_id, g.zone,
           g.link_url, g.section_kind, g.section_reasons, g.heading_trail, g.alt, g.aria_label, g.caption, g.nearby_text, g.noise,
           g.noise_reason, g.page_box, m.match_id, m.transform, m.x, m.y, m.width, m.height,
           o.variant, o.tier, o.programme, o.valid_until, o.usage,
           EXISTS (SELECT 1 FROM wall_images w WHERE w.sighting_id = g.sighting_id) AS is_in_wall,
           EXISTS (SELECT 1 FROM official_logos n WHERE n.brand = o.brand AND n.variant IN ('white', 'mono') AND n.is_current)
               AS has_one_colour_variant,
           (SELECT r.width_px FROM recognitions r WHERE r.image_sha256 = m.image_sha256 AND r.width_px IS NOT NULL LIMIT 1)
               AS image_width_px,
           iif(o.usage LIKE '%clear_space%',
               (SELECT json_group_array(json_array(x, y, width, height)) FROM
                (SELECT DISTINCT x, y, width, height FROM v_image_hashes h WHERE h.image_sha256 = m.image_sha256)), NULL)
               AS neighbours,
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
    SELECT s.seed_id, b.brand, b.domains, p.page_id, p.url, t.text_match_id, t.kind, t.rule, t.tier, t.programme,
           t.relation, t.asserted_by, g.section_kind, p.kind AS page_kind,
           substr(g.text, t.sentence_start + 1, t.sentence_end - t.sentence_start) AS sentence,
           coalesce(c.fetched_at, k.looked_at) AS seen_at
    FROM pages p
    JOIN visits v ON v.visit_id = p.visit_id
    JOIN seeds s ON s.seed_id = v.seed_id
    JOIN looks k ON k.look_id = p.look_id
    LEFT JOIN captures c ON c.capture_id = k.capture_id
    JOIN passages g ON g.page_id = p.page_id
    JOIN text_matches t ON t.passage_id = g.passage_id
    LEFT JOIN brands b ON b.brand = t.brand
    WHERE p.visit_id = ? AND p.health = 'ok' AND (t.brand IN (SELECT value FROM json_each(?)) OR t.brand IS NULL)
    ORDER BY g.rowid, t.span_start
"""
