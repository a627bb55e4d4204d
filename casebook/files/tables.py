"""Tables that leave the program, as CSV or XLSX: cells that no spreadsheet runs, whoever wrote their words.

A formula may hide behind spaces or invisible signs, be written in full width, or, in CSV, follow a separator or a line
break of a cell: a program that takes `;` for the comma splits there, whatever the quotes. All of them get an apostrophe.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import IO

from ledger.errors import BadInputError, Problem
from ledger.extras import how_to_install

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
MOST_CELL_CHARS = 32_767  # of an XLSX cell (ECMA-376 as Excel reads it)
MOST_ROWS = 1_048_575  # under the header
_CONTROL = re.compile(
    # control and direction characters could rewrite what stands in a terminal; the last two are in no XML
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # what XLSX reads as a character's number
_SEPARATORS = ";|\t\n"  # of other kinds of CSV


def plain(text: str) -> str:
    """Return text without control and direction characters."""
    return _CONTROL.sub("\ufffd", text)


def safe_cell(value: object) -> object:
    """Return a cell that no spreadsheet runs as a formula; a record of several values becomes JSON."""
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, str):
        text = plain(value)
        return f"'{text}" if value.startswith(FORMULA_STARTS) or _starts_formula(text) else text
    return value


def safe_csv_cell(value: object) -> object:
    """Return a cell for CSV, where what follows a separator may become a cell of its own."""
    cell = safe_cell(value)
    return _safe_inside(cell) if isinstance(cell, str) and any(mark in cell for mark in _SEPARATORS) else cell


def _safe_inside(text: str) -> str:
    made, begins = [], False
    for sign in text:
        if sign in _SEPARATORS:
            begins = True
        elif begins and sign != '"' and not _is_passed_over(sign):
            if _is_formula_sign(sign):
                made.append("'")
            begins = False
        made.append(sign)
    return "".join(made)


def _starts_formula(text: str) -> bool:
    first = next((sign for sign in text if not _is_passed_over(sign)), "")
    return bool(first) and _is_formula_sign(first)


def _is_passed_over(sign: str) -> bool:
    return sign.isspace() or sign == "\ufffd" or unicodedata.category(sign) in ("Cf", "Mn")


def _is_formula_sign(sign: str) -> bool:
    return unicodedata.normalize("NFKC", sign)[0] in "=+-@\u2212"  # full width, small, raised; the minus sign


def write_csv(file: IO[str], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table as CSV to a file that was opened with newline=""."""
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows([safe_csv_cell(value) for value in row] for row in rows)


def make_xlsx(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a table as a workbook of one sheet; no cell of it is a formula, a link or an error.

    Errors: BadInputError when there are more rows than a sheet holds, or the extra [xlsx] is missing.
    """
    try:
        from openpyxl import Workbook
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Font
    except ImportError as error:
        raise BadInputError(
            Problem(
                where="XLSX",
                expected="the extra [xlsx]",
                got="no openpyxl",
                next_step=f"{how_to_install('xlsx')}, or take CSV",
            )
        ) from error
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"

    def cell(value: object, *, is_bold: bool = False) -> object:
        made = WriteOnlyCell(sheet)
        if isinstance(value, int | float) and not isinstance(value, bool):
            made.value = value
        elif value is not None:
            text = _ESCAPE.sub("_x005F_", str(safe_cell(value)))
            made.value = text if len(text) <= MOST_CELL_CHARS else text[: MOST_CELL_CHARS - 1] + "…"
            made.data_type = "s"  # whatever it looks like: a formula, an error, a number
        if is_bold:
            made.font = Font(bold=True)
        return made

    sheet.append([cell(name, is_bold=True) for name in columns])
    for number, row in enumerate(rows):
        if number == MOST_ROWS:
            raise BadInputError(
                Problem(
                    where="XLSX", expected=f"at most {MOST_ROWS:,} rows", got="more", next_step="filter, or take CSV"
                )
            )
        sheet.append([cell(value) for value in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
