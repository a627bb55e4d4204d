"""Claim against register as of a date: the rules, in words and in order. The first that fits gives the verdict.

 1. own-property: the site belongs to the brand itself.
 2. not-a-partnership-claim: the vendor denies a relation in words.
 3. not-a-partnership-claim: the mark is a social icon, a payment mark, an app-store badge, or a press mention.
 4. not-a-partnership-claim: the vendor names the brand as its customer or as a technology that it uses.
 5. Nothing around the logo says why it stands there: not-a-partnership-claim in the page's frame (header,
    navigation, footer), undetermined in its main part, where a person has to look.
 6. undetermined: the brand has no register, so nothing can be said about authorisation.
 7. authorised: a grant to the same domain is valid on the day, covers the relation, the tier and the mark.
 8. exceeds-grant: such a grant is valid, but for another relation, a lower tier or other marks.
 9. lapsed: grants to the same domain exist; the last one ended before or on the day.
10. no-authorisation: grants to the same domain exist, but the first one begins only after the day.
11. undetermined: only the name agrees; a name alone proposes and a person decides.
12. undetermined: the vendor itself has no grant, but its group has one.
13. no-authorisation: nothing in the register allows it; the search record says what was tried.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from casebook.register.search import Hit, SearchResult
from ledger.domains import belongs_to
from ledger.records import Grant
from ledger.vocabulary import Relation, VerdictKind

RULES_VERSION = "1"
_NO_CLAIM = {
    Relation.SOCIAL: "the mark is a social icon",
    Relation.PAYMENT: "the mark is a payment mark",
    Relation.APP_STORE: "the mark is an app-store badge",
    Relation.PRESS: "the mark stands among news or press",
}
_OTHER_TIES = {
    Relation.CUSTOMER: "the vendor shows the brand as its customer",
    Relation.TECHNOLOGY: "the vendor shows the brand as a technology that it uses",
}
# Relations that a grant of the key covers. A partner may call itself whatever its programme makes of partners.
COVERS: dict[Relation, frozenset[Relation]] = {
    Relation.PARTNER: frozenset({Relation.PARTNER, Relation.CERTIFICATION, Relation.MEMBER, Relation.TECHNOLOGY}),
    Relation.RESELLER: frozenset({Relation.RESELLER, Relation.DISTRIBUTOR, Relation.SUPPLIER, Relation.PARTNER}),
    Relation.DISTRIBUTOR: frozenset({Relation.RESELLER, Relation.DISTRIBUTOR, Relation.SUPPLIER, Relation.PARTNER}),
    Relation.CERTIFICATION: frozenset({Relation.CERTIFICATION}),
}
# Rank of the words that programmes use; a word that is not here is compared as it stands.
TIER_RANK = {
    word: rank
    for rank, words in enumerate(
        (
            ("member", "registered", "associate", "authorised", "authorized"),
            ("bronze", "select", "silver"),
            ("advanced", "gold", "preferred"),
            ("premier", "premium", "platinum", "expert"),
            ("elite", "diamond", "titanium", "strategic", "global"),
        )
    )
    for word in words
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFacts:
    """What a verdict needs to know of a claim."""

    relation: Relation
    tiers: tuple[str, ...]  # every tier that logos and words claim
    has_logo: bool
    has_text: bool
    is_in_main_part: bool
    official_logos: tuple[str, ...]  # files of the official logos that were found
    retired_logos: tuple[str, ...]  # "file (until DATE)" of those that were no longer valid on the day
    vendor_domain: str
    brand_domains: tuple[str, ...]
    is_also_denied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict with the rule that gave it, its reasons and what speaks against it."""

    verdict: VerdictKind
    rule: int
    reasons: tuple[str, ...]
    objections: tuple[str, ...]


def needs_search(facts: ClaimFacts) -> bool:
    """Tell whether the register has to be asked at all (rules 6 to 13)."""
    return _judge_without_register(facts) is None


def judge_claim(facts: ClaimFacts, search: SearchResult | None, as_of: str) -> Judgement:
    """Return the verdict on a claim as of a date (ISO). search: None only when needs_search() is false."""
    judged = _judge_without_register(facts)
    if judged is None:
        judged = _judge_by_register(facts, search, as_of)
    verdict, rule, reasons = judged
    extra = tuple(f"shows the retired logo {logo}, which can't be current" for logo in facts.retired_logos)
    return Judgement(verdict=verdict, rule=rule, reasons=(*reasons, *extra), objections=_objections(facts, search))


_Judged = tuple[VerdictKind, int, tuple[str, ...]]


def _judge_without_register(facts: ClaimFacts) -> _Judged | None:
    relation = facts.relation
    if relation is Relation.OWN or belongs_to(facts.vendor_domain, facts.brand_domains):
        return VerdictKind.OWN_PROPERTY, 1, ("the page stands at a domain of the brand",)
    if relation is Relation.DENIED:
        return VerdictKind.NOT_A_PARTNERSHIP_CLAIM, 2, ("the vendor denies a relation in words",)
    if relation in _NO_CLAIM:
        return VerdictKind.NOT_A_PARTNERSHIP_CLAIM, 3, (_NO_CLAIM[relation],)
    if relation in _OTHER_TIES:
        return VerdictKind.NOT_A_PARTNERSHIP_CLAIM, 4, (_OTHER_TIES[relation],)
    if relation is Relation.INCIDENTAL:
        if facts.is_in_main_part:
            return VerdictKind.UNDETERMINED, 5, ("a logo in the page's main part, and nothing around it says why",)
        return VerdictKind.NOT_A_PARTNERSHIP_CLAIM, 5, ("a logo in the page's frame, and nothing around it says why",)
    return None


def _judge_by_register(facts: ClaimFacts, search: SearchResult | None, as_of: str) -> _Judged:
    if search is None or not search.has_register:
        return VerdictKind.UNDETERMINED, 6, ("the brand has no register to search",)
    own = [hit for hit in search.hits if hit.basis in ("identifier", "domain")]
    valid = [hit for hit in own if hit.is_valid_on(as_of)]
    if valid:
        gaps = [(grant_gaps(facts, hit.grant), hit.grant) for hit in valid]
        fitting = next((grant for found, grant in gaps if not found), None)
        if fitting is not None:
            return VerdictKind.AUTHORISED, 7, (f"{describe_grant(fitting)} is valid on {as_of}",)
        found, grant = min(gaps, key=lambda gap: len(gap[0]))
        return VerdictKind.EXCEEDS_GRANT, 8, (*found, f"{describe_grant(grant)} is valid on {as_of}")
    if own:
        return _judge_outside_dates(own, as_of)
    for basis, rule, words in (
        ("name", 11, "only the name agrees with the register, not the domain: a person has to decide"),
        ("group", 12, "the vendor itself has no grant, a company of its group has one: a person has to decide"),
    ):
        hits = [hit for hit in search.hits if hit.basis == basis]
        if hits:
            return VerdictKind.UNDETERMINED, rule, (words, *(describe_grant(hit.grant) for hit in hits[:3]))
    return (
        VerdictKind.NO_AUTHORISATION,
        13,
        (
            f"no authorisation on record: {search.record.grants_searched} grants searched as of {as_of}, none for this vendor or its group",
        ),
    )


def _judge_outside_dates(own: Sequence[Hit], as_of: str) -> _Judged:
    ended = [hit.grant for hit in own if hit.grant.valid_until is not None and hit.grant.valid_until <= as_of]
    if ended:
        last = max(ended, key=lambda grant: grant.valid_until or "")
        return VerdictKind.LAPSED, 9, (f"{describe_grant(last)} ended on {last.valid_until}",)
    first = min((hit.grant for hit in own), key=lambda grant: grant.valid_from)
    return VerdictKind.NO_AUTHORISATION, 10, (f"{describe_grant(first)} begins only on {first.valid_from}",)


def grant_gaps(facts: ClaimFacts, grant: Grant) -> tuple[str, ...]:
    """Return what a claim says beyond a grant, in words; empty when the grant covers it."""
    gaps = []
    if facts.relation is not grant.relation and facts.relation not in COVERS.get(grant.relation, frozenset()):
        gaps.append(f"claims to be {facts.relation}, the grant is for {grant.relation}")
    if grant.tier:
        beyond = [tier for tier in facts.tiers if not tier_covers(grant.tier, tier)]
        gaps += [f"claims the tier {tier}, the grant says {grant.tier}" for tier in beyond]
    if grant.marks:
        gaps += [
            f"shows the mark {file}, which the grant does not list"
            for file in facts.official_logos
            if file not in grant.marks
        ]
    return tuple(gaps)


def tier_covers(granted: str, claimed: str) -> bool:
    """Tell whether a granted tier allows a claimed one: the same word, or a known word of at most the same rank."""
    granted, claimed = _tier_word(granted), _tier_word(claimed)
    if granted == claimed:
        return True
    ranks = TIER_RANK.get(granted), TIER_RANK.get(claimed)
    return ranks[0] is not None and ranks[1] is not None and ranks[1] < ranks[0]


def _tier_word(tier: str) -> str:
    """Return a tier without what goes with every tier: "Gold Partner" → "gold"."""
    return re.sub(r"\b(partner|level|tier|status)\b", "", tier.casefold()).strip() or tier.casefold()


def describe_grant(grant: Grant) -> str:
    """Return a grant in one line, as it stands in reports."""
    tier = f" {grant.tier}" if grant.tier else ""
    until = grant.valid_until or "no end on record"
    return f"grant to {grant.company} ({', '.join(grant.domains) or 'no domain'}) as{tier} {grant.relation}, {grant.valid_from} to {until}"


def _objections(facts: ClaimFacts, search: SearchResult | None) -> tuple[str, ...]:
    if facts.relation is Relation.DENIED:
        return ()  # nothing is held against the vendor
    found = []
    if facts.is_also_denied:
        found.append("the same vendor also denies a relation in words")
    if facts.has_text and not facts.has_logo:
        found.append("words only, no logo: it may be a plain use of the name")
    if facts.has_logo and not facts.has_text:
        found.append("a logo only: no sentence says what it stands for")
    if search is not None and search.record.near_misses:
        found.append(f"{len(search.record.near_misses)} names in the register are alike, see the search record")
    return tuple(found)
