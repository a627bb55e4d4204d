"""What a grant covers, and what a claim says beyond it: relation, programme, tier, marks, territory."""

from __future__ import annotations

import re

from casebook.facts import ClaimFacts
from ledger.records import Grant
from ledger.vocabulary import Relation

# Relations that a grant of the key covers. A partner may call itself whatever its programme makes of partners, and show
# the brand without saying what it is.
COVERS: dict[Relation, frozenset[Relation]] = {
    Relation.PARTNER: frozenset({Relation.PARTNER, Relation.CERTIFICATION, Relation.MEMBER, Relation.TECHNOLOGY}),
    Relation.RESELLER: frozenset({Relation.RESELLER, Relation.DISTRIBUTOR, Relation.SUPPLIER, Relation.PARTNER}),
    Relation.DISTRIBUTOR: frozenset({Relation.RESELLER, Relation.DISTRIBUTOR, Relation.SUPPLIER, Relation.PARTNER}),
    Relation.CERTIFICATION: frozenset({Relation.CERTIFICATION}),
}
_EVERYWHERE = frozenset({"worldwide", "global", "world", "*"})


def grant_gaps(facts: ClaimFacts, grant: Grant) -> tuple[str, ...]:
    """Return what a claim says beyond a grant, in words; empty when the grant covers it."""
    gaps = []
    if not covers_relation(grant.relation, facts.relation):
        gaps.append(f"claims to be {facts.relation}, the grant is for {grant.relation}")
    if grant.programme:
        gaps += [
            f"claims the programme {programme}, the grant is for {grant.programme}"
            for programme in facts.programmes
            if not _is_same_programme(programme, grant.programme)
        ]
    if grant.tier:
        gaps += [
            f"claims the tier {tier}, the grant says {grant.tier}"
            for tier in facts.tiers
            if not facts.tier_list.covers(grant.tier, tier)
        ]
    if grant.marks:
        gaps += [
            f"shows the mark {file}, which the grant does not list"
            for file in facts.official_logos
            if file not in grant.marks
        ]
    countries = territory_countries(grant.territory)
    if countries and facts.country and facts.country.upper() not in countries:
        gaps.append(f"the vendor's country is {facts.country.upper()}, the grant is for {grant.territory}")
    return tuple(gaps)


def covers_relation(granted: Relation, claimed: Relation) -> bool:
    """Tell whether a granted relation allows a claimed one. A wall of logos that says nothing claims no more than any tie."""
    return claimed is granted or claimed is Relation.UNSTATED or claimed in COVERS.get(granted, frozenset())


def territory_countries(territory: str | None) -> frozenset[str]:
    """Return the countries (ISO 3166 alpha-2) of a territory, or nothing where it can't be compared: "DACH", worldwide."""
    parts = [part for part in re.split(r"[\s,;/|]+", territory or "") if part]
    if any(part.casefold() in _EVERYWHERE for part in parts) or not all(re.fullmatch(r"[A-Za-z]{2}", p) for p in parts):
        return frozenset()
    return frozenset(part.upper() for part in parts)


def describe_grant(grant: Grant) -> str:
    """Return a grant in one line, as it stands in reports."""
    tier = f" {grant.tier}" if grant.tier else ""
    until = grant.valid_until or "no end on record"
    domains = ", ".join(grant.domains) or "no domain"
    return f"grant to {grant.company} ({domains}) as{tier} {grant.relation}, {grant.valid_from} to {until}"


def _is_same_programme(claimed: str, granted: str) -> bool:
    one, other = (re.sub(r"\W+", " ", name.casefold()).strip() for name in (claimed, granted))
    return one in other or other in one
