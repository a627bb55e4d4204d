"""A mapping file: how another party's columns, words and dates become ours. TOML; every mistake is named at once.

[columns]            ours = theirs: a column (CSV, XLSX), a path such as account.name (JSON), a CSS selector (HTML, with
                     @attribute for an attribute). A list takes all of several; the first one that says something for
                     columns that hold one value.
[constants]          ours = the same words in every row
[values.relation]    their word = ours; [values.tier] and so on likewise
[prefix]             ours = what is put before each value: identifiers = "GB:"
[dates] format       for strptime, such as "%d/%m/%Y"
[file]               delimiter and encoding (CSV), sheet and header_row (XLSX), rows: the path to the list (JSON), entry:
                     the CSS selector of one entry (HTML)
"""

from __future__ import annotations

import codecs
import datetime as dt
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from casebook.register.grants import COLUMNS, SEVERAL, SINGULAR, SourceRow
from ledger.dates import ISO_DATES, read_date
from ledger.errors import BadInputError, Problem, did_you_mean
from ledger.identity import sha256_hex
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
class Mapping:
    """A mapping, read and checked. columns is empty when the file has our own columns."""

    sha256: Sha256 | None = None
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    prefix: dict[str, str] = field(default_factory=dict)
    date_format: str = ISO_DATES
    file: dict[str, Any] = field(default_factory=dict)

    def setting(self, name: str, default: Any) -> Any:
        return self.file.get(name, default)

    def apply(self, row: SourceRow) -> SourceRow:
        """Return a row with our columns; a word that [values] does not know stays as it is, and is judged then."""
        cells: dict[str, str | tuple[str, ...]] = {}
        if self.columns:
            for ours, theirs in self.columns.items():
                values = [part for name in theirs for part in self._values(ours, row, name)]
                cells[ours] = tuple(values) if ours in SEVERAL else (values[0] if values else "")
        else:
            for name in row.cells:
                ours = SINGULAR.get(name, name)
                values = list(self._values(ours, row, name))
                cells[ours] = tuple(values) if ours in SEVERAL else "; ".join(values)
        for ours, constant in self.constants.items():
            if not cells.get(ours):
                cells[ours] = constant
        return SourceRow(line=row.line, cells=cells, place=self._place(row))

    def _values(self, ours: str, row: SourceRow, name: str) -> Iterator[str]:
        texts = row.several(name) if ours in SEVERAL else (row.text(name),)
        known = self.values.get(ours, {})
        for text in texts:
            if text:
                yield self.prefix.get(ours, "") + known.get(text.casefold(), text)

    def _place(self, row: SourceRow) -> Callable[[str], str]:
        """Return how our columns are placed: by the names that the file has for them."""
        if self.columns:
            return lambda ours: row.place(self.columns[ours][0] if ours in self.columns else ours)
        theirs = {SINGULAR[name]: name for name in row.cells if name in SINGULAR}
        return lambda ours: row.place(theirs.get(ours, ours))


NO_MAPPING = Mapping()


def read_mapping(path: Path) -> Mapping:
    """Return the mapping of a file. Errors: BadInputError with every mistake."""
    try:
        content = path.read_bytes()
        values = tomllib.loads(content.decode("utf-8-sig"))
    except OSError as error:
        raise BadInputError(_problem(str(path), "a readable TOML file", error.strerror or str(error))) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInputError(_problem(str(path), "a mapping in TOML", str(error))) from error
    problems = list(_problems(values, str(path)))
    if problems:
        raise BadInputError(problems)
    return Mapping(
        sha256=sha256_hex(content),
        columns={
            SINGULAR.get(ours, ours): (theirs,) if isinstance(theirs, str) else tuple(theirs)
            for ours, theirs in values.get("columns", {}).items()
        },
        constants={SINGULAR.get(ours, ours): text for ours, text in values.get("constants", {}).items()},
        values={
            SINGULAR.get(ours, ours): {theirs.casefold(): word for theirs, word in words.items()}
            for ours, words in values.get("values", {}).items()
        },
        prefix={SINGULAR.get(ours, ours): text for ours, text in values.get("prefix", {}).items()},
        date_format=values.get("dates", {}).get("format", ISO_DATES),
        file=values.get("file", {}),
    )


def _problems(values: dict[str, Any], where: str) -> Iterator[Problem]:
    for section, content in values.items():
        if section not in _SECTIONS:
            got = section + did_you_mean(section, _SECTIONS)
            yield _problem(f"{where}, [{section}]", f"one of the sections {', '.join(_SECTIONS)}", got)
        elif not isinstance(content, dict):
            yield _problem(f"{where}, {section}", f"a section [{section}]", repr(content)[:80])
    for section in ("columns", "constants", "values", "prefix"):
        for ours, value in _section(values, section).items():
            at = f"{where}, {section}.{ours}"
            if SINGULAR.get(ours, ours) not in COLUMNS:
                yield _problem(at, f"one of our columns {', '.join(COLUMNS)}", ours + did_you_mean(ours, COLUMNS))
            elif not _fits(section, value):
                expected = {"columns": "a text or a list of texts", "values": "a section of texts"}.get(
                    section, "a text"
                )
                yield _problem(at, expected, repr(value)[:80])
    for name, value in _section(values, "dates").items():
        if name != "format" or not isinstance(value, str) or not _is_date_format(value):
            expected = 'a day, a month and a year for strptime, such as format = "%d/%m/%Y"'
            yield _problem(f"{where}, dates.{name}", expected, f"{name} = {value!r}"[:80])
    columns = _section(values, "columns")
    for needed in ("company", "valid_from") if columns else ():
        if needed not in columns and needed not in _section(values, "constants"):
            got = ", ".join(columns)[:80]
            yield _problem(f"{where}, columns", f"{needed}, here or in [constants]", got)
    for name, value in _section(values, "file").items():
        if name not in FILE_SETTINGS:
            got = f"{name} = {value!r}"[:80] + did_you_mean(name, FILE_SETTINGS)
            yield _problem(f"{where}, file.{name}", f"one of {', '.join(FILE_SETTINGS)}", got)
        elif not _is_of(FILE_SETTINGS[name], value):
            expected = "a whole number" if FILE_SETTINGS[name] is int else "a text"
            yield _problem(f"{where}, file.{name}", expected, repr(value)[:80])
        elif name == "delimiter" and (len(str(value)) != 1 or value in '\r\n"'):
            yield _problem(f"{where}, file.delimiter", "one character that is no quote or line break", repr(value)[:80])
        elif name == "header_row" and not 1 <= value <= MAX_HEADER_ROW:
            yield _problem(f"{where}, file.header_row", f"a row from 1 to {MAX_HEADER_ROW:,}", repr(value)[:80])
        elif name == "encoding" and not _is_encoding(str(value)):
            yield _problem(f"{where}, file.encoding", "an encoding such as cp1252", repr(value)[:80])


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


def _problem(where: str, expected: str, got: str) -> Problem:
    return Problem(where=where, expected=expected, got=got, next_step="see docs/how-to-register.md")
