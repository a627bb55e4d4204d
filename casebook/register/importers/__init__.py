"""Files of a register, by their format: each yields rows with the columns that the file has, and where they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from casebook.register.grants import SourceRow
from casebook.register.importers.csv_file import each_csv_row
from casebook.register.importers.directory import each_directory_row
from casebook.register.importers.json_file import each_json_row
from casebook.register.importers.workbook import each_workbook_row
from casebook.register.mapping import Mapping
from ledger.errors import BadInputError, Problem

_Reader = Callable[[Path, Mapping, list[Problem]], Iterator[SourceRow]]
_READERS: dict[str, _Reader] = {
    "csv": each_csv_row,
    "xlsx": each_workbook_row,
    "json": each_json_row,
    "html": each_directory_row,
}
_ENDINGS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".json": "json",
    ".html": "html",
    ".htm": "html",
}
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


def each_source_row(path: Path, mapping: Mapping, problems: list[Problem]) -> Iterator[SourceRow]:
    """Yield the rows of a register's file; what is wrong with one of them is added to the problems."""
    return _READERS[format_of(path)](path, mapping, problems)
