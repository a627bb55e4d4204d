"""Whom a search looks for, and all that is tried for it, with how each thing was learnt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from casebook.register.company_names import NameForms, legal_form_count, name_forms
from ledger.records import Grant, Search

Basis = Literal["identifier", "domain", "name", "group"]
BASES: tuple[Basis, ...] = ("identifier", "domain", "name", "group")  # the best first


# how near a near miss is, the nearest first
EQUAL_CORE = "equal-core"  # the same but for the legal form, the spelling or words that half of all companies have
LIKELY = "likely"  # scored at least LIKELY_SCORE
WEAK = "weak"
LIKELY_SCORE = (
    90.0  # of 100; on the pairs of tests/gold/names.toml every one that is the same company has more; 85 to 95 tried
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """Whom a search looks for. domains and identifiers are in normal form."""

    names: tuple[str, ...]
    domains: tuple[str, ...]
    group: tuple[str, ...]  # parents, as far as the seed list names them
    identifiers: tuple[str, ...] = ()
    country: str | None = None

    def as_json(self) -> dict[str, Sequence[str]]:
        """Return the question as it is stored: lists only."""
        return {
            "names": self.names,
            "domains": self.domains,
            "group": self.group,
            "identifiers": self.identifiers,
            "country": (self.country,) if self.country else (),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A company of the group of the one asked. how: in words, such as "parent, by the group file rr.xml"."""

    name: str
    identifiers: tuple[str, ...]
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A grant that belongs to the one searched, and by what. via: in words, such as "domain vendor.example"."""

    grant: Grant
    basis: Basis
    via: str
    register: str = "partners"

    def is_valid_on(self, date: str) -> bool:
        return self.grant.valid_from <= date and (self.grant.valid_until is None or date < self.grant.valid_until)

    def as_json(self) -> dict[str, Any]:
        return {
            "grant_id": self.grant.grant_id,
            "company": self.grant.company,
            "by": self.basis,
            "via": self.via,
            "register": self.register,
            "relation": str(self.grant.relation),
            "tier": self.grant.tier,
            "valid_from": self.grant.valid_from,
            "valid_until": self.grant.valid_until,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """A search's record for the ledger and its hits for the rules. hits: best basis first; all dates without a period."""

    record: Search
    hits: tuple[Hit, ...]

    @property
    def has_register(self) -> bool:
        return self.record.snapshot_id is not None


@dataclass(slots=True, kw_only=True)
class Tried:
    """What a search tries, gathered before any register is asked."""

    query: SearchQuery
    alike_companies: bool
    aliases: list[Member] = field(default_factory=list)  # other names of the company itself
    members: list[Member] = field(default_factory=list)  # companies of its group
    is_group_complete: bool = True
    names: list[tuple[str, NameForms]] = field(default_factory=list)

    def add_names(self, names: Iterable[str]) -> None:
        self.names += [(name, name_forms(name)) for name in names]

    def as_json(self) -> dict[str, Any]:
        """Return what was tried as it is stored."""
        query = self.query
        return {
            "names": [name for name, _ in self.names],
            "compared_as": [forms.key for _, forms in self.names],
            "transliterations": [forms.latin for _, forms in self.names if forms.latin != forms.key],
            "aliases": [{"name": alias.name, "how": alias.how} for alias in self.aliases],
            "legal_forms": {
                "taken_off": [forms.legal_form for _, forms in self.names if forms.legal_form],
                "ignored": legal_form_count(),
            },
            "domains": query.domains,
            "identifiers": query.identifiers,
            "group": [
                *({"name": parent, "how": "parent, as asked"} for parent in query.group),
                *({"name": m.name, "identifiers": m.identifiers, "how": m.how} for m in self.members),
            ],
            "is_group_complete": self.is_group_complete,
            "alike_companies": self.alike_companies,
        }
