"""What is told of a list before anything is done with it: how it was read, which column is what, and what became of each row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from casebook.files.tables import plain
from crawler.lists.vendor_list import VendorList
from ledger.records import Grant, Seed
from ledger.tables.table_format import ReadColumn, TableReading

MAX_TOLD = 5  # notes of one kind; the rest is counted
MAX_CELL_CHARS = 60
PREVIEW_ROWS = 5


def describe_reading(path: Path, reading: TableReading) -> Iterator[str]:
    """Yield how a file was read, and which of its columns as what."""
    if reading.form:
        yield f"{path.name}: {reading.form}"
    read = [column for column in reading.columns if column.column is not None]
    if read:
        yield "  read: " + ", ".join(map(_column, read))
    left_out = [column for column in reading.columns if column.column is None and column.heading]
    if left_out:
        yield "  left out: " + ", ".join(_shown(column.heading) for column in left_out)
    for note in reading.notes:
        yield f"  {plain(note)}"


def _column(column: ReadColumn) -> str:
    if column.heading.lower() == column.column:
        return str(column.column)
    heading = _shown(column.heading) if column.heading else "a column without heading"
    return f"{heading} as {column.column}" + (" (by its cells)" if column.why == "its cells" else "")


def describe_vendors(path: Path, listed: VendorList, rejects: Path) -> Iterator[str]:
    """Yield what became of the rows of a vendor list."""
    reading = listed.reading
    counts = [_count(reading.rows, "row"), _count(len(listed.seeds), "vendor")]
    if listed.merged:
        counts.append(f"{len(listed.merged)} merged into a row of the same site")
    if reading.rejected:
        counts.append(f"{len(reading.rejected)} left out")
    yield f"{path.name}: {counts[0]}: " + ", ".join(counts[1:])
    word = reading.row_word
    noted = [f"  {word} {row.line}: {plain(row.note)} ({word} {row.into_line})" for row in listed.merged if row.note]
    yield from _some(noted, "such notes")
    yield from describe_rejects(reading, rejects)


def describe_rejects(reading: TableReading, rejects: Path) -> Iterator[str]:
    """Yield which rows were left out, and where they are listed."""
    if not reading.rejected:
        return
    rows = [
        f"  {reading.row_word} {row.line}: expected {plain(row.problems[0].expected)}, got {_shown(row.problems[0].got, 100)}"
        for row in reading.rejected
    ]
    yield from _some(rows, "rows")
    yield f"  all that was left out, with what to do: {rejects}"


def preview_vendors(seeds: Sequence[Seed]) -> Iterator[str]:
    """Yield the first vendors as they were understood."""
    for seed in seeds[:PREVIEW_ROWS]:
        more = [
            *seed.start_urls,
            *(f"{name} {value}" for name, value in (("country", seed.country), ("parent", seed.parent)) if value),
            *([f"also {'; '.join(seed.aliases)}"] if seed.aliases else []),
            *seed.identifiers,
        ]
        yield f"  {_shown(seed.vendor)}: " + ", ".join(_shown(part) for part in more)
    if len(seeds) > PREVIEW_ROWS:
        yield f"  and {_count(len(seeds) - PREVIEW_ROWS, 'more vendor')}"


def preview_grants(grants: Iterable[Grant]) -> Iterator[str]:
    """Yield grants as they were understood."""
    for grant in grants:
        until = f"until before {grant.valid_until}" if grant.valid_until else "no end on record"
        words = " ".join(filter(None, (grant.relation, grant.tier)))
        parts = [words, f"from {grant.valid_from}", until, *grant.domains, *grant.identifiers]
        yield f"  {_shown(grant.company)}: " + ", ".join(_shown(part) for part in parts)


def _some(lines: Sequence[str], what: str) -> Iterator[str]:
    yield from lines[:MAX_TOLD]
    if len(lines) > MAX_TOLD:
        yield f"  and {len(lines) - MAX_TOLD:,} more {what}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _shown(text: str, most: int = MAX_CELL_CHARS) -> str:
    text = plain(" ".join(text.split()))
    return text if len(text) <= most else text[: most - 1] + "…"
