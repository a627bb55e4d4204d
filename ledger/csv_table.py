"""CSV files of ours, read row by row with every mistake named: the vendor list, registers, corporate groups.

A mistake in one row is added to the problems and the next row is read; what makes the whole file unreadable (no such
file, no header, another encoding) is raised at once.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import BadInputError, Problem

# Control characters are in no name; a NUL ends a text for many programs, so what stands after it would be hidden
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFormat:
    """What a file should look like. needed: of each group one column; columns: None when any name will do."""

    columns: Sequence[str] | None
    needed: Sequence[Sequence[str]]
    example: str
    delimiter: str = ","
    encoding: str = "utf-8"
    keeps_case: bool = False  # of the header's names: for files of others
    only: frozenset[str] | None = None  # columns to keep, of files that have hundreds; None: all
    may_be_short: bool = False  # a row may end before the header does: the rest is empty


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One row. cells: by column, without spaces around; at: where it stands, in words."""

    line: int
    at: str
    cells: dict[str, str]

    def place(self, column: str) -> str:
        return f"{self.at}, {column}"


def each_row(path: Path, table: TableFormat, problems: list[Problem]) -> Iterator[TableRow]:
    """Yield the rows of a CSV file that have something in them. Errors: BadInputError when it can't be read as a table."""
    encoding = "utf-8-sig" if codecs.lookup(table.encoding).name == "utf-8" else table.encoding
    try:
        with path.open(encoding=encoding, newline="") as file:
            yield from rows_of(file, str(path), table, problems)
    except OSError as error:
        raise _bad(str(path), "a readable CSV file", error.strerror or str(error), "name an existing file") from error
    except UnicodeDecodeError as error:
        # lines of bytes are lines of text only where a line feed is one byte
        line, byte = _first_bad_byte(path, encoding) if _is_bytewise(encoding) else (None, error.object[error.start])
        where = f"{path} line {line}" if line else str(path)
        expected = "UTF-8 text" if encoding == "utf-8-sig" else f"{table.encoding} text"
        raise _bad(where, expected, f"byte {byte:#04x}", "save the file as UTF-8") from error
    except UnicodeError as error:  # what some codecs raise without a place
        raise _bad(str(path), f"{table.encoding} text", str(error), "save the file as UTF-8") from error


def rows_of(file: Iterable[str], where: str, table: TableFormat, problems: list[Problem]) -> Iterator[TableRow]:
    """Yield the rows of text that was opened with newline="". Errors: BadInputError, UnicodeDecodeError."""
    reader = csv.reader(file, strict=True, delimiter=table.delimiter)
    try:
        header = [name.strip() if table.keeps_case else name.strip().lower() for name in next(reader, [])]
    except csv.Error as error:
        begin = f"begin the file with:\n{table.example}"
        raise _bad(f"{where} line 1", "a CSV header", str(error), begin) from error
    problems += header_problems(header, f"{where} line 1", table)
    kept = [(at, name) for at, name in enumerate(header) if table.only is None or name in table.only]
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:  # nothing after it can be trusted: where the quotes stand is unknown
            is_long = "field larger" in str(error)
            problems.append(
                Problem(
                    where=f"{where} line {reader.line_num}",
                    expected=f"cells of at most {csv.field_size_limit():,} characters" if is_long else "CSV",
                    got="a longer one" if is_long else str(error),
                    next_step="shorten it, or close the quote that opens it" if is_long else "mend the quotes",
                )
            )
            return
        if row is None:
            return
        if len(row) != len(header):
            if not any(map(str.strip, row)):
                continue
            if len(row) > len(header) or not table.may_be_short:
                expected = f"as many cells as the header has ({len(header)})"
                at = f"{where} line {reader.line_num}"
                problems.append(
                    Problem(where=at, expected=expected, got=str(len(row)), next_step="quote cells that hold a comma")
                )
                continue
            row += [""] * (len(header) - len(row))
        cells = {name: row[at].strip() for at, name in kept}
        joined = "".join(cells.values())
        if not joined:
            continue
        made = TableRow(line=reader.line_num, at=f"{where} line {reader.line_num}", cells=cells)
        if _CONTROL.search(joined):
            problems += [control_problem(made.place(name)) for name, cell in cells.items() if has_control(cell)]
            continue
        yield made


def control_problem(where: str) -> Problem:
    """Return the problem of a cell with a control character."""
    return Problem(where=where, expected="plain text", got="a control character", next_step="remove it")


def has_control(text: str) -> bool:
    """Tell whether a text holds control characters other than tab and line breaks."""
    return _CONTROL.search(text) is not None


def header_problems(header: Sequence[str], where: str, table: TableFormat) -> list[Problem]:
    """Return what is wrong with a header, except what makes it none. Errors: BadInputError when a needed column is missing."""
    missing = [names for names in table.needed if not set(names) & set(header)]
    if missing:
        got = ", ".join(header)[:120] or "an empty file"
        begin = f"begin the file with:\n{table.example}"
        other = next((mark for mark in ";\t|" if len(header) == 1 and mark in header[0]), None)
        if other is not None:
            begin = f"part the cells by {table.delimiter!r}, not {other!r}, or say so in a mapping file"
        columns = f"column{'s' if len(missing) > 1 else ''} {' and '.join(' or '.join(names) for names in missing)}"
        raise _bad(where, f"a header with the {columns}", got, begin)
    problems = [
        Problem(where=f"{where}, {name}", expected="each column once", got="it twice", next_step="remove one")
        for name in dict.fromkeys(name for name in header if name and header.count(name) > 1)
    ]
    if table.columns is not None:
        problems += [
            Problem(
                where=f"{where}, {name or 'a column without name'}",
                expected=f"one of the columns {', '.join(table.columns)}",
                got=name or "nothing",
                next_step="rename or remove the column",
            )
            for name in header
            if name not in table.columns
        ]
    return problems


def _is_bytewise(encoding: str) -> bool:
    return "\n".encode(encoding).removeprefix(codecs.BOM_UTF8) == b"\n"


def _first_bad_byte(path: Path, encoding: str) -> tuple[int, int]:
    """Return the line and the value of the first byte that is not of an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        for line, data in enumerate(file, start=1):
            try:
                decoder.decode(data)
            except UnicodeDecodeError as error:
                return line, error.object[error.start]
    return line, data[-1]  # a character that the end of the file cuts


def _bad(where: str, expected: str, got: str, next_step: str) -> BadInputError:
    return BadInputError(Problem(where=where, expected=expected, got=got, next_step=next_step))
