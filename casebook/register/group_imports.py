"""A file of companies or corporate groups → a snapshot: all of it or, with a mistake in a plain CSV, nothing.

Reads: GLEIF's LEI-CDF and RR-CDF, plain CSV. Writes: group_snapshots, companies, relationships, likeness_grams.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from casebook.register.company_names import name_forms
from casebook.register.group_entries import CompanyEntry
from casebook.register.group_files import SOURCES, GroupFile, open_group_file
from casebook.register.imports import MAX_PROBLEMS, file_sha256
from casebook.register.name_likeness import segments_of, store_segments
from casebook.register.snapshots import held_groups
from ledger.database import Ledger
from ledger.errors import BadInputError, Problem
from ledger.identity import event_id, utc_text
from ledger.records import GroupSnapshot
from ledger.typed_texts import SnapshotId

ROWS_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupImport:
    """What an import did. left_out: entries that could not be used, by reason."""

    snapshot: GroupSnapshot
    is_new: bool
    left_out: Counter[str]


def import_groups(ledger: Ledger, path: Path, *, source: str | None = None) -> GroupImport:
    """Make a file what is known of companies or groups as of now. Errors: BadInputError; nothing is imported then."""
    digest = file_sha256(path)
    opened = open_group_file(path)
    source = source or SOURCES[opened.format]
    held = next((snapshot for snapshot in held_groups(ledger) if snapshot.source == source), None)
    if held is not None and held.file_sha256 == digest:
        return GroupImport(snapshot=held, is_new=False, left_out=Counter())
    snapshot_id = SnapshotId(event_id())
    with ledger.transaction():
        snapshot_no = (ledger.value("SELECT max(snapshot_no) FROM group_snapshots") or 0) + 1
        snapshot = GroupSnapshot(
            snapshot_no=snapshot_no,
            snapshot_id=snapshot_id,
            source=source,
            format=opened.format,
            file=path.name,
            file_sha256=digest,
            companies=0,
            relationships=0,
            recorded_at=utc_text(),
        )
        ledger.add([snapshot])
        writer = _Writer(ledger, snapshot_no)
        store_segments(ledger, snapshot_id, segments_of(writer.cores_written(opened)))
        _refuse_mistakes(opened, writer)
        snapshot = replace(snapshot, companies=writer.companies, relationships=writer.relationships)
        ledger.put([snapshot])
    return GroupImport(snapshot=snapshot, is_new=True, left_out=opened.left_out)


class _Writer:
    """Writes entries in large steps, and hands on the names that near misses are looked for among."""

    def __init__(self, ledger: Ledger, snapshot_no: int) -> None:
        self._ledger = ledger
        self._number = snapshot_no
        self._companies: list[tuple[object, ...]] = []
        self._relationships: list[tuple[object, ...]] = []
        self._seen: set[tuple[str, str | None]] = set()
        self.companies = 0
        self.relationships = 0

    def cores_written(self, opened: GroupFile) -> Iterator[str]:
        """Write all entries of a file; yield the core of each company's name in the order of their numbers."""
        # plain CSV names a parent once for each of its children; GLEIF's files name a company once
        may_repeat = opened.format == "csv"
        for entry in opened.entries():
            if not isinstance(entry, CompanyEntry):
                self._relationships.append(
                    (self._number, entry.child, entry.parent, entry.kind, entry.valid_from, entry.valid_until)
                )
                self.relationships += 1
            else:
                forms = name_forms.__wrapped__(entry.name)
                if may_repeat:
                    if (forms.key, entry.identifier) in self._seen:
                        continue
                    self._seen.add((forms.key, entry.identifier))
                self._companies.append(
                    (self._number, self.companies, entry.name, forms.key, entry.identifier, entry.country)
                )
                self.companies += 1
                yield forms.core
            if len(self._companies) + len(self._relationships) >= ROWS_AT_ONCE:
                self._write()
            if len(opened.problems) >= MAX_PROBLEMS:
                break
        self._write()

    def _write(self) -> None:
        self._ledger.write_many("INSERT INTO companies VALUES (?, ?, ?, ?, ?, ?)", self._companies)
        self._ledger.write_many("INSERT INTO relationships VALUES (?, ?, ?, ?, ?, ?)", self._relationships)
        self._companies.clear()
        self._relationships.clear()


def _refuse_mistakes(opened: GroupFile, writer: _Writer) -> None:
    problems = opened.problems
    if not problems and not writer.companies and not writer.relationships:
        left = ", ".join(f"{count} {reason}" for reason, count in opened.left_out.items()) or "nothing"
        problems = [
            Problem(where=str(opened.path), expected="at least one company or relationship", got=left, next_step="name another file")
        ]  # fmt: skip
    if problems:
        raise BadInputError(problems)
