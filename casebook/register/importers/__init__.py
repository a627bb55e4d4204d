"""Files of a register, by their format: each yields rows with the columns that the file has, and where they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from casebook.register.importers.directory import each_directory_row
from casebook.register.importers.json_file import each_json_row
from casebook.register.importers.table_file import each_table_row
from ledger.errors import BadInputError, Problem
from ledger.tables.list_mapping import ListMapping
from ledger.tables.table_format import TableReading, TableRow
from ledger.tables.table_rows import ENDINGS

_Reader = Callable[[Path, ListMapping, TableReading], Iterator[TableRow]]
_READERS: dict[str, _Reader] = {
    "csv": each_table_row,
    "xlsx": each_table_row,
    "json": each_json_row,
    "html": each_directory_row,
}
_ENDINGS = {**ENDINGS, ".json": "json", ".html": "html", ".htm": "html"}
FORMATS = tuple(_READERS)


def format_of(path: Path) -> str:
    """Return the format of a file, by its ending. Errors: BadInputError."""
    kind = _ENDINGS.get(path.suffix.lower())
    if kind is None:
        raise BadInputError(
            Problem(
                where=str(path),
                expected=f"a file that ends in {', '.join(_ENDINGS)}",
                got=path.suffix or "no ending",
                next_step="save it in one of these formats",
            )
        )
    return kind


def each_source_row(path: Path, mapping: ListMapping, reading: TableReading) -> Iterator[TableRow]:
    """Yield the rows of a register's file, with the columns that it has; a bad one is rejected."""
    return _READERS[format_of(path)](path, mapping, reading)
