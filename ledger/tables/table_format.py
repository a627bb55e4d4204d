"""What a table should look like, and what came of reading one: its columns, the rows that were left out, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ledger.errors import BadInputError, Problem

MAX_SHOWN_CHARS = 2_000  # of a cell that was left out; who mends it has the file

Cell: TypeAlias = "str | tuple[str, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFormat:
    """What a file should look like. needed: of each group one column; columns: None when any name will do."""

    columns: Sequence[str] | None
    needed: Sequence[Sequence[str]]
    example: str
    headings: Mapping[str, Sequence[str]] = field(default_factory=dict)  # column → other headings that it may have
    delimiter: str | None = None  # None: measured
    encoding: str | None = None  # None: told by the bytes
    sheet: str | None = None
    header_row: int | None = None  # None: the first row that has the needed columns
    only: frozenset[str] | None = None  # columns to keep, of files that have hundreds; None: all
    may_be_short: bool = False  # a row may end before the header does: the rest is empty
    leaves_out_unknown: bool = False  # a column that is none of ours is left out, and told; else it is a mistake
    knows_by_cells: Mapping[str, Callable[[str], bool]] = field(default_factory=dict)  # column → is a cell one of it


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One row. cells: by column, without spaces around; at: where it stands, in words.

    headings: what the file calls our columns; locate: where a heading of the row stands; header, raw: the row as the file has it.
    """

    line: int
    at: str
    cells: Mapping[str, Cell]
    headings: Mapping[str, str] = field(default_factory=dict)
    locate: Callable[[str], str] | None = None
    header: tuple[str, ...] = ()
    raw: tuple[str, ...] = ()

    def text(self, column: str) -> str:
        cell = self.cells.get(column, "")
        return cell if isinstance(cell, str) else "; ".join(cell)

    def several(self, column: str) -> tuple[str, ...]:
        cell = self.cells.get(column, "")
        parts = cell.split(";") if isinstance(cell, str) else cell
        return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))

    def heading(self, column: str) -> str:
        return self.headings.get(column, column)

    def place(self, column: str) -> str:
        heading = self.heading(column)
        return self.locate(heading) if self.locate is not None else f"{self.at}, {heading}"

    def problem(self, column: str, expected: str, got: str, next_step: str) -> Problem:
        """Return a mistake in one column of the row."""
        return Problem(
            where=self.place(column), expected=expected, got=got[:200], next_step=next_step, column=self.heading(column)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    """A row that was left out. cells: as the file has them, cut where they are endless, by heading."""

    line: int
    cells: Mapping[str, str]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadColumn:
    """How one column of a file was understood. column: ours; None: left out. why: in words."""

    heading: str
    column: str | None
    why: str


@dataclass(slots=True, kw_only=True)
class TableReading:
    """What came of reading a file; filled while its rows are read. problems: of the file as a whole, its header above all."""

    problems: list[Problem] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    columns: tuple[ReadColumn, ...] = ()
    form: str = ""
    row_word: str = "line"  # what its rows are counted by
    rows: int = 0  # with something in them, below the header

    def reject(self, row: TableRow, problems: Sequence[Problem]) -> None:
        self.rejected.append(RejectedRow(line=row.line, cells=original_cells(row), problems=tuple(problems)))

    @property
    def all_problems(self) -> list[Problem]:
        return [*self.problems, *(problem for row in self.rejected for problem in row.problems)]

    def raise_problems(self) -> None:
        """Errors: BadInputError with every mistake, if there is one."""
        problems = self.all_problems
        if problems:
            raise BadInputError(problems)


def original_cells(row: TableRow) -> dict[str, str]:
    """Return the cells of a row by heading, or by number where there is none; equal headings are told apart."""
    cells: dict[str, str] = {}
    for at, text in enumerate(row.raw):
        heading = (row.header[at] if at < len(row.header) else "") or f"column {at + 1}"
        while heading in cells:
            heading += " (again)"
        cells[heading] = text if len(text) <= MAX_SHOWN_CHARS else text[:MAX_SHOWN_CHARS] + "…"
    return cells


def control_problem(row: TableRow, column: str) -> Problem:
    """Return the problem of a cell with a control character."""
    return row.problem(column, "plain text", "a control character", "remove it")
