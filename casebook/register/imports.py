"""A register's file → a snapshot of grants: all of the file or, with every mistake named, nothing of it.

Reads: CSV, XLSX, JSON or HTML, and a mapping file where the columns have other names. Writes: register_snapshots, grants,
register_keys, likeness_names, likeness_grams.

1. The same file with the same mapping and keeper changes nothing while its snapshot holds.
2. Rows become grants and are stored as they are read; a mistake is noted and the next row is read.
3. With a mistake everything is taken back: a partner whose row is missing would be accused. Only whoever says so leaves such rows out;
   the snapshot then tells how many, and each verdict that finds no grant says that one may be among them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from casebook.register.grant_index import store_keys, store_likeness
from casebook.register.grants import DATE_COLUMNS, NO_MAPPING, REGISTER, GrantReader
from casebook.register.importers import FORMATS, each_source_row, format_of
from casebook.register.snapshots import held_registers
from ledger.database import Ledger
from ledger.errors import BadInputError, Problem
from ledger.identity import event_id, sha256_hex, utc_text
from ledger.records import Grant, RegisterSnapshot
from ledger.tables.date_columns import DateColumn, DateForm
from ledger.tables.list_mapping import ListMapping, read_mapping
from ledger.tables.table_format import TableReading
from ledger.tables.table_rows import has_control
from ledger.typed_texts import Sha256, SnapshotId

__all__ = ["FORMATS", "Import", "import_register", "preview_register", "read_grants", "read_register_mapping"]

DEFAULT_REGISTER = "partners"
GRANTS_AT_ONCE = 10_000
MAX_PROBLEMS = 200  # a file of another kind would name a million
HASHED_AT_ONCE = 1 << 20
MAX_KEEPER_CHARS = 200
# Of the ends on record; half of all registers' contracts end with a month, so fewer say nothing. Tried 0.3 to 0.9
HINTED_MONTH_END_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What an import did. is_new: False when the same file was already the brand's register; then nothing was read."""

    snapshot: RegisterSnapshot
    is_new: bool
    reading: TableReading = field(default_factory=TableReading)


def import_register(
    ledger: Ledger,
    brand: str,
    path: Path,
    *,
    register: str = DEFAULT_REGISTER,
    mapping_path: Path | None = None,
    leaves_out_bad_rows: bool = False,
    valid_until_is_last_day: bool = False,
    keeper: str | None = None,
) -> Import:
    """Make a file a register of the brand as of now. Errors: BadInputError with every mistake; nothing is imported then.

    leaves_out_bad_rows: import the others, unless there are none. keeper: who keeps the register, name and function; None: nobody is named.
    """
    keeper = _checked_keeper(keeper) if keeper is not None else None
    digest = file_sha256(path)
    mapping = read_register_mapping(mapping_path, valid_until_is_last_day=valid_until_is_last_day)
    held = next((s for s in held_registers(ledger, brand) if s.register == register), None)
    if (
        held is not None
        and (held.file_sha256, held.mapping_sha256) == (digest, mapping.sha256)
        and (leaves_out_bad_rows or not held.left_out)
        and keeper in (None, held.keeper)
    ):
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
        keeper=keeper,
    )
    reading = TableReading()
    with ledger.transaction():
        ledger.add([snapshot])
        count = 0
        reader = GrantReader(brand=brand, snapshot_id=snapshot.snapshot_id)
        grants = _each_grant(path, mapping, reader, reading, leaves_out_bad_rows=leaves_out_bad_rows)
        while some := list(islice(grants, GRANTS_AT_ONCE)):
            ledger.add(some)
            store_keys(ledger, some)
            count += len(some)
        store_likeness(ledger, snapshot.snapshot_id)
        found = {"grants": count, "left_out": len(reading.rejected)}
        ledger.update(RegisterSnapshot, found, snapshot_id=snapshot.snapshot_id)
    return Import(
        snapshot=replace(snapshot, grants=count, left_out=len(reading.rejected)), is_new=True, reading=reading
    )


def _checked_keeper(text: str) -> str:
    """Return who keeps a register as one line. Errors: BadInputError for what names nobody."""
    keeper = " ".join(text.split())
    if not any(map(str.isalpha, keeper)) or len(keeper) > MAX_KEEPER_CHARS or has_control(keeper):
        expected = f"a name and a function in at most {MAX_KEEPER_CHARS} characters"
        step = "write it as --keeper 'Ann Example, head of partner management'"
        raise BadInputError(Problem(where="--keeper", expected=expected, got=ascii(keeper)[:80], next_step=step))
    return keeper


def read_register_mapping(path: Path | None, *, valid_until_is_last_day: bool = False) -> ListMapping:
    """Return the mapping of a register. valid_until_is_last_day: as the mapping may say too; its digest then tells so."""
    mapping = read_mapping(path, REGISTER) if path is not None else NO_MAPPING
    if not valid_until_is_last_day or mapping.valid_until_is_last_day:
        return mapping
    digest = sha256_hex(f"{mapping.sha256 or ''}\nvalid_until_is_last_day = true".encode())
    return replace(mapping, valid_until_is_last_day=True, sha256=digest)


def read_grants(path: Path, *, brand: str, snapshot_id: SnapshotId, mapping: ListMapping = NO_MAPPING) -> list[Grant]:
    """Return the grants of a file. Errors: BadInputError with every mistake, by row and column."""
    reader = GrantReader(brand=brand, snapshot_id=snapshot_id)
    return list(_each_grant(path, mapping, reader, TableReading(), leaves_out_bad_rows=False))


def preview_register(path: Path, mapping: ListMapping, reading: TableReading) -> Iterator[Grant]:
    """Yield the grants of a file as they would be imported, without bad rows; the reading has those."""
    return _each_grant(
        path, mapping, GrantReader(brand="", snapshot_id=SnapshotId("")), reading, leaves_out_bad_rows=True
    )


def _each_grant(
    path: Path, mapping: ListMapping, reader: GrantReader, reading: TableReading, *, leaves_out_bad_rows: bool
) -> Iterator[Grant]:
    """Yield the grants of a file; at its end raise what was wrong in it, if that is not to be left out."""
    reader.date_form = _DateForms(path, mapping).of
    reader.valid_until_is_last_day = mapping.valid_until_is_last_day
    count = 0
    for row in each_source_row(path, mapping, reading):
        mapped = mapping.apply(row)
        grant = reader.read(mapped)
        if isinstance(grant, Grant):
            count += 1
            yield grant
            continue
        reading.reject(mapped, grant)
        if not leaves_out_bad_rows and len(reading.all_problems) >= MAX_PROBLEMS:
            reading.problems.append(
                Problem(where=str(path), expected="a register", got=f"{MAX_PROBLEMS} mistakes", next_step="mend these, then look for the rest")
            )  # fmt: skip
            break
    if not count and not reading.all_problems:
        reading.problems.append(
            Problem(where=f"{path} line 2", expected="at least one grant", got="the end of the file", next_step="add one")
        )  # fmt: skip
    reading.columns = mapping.named(reading.columns)
    if reading.problems or not count or not leaves_out_bad_rows:
        reading.raise_problems()
    if not mapping.valid_until_is_last_day and reader.month_ends > HINTED_MONTH_END_SHARE * reader.ends:
        reading.notes.append(
            f"valid_until is the last day of a month in {reader.month_ends} of {reader.ends} rows that have an end, and is taken for the"
            " first day without the grant: if that day still has it, import with --valid-until-is-last-day"
        )


class _DateForms:
    """In which formats the dates of a file are written; it is read for that when the first date is not an ISO date."""

    def __init__(self, path: Path, mapping: ListMapping) -> None:
        self._path, self._mapping = path, mapping
        self._forms: dict[str, DateForm] | None = None

    def of(self, column: str) -> DateForm:
        if self._mapping.date_format is not None:
            return DateForm(format=self._mapping.date_format, why="")
        if self._forms is None:
            dates = {name: DateColumn() for name in DATE_COLUMNS}
            for row in each_source_row(self._path, self._mapping, TableReading()):
                mapped = self._mapping.apply(row)
                for name, gathered in dates.items():
                    gathered.add(mapped.text(name))
            self._forms = {name: gathered.form() for name, gathered in dates.items()}
        return self._forms[column]


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
