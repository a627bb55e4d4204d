"""Matches and their surroundings → claims: what a vendor says that it is to a brand.

Reads: logo_matches with official_logos, sightings, pages, recognitions, wall_images and v_image_hashes, text_matches with passages,
looks, captures, visits, brands, seeds. Writes: walls, claims, claim_evidence, mark_findings.

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

from casebook.verdicts.logo_relations import LogoRelations, Place, SaidOnPage
from casebook.verdicts.mark_findings import Misuse, ShownMark, find_misuse
from casebook.verdicts.walls import find_walls
from ledger.database import Ledger, columns_of
from ledger.domains import belongs_to
from ledger.identity import content_id
from ledger.records import Claim, ClaimEvidence, MarkFinding
from ledger.relations import PARTNERSHIPS, TIES
from ledger.typed_texts import (
    ClaimId,
    EvidenceId,
    FinalUrl,
    Instant,
    IsoDate,
    MatchId,
    PageId,
    SeedId,
    SightingId,
    TextMatchId,
    VisitId,
)
from ledger.vocabulary import (
    AssertedBy,
    Certainty,
    Evidence,
    LogoVariant,
    Noise,
    PageKind,
    Relation,
    SectionKind,
    StatementKind,
)
from matcher.looking.regions import Box

_CLAIMING = frozenset({StatementKind.PARTNER_CLAIM, StatementKind.CERTIFICATION, StatementKind.CUSTOMER_CLAIM})
MAX_QUOTED_CHARS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sentence:
    """A row of _TEXT_EVIDENCE. brand, domains: None when the sentence speaks of every brand."""

    seed_id: SeedId
    brand: str | None
    domains: tuple[str, ...] | None
    page_id: PageId
    url: FinalUrl
    text_match_id: TextMatchId
    kind: StatementKind
    rule: str
    tier: str | None
    programme: str | None
    relation: Relation | None
    certainty: Certainty | None
    asserted_by: AssertedBy
    section_kind: SectionKind
    page_kind: PageKind
    sentence: str
    seen_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShownLogo:
    """A row of _LOGO_EVIDENCE: an official logo where a page shows it."""

    seed_id: SeedId
    brand: str
    domains: tuple[str, ...]
    page_id: PageId
    url: FinalUrl
    page_kind: PageKind
    kind_reasons: tuple[str, ...]
    sighting_id: SightingId
    zone: str
    link_url: str | None
    section_kind: SectionKind
    section_reasons: tuple[str, ...]
    heading_trail: tuple[str, ...]
    alt: str | None
    aria_label: str | None
    caption: str | None
    nearby_text: str | None
    noise: Noise | None
    noise_reason: str | None
    page_box: tuple[int, ...] | None
    match_id: MatchId
    transform: str  # JSON, as matcher.looking.transform reads it
    x: int
    y: int
    width: int
    height: int
    variant: LogoVariant
    tier: str | None
    programme: str | None
    valid_until: IsoDate | None
    usage: str  # JSON, as matcher.brands.usage reads it
    is_in_wall: bool
    is_hidden: bool
    has_one_colour_variant: bool
    image_width_px: int | None
    neighbours: str | None  # JSON list of [x, y, width, height]; None: no rule needs them
    seen_at: Instant


@dataclass
class _VisitClaims:
    """The claims of one visit, put together."""

    claims: dict[ClaimId, Claim] = field(default_factory=dict)
    evidence: dict[tuple[ClaimId, EvidenceId], ClaimEvidence] = field(default_factory=dict)
    marks: list[MarkFinding] = field(default_factory=list)
    # by page and brand: the partnership that a sentence states, and the sentence
    stated: dict[tuple[PageId, str], SaidOnPage] = field(default_factory=dict)
    general_denials: list[_Sentence] = field(default_factory=list)  # sentences that speak of every brand

    def claim(self, seed_id: SeedId, brand: str, relation: Relation) -> Claim:
        claim_id = ClaimId(content_id("claim", seed_id, brand, relation))
        claim = Claim(claim_id=claim_id, seed_id=seed_id, brand=brand, relation=relation)
        return self.claims.setdefault(claim_id, claim)

    def add(self, piece: ClaimEvidence) -> None:
        self.evidence[piece.claim_id, piece.evidence_id] = piece


def find_claims(ledger: Ledger, brands: Sequence[str], *, visit_ids: Iterable[VisitId]) -> set[ClaimId]:
    """Write the claims that visits give; returns the ids of all claims touched. Running it again changes nothing.

    Touched are all claims of the visited vendors, and those of others whose logo wall turns out to be a template's.
    """
    chosen = json.dumps(list(brands))
    relations = LogoRelations()
    touched: set[ClaimId] = set()
    for visit_id in visit_ids:
        changed_seeds = find_walls(ledger, visit_id)
        gathered = _VisitClaims()
        for sentence in ledger.select_each(_Sentence, _TEXT_EVIDENCE, [visit_id, chosen]):
            _add_text(sentence, gathered)
        for logo in ledger.select_each(_ShownLogo, _LOGO_EVIDENCE, [visit_id, chosen]):
            _add_logo(logo, relations, gathered)
        _add_general_denials(gathered)
        with ledger.transaction():
            _remove_stale(ledger, visit_id, chosen, gathered)
            ledger.add(gathered.claims.values())
            ledger.put(gathered.evidence.values())
            ledger.execute(_DELETE_MARKS, [visit_id, chosen])
            ledger.put(gathered.marks)
        # what a visit denies, or shows no longer, speaks against the vendor's other claims too
        seed_id = ledger.value("SELECT seed_id FROM visits WHERE visit_id = ?", [visit_id])
        touched |= set(
            ledger.values(
                "SELECT claim_id FROM claims WHERE seed_id IN (SELECT value FROM json_each(?))"
                " AND brand IN (SELECT value FROM json_each(?))",
                [json.dumps(sorted({seed_id, *changed_seeds})), chosen],
            )
        )
    return touched


def _remove_stale(ledger: Ledger, visit_id: VisitId, chosen: str, gathered: _VisitClaims) -> None:
    for old in ledger.select(
        ClaimEvidence,
        f"SELECT {columns_of(ClaimEvidence, 'e')} FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id"
        " JOIN claims c ON c.claim_id = e.claim_id"
        " WHERE p.visit_id = ? AND c.brand IN (SELECT value FROM json_each(?))",
        [visit_id, chosen],
    ):
        if (old.claim_id, old.evidence_id) not in gathered.evidence:
            ledger.execute(
                "DELETE FROM claim_evidence WHERE claim_id = ? AND evidence_id = ?", [old.claim_id, old.evidence_id]
            )


def _add_general_denials(gathered: _VisitClaims) -> None:
    """ "We are no official partner of any of these companies" contradicts each claim of the visit."""
    claimed = {(claim.seed_id, claim.brand) for claim in gathered.claims.values() if claim.relation in TIES}
    for sentence in gathered.general_denials:
        for seed_id, brand in sorted(claimed):
            denied = gathered.claim(seed_id, brand, Relation.DENIED)
            _add_sentence(sentence, gathered, denied, ("speaks of every brand",))


def _add_text(sentence: _Sentence, gathered: _VisitClaims) -> None:
    if sentence.brand is None:
        gathered.general_denials += [sentence] if sentence.kind is StatementKind.DENIAL else []
        return
    if sentence.kind is StatementKind.DENIAL:
        relation = Relation.DENIED
    elif (sentence.kind in _CLAIMING or sentence.certainty is Certainty.LIKELY) and sentence.relation:
        relation = sentence.relation
    else:
        return  # a name in a text, or a tie that is said to be over or to come, is not a claim; v_text_claims has it
    is_about_resellers = sentence.section_kind is SectionKind.RESELLERS or sentence.page_kind is PageKind.RESELLERS
    if relation is Relation.PARTNER and is_about_resellers:
        relation = Relation.RESELLER
    if belongs_to(urlsplit(sentence.url).hostname, sentence.domains or ()):
        relation = Relation.OWN
    if relation in PARTNERSHIPS:
        words = " ".join(sentence.sentence.split())[:MAX_QUOTED_CHARS]
        said = SaidOnPage(relation=relation, sentence=words, is_sure=sentence.certainty is not Certainty.LIKELY)
        key = (sentence.page_id, sentence.brand)
        if key not in gathered.stated or (said.is_sure and not gathered.stated[key].is_sure):
            gathered.stated[key] = said
    quoted = () if sentence.asserted_by is AssertedBy.VENDOR else (f"said by: {sentence.asserted_by}",)
    _add_sentence(sentence, gathered, gathered.claim(sentence.seed_id, sentence.brand, relation), quoted)


def _add_sentence(sentence: _Sentence, gathered: _VisitClaims, claim: Claim, reasons: tuple[str, ...]) -> None:
    gathered.add(
        ClaimEvidence(
            claim_id=claim.claim_id,
            evidence_id=EvidenceId(content_id("text-evidence", sentence.text_match_id)),
            evidence=Evidence.TEXT,
            page_id=sentence.page_id,
            sighting_id=None,
            match_id=None,
            text_match_id=sentence.text_match_id,
            tier=sentence.tier,
            programme=sentence.programme,
            reasons=(sentence.rule, *reasons),
            seen_at=sentence.seen_at,
        )
    )


def _add_logo(logo: _ShownLogo, relations: LogoRelations, gathered: _VisitClaims) -> None:
    related = relations.relate(_place(logo, gathered))
    is_badge = logo.variant is LogoVariant.BADGE
    piece = ClaimEvidence(
        claim_id=gathered.claim(logo.seed_id, logo.brand, related.relation).claim_id,
        evidence_id=EvidenceId(content_id("logo-evidence", logo.sighting_id, logo.match_id)),
        evidence=Evidence.LOGO,
        page_id=logo.page_id,
        sighting_id=logo.sighting_id,
        match_id=logo.match_id,
        text_match_id=None,
        tier=logo.tier if is_badge else None,
        programme=logo.programme if is_badge else None,
        reasons=related.reasons,
        seen_at=logo.seen_at,
    )
    gathered.add(piece)
    gathered.marks += [
        MarkFinding(
            claim_id=piece.claim_id,
            evidence_id=piece.evidence_id,
            kind=misuse.kind,
            measured=misuse.measured,
            allowed=misuse.allowed,
        )
        for misuse in _misuse(logo)
    ]


def _place(logo: _ShownLogo, gathered: _VisitClaims) -> Place:
    return Place(
        section_kind=logo.section_kind,
        section_reasons=logo.section_reasons,
        page_kind=logo.page_kind,
        page_reasons=logo.kind_reasons,
        zone=logo.zone,
        link_url=logo.link_url,
        headings=logo.heading_trail,
        beside=tuple(filter(None, (logo.alt, logo.aria_label, logo.caption, logo.nearby_text))),
        variant=logo.variant,
        noise=logo.noise,
        noise_reason=logo.noise_reason,
        is_in_wall=logo.is_in_wall,
        is_hidden=logo.is_hidden,
        said_on_page=gathered.stated.get((logo.page_id, logo.brand)),
        brand_domains=logo.domains,
        page_host=urlsplit(logo.url).hostname or "",
    )


def _misuse(logo: _ShownLogo) -> Iterator[Misuse]:
    return find_misuse(
        ShownMark(
            variant=logo.variant,
            valid_until=logo.valid_until,
            seen_on=logo.seen_at[:10],
            usage=logo.usage,
            transform=logo.transform,
            box=Box(x=logo.x, y=logo.y, width=logo.width, height=logo.height),
            neighbours=_boxes(logo.neighbours),
            page_box=logo.page_box,
            image_width_px=logo.image_width_px,
            has_one_colour_variant=logo.has_one_colour_variant,
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
           g.noise_reason, g.page_box, g.is_hidden, m.match_id, m.transform, m.x, m.y, m.width, m.height,
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
           k.looked_at AS seen_at
    FROM pages p
    JOIN visits v ON v.visit_id = p.visit_id
    JOIN seeds s ON s.seed_id = v.seed_id
    JOIN looks k ON k.look_id = p.look_id
    JOIN seen_images g ON g.page_id = p.page_id
    JOIN logo_matches m ON m.image_sha256 = g.image_sha256 AND m.strength = 'match' AND m.rejection_id IS NULL
    JOIN official_logos o ON o.official_logo_id = m.official_logo_id
    JOIN brands b ON b.brand = m.brand
    WHERE p.visit_id = ? AND p.health = 'ok' AND m.brand IN (SELECT value FROM json_each(?))
    ORDER BY g.sighting_no
"""
_TEXT_EVIDENCE = """
    SELECT s.seed_id, b.brand, b.domains, p.page_id, p.url, t.text_match_id, t.kind, t.rule, t.tier, t.programme,
           t.relation, t.certainty, t.asserted_by, t.section_kind, p.kind AS page_kind, t.sentence,
           k.looked_at AS seen_at
    FROM pages p
    JOIN visits v ON v.visit_id = p.visit_id
    JOIN seeds s ON s.seed_id = v.seed_id
    JOIN looks k ON k.look_id = p.look_id
    JOIN sentences t ON t.page_id = p.page_id
    LEFT JOIN brands b ON b.brand = t.brand
    WHERE p.visit_id = ? AND p.health = 'ok' AND (t.brand IN (SELECT value FROM json_each(?)) OR t.brand IS NULL)
    ORDER BY t.passage_no, t.span_start
"""
