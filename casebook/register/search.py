"""A register query as of a date, with the record of what was tried: the proof behind a "no authorisation".

1. Gather what is tried: names in three forms, domains, identifiers, and the group as far as it is known.
2. Ask every register of the brand by each of them. An identifier or a domain decides. A name alone proposes and goes
   to a person; so does a grant of the group.
3. What was nearly found is a near miss, kept with the reason why it was refused: another LEI, outside the period, or a
   name that is only alike.

The same question to the same snapshots gives the same record, so a stored record can be asked again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from casebook.register.company_names import loose_core, name_forms, names_in
from casebook.register.grant_index import GrantIndex, GrantIndexInMemory, open_grant_indexes
from casebook.register.groups import CorporateGroups, alike_groups, open_groups
from casebook.register.name_likeness import likenesses
from casebook.register.search_terms import (
    BASES,
    EQUAL_CORE,
    LIKELY,
    LIKELY_SCORE,
    WEAK,
    Basis,
    Hit,
    Member,
    SearchQuery,
    SearchResult,
    Tried,
)
from casebook.register.snapshots import held_groups, held_registers
from ledger.database import Ledger
from ledger.domains import shared_segments
from ledger.identifiers import is_lei
from ledger.identity import content_id, utc_text
from ledger.records import Grant, GroupSnapshot, RegisterSnapshot, Search
from ledger.typed_texts import Instant, IsoDate, SearchId

__all__ = ["Hit", "Member", "Register", "SearchQuery", "SearchResult"]

SEARCH_VERSION = "5"  # a part of the id of a search: raise it when equal questions may get other answers
MAX_NEAR_MISSES = 10
_NearMiss = dict[str, object]


class Register:
    """The registers of a brand as known at an instant, ready to be searched many times."""

    def __init__(self, ledger: Ledger, brand: str, *, known_at: Instant | None = None) -> None:
        """Open the newest snapshot of each register that was recorded, and not undone, at an instant (UTC text; None: now)."""
        self._open(ledger, brand, held_registers(ledger, brand, known_at), held_groups(ledger, known_at))
        self._known_at = known_at

    @classmethod
    def of_snapshots(
        cls,
        ledger: Ledger,
        brand: str,
        snapshots: Sequence[RegisterSnapshot],
        groups: Sequence[GroupSnapshot],
        *,
        known_at: Instant | None = None,
    ) -> Register:
        """Open given snapshots, whether they still hold or not: to ask again what was asked then."""
        register = cls.__new__(cls)
        register._open(ledger, brand, snapshots, groups)
        register._known_at = known_at
        return register

    @classmethod
    def of_grants(cls, ledger: Ledger, brand: str, snapshot: RegisterSnapshot, grants: Iterable[Grant]) -> Register:
        """Open some grants as if they were all there is: to learn whom they concern. snapshot: in whose name."""
        register = cls.__new__(cls)
        register._open(ledger, brand, (), held_groups(ledger))
        register._indexes = [GrantIndexInMemory(snapshot, grants)]
        register._known_at = None
        return register

    def _open(
        self, ledger: Ledger, brand: str, snapshots: Sequence[RegisterSnapshot], groups: Sequence[GroupSnapshot]
    ) -> None:
        self.brand = brand
        self._indexes: list[GrantIndex] = open_grant_indexes(ledger, snapshots)
        self._groups: CorporateGroups | None = open_groups(ledger, groups)
        self.snapshot_ids = tuple(snapshot.snapshot_id for snapshot in snapshots)
        self._grants_searched = sum(snapshot.grants for snapshot in snapshots)
        self._searched = (*map(_register_json, snapshots), *map(_groups_json, groups))
        self._snapshot_ids = [entry["snapshot_id"] for entry in self._searched]

    @property
    def has_register(self) -> bool:
        return bool(self.snapshot_ids)

    def holds(self, ledger: Ledger) -> bool:
        """Whether these are still the snapshots that hold."""
        registers = [held.snapshot_id for held in held_registers(ledger, self.brand, self._known_at)]
        return registers + [held.snapshot_id for held in held_groups(ledger, self._known_at)] == self._snapshot_ids

    def search(
        self, query: SearchQuery, as_of: IsoDate, *, window_from: IsoDate | None = None, alike_companies: bool = False
    ) -> SearchResult:
        """Look for a company as of a date (ISO).

        window_from: only grants that held at a moment from this date to as_of count; None: grants of any date.
        alike_companies: also look for companies of group files whose name is alike; slow on large files.
        """
        tried = self._gather(query, as_of, window_from, alike_companies=alike_companies)
        hits: list[Hit] = []
        near: list[_NearMiss] = []
        for index in self._indexes:
            hits_here, refused = _ask(index, tried, window_from, as_of)
            hits += hits_here
            near += refused
            near += _alike(index, tried, {hit.grant.line for hit in hits_here} | {int(str(m["line"])) for m in refused})
        if alike_companies and self._groups is not None:
            known = {hit.grant.grant_id for hit in hits} | {str(miss["grant_id"]) for miss in near}
            near += self._alike_companies(self._groups, tried, window_from or as_of, as_of, known)
        hits.sort(key=lambda hit: (BASES.index(hit.basis), hit.register, hit.grant.line))
        near.sort(key=lambda miss: (-float(str(miss["score"])), str(miss["company"]), str(miss["register"]), int(str(miss["line"]))))  # fmt: skip
        question = query.as_json()
        record = Search(
            search_id=SearchId(content_id(
                "search",
                json.dumps(
                    [SEARCH_VERSION, self.brand, self._snapshot_ids, as_of, window_from, self._known_at, alike_companies, question],
                    ensure_ascii=False,
                ),
            )),
            brand=self.brand,
            snapshot_id=self.snapshot_ids[0] if self.snapshot_ids else None,
            as_of=as_of,
            asked=question,
            grants_searched=self._grants_searched,
            hits=tuple(hit.as_json() for hit in hits),
            near_misses=tuple(near[:MAX_NEAR_MISSES]),
            searched_at=utc_text(),
            registers=self._searched,
            period_from=window_from,
            period_until=as_of,
            tried=tried.as_json(),
            known_at=self._known_at,
        )  # fmt: skip
        return SearchResult(record=record, hits=tuple(hits))

    def finds(self, query: SearchQuery, as_of: IsoDate) -> bool:
        """Tell whether search() has a hit or a near miss for a company, without writing down what was tried."""
        tried = self._gather(query, as_of, None, alike_companies=False)
        return any(any(_ask(index, tried, None, as_of)) or any(_alike(index, tried, set())) for index in self._indexes)

    def _gather(
        self, query: SearchQuery, as_of: IsoDate, window_from: IsoDate | None, *, alike_companies: bool
    ) -> Tried:
        tried = Tried(query=query, alike_companies=alike_companies)
        tried.add_names(query.names)
        if self._groups is not None:
            family = self._groups.family(query, window_from or as_of, as_of)
            tried.aliases += family.aliases
            tried.members += family.members
            tried.is_group_complete = family.is_complete
            known = set(query.names)
            tried.add_names(alias.name for alias in family.aliases if alias.name not in known)
        return tried

    def _alike_companies(
        self, groups: CorporateGroups, tried: Tried, period_from: str, as_of: IsoDate, known: set[str]
    ) -> Iterator[_NearMiss]:
        """Yield the grants of the groups of companies whose names are alike a name that was asked for."""
        cores = dict.fromkeys(forms.core for _, forms in tried.names)
        for company, member in alike_groups(groups, cores, period_from, as_of):
            why = f"{company.name} in {company.file} is alike ({company.score:.0f} of 100), not the same"
            if member.how != "itself":
                why += f"; this is a grant of its group ({member.how})"
            for index in self._indexes:
                for line in _lines_of(index, member):
                    grant = index.grant(line)
                    if grant.grant_id not in known:
                        known.add(grant.grant_id)
                        yield _near_miss(grant, index.snapshot.register, company.score, why)


def _ask(
    index: GrantIndex, tried: Tried, window_from: IsoDate | None, as_of: IsoDate
) -> tuple[list[Hit], list[_NearMiss]]:
    """Return the hits of one register, and the grants that would be hits but for a reason."""
    bases: dict[int, tuple[Basis, str]] = {}  # by line
    for basis, via, lines in _steps(index, tried):
        for line in lines:
            bases.setdefault(line, (basis, via))
    hits: list[Hit] = []
    refused: list[_NearMiss] = []
    register = index.snapshot.register
    for line, (basis, via) in bases.items():
        grant = index.grant(line)
        reason = _another_lei(grant, tried) if basis == "name" else None
        if reason is None and window_from is not None:
            reason = _outside(grant, window_from, as_of)
        if reason is None:
            hits.append(Hit(grant=grant, basis=basis, via=via, register=register))
        else:
            refused.append(_near_miss(grant, register, 100, f"found by {via}, but {reason}"))
    return hits, refused


def _steps(index: GrantIndex, tried: Tried) -> Iterator[tuple[Basis, str, Iterable[int]]]:
    """Yield the lines that each thing tried finds, the best basis first."""
    lines = index.lines
    for identifier in tried.query.identifiers:
        yield "identifier", f"identifier {identifier}", lines("identifier", identifier)
    for place in dict.fromkeys(place for domain in tried.query.domains for place in _places(domain)):
        yield "domain", f"domain {place}", lines("domain", place)
    for name, forms in tried.names:
        yield "name", f"name {name}", lines("name", forms.key)
        yield "name", f"name {name}, written in Latin letters", lines("latin", forms.latin)
        if forms.latin != forms.key:
            yield "name", f"name {name}, written in Latin letters", lines("name", forms.latin)
    for host in dict.fromkeys(domain.partition("/")[0] for domain in tried.query.domains):
        parts = [line for line in lines("host", host) if _may_be_part(index.grant(line), host, tried.query.domains)]
        yield "name", f"domain {host}, of which the register names a part only", parts
    for alias in tried.aliases:
        for identifier in alias.identifiers:
            yield "name", f"identifier {identifier}: {alias.how}", lines("identifier", identifier)
    for parent in tried.query.group:
        key = name_forms(parent).key
        yield "group", f"parent {parent}", lines("name", key)
        yield "group", f"parent {parent}, which the register names too", lines("parent", key)
    for name, forms in tried.names:
        yield "group", f"the register names {name} as the parent", lines("parent", forms.key)
    for member in tried.members:
        yield "group", f"{member.name}: {member.how}", _lines_of(index, member)


def _places(domain: str) -> Iterator[str]:
    """Yield a domain and the places above a path on it; on a platform that tenants share by path not the platform itself."""
    host, _, path = domain.partition("/")
    segments = path.split("/") if path else []
    least = min(len(segments), shared_segments(host))
    for count in range(least, len(segments) + 1):
        yield "/".join([host, *segments[:count]])


def _may_be_part(grant: Grant, host: str, domains: Iterable[str]) -> bool:
    """Whether a grant for a part of a host may be the vendor's: they part ways nowhere, or the vendor is known by the host alone."""
    theirs = [domain for domain in grant.domains if domain.startswith(f"{host}/")]
    ours = [domain for domain in domains if domain.partition("/")[0] == host]
    paths = [domain for domain in ours if "/" in domain]
    return any(their.startswith(f"{our}/") for their in theirs for our in (paths or ours))


def _lines_of(index: GrantIndex, member: Member) -> list[int]:
    """Return the lines that a company of a group has, by its identifiers and its name."""
    by_identifier = [line for identifier in member.identifiers for line in index.lines("identifier", identifier)]
    return [*by_identifier, *index.lines("name", name_forms(member.name).key)]


def _another_lei(grant: Grant, tried: Tried) -> str | None:
    """Return why a grant of the same name is another company's: a legal entity has one LEI."""
    ours = {identifier for identifier in tried.query.identifiers if is_lei(identifier)}
    theirs = {identifier for identifier in grant.identifiers if is_lei(identifier)}
    if ours and theirs and not ours & theirs:
        return f"its LEI is {', '.join(sorted(theirs))}, not {', '.join(sorted(ours))}"
    return None


def _outside(grant: Grant, window_from: str, as_of: IsoDate) -> str | None:
    """Return why a grant did not hold at any moment of a period."""
    if grant.valid_until is not None and grant.valid_until <= window_from:
        return f"it ended on {grant.valid_until}, before the period"
    if grant.valid_from > as_of:
        return f"it begins only on {grant.valid_from}, after the period"
    return None


def _alike(index: GrantIndex, tried: Tried, known: set[int]) -> Iterator[_NearMiss]:
    """Yield the grants whose names are alike a name or parent that was asked, each with its best score."""
    equal: dict[int, None] = {}
    for name, _ in tried.names:
        for part in names_in(name):
            equal |= dict.fromkeys(line for line in index.lines("loose", loose_core(part)) if line not in known)
    for line in list(equal)[:MAX_NEAR_MISSES]:
        why = "the name is the same but for its legal form, its spelling or a word that many companies have"
        yield _near_miss(index.grant(line), index.snapshot.register, 100, why, grade=EQUAL_CORE)
    wanted = dict.fromkeys([*(forms.core for _, forms in tried.names), *(name_forms(parent).core for parent in tried.query.group)])  # fmt: skip
    scores: dict[int, float] = {}
    for want in wanted:
        for core, score in likenesses(index.alike(want), want).items():
            for line in index.lines("core", core):
                if line not in known and line not in equal:
                    scores[line] = max(score, scores.get(line, 0.0))
    best = sorted(scores, key=lambda line: (-scores[line], line))[:MAX_NEAR_MISSES]
    for line in best:
        why = f"the name is alike ({scores[line]:.0f} of 100), not the same"
        yield _near_miss(index.grant(line), index.snapshot.register, scores[line], why)


def _near_miss(grant: Grant, register: str, score: float, why: str, *, grade: str = "") -> _NearMiss:
    return {
        "grade": grade or (LIKELY if score >= LIKELY_SCORE else WEAK),
        "grant_id": grant.grant_id,
        "company": grant.company,
        "domain": ", ".join(grant.domains) or None,
        "register": register,
        "line": grant.line,
        "score": round(score, 1),
        "why_refused": why,
    }


def _register_json(snapshot: RegisterSnapshot) -> dict[str, object]:
    return {
        "register": snapshot.register,
        "snapshot_id": snapshot.snapshot_id,
        "file": snapshot.file,
        "sha256": snapshot.file_sha256,
        "recorded_at": snapshot.recorded_at,
        "grants": snapshot.grants,
        **({"left_out": snapshot.left_out} if snapshot.left_out else {}),
    }


def _groups_json(snapshot: GroupSnapshot) -> dict[str, object]:
    return {
        "group_file": snapshot.source,
        "snapshot_id": snapshot.snapshot_id,
        "file": snapshot.file,
        "sha256": snapshot.file_sha256,
        "recorded_at": snapshot.recorded_at,
        "companies": snapshot.companies,
        "relationships": snapshot.relationships,
    }
