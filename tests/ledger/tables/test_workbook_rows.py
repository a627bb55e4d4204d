"""Workbooks are read within limits, whatever they would unpack to."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

from ledger.errors import BadInputError, OutsideFailureError
from ledger.tables import workbook_rows
from ledger.tables.workbook_rows import MAX_SHEET_COLUMNS, opened_workbook


def read(path: Path, sheet: str | None = None) -> list[list[str]]:
    with opened_workbook(path, sheet=sheet, first_row=1) as table:
        return [list(row.cells) for row in table.rows]


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.append(["url", "x"])
    book.active.append(["a.example", 3.0])
    book.create_sheet("Empty")
    book.save(tmp_path / "t.xlsx")
    return tmp_path / "t.xlsx"


def test_an_empty_sheet_beside_it_does_no_harm(workbook):
    assert read(workbook) == [["url", "x"], ["a.example", "3"]]


def test_two_sheets_with_something_are_told(workbook):
    book = openpyxl.load_workbook(workbook)
    book["Empty"]["C90"] = "x"
    book.save(workbook)
    with pytest.raises(BadInputError, match="expected one sheet, or a mapping that says which, got Sheet, Empty"):
        read(workbook)
    assert read(workbook, "Sheet")[0] == ["url", "x"]


def test_a_sheet_of_endless_width_is_refused(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["url"] * (MAX_SHEET_COLUMNS + 1))
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(BadInputError, match=f"expected at most {MAX_SHEET_COLUMNS} columns, got more"):
        read(tmp_path / "t.xlsx")


def test_a_bomb_is_refused_before_it_is_opened(workbook):
    with (
        zipfile.ZipFile(workbook, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet9.xml", "w") as part,
    ):
        for _ in range(300):
            part.write(b"0" * 1_000_000)
    assert workbook.stat().st_size < 400_000
    with pytest.raises(BadInputError, match="expected a workbook of ordinary size"):
        read(workbook)


def test_without_the_extra_one_sentence_says_what_to_do(workbook, monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(OutsideFailureError, match="XLSX needs the extra xlsx: run `pip install 'openpyxl"):
        read(workbook)


def test_too_many_parts_are_refused(workbook, monkeypatch):
    monkeypatch.setattr(workbook_rows, "MAX_PARTS", 3)
    with pytest.raises(BadInputError, match="expected a workbook of ordinary size"):
        read(workbook)
