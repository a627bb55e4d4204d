"""Text of any usual dialect of CSV → rows. A row that is no CSV is one bad row, and the next line is read.

The delimiter is measured: with the right one most rows have the same number of cells, and of several such the one that makes more of
them. (csv.Sniffer looks at the letters' frequency and takes `e` or a space for one.)
"""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import islice

from ledger.tables.raw_rows import Fault, RawRow

DELIMITERS = (",", ";", "\t", "|")
MAX_FAULTS = 1_000  # rows that are no CSV; with more it is another kind of file
MEASURED_ROWS = 200
_SAID = re.compile(r'"?sep=(.)"?\s*', re.I)  # what a spreadsheet writes, or is told by, in a first line of its own


def delimiter_of(lines: Iterable[str]) -> str | None:
    """Return what parts the cells of the first lines of a text; None when nothing does: one column."""
    sample = list(lines)
    said = said_delimiter(sample[0]) if sample else None
    if said is not None:
        return said
    best: tuple[float, int, str] | None = None
    for delimiter in DELIMITERS:
        counts = Counter(_widths(sample, delimiter))
        width, rows = max(counts.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]), default=(1, 0))
        if width > 1:
            measured = (round(rows / counts.total(), 1), width, delimiter)
            best = max(best, measured, key=lambda one: one[:2]) if best else measured
    return best[2] if best else None


def said_delimiter(line: str) -> str | None:
    """Return the delimiter that a first line `sep=;` says; None when it is an ordinary line."""
    said = _SAID.fullmatch(line)
    return said[1] if said else None


def _widths(sample: Iterable[str], delimiter: str) -> Iterator[int]:
    reader = csv.reader(sample, delimiter=delimiter)
    try:
        for cells in islice(reader, MEASURED_ROWS):
            if any(map(str.strip, cells)):
                yield len(cells)
    except csv.Error:
        return


class _Lines:
    """Hands out lines, knows those of the row that is being read, and takes them back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._waiting: deque[str] = deque()
        self.taken: list[str] = []
        self.first = 1  # line of the row that is being read

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else next(self._lines)
        self.taken.append(line)
        return line

    def begin_row(self) -> None:
        self.first += len(self.taken)
        self.taken.clear()

    def keep_first(self) -> str:
        """Return the first line of the row; the others will be handed out again."""
        first, *others = self.taken
        self._waiting.extendleft(reversed(others))
        self.taken = [first]
        return first


def each_csv_row(lines: Iterable[str], delimiter: str) -> Iterator[RawRow]:
    """Yield the rows of lines that were read with newline="", with the line on which each begins."""
    source = _Lines(lines)
    reader = csv.reader(source, strict=True, delimiter=delimiter)
    faults = 0
    while True:
        source.begin_row()
        try:
            cells = next(reader, None)
        except csv.Error as error:
            line = source.keep_first().rstrip("\r\n")
            faults += 1
            is_last = faults == MAX_FAULTS
            yield RawRow(line=source.first, cells=(line,), fault=_too_many() if is_last else _fault(str(error)))
            if is_last:
                return
            reader = csv.reader(source, strict=True, delimiter=delimiter)
            continue
        if cells is None:
            return
        yield RawRow(line=source.first, cells=cells)


def _fault(error: str) -> Fault:
    if "field larger" in error:
        return Fault(
            expected=f"cells of at most {csv.field_size_limit():,} characters",
            got="a longer one",
            next_step="shorten it, or close the quote that opens it",
        )
    return Fault(expected="CSV", got=error, next_step="mend the quotes")


def _too_many() -> Fault:
    return Fault(
        expected="CSV", got=f"{MAX_FAULTS:,} rows that are none", next_step="save the list as CSV or XLSX anew"
    )
