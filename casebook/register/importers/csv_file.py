"""A register as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from casebook.register.grants import COLUMNS, EXAMPLE, SINGULAR, SourceRow
from casebook.register.mapping import Mapping
from ledger.csv_table import TableFormat, each_row
from ledger.errors import Problem


def each_csv_row(path: Path, mapping: Mapping, problems: list[Problem]) -> Iterator[SourceRow]:
    """Yield the rows of a CSV file."""
    table = table_format(mapping, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
    for row in each_row(path, table, problems):
        yield SourceRow(line=row.line, cells=row.cells, place=row.place)


def table_format(mapping: Mapping, *, delimiter: str = ",") -> TableFormat:
    """Return what a table has to look like: our columns, or those that a mapping names. delimiter: if it names none."""
    delimiter, encoding = mapping.setting("delimiter", delimiter), mapping.setting("encoding", "utf-8")
    if mapping.columns:
        needed = list(mapping.columns.values())
        return TableFormat(
            columns=None, needed=needed, example=",".join(names[0] for names in needed), delimiter=delimiter, encoding=encoding, keeps_case=True
        )  # fmt: skip
    needed = [(name,) for name in ("company", "valid_from") if name not in mapping.constants]
    return TableFormat(
        columns=(*COLUMNS, *SINGULAR), needed=needed, example=EXAMPLE, delimiter=delimiter, encoding=encoding
    )
