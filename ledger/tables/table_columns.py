"""Which column of a file is which of ours: by the header, by other usual headings, or by what stands in the cells.

1. The header is the first row that has the needed columns, by their names or by usual headings of theirs.
2. Where there is none, a needed column may be known by its cells: most of them are web addresses, say. What stands above the first
   such cell is a header of other names, whose usual headings are taken for the rest, and titles above it.
3. The first of two columns with one meaning is taken; where every column has to be ours, two are a mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ledger.errors import BadInputError, Problem
from ledger.tables.list_words import heading_words
from ledger.tables.raw_rows import MAX_COLUMNS, RawRow, RawTable
from ledger.tables.table_format import ReadColumn, TableFormat

MAX_ROWS_ABOVE = 20  # titles and notes above a header
# Chosen on bench/messy_list.py, where a quarter of the rows are junk; a column of names has none, one of free text few. Tried 0.3 to 0.8
MIN_CELL_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumns:
    """header: as the file has it, empty when it has none; keys: our column, or None, by place; first: the first row under the header."""

    header: tuple[str, ...]
    keys: tuple[str | None, ...]
    first: int
    read: tuple[ReadColumn, ...]
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def places(self) -> dict[str, int]:
        return {key: at for at, key in enumerate(self.keys) if key is not None}


def understand_columns(head: Sequence[RawRow], raw: RawTable, table: TableFormat) -> TableColumns:
    """Return what the columns are. head: the first rows. Errors: BadInputError when a needed column is missing."""
    filled = [(at, row) for at, row in enumerate(head) if not row.is_empty]
    _refuse_too_wide(filled, raw)
    above = filled[:1] if table.header_row is not None else filled[:MAX_ROWS_ABOVE]
    for at, row in above:
        header = _header(row)
        if not _missing(header, table):
            return replace(_by_headings(header, row, raw, table), first=at + 1, notes=_passed_over(filled, at, raw))
    if table.knows_by_cells:
        by_cells = _by_cells(filled, raw, table)
        if by_cells is not None:
            return by_cells
    first = above[0][1] if above else RawRow(line=table.header_row or 1, cells=())
    raise _missing_columns(first, raw, table)


def _refuse_too_wide(filled: Sequence[tuple[int, RawRow]], raw: RawTable) -> None:
    wide = next((row for _, row in filled[:1] if len(row.cells) > MAX_COLUMNS), None)
    if wide is not None:
        raise _bad(raw.at(wide.line), f"at most {MAX_COLUMNS:,} columns", f"{len(wide.cells):,}", "remove those that are not needed")  # fmt: skip


def _header(row: RawRow) -> tuple[str, ...]:
    names = [name.strip() for name in row.cells]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meaning:
    """What a heading means. rank: its place among the headings of the column, the column's own name first."""

    column: str
    rank: int


def _meanings(header: Sequence[str], table: TableFormat) -> dict[int, _Meaning]:
    """Return by place what is known of a header; a heading that two columns have is the one's for which it is the more usual."""
    if table.columns is None:
        return {at: _Meaning(column=name, rank=0) for at, name in enumerate(header)}
    meanings: dict[str, _Meaning] = {}
    for column in table.columns:
        for rank, word in enumerate((heading_words(column), *table.headings.get(column, ()))):
            if word not in meanings or rank < meanings[word].rank:
                meanings[word] = _Meaning(column=column, rank=rank)
    return {at: meanings[word] for at, name in enumerate(header) if (word := heading_words(name)) in meanings}


def _places(header: Sequence[str], table: TableFormat) -> dict[str, int]:
    """Return the place of each column that a header has: of several headings of one the most usual, then the first."""
    best = sorted((meaning.rank, at, meaning.column) for at, meaning in _meanings(header, table).items())
    places: dict[str, int] = {}
    for _, at, column in best:
        places.setdefault(column, at)
    return places


def _missing(header: Sequence[str], table: TableFormat) -> list[Sequence[str]]:
    known = _places(header, table).keys()
    return [names for names in table.needed if not set(names) & known]


def _by_headings(header: tuple[str, ...], row: RawRow, raw: RawTable, table: TableFormat) -> TableColumns:
    keys: list[str | None] = []
    read: list[ReadColumn] = []
    problems: list[Problem] = []
    known, taken = _meanings(header, table), _places(header, table)
    for at, name in enumerate(header):
        column = known[at].column if at in known else None
        where = f"{raw.at(row.line)}, {name or 'a column without name'}"
        if column is not None and taken[column] != at:
            if name and not table.leaves_out_unknown:
                problems += _twice(header, taken[column], name, column, where)
            keys.append(None)
            read.append(ReadColumn(heading=name, column=None, why=f"{header[taken[column]]} is read as {column}"))
        elif column is None and not table.leaves_out_unknown:
            expected = f"one of the columns {', '.join(table.columns or ())}"
            step = "rename or remove the column" + (", or name those to be read in a mapping" if table.headings else "")
            problems.append(Problem(where=where, expected=expected, got=name or "nothing", next_step=step))
            keys.append(None)
        elif column is None or (table.only is not None and column not in table.only):
            keys.append(None)
            read.append(ReadColumn(heading=name, column=None, why="its heading is none that is known"))
        else:
            keys.append(column)
            read.append(ReadColumn(heading=name, column=column, why="its heading"))
    return TableColumns(header=header, keys=tuple(keys), first=0, read=tuple(read), problems=tuple(problems))


def _twice(header: Sequence[str], first: int, name: str, column: str, where: str) -> Iterator[Problem]:
    if header[first] == name:
        yield Problem(where=where, expected="each column once", got="it twice", next_step="remove one")
    else:
        yield Problem(where=where, expected="each column once", got=f"{header[first]} and {name}, which both mean {column}", next_step="rename or remove one, or say in a mapping which it is")  # fmt: skip


def _passed_over(filled: Sequence[tuple[int, RawRow]], header_at: int, raw: RawTable) -> tuple[str, ...]:
    return tuple(
        f"{raw.at(row.line)} was taken for a title: {_shown(row.cells)}" for at, row in filled if at < header_at
    )


def _by_cells(filled: Sequence[tuple[int, RawRow]], raw: RawTable, table: TableFormat) -> TableColumns | None:
    """Return the columns known by their cells; None when a needed one is not."""
    rows = [row for _, row in filled if row.fault is None]
    width = min(max((len(row.cells) for row in rows), default=0), MAX_COLUMNS)
    chosen: dict[str, int] = {}
    needed = {name for names in table.needed for name in names}
    for column, is_one in table.knows_by_cells.items():
        if column in needed:
            place = _likeliest(rows, width, is_one, set(chosen.values()))
            if place is not None:
                chosen[column] = place
    if any(not set(names) & chosen.keys() for names in table.needed):
        return None
    # the first row with a cell of its kind is data; the row above it holds the headings
    kinds = {place: table.knows_by_cells[column] for column, place in chosen.items()}
    begins = next(n for n, (_, row) in enumerate(filled) if any(_has(row, place, is_one) for place, is_one in kinds.items()))  # fmt: skip
    header = _header(filled[begins - 1][1]) if begins else ()
    for column, place in _places(header, table).items():
        if column not in chosen and place not in chosen.values():
            chosen[column] = place
    named = dict(chosen)
    for column, is_one in table.knows_by_cells.items():
        if column not in chosen and column not in needed:
            place = _likeliest(rows[begins:], width, is_one, set(chosen.values()))
            if place is not None:
                chosen[column] = place
    keys: list[str | None] = [None] * width
    for column, place in chosen.items():
        if place < width:
            keys[place] = column
    read = tuple(
        ReadColumn(
            heading=header[at] if at < len(header) else "",
            column=key,
            why="its cells" if key and (key in needed or key not in named) else "its heading" if key else "neither its heading nor its cells say what it is",
        )
        for at, key in enumerate(keys)
    )  # fmt: skip
    notes = _passed_over(filled, filled[begins - 1][0], raw) if begins else ()
    if begins:
        notes = (*notes, f"{raw.at(filled[begins - 1][1].line)} was taken for the header: {_shown(header)}")
    else:
        notes = ("no header: what the columns are was told by their cells",)
    return TableColumns(header=header, keys=tuple(keys), first=filled[begins][0], read=read, notes=notes)


def _likeliest(rows: Sequence[RawRow], width: int, is_one: Callable[[str], bool], taken: set[int]) -> int | None:
    """Return the place of the column with the most different cells of a kind, if more than half of its cells are of it."""
    best, most = None, 0
    for place in range(width):
        if place in taken:
            continue
        cells = [cell for row in rows if place < len(row.cells) and (cell := row.cells[place].strip())]
        fitting = [cell for cell in cells if is_one(cell)]
        if len(fitting) > MIN_CELL_SHARE * len(cells) and len(set(fitting)) > most:
            best, most = place, len(set(fitting))
    return best


def _has(row: RawRow, place: int, is_one: Callable[[str], bool]) -> bool:
    return place < len(row.cells) and bool(is_one(row.cells[place].strip()))


def _missing_columns(row: RawRow, raw: RawTable, table: TableFormat) -> BadInputError:
    if row.fault is not None:
        begin = f"begin the file with:\n{table.example}"
        return _bad(raw.at(row.line), "a CSV header", row.fault.got, begin)
    header = _header(row)
    missing = _missing(header, table)
    columns = f"column{'s' if len(missing) > 1 else ''} {' and '.join(' or '.join(names) for names in missing)}"
    got = ", ".join(header)[:120] or "an empty file"
    begin = f"begin the file with:\n{table.example}"
    other = next((mark for mark in ",;\t|" if len(header) == 1 and mark in header[0] and mark != raw.delimiter), None)
    if other is not None:
        begin = f"part the cells by {raw.delimiter!r}, not {other!r}, or say so in a mapping file"
    return _bad(raw.at(row.line), f"a header with the {columns}", got, begin)


def _shown(cells: Sequence[str]) -> str:
    return ", ".join(filter(None, map(str.strip, cells)))[:80]


def _bad(where: str, expected: str, got: str, next_step: str) -> BadInputError:
    return BadInputError(Problem(where=where, expected=expected, got=got, next_step=next_step))
