"""XLSX → rows, read without running anything: values only, in steps, within limits.

A workbook is an archive of XML, so it can be small and unpack to terabytes: what it would become is checked before it
is opened. A formula whose result was not stored is a mistake, because an empty end date would mean "no end".
"""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.errors import BadInputError, OutsideFailureError, Problem
from ledger.extras import how_to_install
from ledger.tables.raw_rows import Fault, RawRow, RawTable

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

MAX_UNPACKED_BYTES = 1 << 30  # 500,000 grants are 200 MB
MAX_SHARED_BYTES = 256 << 20  # the table of texts is held in memory
MAX_EXPANSION = 300  # times the size in the archive; a sheet of equal rows shrinks to a hundredth
MAX_PARTS = 2_000
MAX_SHEET_COLUMNS = 200  # each is looked at in every row
_SNIFFED_BYTES = 4_096


@contextmanager
def opened_workbook(path: Path, *, sheet: str | None, first_row: int) -> Iterator[RawTable]:
    """Open the sheet that is named, or the only one with something in it. Errors: BadInputError, OutsideFailureError."""
    try:
        from openpyxl import load_workbook
        from openpyxl.utils import get_column_letter
    except ImportError as error:
        raise OutsideFailureError(
            f"{path}: XLSX needs the extra xlsx: run `{how_to_install('xlsx')}`, or save the file as CSV"
        ) from error
    _refuse_bombs(path)
    # opened here, because the library leaves a file open when it fails
    with path.open("rb") as file, path.open("rb") as same_file:
        try:
            values = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            formulas = load_workbook(same_file, read_only=True, data_only=False, keep_links=False)
        except Exception as error:  # the library fails in many ways on broken files
            got = f"{type(error).__name__}: {error}"
            raise _bad(str(path), "an XLSX workbook", got, "save it anew as XLSX or CSV") from error
        name = _sheet_name(path, values, sheet)
        yield RawTable(
            where=f"{path} sheet {name}",
            row_word="row",
            form=f"XLSX, sheet {name}",
            rows=_each_row(path, values, formulas, name, first_row),
            cell_name=lambda line, at: f"{get_column_letter(at + 1)}{line}",
        )


def _each_row(path: Path, values: Workbook, formulas: Workbook, sheet: str, first_row: int) -> Iterator[RawRow]:
    for book in (values, formulas):
        book[sheet].reset_dimensions()  # what a sheet says of its size may be wrong, and rows would be filled up to it
    value_rows = values[sheet].iter_rows(min_row=first_row)
    formula_rows = formulas[sheet].iter_rows(min_row=first_row)
    for number, (cells, raw) in enumerate(zip(value_rows, formula_rows, strict=False), start=first_row):
        texts = [_text(cell.value) for cell in cells]
        faults: dict[int, Fault] = {}
        for at, (cell, formula) in enumerate(zip(cells, raw, strict=False)):
            if cell.value is None:
                if formula.value is not None:
                    faults[at] = _NOT_STORED
            elif cell.data_type == "e":
                faults[at] = Fault(expected="a value", got=f"the error {cell.value}", next_step="mend the cell")
        while texts and not texts[-1] and len(texts) - 1 not in faults:
            texts.pop()
        if len(texts) > MAX_SHEET_COLUMNS:
            raise _bad(f"{path} sheet {sheet} row {number}", f"at most {MAX_SHEET_COLUMNS} columns", "more", "remove those that are not needed")  # fmt: skip
        yield RawRow(line=number, cells=texts, cell_faults=faults)


_NOT_STORED = Fault(
    expected="a value",
    got="a formula whose result is not stored",
    next_step="open the file in a spreadsheet and save it, or paste the values",
)


def _sheet_name(path: Path, workbook: Workbook, chosen: str | None) -> str:
    names = [sheet.title for sheet in workbook.worksheets]
    if chosen is None and len(names) > 1:
        filled = [sheet.title for sheet in workbook.worksheets if _has_something(sheet)]
        names = filled or names
    if chosen is None and len(names) == 1:
        return names[0]
    if chosen in names:
        return str(chosen)
    # a sheet that is passed over could hold the row that is missed
    expected = f"the sheet {chosen}" if chosen else "one sheet, or a mapping that says which"
    raise _bad(str(path), expected, ", ".join(names)[:120] or "no sheet", 'write [file] sheet = "…" in the mapping')


def _has_something(sheet: object) -> bool:
    rows = sheet.iter_rows(max_col=MAX_SHEET_COLUMNS, values_only=True)  # type: ignore[attr-defined]  # of openpyxl's several kinds of sheets those that are read
    return any(value is not None for row in rows for value in row)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _refuse_bombs(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            total = sum(part.file_size for part in parts)
            shared = sum(part.file_size for part in parts if part.filename.lower().endswith("sharedstrings.xml"))
            grown = [part for part in parts if part.file_size > MAX_EXPANSION * max(part.compress_size, 1_000)]
            if total > MAX_UNPACKED_BYTES or shared > MAX_SHARED_BYTES or len(parts) > MAX_PARTS or grown:
                got = f"{len(parts)} parts that unpack to {total:,} bytes"
                raise _bad(str(path), "a workbook of ordinary size", got, "save the sheet as CSV")
            for part in parts:
                with archive.open(part) as file:
                    start = file.read(_SNIFFED_BYTES).replace(b"\x00", b"").upper()
                if b"<!DOCTYPE" in start or b"<!ENTITY" in start:
                    raise _bad(
                        str(path), "a workbook without document types", f"one in {part.filename}", "save it anew"
                    )
    except OSError as error:
        raise _bad(str(path), "a readable file", error.strerror or str(error), "name an existing file") from error
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise _bad(str(path), "an XLSX workbook", str(error), "save it as XLSX or CSV, without a password") from error


def _bad(where: str, expected: str, got: str, next_step: str) -> BadInputError:
    return BadInputError(Problem(where=where, expected=expected, got=got[:200], next_step=next_step))
