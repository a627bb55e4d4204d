"""Matches and their surroundings → claims: what a vendor says that it is to a brand.

Reads: what images show (shown_logos.py), text_matches with passages, pages, looks, captures, visits, brands, seeds. Writes: walls, claims, claim_evidence, mark_findings.

1. Find the logo walls of a visit, and which of them came with a template.
2. Each sentence that claims something gives a relation; each image that stands for a brand gets one from where it stands, and the
   picture, the words in it and the names beside it are weighed (weighing.py).
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
from casebook.verdicts.shown_logos import MatchSign, ShownLogo, Spot, read_shown_logos
from casebook.verdicts.walls import find_walls
from casebook.verdicts.weighing import weigh_signs
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
    PageId,
    SeedId,
    TextMatchId,
    VisitId,
)
from ledger.vocabulary import (
    AssertedBy,
    Certainty,
    Evidence,
    LogoVariant,
    PageKind,
    Relation,
    SectionKind,
    StatementKind,
)
from matcher.looking.picture_box import Box

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
        for logo in read_shown_logos(ledger, visit_id, brands):
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


def _add_logo(logo: ShownLogo, relations: LogoRelations, gathered: _VisitClaims) -> None:
    spot = logo.spot
    related = relations.relate(_place(logo, gathered))
    for sign in weigh_signs(logo, related):
        evidence_id = content_id(f"{sign.evidence}-evidence", spot.sighting_id, sign.match_id or spot.brand)
        piece = ClaimEvidence(
            claim_id=gathered.claim(spot.seed_id, spot.brand, related.relation).claim_id,
            evidence_id=EvidenceId(evidence_id),
            evidence=sign.evidence,
            page_id=spot.page_id,
            sighting_id=spot.sighting_id,
            match_id=sign.match_id,
            text_match_id=None,
            tier=sign.tier,
            programme=sign.programme,
            reasons=(*related.reasons, *sign.reasons),
            seen_at=spot.seen_at,
        )
        gathered.add(piece)
        if sign.evidence is Evidence.PICTURE and logo.picture:
            gathered.marks += [
                MarkFinding(
                    claim_id=piece.claim_id,
                    evidence_id=piece.evidence_id,
                    kind=misuse.kind,
                    measured=misuse.measured,
                    allowed=misuse.allowed,
                )
                for misuse in _misuse(spot, logo.picture)
            ]


def _place(logo: ShownLogo, gathered: _VisitClaims) -> Place:
    spot = logo.spot
    return Place(
        section_kind=spot.section_kind,
        section_reasons=spot.section_reasons,
        page_kind=spot.page_kind,
        page_reasons=spot.kind_reasons,
        zone=spot.zone,
        link_url=spot.link_url,
        headings=spot.heading_trail,
        beside=tuple(filter(None, (spot.alt, spot.aria_label, spot.caption, spot.nearby_text))),
        badge=logo.badge,
        noise=spot.noise,
        noise_reason=spot.noise_reason,
        is_in_wall=spot.is_in_wall,
        is_hidden=spot.is_hidden,
        said_on_page=gathered.stated.get((spot.page_id, spot.brand)),
        brand_domains=spot.domains,
        page_host=urlsplit(spot.url).hostname or "",
    )


def _misuse(spot: Spot, match: MatchSign) -> Iterator[Misuse]:
    return find_misuse(
        ShownMark(
            variant=match.variant or LogoVariant.COLOUR,
            valid_until=match.valid_until,
            seen_on=spot.seen_at[:10],
            usage=match.usage or "{}",
            transform=match.transform or "{}",
            box=Box(x=match.x, y=match.y, width=match.width, height=match.height),
            neighbours=_boxes(spot.neighbours),
            page_box=spot.page_box,
            image_width_px=spot.image_width_px,
            has_one_colour_variant=spot.has_one_colour_variant,
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
