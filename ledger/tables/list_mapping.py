"""A mapping file: how another party's columns, words and dates become ours. TOML; every mistake is named at once.

[columns]            ours = theirs: a column (CSV, XLSX), a path such as account.name (JSON), a CSS selector (HTML, with
                     @attribute for an attribute). A list takes all of several; the first one that says something for
                     columns that hold one value.
[constants]          ours = the same words in every row
[values.relation]    their word = ours; [values.tier] and so on likewise
[prefix]             ours = what is put before each value: identifiers = "GB:"
[dates]              format, for strptime, such as "%d/%m/%Y"; valid_until_is_last_day = true where the end is the last day with the grant
[file]               delimiter and encoding (CSV), sheet (XLSX), header_row, rows: the path to the list (JSON), entry:
                     the CSS selector of one entry (HTML)
"""

from __future__ import annotations

import codecs
import datetime as dt
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.dates import read_date
from ledger.errors import BadInputError, Problem, did_you_mean
from ledger.identity import sha256_hex
from ledger.tables.table_format import Cell, ReadColumn, TableFormat, TableRow
from ledger.typed_texts import Sha256

FILE_SETTINGS: dict[str, type] = {
    "delimiter": str,
    "encoding": str,
    "sheet": str,
    "header_row": int,
    "rows": str,
    "entry": str,
}
MAX_HEADER_ROW = 1_048_576  # the last row of a sheet
_SECTIONS = ("columns", "constants", "values", "prefix", "dates", "file")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListShape:
    """What a kind of list holds. several: columns of several values; singular: as files may call such columns too.

    needed: of each group one column; example: how a file begins; guide: the page that tells of it.
    """

    columns: Sequence[str]
    needed: Sequence[Sequence[str]]
    example: str
    guide: str
    several: frozenset[str] = frozenset()
    singular: Mapping[str, str] = field(default_factory=dict)
    headings: Mapping[str, Sequence[str]] = field(default_factory=dict)
    has_dates: bool = False

    def ours(self, name: str) -> str:
        return self.singular.get(name, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMapping:
    """A mapping, read and checked. columns is empty when the file has our own columns. date_format: None: as the column has it."""

    shape: ListShape
    sha256: Sha256 | None = None
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    prefix: dict[str, str] = field(default_factory=dict)
    date_format: str | None = None
    valid_until_is_last_day: bool = False
    file: dict[str, Any] = field(default_factory=dict)

    def setting(self, name: str, default: Any = None) -> Any:
        return self.file.get(name, default)

    def table_format(self, *, leaves_out_unknown: bool, **more: Any) -> TableFormat:
        """Return what a table has to look like: our columns, or those that the mapping names."""
        read = {name: self.setting(name) for name in ("delimiter", "encoding", "sheet", "header_row")}
        if self.columns:
            needed = list(self.columns.values())  # a missing one would be read as empty
            named = [name for theirs in self.columns.values() for name in theirs]
            return TableFormat(
                columns=None, needed=needed, example=",".join(named), only=frozenset(named),
                leaves_out_unknown=leaves_out_unknown, **read, **more,
            )  # fmt: skip
        shape = self.shape
        return TableFormat(
            columns=shape.columns,
            needed=[names for names in shape.needed if not set(names) & self.constants.keys()],
            example=shape.example,
            headings=shape.headings,
            leaves_out_unknown=leaves_out_unknown,
            **read,
            **more,
        )

    def apply(self, row: TableRow) -> TableRow:
        """Return a row with our columns; a word that [values] does not know stays as it is, and is judged then."""
        cells: dict[str, Cell] = {}
        headings: dict[str, str] = {}
        several = self.shape.several
        if self.columns:
            for ours, theirs in self.columns.items():
                values = [part for name in theirs for part in self._values(ours, row, name)]
                cells[ours] = tuple(values) if ours in several else (values[0] if values else "")
                headings[ours] = row.heading(theirs[0])
        else:
            for name in row.cells:
                ours = self.shape.ours(name)
                values = list(self._values(ours, row, name))
                cells[ours] = tuple(values) if ours in several else "; ".join(values)
                headings[ours] = row.heading(name)
        for ours, constant in self.constants.items():
            if not cells.get(ours):
                cells[ours] = constant
        return TableRow(
            line=row.line, at=row.at, cells=cells, headings=headings, locate=row.locate, header=row.header, raw=row.raw
        )

    def named(self, columns: Sequence[ReadColumn]) -> tuple[ReadColumn, ...]:
        """Return columns as they were read, under our names for them."""
        ours = {name: ours for ours, theirs in self.columns.items() for name in theirs}
        if not ours:
            return tuple(columns)
        return tuple(
            ReadColumn(heading=read.heading, column=ours.get(read.column or ""), why="the mapping") for read in columns
        )

    def _values(self, ours: str, row: TableRow, name: str) -> Iterator[str]:
        texts = row.several(name) if ours in self.shape.several else (row.text(name),)
        known = self.values.get(ours, {})
        for text in texts:
            if text:
                yield self.prefix.get(ours, "") + known.get(text.casefold(), text)


def read_mapping(path: Path, shape: ListShape) -> ListMapping:
    """Return the mapping of a file for a kind of list. Errors: BadInputError with every mistake."""
    try:
        content = path.read_bytes()
        values = tomllib.loads(content.decode("utf-8-sig"))
    except OSError as error:
        raise BadInputError(_problem(str(path), "a readable TOML file", error.strerror or str(error), shape)) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInputError(_problem(str(path), "a mapping in TOML", str(error), shape)) from error
    problems = [*_section_problems(values, str(path), shape), *_file_problems(values, str(path), shape)]
    if problems:
        raise BadInputError(problems)
    dates = values.get("dates", {})
    return ListMapping(
        shape=shape,
        sha256=sha256_hex(content),
        columns={
            shape.ours(ours): (theirs,) if isinstance(theirs, str) else tuple(theirs)
            for ours, theirs in values.get("columns", {}).items()
        },
        constants={shape.ours(ours): text for ours, text in values.get("constants", {}).items()},
        values={
            shape.ours(ours): {theirs.casefold(): word for theirs, word in words.items()}
            for ours, words in values.get("values", {}).items()
        },
        prefix={shape.ours(ours): text for ours, text in values.get("prefix", {}).items()},
        date_format=dates.get("format"),
        valid_until_is_last_day=dates.get("valid_until_is_last_day", False),
        file=values.get("file", {}),
    )


def _section_problems(values: dict[str, Any], where: str, shape: ListShape) -> Iterator[Problem]:
    sections = [section for section in _SECTIONS if section != "dates" or shape.has_dates]
    for section, content in values.items():
        if section not in sections:
            got = section + did_you_mean(section, sections)
            yield _problem(f"{where}, [{section}]", f"one of the sections {', '.join(sections)}", got, shape)
        elif not isinstance(content, dict):
            yield _problem(f"{where}, {section}", f"a section [{section}]", repr(content)[:80], shape)
    for section in ("columns", "constants", "values", "prefix"):
        for ours, value in _section(values, section).items():
            at = f"{where}, {section}.{ours}"
            if shape.ours(ours) not in shape.columns:
                got = ours + did_you_mean(ours, shape.columns)
                yield _problem(at, f"one of our columns {', '.join(shape.columns)}", got, shape)
            elif not _fits(section, value):
                expected = {"columns": "a text or a list of texts", "values": "a section of texts"}.get(
                    section, "a text"
                )
                yield _problem(at, expected, repr(value)[:80], shape)
    for name, value in _section(values, "dates").items():
        got = f"{name} = {value!r}"[:80]
        if name == "valid_until_is_last_day":
            if not isinstance(value, bool):
                yield _problem(f"{where}, dates.{name}", "true or false", got, shape)
        elif name != "format" or not isinstance(value, str) or not _is_date_format(value):
            yield _problem(
                f"{where}, dates.{name}",
                'a day, a month and a year for strptime, such as format = "%d/%m/%Y"',
                got,
                shape,
            )
    columns = {shape.ours(name): None for name in _section(values, "columns")}
    for needed in shape.needed if columns else ():
        if not set(needed) & (columns.keys() | _section(values, "constants").keys()):
            got = ", ".join(columns)[:80]
            yield _problem(f"{where}, columns", f"{' or '.join(needed)}, here or in [constants]", got, shape)


def _file_problems(values: dict[str, Any], where: str, shape: ListShape) -> Iterator[Problem]:
    for name, value in _section(values, "file").items():
        if name not in FILE_SETTINGS:
            got = f"{name} = {value!r}"[:80] + did_you_mean(name, FILE_SETTINGS)
            yield _problem(f"{where}, file.{name}", f"one of {', '.join(FILE_SETTINGS)}", got, shape)
        elif not _is_of(FILE_SETTINGS[name], value):
            expected = "a whole number" if FILE_SETTINGS[name] is int else "a text"
            yield _problem(f"{where}, file.{name}", expected, repr(value)[:80], shape)
        elif name == "delimiter" and (len(str(value)) != 1 or value in '\r\n"'):
            yield _problem(
                f"{where}, file.delimiter", "one character that is no quote or line break", repr(value)[:80], shape
            )
        elif name == "header_row" and not 1 <= value <= MAX_HEADER_ROW:
            yield _problem(f"{where}, file.header_row", f"a row from 1 to {MAX_HEADER_ROW:,}", repr(value)[:80], shape)
        elif name == "encoding" and not _is_encoding(str(value)):
            yield _problem(f"{where}, file.encoding", "an encoding such as cp1252", repr(value)[:80], shape)


def _section(values: dict[str, Any], name: str) -> dict[str, Any]:
    section = values.get(name, {})
    return section if isinstance(section, dict) else {}


def _fits(section: str, value: object) -> bool:
    if section == "values":
        return isinstance(value, dict) and all(isinstance(word, str) for word in value.values())
    if section == "columns" and isinstance(value, list):
        return bool(value) and all(isinstance(name, str) for name in value)
    return isinstance(value, str)


def _is_of(kind: type, value: object) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)  # for Python true is a number too


def _is_date_format(date_format: str) -> bool:
    """Tell whether a day can be read in a format as it was written: with day, month and year, and no word for them."""
    day = "2024-03-25"
    try:
        return read_date(dt.date.fromisoformat(day).strftime(date_format), date_format) == day
    except ValueError:
        return False


def _is_encoding(name: str) -> bool:
    try:
        return bool(codecs.lookup(name)._is_text_encoding)
    except (LookupError, ValueError):
        return False


def _problem(where: str, expected: str, got: str, shape: ListShape) -> Problem:
    return Problem(where=where, expected=expected, got=got, next_step=f"see {shape.guide}")
