"""A register as XLSX, read without running anything: values only, in steps, within limits.

A workbook is an archive of XML, so it can be small and unpack to terabytes: what it would become is checked before it
is opened. A formula whose result was not stored is a mistake, because an empty end date would mean "no end".
"""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casebook.register.grants import SourceRow
from casebook.register.importers.csv_file import table_format
from casebook.register.mapping import Mapping
from ledger.csv_table import control_problem, has_control, header_problems
from ledger.errors import BadInputError, OutsideFailureError, Problem

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

MAX_UNPACKED_BYTES = 1 << 30  # 500,000 grants are 200 MB
MAX_SHARED_BYTES = 256 << 20  # the table of texts is held in memory
MAX_EXPANSION = 300  # times the size in the archive; a sheet of equal rows shrinks to a hundredth
MAX_PARTS = 2_000
MAX_COLUMNS = 200
_SNIFFED_BYTES = 4_096


def each_workbook_row(path: Path, mapping: Mapping, problems: list[Problem]) -> Iterator[SourceRow]:
    """Yield the rows of the sheet that a mapping names, or of the only one. Errors: BadInputError, OutsideFailureError."""
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise OutsideFailureError(
            f"{path}: XLSX needs the extra xlsx: run `pip install 'partnerproof[xlsx]'`, or save the file as CSV"
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
        yield from _rows(path, values, formulas, mapping, problems)


def _rows(
    path: Path, values: Workbook, formulas: Workbook, mapping: Mapping, problems: list[Problem]
) -> Iterator[SourceRow]:
    sheet = _sheet_name(path, values, mapping)
    where = f"{path} sheet {sheet}"
    first = mapping.setting("header_row", 1)
    table = table_format(mapping)
    value_rows = values[sheet].iter_rows(min_row=first, max_col=MAX_COLUMNS)
    formula_rows = formulas[sheet].iter_rows(min_row=first, max_col=MAX_COLUMNS)
    header: list[str] | None = None
    for number, (cells, raw) in enumerate(zip(value_rows, formula_rows, strict=False), start=first):
        texts = [_text(cell.value) for cell in cells]
        if header is None:
            while texts and not texts[-1]:
                texts.pop()
            header = [text if table.keeps_case else text.lower() for text in texts]
            problems += header_problems(header, f"{where} row {number}", table)
            continue
        row = SourceRow(line=number, cells=dict(zip(header, texts, strict=False)), place=_placer(where, number, header))
        mistakes = [control_problem(row.place(name)) for name, text in row.cells.items() if has_control(str(text))]
        mistakes += [
            Problem(where=row.place(name), expected="a value", got="a formula whose result is not stored",
                    next_step="open the file in a spreadsheet and save it, or paste the values")
            for name, cell, formula in zip(header, cells, raw, strict=False)
            if cell.value is None and formula.value is not None
        ]  # fmt: skip
        mistakes += [
            Problem(where=row.place(name), expected="a value", got=f"the error {cell.value}", next_step="mend the cell")
            for name, cell in zip(header, cells, strict=False)
            if cell.data_type == "e"
        ]
        problems += mistakes
        if not mistakes and any(row.cells.values()):
            yield row
    if header is None:
        problems += header_problems([], f"{where} row {first}", table)


def _placer(where: str, number: int, header: list[str]) -> Any:
    """Return how a column is placed: by its cell, such as C7."""
    from openpyxl.utils import get_column_letter

    def place(column: str) -> str:
        if column not in header:
            return f"{where} row {number}, {column}"
        return f"{where} cell {get_column_letter(header.index(column) + 1)}{number}, {column}"

    return place


def _sheet_name(path: Path, workbook: Workbook, mapping: Mapping) -> str:
    names = [sheet.title for sheet in workbook.worksheets]
    chosen = mapping.setting("sheet", None)
    if chosen is None and len(names) == 1:
        return names[0]
    if chosen in names:
        return str(chosen)
    # a sheet that is passed over could hold the grant that is missed
    expected = f"the sheet {chosen}" if chosen else "one sheet, or a mapping that says which"
    raise _bad(str(path), expected, ", ".join(names)[:120] or "no sheet", 'write [file] sheet = "…" in the mapping')


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
