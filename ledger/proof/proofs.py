"""Proofs that a row of the database or a record of the archive is the one that was sealed.

Reads: seals, database. Writes: nothing; an export keeps what comes of it. Each sealed digest is a leaf of its seal's tree,
and the path from it to the root says that it is, without the rest of the seal: what concerns others stays here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ledger.database import Ledger
from ledger.errors import EvidenceBrokenError
from ledger.proof.sealed_rows import TABLES, columns_of, key_of, place_of, read_deleted_leaves, read_rows
from ledger.proof.seals import MANIFEST, Seal, Seals
from ledger.proof.verifier import MerkleTree, leaf_hash, row_bytes

_BY_NAME = {table.name: table for table in TABLES}


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedGroup:
    """A group of rows as sealed, with the tree over its rows. places: of each row's bytes."""

    leaf: int
    columns: tuple[str, ...]
    tree: MerkleTree
    places: dict[bytes, int]


@dataclass
class Proofs:
    """Collects proofs; `leaves` are the sealed digests that they lead to, each with its path."""

    ledger: Ledger
    seals: Seals
    leaves: list[dict[str, Any]] = field(default_factory=list)
    _numbers: dict[tuple[str, int], int] = field(default_factory=dict)
    _groups: dict[tuple[str, str], SealedGroup | None] = field(default_factory=dict)
    _trees: dict[str, tuple[list[str], MerkleTree]] = field(default_factory=dict)

    def row(self, table: str, group: str | None, where: str, values: Sequence[object]) -> list[dict[str, Any]]:
        """Return rows of one table with their paths; leaf None: not sealed, or sealed as something else.

        digest: of the row as it stands in its group's tree, for whoever is shown a redacted copy of it; deleted: what it said is gone, and
        the digest is that of what it was.
        group: the name of the group that they are sealed in; None: of a table whose rows are sealed in the order in which they were added.
        """
        columns = columns_of(self.ledger, table)
        deleted = read_deleted_leaves(self.ledger, _BY_NAME[table])
        number = "rowid" if _BY_NAME[table].is_span else "NULL"
        rows = self.ledger.rows(
            f"SELECT {number} AS row_number, {', '.join(columns)} FROM {table} WHERE {where}", values
        )
        paths = []
        for row in rows:
            named = group if group is not None else self._span_of(table, row["row_number"])
            sealed = self._group(table, named) if named is not None else None
            data = row_bytes([row[column] for column in (sealed.columns if sealed else columns)])
            place = sealed.places.get(data) if sealed else None
            is_sealed = sealed is not None and place is not None
            paths.append(
                {
                    "table": table,
                    "columns": list(sealed.columns if sealed else columns),
                    "values": json.loads(data),
                    "digest": deleted.get(leaf_hash(data), leaf_hash(data)).hex(),
                    "leaf": sealed.leaf if sealed is not None and is_sealed else None,
                    "path": sealed.tree.path(place) if sealed is not None and place is not None else [],
                }
                | ({"deleted": True} if leaf_hash(data) in deleted else {})
            )
        return paths

    def record(self, file: str, offset: int) -> int | None:
        """Return the number of the leaf of a record of the archive; None: it is not sealed yet."""
        found = self._records.get((file, offset))
        return None if found is None else self._number(*found)

    @cached_property
    def _records(self) -> dict[tuple[str, int], tuple[Seal, int]]:
        found = {}
        for seal in self.seals.all:
            for number, line in enumerate(self._tree(seal)[0]):
                if '"kind":"record"' in line:
                    leaf = json.loads(line)
                    if leaf["kind"] == "record":
                        found[leaf["file"], leaf["offset"]] = (seal, number)
        return found

    def _span_of(self, table: str, row_number: int) -> str | None:
        place = place_of(self.ledger, _BY_NAME[table], "rowid = ?", [row_number])
        return next((f"{start}/{stop}" for start, stop in self.seals.spans(table) if start <= place < stop), None)

    def _group(self, table: str, group: str) -> SealedGroup | None:
        if (table, group) not in self._groups:
            self._groups[table, group] = self._read_group(table, group)
        return self._groups[table, group]

    def _read_group(self, table: str, group: str) -> SealedGroup | None:
        if (table, group) not in self.seals.sealed_groups:
            return None
        seal, leaf = self.seals.sealed_groups[table, group]
        spec, columns = _BY_NAME[table], tuple(leaf["columns"])
        rows = [row_bytes(row) for row in read_rows(self.ledger, spec, key_of(spec, group), columns)]
        deleted = read_deleted_leaves(self.ledger, spec)
        tree = MerkleTree([deleted.get(leaf_hash(row), leaf_hash(row)) for row in rows])
        if not rows or tree.levels[-1][0].hex() != leaf["root"]:
            return None  # written anew since; `partnerproof verify` tells whether it may be
        number = next(n for n, line in enumerate(self._tree(seal)[0]) if json.loads(line) == leaf)
        return SealedGroup(
            leaf=self._number(seal, number), columns=columns, tree=tree, places={row: n for n, row in enumerate(rows)}
        )

    def _number(self, seal: Seal, place: int) -> int:
        key = (seal.seal_id, place)
        if key not in self._numbers:
            lines, tree = self._tree(seal)
            self._numbers[key] = len(self.leaves)
            self.leaves.append({"seal": seal.seal_id, "leaf": lines[place], "path": tree.path(place)})
        return self._numbers[key]

    def _tree(self, seal: Seal) -> tuple[list[str], MerkleTree]:
        if seal.seal_id not in self._trees:
            lines = (seal.folder / MANIFEST).read_bytes().splitlines()
            tree = MerkleTree([leaf_hash(line) for line in lines])
            if tree.levels[-1][0].hex() != seal.head["root"]:
                raise EvidenceBrokenError(
                    f"{seal.folder}: its manifest does not lead to its root; run `partnerproof verify`"
                )
            self._trees[seal.seal_id] = ([line.decode("utf-8") for line in lines], tree)
        return self._trees[seal.seal_id]
