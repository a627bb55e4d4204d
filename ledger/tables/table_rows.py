"""Tables as people have them (CSV of any usual dialect and encoding, XLSX), read row by row with every mistake named.

1. The file is opened: encoding by its bytes, delimiter by what fits most rows, sheet by what has something in it.
2. Its columns are understood (ledger/tables/table_columns.py).
3. Each row is given out, or rejected with its reasons; what makes the whole file unreadable (no such file, no header) is raised at once.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import IO

from ledger.errors import BadInputError, Problem
from ledger.tables.csv_rows import delimiter_of, each_csv_row, said_delimiter
from ledger.tables.raw_rows import RawRow, RawTable
from ledger.tables.table_columns import TableColumns, understand_columns
from ledger.tables.table_format import TableFormat, TableReading, TableRow, control_problem
from ledger.tables.text_encoding import NAMES, encoding_of
from ledger.tables.workbook_rows import opened_workbook

ENDINGS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".xlsx": "xlsx"}
MAX_LINE_CHARS = 1 << 24  # a file without line breaks would be held in memory
_HEAD_ROWS = 200  # looked at to tell what the columns are
_SNIFFED_LINES = 400
_DELIMITER_WORDS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}
# Control characters are in no name; a NUL ends a text for many programs, so what stands after it would be hidden
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def has_control(text: str) -> bool:
    """Tell whether a text holds control characters other than tab and line breaks."""
    return _CONTROL.search(text) is not None


def each_row(path: Path, table: TableFormat, reading: TableReading) -> Iterator[TableRow]:
    """Yield the rows of a file that have something in them. Errors: BadInputError when it can't be read as a table."""
    with _opened(path, table) as raw:
        yield from rows_of(raw, table, reading)


@contextmanager
def _opened(path: Path, table: TableFormat) -> Iterator[RawTable]:
    try:
        if ENDINGS.get(path.suffix.lower()) == "xlsx":
            with opened_workbook(path, sheet=table.sheet, first_row=table.header_row or 1) as raw:
                yield raw
            return
        encoding = _codec(table.encoding) if table.encoding else encoding_of(path)
        with path.open(encoding=encoding, newline="") as file:
            lines = _each_line(file, str(path))
            yield text_table(lines, str(path), table, encoding=NAMES.get(encoding, encoding), usual="\t" if path.suffix.lower() == ".tsv" else ",")  # fmt: skip
    except OSError as error:
        raise _bad(str(path), "a readable file", error.strerror or str(error), "name an existing file") from error
    except UnicodeDecodeError as error:
        # lines of bytes are lines of text only where a line feed is one byte
        line, byte = _first_bad_byte(path, encoding) if _is_bytewise(encoding) else (None, error.object[error.start])
        where = f"{path} line {line}" if line else str(path)
        expected = f"{'UTF-8' if encoding == 'utf-8-sig' else table.encoding or NAMES[encoding]} text"
        raise _bad(where, expected, f"byte {byte:#04x}", "save the file as UTF-8") from error
    except UnicodeError as error:  # what some codecs raise without a place
        raise _bad(str(path), f"{table.encoding} text", str(error), "save the file as UTF-8") from error


def _each_line(file: IO[str], where: str) -> Iterator[str]:
    """Yield the lines of a text. Errors: BadInputError when one has no end."""
    while line := file.readline(MAX_LINE_CHARS):
        if len(line) == MAX_LINE_CHARS and not line.endswith(("\n", "\r")):
            raise _bad(where, f"lines of at most {MAX_LINE_CHARS:,} characters", "a longer one", "save it as CSV or XLSX anew")  # fmt: skip
        yield line


def text_table(
    file: Iterable[str], where: str, table: TableFormat, *, encoding: str = "UTF-8", usual: str = ","
) -> RawTable:
    """Return a table of text that was opened with newline="". usual: the delimiter where none can be measured."""
    lines = iter(file)
    start = list(islice(lines, _SNIFFED_LINES))
    delimiter = table.delimiter or delimiter_of(start) or usual
    rows = each_csv_row(chain(start, lines), delimiter)
    first = table.header_row or 1
    if start and said_delimiter(start[0]) and table.delimiter is None:
        first = max(first, 2)
    return RawTable(
        where=where,
        row_word="line",
        form=f"CSV in {encoding}, cells parted by {_DELIMITER_WORDS.get(delimiter, delimiter)}",
        rows=(row for row in rows if row.line >= first) if first > 1 else rows,
        delimiter=delimiter,
    )


def rows_of(raw: RawTable, table: TableFormat, reading: TableReading) -> Iterator[TableRow]:
    """Yield the rows of an opened table. Errors: BadInputError, and UnicodeDecodeError where its text is none."""
    head = list(islice(raw.rows, _HEAD_ROWS))
    columns = understand_columns(head, raw, table)
    reading.form, reading.row_word, reading.columns = raw.form, raw.row_word, columns.read
    reading.problems += columns.problems
    reading.notes += columns.notes
    maker = _RowMaker(raw, table, columns, reading)
    for row in chain(head[columns.first :], raw.rows):
        made = maker.make(row)
        if made is not None:
            yield made


class _RowMaker:
    """Makes rows by column of rows by place, and rejects those with mistakes in them."""

    def __init__(self, raw: RawTable, table: TableFormat, columns: TableColumns, reading: TableReading) -> None:
        self._raw, self._table, self._reading = raw, table, reading
        self._header = columns.header
        self._width = max(len(columns.header), len(columns.keys))
        self._kept = [(at, key) for at, key in enumerate(columns.keys) if key is not None]
        self._headings = {
            key: (columns.header[at] if at < len(columns.header) and columns.header[at] else f"column {at + 1}")
            for at, key in self._kept
        }
        self._places = {heading: columns.places[key] for key, heading in self._headings.items()}

    def make(self, row: RawRow) -> TableRow | None:
        """Return a row by column; None when there is nothing in it, or it was rejected."""
        cells = row.cells
        if row.fault is None and len(cells) != self._width:
            if row.is_empty:
                return None
            cells = self._fitted(cells)
        by_column = {key: cells[at].strip() if at < len(cells) else "" for at, key in self._kept}
        joined = "".join(by_column.values())
        has_fault = row.fault is not None or bool(row.cell_faults)
        if not joined and row.is_empty:
            return None
        self._reading.rows += 1
        made = TableRow(
            line=row.line,
            at=self._raw.at(row.line),
            cells=by_column,
            headings=self._headings,
            locate=self._locator(row.line) if self._raw.cell_name is not None else None,
            header=self._header,
            raw=tuple(cells),
        )
        if has_fault or len(cells) != self._width or _CONTROL.search(joined):
            problems = self._problems(row, made)
            if problems:
                self._reading.reject(made, problems)
                return None
        return made

    def _fitted(self, cells: Sequence[str]) -> Sequence[str]:
        """Return cells without empty ones past the header; filled up where rows may be short, as those of a sheet always are."""
        if len(cells) > self._width:
            end = len(cells)
            while end > self._width and not cells[end - 1].strip():
                end -= 1
            return cells[:end]
        if self._table.may_be_short or self._raw.cell_name is not None or not self._header:
            return [*cells, *([""] * (self._width - len(cells)))]
        return cells

    def _problems(self, row: RawRow, made: TableRow) -> list[Problem]:
        if row.fault is not None:
            whole = row.fault
            return [Problem(where=made.at, expected=whole.expected, got=whole.got, next_step=whole.next_step)]
        if len(made.raw) != self._width:
            expected = f"as many cells as the {'header has' if self._header else 'first rows have'} ({self._width})"
            mark = _DELIMITER_WORDS.get(self._raw.delimiter or "", "the delimiter")
            step = f"quote cells that hold {mark}"
            return [Problem(where=made.at, expected=expected, got=f"{len(made.raw):,}", next_step=step)]
        problems = [
            made.problem(key, fault.expected, fault.got, fault.next_step)
            for at, key in self._kept
            if (fault := row.cell_faults.get(at)) is not None
        ]
        return problems + [control_problem(made, key) for key, cell in made.cells.items() if has_control(str(cell))]

    def _locator(self, line: int) -> Callable[[str], str]:
        return lambda heading: self._raw.place(line, self._places.get(heading), heading)


def _codec(name: str) -> str:
    return "utf-8-sig" if codecs.lookup(name).name == "utf-8" else name


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
