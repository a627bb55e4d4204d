"""What a grant covers, and what a claim says beyond it: relation, programme, tier, marks, territory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from casebook.verdicts.facts import ClaimFacts
from ledger.records import Grant
from ledger.relations import covers_relation

_EVERYWHERE = frozenset({"worldwide", "global", "world", "*"})
_OTHER_CODES = {"UK": "GB", "EL": "GR"}  # as people and the EU write them
# Two letters that mean more than one country, or may: North America is written as Namibia is, Latin America as Laos
_REGIONS = frozenset({"EU", "EC", "AP", "UN", "WW", "NA", "LA"})
# What every programme is called, as words begin: "partner network", Partnernetzwerk, "réseau de partenaires"
_ANY_PROGRAMME = re.compile(
    r"(?:part(?:n|en)|parcei?r|socio|alian|alli?an|program|network|net[zw]|réseau|rede?$|rete$|de$|des?$|di$|von$|the$|of$)"
)
_FILE = re.compile(r".+\.(?:svgz?|png|jpe?g|webp|gif|avif|heic|pdf|ico|bmp|tiff?|eps|ai)")


class GapKind(StrEnum):
    """In what a claim says more than a grant."""

    RELATION = "relation"
    PROGRAMME = "programme"
    TIER = "tier"
    MARK = "mark"
    TERRITORY = "territory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What a claim says beyond a grant. granted: empty for a mark: a grant has a list of them."""

    kind: GapKind
    claimed: str
    granted: str

    def __str__(self) -> str:
        match self.kind:
            case GapKind.RELATION:
                return f"claims to be {self.claimed}, the grant is for {self.granted}"
            case GapKind.PROGRAMME:
                return f"claims the programme {self.claimed}, the grant is for {self.granted}"
            case GapKind.TIER:
                return f"claims the tier {self.claimed}, the grant says {self.granted}"
            case GapKind.MARK:
                return f"shows the mark {self.claimed}, which the grant does not list"
            case GapKind.TERRITORY:
                return f"the vendor's country is {self.claimed}, the grant is for {self.granted}"


def find_gaps(facts: ClaimFacts, grant: Grant) -> Iterator[Gap]:
    """Yield what a claim says beyond a grant; nothing when the grant covers it."""
    if not covers_relation(grant.relation, facts.relation):
        yield Gap(kind=GapKind.RELATION, claimed=facts.relation, granted=grant.relation)
    for programme in facts.programmes if grant.programme else ():
        if not _is_same_programme(programme, grant.programme or ""):
            yield Gap(kind=GapKind.PROGRAMME, claimed=programme, granted=grant.programme or "")
    for tier in facts.tiers if grant.tier else ():
        if not facts.tier_list.covers(grant.tier or "", tier):
            yield Gap(kind=GapKind.TIER, claimed=tier, granted=grant.tier or "")
    marks = grant_files(grant)
    for file in facts.official_logos if marks else ():
        if _file_name(file) not in marks:
            yield Gap(kind=GapKind.MARK, claimed=file, granted="")
    countries, country = territory_countries(grant.territory), country_code(facts.country)
    if countries and country and country not in countries:
        yield Gap(kind=GapKind.TERRITORY, claimed=country, granted=grant.territory or "")


def uncompared(facts: ClaimFacts, grant: Grant) -> tuple[str, ...]:
    """Return what of a grant could not be held against a claim, in words: a person has to."""
    phrases = []
    if grant.territory and not is_everywhere(grant.territory):
        if not territory_countries(grant.territory):
            phrases.append(f"the grant's territory “{grant.territory}” was not compared with the vendor's country")
        elif facts.country and country_code(facts.country) is None:
            phrases.append(
                f"the vendor's country “{facts.country}” is no country code, so it was not compared with the grant's"
            )
    if grant.marks and facts.official_logos and not grant_files(grant):
        phrases.append(
            f"the grant's marks “{'; '.join(grant.marks)}” are no files of official logos, so they were not compared"
        )
    return tuple(phrases)


def grant_files(grant: Grant) -> frozenset[str]:
    """Return the files of official logos that a grant lists; nothing where it has words instead: "word mark and emblem"."""
    files = [_file_name(mark) for mark in grant.marks]
    return frozenset(files) if all(_FILE.fullmatch(file) for file in files) else frozenset()


def _file_name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2].strip().casefold()


def territory_countries(territory: str | None) -> frozenset[str]:
    """Return the countries (ISO 3166 alpha-2) of a territory, or nothing where it can't be compared: "DACH", EU, worldwide."""
    if is_everywhere(territory):
        return frozenset()
    codes = [country_code(part) for part in _parts(territory)]
    return frozenset(code for code in codes if code) if all(codes) else frozenset()


def is_everywhere(territory: str | None) -> bool:
    """Tell whether a territory leaves no country out."""
    return any(part.casefold() in _EVERYWHERE for part in _parts(territory))


def country_code(text: str | None) -> str | None:
    """Return a country's code in ISO 3166; None for a name, and for two letters that say a region."""
    code = (text or "").strip().upper()
    code = _OTHER_CODES.get(code, code)
    return code if re.fullmatch("[A-Z]{2}", code) and code not in _REGIONS else None


def _parts(territory: str | None) -> list[str]:
    return [part for part in re.split(r"[\s,;/|]+", territory or "") if part]


def describe_grant(grant: Grant) -> str:
    """Return a grant in one line, as it stands in reports."""
    tier = f" {grant.tier}" if grant.tier else ""
    until = grant.valid_until or "no end on record"
    domains = ", ".join(grant.domains) or "no domain"
    return f"grant to {grant.company} ({domains}) as{tier} {grant.relation}, {grant.valid_from} to {until}"


def _is_same_programme(claimed: str, granted: str) -> bool:
    """Tell whether two names may mean one programme: "Acme Partner Programm" names none besides "Acme Partner Network"."""
    ours, theirs = (re.sub(r"[\W_]+", " ", name.casefold()).strip() for name in (claimed, granted))
    if ours in theirs or theirs in ours or ours.isascii() != theirs.isascii():  # a translation can't be compared
        return True
    known = theirs.split()
    return all(word in known or _ANY_PROGRAMME.match(word) for word in ours.split())
