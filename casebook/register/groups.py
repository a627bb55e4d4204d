"""Corporate groups as group files say them: who belongs to whom in a period, and under which names and identifiers.

A company is a node: its identifier where the file gives one, else its name in the form that is compared. The files
of all sources are asked together, so names and addresses may come from one file and relationships from another.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from casebook.register.company_names import name_forms
from casebook.register.name_likeness import NEAR_MISS_SCORE, likeness, nearest, stored_segments
from casebook.register.search_terms import Member, SearchQuery
from ledger.database import Ledger, columns_of
from ledger.records import Company, GroupSnapshot, Relationship

MAX_MEMBERS = 200  # tried of one group; the record says when there were more
MAX_NAMESAKES = 20  # companies of one name that are followed
MAX_ALIKE_COMPANIES = 5


@dataclass(slots=True, kw_only=True)
class Family:
    """What group files know of a company. is_complete: False when the group is larger than what was followed."""

    aliases: list[Member] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    is_complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AlikeCompany:
    """A company of a group file whose name is alike."""

    name: str
    node: str
    score: float
    file: str


def open_groups(ledger: Ledger, snapshots: Sequence[GroupSnapshot]) -> CorporateGroups | None:
    """Return the groups of some snapshots; None when there are none."""
    return CorporateGroups(ledger, snapshots) if snapshots else None


class CorporateGroups:
    """The group files of some snapshots, read by queries."""

    def __init__(self, ledger: Ledger, snapshots: Sequence[GroupSnapshot]) -> None:
        self._ledger = ledger
        self._snapshots = {snapshot.snapshot_no: snapshot for snapshot in snapshots}
        self._numbers = ", ".join(str(number) for number in self._snapshots)

    def family(self, query: SearchQuery, period_from: str, period_until: str) -> Family:
        """Return other names of a company, and its group as it was at any moment of a period (ISO dates, inclusive)."""
        family = Family()
        starts: dict[str, str] = {}
        for identifier in query.identifiers:
            starts[identifier] = "the company asked"
            for company in self._companies("identifier", identifier):
                if name_forms(company.name).key not in {name_forms(name).key for name in query.names}:
                    how = f"the name of {identifier} in {self._file(company)}"
                    family.aliases.append(Member(name=company.name, identifiers=(), how=how))
        for name in query.names:
            for company in self._companies("name_key", name_forms(name).key):
                node = _node(company)
                if node not in starts:
                    starts[node] = f"the company of this name in {self._file(company)}"
                    if company.identifier:
                        how = f"of this name in {self._file(company)}"
                        family.aliases.append(Member(name=company.name, identifiers=(company.identifier,), how=how))
        for parent in query.group:
            for company in self._companies("name_key", name_forms(parent).key):
                starts.setdefault(_node(company), f"parent as asked, in {self._file(company)}")
        family.is_complete = self._follow(starts, period_from, period_until, family.members)
        return family

    def alike(self, core: str) -> list[AlikeCompany]:
        """Return the companies whose names are most alike a name (as a core), but not the same."""
        alike: list[AlikeCompany] = []
        for snapshot in self._snapshots.values():
            numbers = nearest(stored_segments(self._ledger, snapshot.snapshot_id, core), core)
            companies = self._ledger.select(
                Company,
                f"SELECT {columns_of(Company)} FROM companies"
                " WHERE snapshot_no = ? AND number IN (SELECT value FROM json_each(?))",
                [snapshot.snapshot_no, json.dumps(numbers)],
            )
            for company in companies:
                score = likeness(name_forms(company.name).core, core)
                if score >= NEAR_MISS_SCORE:
                    alike.append(AlikeCompany(name=company.name, node=_node(company), score=score, file=snapshot.file))
        distinct = {company.node: company for company in sorted(alike, key=lambda c: (c.score, c.node))}
        return sorted(distinct.values(), key=lambda c: (-c.score, c.name, c.node))[:MAX_ALIKE_COMPANIES]

    def members_of(self, node: str, period_from: str, period_until: str) -> list[Member]:
        """Return the group of one node."""
        members: list[Member] = []
        self._follow({node: ""}, period_from, period_until, members)
        return members

    def _follow(
        self, starts: Iterable[str] | dict[str, str], period_from: str, period_until: str, members: list[Member]
    ) -> bool:
        """Gather all that belong to the group of the starts: upwards first, then all below. Returns whether that was all."""
        seen = dict.fromkeys(starts)
        above = list(seen)
        queue = deque(above)
        while queue:
            node = queue.popleft()
            for relation in self._relations("child", node, period_from, period_until):
                if relation.parent not in seen:
                    if len(members) >= MAX_MEMBERS:
                        return False
                    seen[relation.parent] = None
                    above.append(relation.parent)
                    queue.append(relation.parent)
                    members.append(self._member(relation.parent, "parent", node, relation))
        queue = deque(above)
        while queue:
            node = queue.popleft()
            for relation in self._relations("parent", node, period_from, period_until):
                if relation.child not in seen:
                    if len(members) >= MAX_MEMBERS:
                        return False
                    seen[relation.child] = None
                    queue.append(relation.child)
                    members.append(self._member(relation.child, "subsidiary", node, relation))
        return True

    def _relations(self, end: str, node: str, period_from: str, period_until: str) -> list[Relationship]:
        return self._ledger.select(
            Relationship,
            f"SELECT {columns_of(Relationship)} FROM relationships WHERE snapshot_no IN ({self._numbers}) AND {end} = ?"
            " AND (valid_from IS NULL OR valid_from <= ?) AND (valid_until IS NULL OR valid_until > ?)"
            " ORDER BY child, parent, kind, valid_from",
            [node, period_until, period_from],
        )

    def _member(self, node: str, what: str, of: str, relation: Relationship) -> Member:
        names = [company.name for company in self._companies("identifier", node)] if _is_identifier(node) else []
        names = names or [company.name for company in self._companies("name_key", node)] or [node]
        since = f" from {relation.valid_from}" if relation.valid_from else ""
        until = f" until {relation.valid_until}" if relation.valid_until else ""
        how = f"{what} of {of}{since}{until}, by {self._file(relation)}"
        return Member(name=names[0], identifiers=(node,) if _is_identifier(node) else (), how=how)

    def _companies(self, column: str, value: str) -> list[Company]:
        return self._ledger.select(
            Company,
            f"SELECT {columns_of(Company)} FROM companies WHERE {column} = ? AND snapshot_no IN ({self._numbers})"
            f" ORDER BY snapshot_no, number LIMIT {MAX_NAMESAKES}",
            [value],
        )

    def _file(self, entry: Company | Relationship) -> str:
        return self._snapshots[entry.snapshot_no].file


def _node(company: Company) -> str:
    return company.identifier or company.name_key


def _is_identifier(node: str) -> bool:
    """Tell an identifier from a name in the form that is compared, which is lower case and without colons."""
    return ":" in node or (node.isascii() and node.isalnum() and node.isupper())


def alike_groups(
    groups: CorporateGroups, cores: Iterable[str], period_from: str, period_until: str
) -> Iterator[tuple[AlikeCompany, Member]]:
    """Yield each company that is alike with itself and with each member of its group."""
    for core in cores:
        for company in groups.alike(core):
            own = (company.node,) if _is_identifier(company.node) else ()
            yield company, Member(name=company.name, identifiers=own, how="itself")
            for member in groups.members_of(company.node, period_from, period_until):
                yield company, member
