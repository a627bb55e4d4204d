"""A register as a table: CSV of any usual dialect, or XLSX."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ledger.tables.list_mapping import ListMapping
from ledger.tables.table_format import TableReading, TableRow
from ledger.tables.table_rows import each_row


def each_table_row(path: Path, mapping: ListMapping, reading: TableReading) -> Iterator[TableRow]:
    """Yield the rows of a file. A column that nobody knows is a mistake: it might hold the end of the grants."""
    return each_row(path, mapping.table_format(leaves_out_unknown=False), reading)
