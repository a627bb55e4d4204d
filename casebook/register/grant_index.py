"""The grants of a register's snapshot by what they are found by: small snapshots in memory, large ones in SQLite, behind one protocol.

A grant is found by keys: its names in three forms, its domains, its identifiers and its parent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from casebook.register.company_names import loose_core, name_forms, names_in
from casebook.register.name_likeness import Segment, nearest, segments_of, store_segments, stored_segments
from ledger.database import Ledger, columns_of
from ledger.records import Grant, LikenessName, RegisterSnapshot
from ledger.typed_texts import SnapshotId

IN_MEMORY_GRANTS = 10_000  # of all registers of a brand; each takes about 2 KiB


class GrantIndex(Protocol):
    """What can be asked of a snapshot."""

    snapshot: RegisterSnapshot

    def lines(self, kind: str, key: str) -> Sequence[int]:
        """Return the lines of the grants that have a key, ascending."""

    def grant(self, line: int) -> Grant:
        """Return the grant of a line."""

    def alike(self, core: str) -> list[str]:
        """Return the names that are candidates for being alike, as cores."""


def keys_of(grant: Grant) -> Iterator[tuple[str, str]]:
    """Yield (kind, key) of all that a grant is found by; some may come twice."""
    for name in (grant.company, *grant.aliases):
        forms = name_forms(name)
        yield "name", forms.key
        if forms.latin != forms.key:
            yield "latin", forms.latin
        yield "core", forms.core
        for part in names_in(name):
            yield "loose", loose_core(part)
    for domain in grant.domains:
        yield "domain", domain
        if "/" in domain:
            yield "host", domain.partition("/")[0]
    for identifier in grant.identifiers:
        yield "identifier", identifier
    if grant.parent:
        forms = name_forms(grant.parent)
        yield "parent", forms.key
        if forms.latin != forms.key:
            yield "parent", forms.latin


class GrantIndexInMemory:
    """A snapshot whose grants are all held in memory."""

    def __init__(self, snapshot: RegisterSnapshot, grants: Iterable[Grant]) -> None:
        self.snapshot = snapshot
        self._grants = {grant.line: grant for grant in grants}
        lines_of: dict[tuple[str, str], dict[int, None]] = {}
        for line, grant in self._grants.items():
            for key in keys_of(grant):
                lines_of.setdefault(key, {})[line] = None
        self._lines = {key: tuple(lines) for key, lines in lines_of.items()}
        self._cores = sorted(key for kind, key in self._lines if kind == "core")
        self._segments: list[Segment] = list(segments_of(self._cores))

    def lines(self, kind: str, key: str) -> Sequence[int]:
        return self._lines.get((kind, key), ())

    def grant(self, line: int) -> Grant:
        return self._grants[line]

    def alike(self, core: str) -> list[str]:
        return [self._cores[number] for number in nearest(self._segments, core)]


class StoredGrantIndex:
    """A snapshot of which each question is a query."""

    def __init__(self, snapshot: RegisterSnapshot, ledger: Ledger) -> None:
        self.snapshot = snapshot
        self._ledger = ledger

    def lines(self, kind: str, key: str) -> Sequence[int]:
        return self._ledger.values(
            "SELECT line FROM register_keys WHERE snapshot_id = ? AND kind = ? AND key = ? ORDER BY line",
            [self.snapshot.snapshot_id, kind, key],
        )

    def grant(self, line: int) -> Grant:
        grant = self._ledger.find(Grant, snapshot_id=self.snapshot.snapshot_id, line=line)
        if grant is None:
            raise LookupError(f"snapshot {self.snapshot.snapshot_id} has no line {line}")
        return grant

    def alike(self, core: str) -> list[str]:
        numbers = nearest(stored_segments(self._ledger, self.snapshot.snapshot_id, core), core)
        names = self._ledger.select(
            LikenessName,
            f"SELECT {columns_of(LikenessName)} FROM likeness_names"
            " WHERE snapshot_id = ? AND number IN (SELECT value FROM json_each(?))",
            [self.snapshot.snapshot_id, json.dumps(numbers)],
        )
        cores = {name.number: name.core for name in names}
        return [cores[number] for number in numbers]


def store_keys(ledger: Ledger, grants: Iterable[Grant]) -> None:
    """Write what some grants are found by."""
    ledger.write_many(
        "INSERT OR IGNORE INTO register_keys VALUES (?, ?, ?, ?)",
        sorted((grant.snapshot_id, kind, key, grant.line) for grant in grants for kind, key in keys_of(grant)),
    )


def store_likeness(ledger: Ledger, snapshot_id: SnapshotId) -> None:
    """Write what near misses are found by, from the keys of a snapshot."""
    cores = "SELECT DISTINCT key FROM register_keys WHERE snapshot_id = ? AND kind = 'core' ORDER BY key"
    ledger.execute(
        f"INSERT INTO likeness_names SELECT ?, row_number() OVER () - 1, key FROM ({cores})", [snapshot_id, snapshot_id]
    )
    names = ledger.select_each(
        LikenessName,
        f"SELECT {columns_of(LikenessName)} FROM likeness_names WHERE snapshot_id = ? ORDER BY number",
        [snapshot_id],
    )
    store_segments(ledger, snapshot_id, segments_of(name.core for name in names))


def open_grant_indexes(ledger: Ledger, snapshots: Sequence[RegisterSnapshot]) -> list[GrantIndex]:
    """Return an index for each snapshot: in memory, unless they have too many grants together."""
    are_few = sum(snapshot.grants for snapshot in snapshots) <= IN_MEMORY_GRANTS
    return [
        GrantIndexInMemory(snapshot, _grants(ledger, snapshot))
        if are_few or not _has_keys(ledger, snapshot)
        else StoredGrantIndex(snapshot, ledger)
        for snapshot in snapshots
    ]


def _grants(ledger: Ledger, snapshot: RegisterSnapshot) -> Iterator[Grant]:
    sql = f"SELECT {columns_of(Grant)} FROM grants WHERE snapshot_id = ? ORDER BY line"
    return ledger.select_each(Grant, sql, [snapshot.snapshot_id])


def _has_keys(ledger: Ledger, snapshot: RegisterSnapshot) -> bool:
    """Tell whether a snapshot was imported by a version that writes keys."""
    return bool(ledger.values("SELECT 1 FROM register_keys WHERE snapshot_id = ? LIMIT 1", [snapshot.snapshot_id]))
