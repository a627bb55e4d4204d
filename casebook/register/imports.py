"""A register's file → a snapshot of grants: all of the file or, with every mistake named, nothing of it.

Reads: CSV, XLSX, JSON or HTML, and a mapping file where the columns have other names. Writes: register_snapshots, grants,
register_keys, likeness_names, likeness_grams.

1. The same file with the same mapping changes nothing while its snapshot holds.
2. Rows become grants and are stored as they are read; a mistake is noted and the next row is read.
3. With a mistake everything is taken back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from casebook.register.grant_index import store_keys, store_likeness
from casebook.register.grants import GrantReader
from casebook.register.importers import FORMATS, each_source_row, format_of
from casebook.register.mapping import NO_MAPPING, Mapping, read_mapping
from casebook.register.snapshots import held_registers
from ledger.database import Ledger
from ledger.errors import BadInputError, Problem
from ledger.identity import event_id, utc_text
from ledger.records import Grant, RegisterSnapshot
from ledger.typed_texts import Sha256, SnapshotId

__all__ = ["FORMATS", "Import", "import_register", "read_grants"]

DEFAULT_REGISTER = "partners"
GRANTS_AT_ONCE = 10_000
MAX_PROBLEMS = 200  # a file of another kind would name a million
HASHED_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What an import did. is_new: False when the same file was already the brand's register."""

    snapshot: RegisterSnapshot
    is_new: bool


def import_register(
    ledger: Ledger, brand: str, path: Path, *, register: str = DEFAULT_REGISTER, mapping_path: Path | None = None
) -> Import:
    """Make a file a register of the brand as of now. Errors: BadInputError with every mistake; nothing is imported then."""
    digest = file_sha256(path)
    mapping = read_mapping(mapping_path) if mapping_path is not None else NO_MAPPING
    held = next((s for s in held_registers(ledger, brand) if s.register == register), None)
    if held is not None and (held.file_sha256, held.mapping_sha256) == (digest, mapping.sha256):
        return Import(snapshot=held, is_new=False)
    snapshot = RegisterSnapshot(
        snapshot_id=SnapshotId(event_id()),
        brand=brand,
        file=path.name,
        file_sha256=digest,
        grants=0,
        recorded_at=utc_text(),
        register=register,
        format=format_of(path),
        mapping_sha256=mapping.sha256,
    )
    with ledger.transaction():
        ledger.add([snapshot])
        count = 0
        grants = _each_grant(path, mapping, GrantReader(brand=brand, snapshot_id=snapshot.snapshot_id))
        while some := list(islice(grants, GRANTS_AT_ONCE)):
            ledger.add(some)
            store_keys(ledger, some)
            count += len(some)
        store_likeness(ledger, snapshot.snapshot_id)
        ledger.update(RegisterSnapshot, {"grants": count}, snapshot_id=snapshot.snapshot_id)
    return Import(snapshot=replace(snapshot, grants=count), is_new=True)


def read_grants(path: Path, *, brand: str, snapshot_id: SnapshotId, mapping: Mapping = NO_MAPPING) -> list[Grant]:
    """Return the grants of a file. Errors: BadInputError with every mistake, by row and column."""
    return list(_each_grant(path, mapping, GrantReader(brand=brand, snapshot_id=snapshot_id)))


def _each_grant(path: Path, mapping: Mapping, reader: GrantReader) -> Iterator[Grant]:
    """Yield the grants of a file; at its end raise what was wrong in it."""
    reader.date_format = mapping.date_format
    count = 0
    for row in each_source_row(path, mapping, reader.problems):
        grant = reader.read(mapping.apply(row))
        if grant is not None:
            count += 1
            yield grant
        elif len(reader.problems) >= MAX_PROBLEMS:
            reader.problems.append(
                Problem(where=str(path), expected="a register", got=f"{MAX_PROBLEMS} mistakes", next_step="mend these, then look for the rest")
            )  # fmt: skip
            break
    if not count and not reader.problems:
        reader.problems.append(
            Problem(where=f"{path} line 2", expected="at least one grant", got="the end of the file", next_step="add one")
        )  # fmt: skip
    if reader.problems:
        raise BadInputError(reader.problems)


def file_sha256(path: Path) -> Sha256:
    """Return the SHA-256 of a file of any size. Errors: BadInputError when it can't be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while data := file.read(HASHED_AT_ONCE):
                digest.update(data)
    except OSError as error:
        raise BadInputError(
            Problem(where=str(path), expected="a readable file", got=error.strerror or str(error), next_step="name an existing file")
        ) from error  # fmt: skip
    return Sha256(digest.hexdigest())
