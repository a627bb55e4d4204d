"""A register query as of a date, with the record of what was tried: the proof behind a "no authorisation".

A domain decides. A name alone proposes and goes to a person; a name that is only alike is a near miss, kept
with the reason why it was refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from rapidfuzz import fuzz

from casebook.register.names import comparable_name
from ledger.database import Ledger, Row
from ledger.identity import content_id, utc_text
from ledger.records import Grant, Search
from ledger.vocabulary import Relation

# The best of rapidfuzz's ratio, token_set_ratio and partial_ratio, 0..100. Below 80 the names that people call "alike" are different words;
# tried 70–95 on the demo register and on pairs such as SenseGrid/SensorGrid (84).
NEAR_MISS_SCORE = 80.0
MIN_PARTIAL_CHARS = 5  # shorter names stand in half of all others
MAX_NEAR_MISSES = 10
Basis = Literal["domain", "name", "group"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whom a search looks for."""

    names: tuple[str, ...]
    domains: tuple[str, ...]
    group: tuple[str, ...]  # parents, as far as the seed list names them

    def as_json(self) -> dict[str, object]:
        return {"names": self.names, "domains": self.domains, "group": self.group}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A grant that belongs to the one searched, and by what."""

    grant: Grant
    basis: Basis

    def is_valid_on(self, date: str) -> bool:
        return self.grant.valid_from <= date and (self.grant.valid_until is None or date < self.grant.valid_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """A search's record for the ledger and its hits for the rules. hits: all dates, best basis first."""

    record: Search
    hits: tuple[Hit, ...]

    @property
    def has_register(self) -> bool:
        return self.record.snapshot_id is not None


class Register:
    """The newest snapshot of a brand's register, ready to be searched many times."""

    def __init__(self, ledger: Ledger, brand: str) -> None:
        self.brand = brand
        self.snapshot: Row | None = ledger.row(
            "SELECT * FROM register_snapshots WHERE brand = ? ORDER BY snapshot_id DESC LIMIT 1", [brand]
        )
        rows = (
            ledger.rows("SELECT * FROM grants WHERE snapshot_id = ? ORDER BY line", [self.snapshot_id])
            if self.snapshot
            else []
        )
        self.grants = [read_grant(row) for row in rows]

    @property
    def snapshot_id(self) -> str | None:
        return self.snapshot["snapshot_id"] if self.snapshot else None

    @cached_property
    def _by_domain(self) -> dict[str, list[Grant]]:
        found: dict[str, list[Grant]] = {}
        for grant in self.grants:
            if grant.domain:
                found.setdefault(grant.domain, []).append(grant)
        return found

    @cached_property
    def _by_name(self) -> dict[str, list[Grant]]:
        found: dict[str, list[Grant]] = {}
        for grant in self.grants:
            for name in (grant.company, *grant.aliases):
                found.setdefault(comparable_name(name), []).append(grant)
        return found

    @cached_property
    def _by_parent(self) -> dict[str, list[Grant]]:
        found: dict[str, list[Grant]] = {}
        for grant in self.grants:
            if grant.parent:
                found.setdefault(comparable_name(grant.parent), []).append(grant)
        return found

    def search(self, asked: Asked, as_of: str) -> SearchResult:
        """Look for a company as of a date (ISO). Deterministic: equal questions to one snapshot give one record."""
        hits = self._hits(asked)
        near = self._near_misses(asked, {hit.grant.grant_id for hit in hits})
        record = Search(
            search_id=content_id(
                "search", self.brand, self.snapshot_id, as_of, json.dumps(asked.as_json(), ensure_ascii=False)
            ),
            brand=self.brand,
            snapshot_id=self.snapshot_id,
            as_of=as_of,
            asked=asked.as_json(),
            grants_searched=len(self.grants),
            hits=tuple({"grant_id": hit.grant.grant_id, "company": hit.grant.company, "by": hit.basis} for hit in hits),
            near_misses=tuple(near),
            searched_at=utc_text(),
        )
        return SearchResult(record=record, hits=hits)

    def _hits(self, asked: Asked) -> tuple[Hit, ...]:
        found: dict[str, Hit] = {}
        steps: Sequence[tuple[Basis, Iterable[Grant]]] = (
            ("domain", [g for domain in asked.domains for g in self._by_domain.get(domain, ())]),
            ("name", [g for name in asked.names for g in self._by_name.get(comparable_name(name), ())]),
            ("group", self._of_group(asked)),
        )
        for basis, grants in steps:
            for grant in grants:
                found.setdefault(grant.grant_id, Hit(grant=grant, basis=basis))
        return tuple(found.values())

    def _of_group(self, asked: Asked) -> list[Grant]:
        """Grants of the parents that were named, of their other members, and of companies whose parent is the one asked."""
        parents = dict.fromkeys(map(comparable_name, asked.group))
        names = parents | dict.fromkeys(map(comparable_name, asked.names))
        of_parents = [grant for name in parents for grant in self._by_name.get(name, ())]
        return of_parents + [grant for name in names for grant in self._by_parent.get(name, ())]

    def _near_misses(self, asked: Asked, hit_ids: set[str]) -> list[dict[str, object]]:
        wanted = [comparable_name(name) for name in (*asked.names, *asked.group)]
        near: list[tuple[float, dict[str, object]]] = []
        for name, grants in self._by_name.items():
            score = max((_likeness(name, want) for want in wanted), default=0.0)
            if score < NEAR_MISS_SCORE:
                continue
            for grant in grants:
                if grant.grant_id in hit_ids:
                    continue
                why = f"the name is alike ({score:.0f} of 100), not the same"
                near.append(
                    (
                        score,
                        {
                            "grant_id": grant.grant_id,
                            "company": grant.company,
                            "domain": grant.domain,
                            "score": round(score),
                            "why_refused": why,
                        },
                    )
                )
        near.sort(key=lambda entry: (-entry[0], str(entry[1]["company"])))
        return [entry for _, entry in near[:MAX_NEAR_MISSES]]


def _likeness(name: str, wanted: str) -> float:
    """Return 0..100: how alike two comparable names are, whole or, when the shorter one has 5 characters, in part."""
    likeness = max(fuzz.ratio(name, wanted), fuzz.token_set_ratio(name, wanted))
    if min(len(name), len(wanted)) >= MIN_PARTIAL_CHARS:
        likeness = max(likeness, min(fuzz.partial_ratio(name, wanted), 99.0))
    return likeness


def read_grant(row: Row) -> Grant:
    """Return a row of grants as its record."""
    values = dict(row)
    return Grant(
        **{
            **values,
            "aliases": tuple(json.loads(values["aliases"])),
            "marks": tuple(json.loads(values["marks"])),
            "relation": Relation(values["relation"]),
        }
    )
