"""Seals: what the ledger held at a moment, as one digest that authorities can stamp.

Reads: all of the database, WARC files, custody log. Writes: `var/seals/<seal_id>/` with manifest.jsonl, head.json and a token
(<authority>.tsr) with the authority's roots (<authority>.pem) for each authority that answered.

1. One leaf for each new record of the web archive, each group of rows that is new or has changed, and what made them.
2. The leaves' Merkle root stands in head.json, with the digest of the seal before it and how far the custody log goes.
3. The folder appears whole or not at all. Authorities stamp head.json, now or later.

Sealing again when nothing has changed makes no new seal; it only asks the authorities that have not answered yet.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ledger.archive.record_places import record_offsets
from ledger.database import Ledger
from ledger.errors import EvidenceBrokenError, OutsideFailureError
from ledger.identity import event_id, sha256_hex, utc_text
from ledger.proof.custody import CustodyHead, CustodyLog
from ledger.proof.database_digest import digest_database, signs_of
from ledger.proof.log_runs import current_run
from ledger.proof.sealed_rows import TABLES, RowGroup, Table, read_groups
from ledger.proof.verifier import canonical, leaf_hash, merkle_root
from ledger.vocabulary import CustodyEvent

FORMAT = "partnerproof seal 2"
HEAD, MANIFEST = "head.json", "manifest.jsonl"
Leaf = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal in its folder. Reading it does not check it: verification does."""

    folder: Path

    @property
    def seal_id(self) -> str:
        return self.folder.name

    @property
    def head_bytes(self) -> bytes:
        return _read(self.folder / HEAD)

    @property
    def head(self) -> dict[str, Any]:
        try:
            head = json.loads(self.head_bytes)
            if isinstance(head, dict):
                return head
        except (ValueError, RecursionError):
            pass
        raise EvidenceBrokenError(f"{self.folder / HEAD}: expected the head of a seal, got something else; restore it")

    def leaves(self, *kinds: str) -> Iterator[Leaf]:
        """Yield the leaves of some kinds. They stand in the order of KINDS."""
        with (self.folder / MANIFEST).open("rb") as lines:
            for line in lines:
                try:
                    leaf = json.loads(line)
                    kind = leaf["kind"]
                except (ValueError, KeyError, TypeError, RecursionError) as error:
                    raise EvidenceBrokenError(
                        f"{self.folder / MANIFEST}: holds a line that is no leaf; restore it"
                    ) from error
                if kind in kinds:
                    yield leaf
                elif all(KINDS.index(kind) > KINDS.index(other) for other in kinds):
                    return

    @property
    def tokens(self) -> list[Path]:
        return sorted(self.folder.glob("*.tsr"))


KINDS = ("made-with", "database", "rows", "warc", "record")


@dataclass(frozen=True)
class Seals:
    """The seals of one workspace in the order in which they were made: by how far the custody log went, whatever the clock said."""

    folder: Path
    all: tuple[Seal, ...]

    @classmethod
    def of(cls, folder: Path) -> Seals:
        """Return the seals in a folder."""
        seals = [Seal(path) for path in folder.glob("*") if path.is_dir() and path.name[0] != "."]
        return cls(folder, tuple(sorted(seals, key=_turn)))

    @cached_property
    def sealed_bytes(self) -> dict[str, int]:
        """How far each WARC file is sealed."""
        reach: dict[str, int] = {}
        for seal in self.all:
            for leaf in seal.leaves("warc"):
                reach[leaf["file"]] = max(reach.get(leaf["file"], 0), leaf["to"])
        return reach

    @cached_property
    def sealed_groups(self) -> dict[tuple[str, str], tuple[Seal, Leaf]]:
        """The last word on each group of rows."""
        return {(leaf["table"], leaf["group"]): (seal, leaf) for seal in self.all for leaf in seal.leaves("rows")}

    def count_unstamped(self, authorities: Iterable[str]) -> int:
        """Return how many seals lack a token of one of these authorities."""
        names = set(authorities)
        return sum(1 for seal in self.all if names - {token.stem for token in seal.tokens})

    def spans(self, table: str) -> list[tuple[int, int]]:
        """The places [from, to) in which the rows of an append-only table are sealed."""
        groups = [group.partition("/") for name, group in self.sealed_groups if name == table]
        return sorted((int(start), int(stop)) for start, _, stop in groups if start.isdecimal() and stop.isdecimal())


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedGroup:
    """A sealed group of rows beside what stands in the database. rows: how many are there now."""

    group: str
    seal: Seal
    leaf: Leaf
    rows: int
    is_same: bool


def compare_groups(ledger: Ledger, seals: Seals, table: Table) -> Iterator[ComparedGroup]:
    """Yield each sealed group of a table, over the columns that it was sealed with; those that are gone last."""
    sealed = {group: summary for (name, group), summary in seals.sealed_groups.items() if name == table.name}
    by_columns: dict[tuple[str, ...], set[str]] = {}
    for group, (_, leaf) in sealed.items():
        by_columns.setdefault(tuple(leaf["columns"]), set()).add(group)
    seen: set[str] = set()
    for columns, groups in by_columns.items() or [
        ((), set())
    ]:  # a table of which nothing is sealed is read all the same
        for found in read_groups(ledger, table, columns=columns or None, spans=seals.spans(table.name)):
            if found.group not in groups:
                continue
            seen.add(found.group)
            seal, leaf = sealed[found.group]
            is_same = found.root == leaf["root"]
            yield ComparedGroup(group=found.group, seal=seal, leaf=leaf, rows=found.rows, is_same=is_same)
    for group in sorted(sealed.keys() - seen):
        seal, leaf = sealed[group]
        if leaf["rows"]:
            yield ComparedGroup(group=group, seal=seal, leaf=leaf, rows=0, is_same=False)


def _turn(seal: Seal) -> tuple[float, str]:
    """How far the log went when a seal was made, and its id; one that can't be read comes last."""
    try:
        return int(seal.head["custody"]["entries"]), seal.seal_id
    except (EvidenceBrokenError, KeyError, TypeError, ValueError, OverflowError):
        return float("inf"), seal.seal_id


def make_seal(
    ledger: Ledger,
    *,
    warc_dir: Path,
    seals_dir: Path,
    log: CustodyLog,
    made_with: Mapping[str, Any],
    on_bytes: Callable[[int], None] = lambda _: None,
) -> Seal | None:
    """Seal what is new since the last seal; None when nothing is. The caller holds the writer lock.

    made_with: the program, its versions and settings, as a leaf of its own.
    Errors: EvidenceBrokenError when a WARC file is shorter than the database says, OutsideFailureError when the disk refuses.
    """
    seals = Seals.of(seals_dir)
    with (
        ledger.snapshot()
    ):  # rows before records: what others store meanwhile has its record in this seal, and its row in the next
        rows = [_rows_leaf(group) for group in _new_groups(ledger, seals)]
    warc = list(_warc_leaves(ledger, seals, warc_dir, on_bytes))
    if not rows and not warc:
        return None
    records = [record for _, pieces in warc for record in pieces]
    leaves = [{"kind": "made-with", **made_with}, *_database_leaf(ledger), *rows, *(leaf for leaf, _ in warc), *records]
    return _write_seal(seals, leaves, log)


def _database_leaf(ledger: Ledger) -> list[Leaf]:
    """The digest of the database as one file; none while others write to it or read it: no file says then what it is."""
    try:
        ledger.checkpoint()
        before = signs_of(ledger.path)
        leaf = {"kind": "database", **digest_database(ledger.path)}
    except (OutsideFailureError, OSError):
        return []
    return [leaf] if signs_of(ledger.path) == before else []


def _new_groups(ledger: Ledger, seals: Seals) -> Iterator[RowGroup]:
    known = seals.sealed_groups
    for table in TABLES:
        done = {group for name, group in known if name == table.name}
        there = set()
        for group in read_groups(
            ledger, table, spans=_open_span(ledger, table, seals), skipped=done if table.is_once else ()
        ):
            there.add(group.group)
            before = known.get((table.name, group.group))
            if before is None or before[1]["root"] != group.root or tuple(before[1]["columns"]) != group.columns:
                yield group
        if not table.is_once:
            yield from (
                _emptied(known[table.name, group][1])
                for group in sorted(done - there)
                if known[table.name, group][1]["rows"]
            )


def _open_span(ledger: Ledger, table: Table, seals: Seals) -> tuple[tuple[int, int], ...]:
    """The places of the rows that were added since the last seal."""
    if not table.is_span:
        return ()
    start = max((stop for _, stop in seals.spans(table.name)), default=0)
    stop = int(ledger.value(f"SELECT count(*) FROM {table.name}"))
    return ((start, stop),) if stop > start else ()


def _emptied(leaf: Leaf) -> RowGroup:
    return RowGroup(
        table=leaf["table"],
        group=leaf["group"],
        columns=tuple(leaf["columns"]),
        is_once=False,
        rows=0,
        root=merkle_root(()).hex(),
    )


def _rows_leaf(group: RowGroup) -> Leaf:
    return {
        "kind": "rows",
        "table": group.table,
        "group": group.group,
        "columns": list(group.columns),
        "rows": group.rows,
        "root": group.root,
        "only_added": group.is_once,
    }


def _warc_leaves(
    ledger: Ledger, seals: Seals, warc_dir: Path, on_bytes: Callable[[int], None]
) -> Iterator[tuple[Leaf, list[Leaf]]]:
    """Yield for each file that has grown a leaf of the new bytes, and one for each record in them."""
    for row in ledger.rows("SELECT warc_file, committed_bytes FROM warc_files ORDER BY warc_file"):
        name, end = row["warc_file"], row["committed_bytes"]
        _require_whole(warc_dir / name, end)
        start = seals.sealed_bytes.get(name, 0)
        if end <= start:
            continue
        borders = [at for at in record_offsets(ledger, name) if start < at < end]
        pieces: list[Leaf] = []
        whole = hashlib.sha256()
        try:
            with (warc_dir / name).open("rb") as file:
                file.seek(start)
                for at, stop in zip([start, *borders], [*borders, end], strict=True):
                    data = file.read(stop - at)
                    if len(data) < stop - at:
                        raise EvidenceBrokenError(
                            f"{warc_dir / name}: expected {end} bytes, got {at + len(data)}; restore it from a backup"
                        )
                    whole.update(data)
                    on_bytes(len(data))
                    pieces.append(
                        {"kind": "record", "file": name, "offset": at, "length": len(data), "sha256": sha256_hex(data)}
                    )
        except OSError as error:
            raise EvidenceBrokenError(
                f"{warc_dir / name}: could not be read ({error}); restore it from a backup"
            ) from error
        yield {"kind": "warc", "file": name, "from": start, "to": end, "sha256": whole.hexdigest()}, pieces


def _require_whole(path: Path, end: int) -> None:
    """Errors: EvidenceBrokenError for a file that is shorter than what was stored in it, also where that is sealed already."""
    there = path.stat().st_size if path.is_file() else 0
    if there < end:
        raise EvidenceBrokenError(
            f"{path}: expected {end} bytes or more, got {there}: it was cut or taken away; restore it from a backup,"
            " and run `partnerproof verify`, which names the records that are gone"
        )


def _write_seal(seals: Seals, leaves: Sequence[Leaf], log: CustodyLog) -> Seal:
    seal_id = event_id()
    lines = [canonical(leaf) for leaf in leaves]
    text = b"".join(line + b"\n" for line in lines)
    custody: CustodyHead = log.head()
    head = {
        "format": FORMAT,
        "seal_id": seal_id,
        "made_at": utc_text(),
        "leaves": len(lines),
        "root": merkle_root(map(leaf_hash, lines)).hex(),
        "manifest_sha256": sha256_hex(text),
        "previous_head_sha256": sha256_hex(seals.all[-1].head_bytes) if seals.all else None,
        "custody": {"entries": custody.entries, "sha256": custody.sha256},
    }
    part, folder = seals.folder / f".{seal_id}", seals.folder / seal_id
    try:
        part.mkdir(parents=True)
        for name, data in ((MANIFEST, text), (HEAD, canonical(head) + b"\n")):
            write_durably(part / name, data)
        part.rename(folder)
        _sync_folder(seals.folder)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise OutsideFailureError(
            f"{seals.folder}: the seal could not be written ({error}); free some space and run `partnerproof seal`"
        ) from error
    seal = Seal(folder)
    log_seal(log, seal)
    return seal


def log_seal(log: CustodyLog, seal: Seal) -> None:
    run = current_run(log.path.parent)
    by_run = {} if run is None else {"run": run}
    log.add(CustodyEvent.SEALED, {"seal": seal.seal_id, "head_sha256": sha256_hex(seal.head_bytes), **by_run})


def mend_seals(seals_dir: Path, log: CustodyLog) -> None:
    """Take away what a killed process had begun, and log the seal that it had not logged yet."""
    for part in seals_dir.glob(".*"):
        shutil.rmtree(part, ignore_errors=True)
    logged = {entry["details"].get("seal") for entry in log.entries() if entry["event"] == CustodyEvent.SEALED}
    for seal in Seals.of(seals_dir).all:
        if seal.seal_id not in logged:
            log_seal(log, seal)


def write_durably(path: Path, data: bytes) -> None:
    """Write a file so that it outlives a power cut."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EvidenceBrokenError(f"{path}: could not be read ({error}); restore it from a backup") from error
