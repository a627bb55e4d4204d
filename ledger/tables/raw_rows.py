"""Rows as a file has them, before anybody says which column is which."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

MAX_COLUMNS = 2_000  # a longer row is no list


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a row or a cell before it is looked into, in the words of a Problem."""

    expected: str
    got: str
    next_step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRow:
    """One row. line: in the file, or the number of a sheet's row; fault: of the whole row; cell_faults: by its place."""

    line: int
    cells: Sequence[str]
    fault: Fault | None = None
    cell_faults: Mapping[int, Fault] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return self.fault is None and not self.cell_faults and not any(map(str.strip, self.cells))


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTable:
    """An opened file. where: file, or file and sheet; form: how it was read, in words; cell_name: `B7`, where cells have names."""

    where: str
    row_word: str
    form: str
    rows: Iterator[RawRow]
    delimiter: str | None = None
    cell_name: Callable[[int, int], str] | None = None

    def at(self, line: int) -> str:
        return f"{self.where} {self.row_word} {line}"

    def place(self, line: int, at: int | None, heading: str) -> str:
        """Return where a column of a row stands. at: its place from 0; None: the file has no such column."""
        if self.cell_name is None or at is None:
            return f"{self.at(line)}, {heading}"
        return f"{self.where} cell {self.cell_name(line, at)}, {heading}"
