"""Cells that no spreadsheet runs, in CSV and XLSX, whatever a stranger wrote."""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl import load_workbook

from casebook.files.tables import MOST_CELL_CHARS, make_xlsx, safe_cell, safe_csv_cell, write_csv

FORMULAS = [
    "=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "\u200b=1", "\ufeff=1", "\x00=1", "\u202e=1",
    "＝1", "＋1", "－1", "＠x", "﹦1", "﹢1", "﹣1", "﹫1", "⁼1", "⁺1", "\u22121", "\u0301=1", "\xa0\u3000＝1", "=HYPERLINK(\"https://x.example\")",
]  # fmt: skip
WORDS = ["Acme", "艾克米", "", "a = b", "1-2", "ann@acme.example", "https://acme.example/a?b=c", "O'Neil; and others"]


def as_a_spreadsheet_starts(text: str) -> str:
    """The first sign that counts, folded as a program may fold it."""
    return next((unicodedata.normalize("NFKC", s)[0] for s in text if not s.isspace() and unicodedata.category(s) not in ("Cf", "Mn", "Cc") and s != "\ufffd"), "")  # fmt: skip


def is_formula(text: str) -> bool:
    return as_a_spreadsheet_starts(text) in tuple("=+-@\u2212")


def xlsx_cells(value: object) -> tuple[object, str]:
    content = make_xlsx("cases", ["a"], [[value]])
    cell = load_workbook(io.BytesIO(content)).active["A2"]
    return cell.value, cell.data_type


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_becomes_words(text):
    assert str(safe_cell(text)).startswith("'")
    value, kind = xlsx_cells(text)
    assert str(value).startswith("'")
    assert kind == "s"


@pytest.mark.parametrize("text", WORDS)
def test_other_words_stay_as_they_are(text):
    assert safe_cell(text) == safe_csv_cell(text) == text
    assert xlsx_cells(text)[0] == (text or None)


def test_numbers_and_nothing_stay_what_they_are():
    assert [safe_cell(value) for value in (-1, 0.5, None, True)] == [-1, 0.5, None, True]
    assert [xlsx_cells(value) for value in (-1, 0.5)] == [(-1, "n"), (0.5, "n")]
    assert xlsx_cells(None)[0] is None


@pytest.mark.parametrize("text", ["#N/A", "#REF!", "2026-11-28", "12", "true", "_x003D_1", "_x000D_"])
def test_a_text_that_looks_like_something_else_stays_a_text_in_xlsx(text):
    sheet = etree.fromstring(
        zipfile.ZipFile(io.BytesIO(make_xlsx("c", ["a"], [[text]]))).read("xl/worksheets/sheet1.xml")
    )
    said, kind = sheet.findall(".//{*}t")[1].text, sheet.findall(".//{*}c")[1].get("t")
    assert kind in ("inlineStr", "s")
    assert said.replace("_x005F_", "_") == text
    assert not text.startswith("_x") or said.startswith("_x005F_")


def test_what_xlsx_can_not_hold_is_replaced_and_too_long_a_cell_is_cut():
    value, _ = xlsx_cells("a\x00\x0b\x1f\ud800\ufffe\uffffb\nc")
    assert value == "a" + "\ufffd" * 6 + "b\nc"
    assert len(str(xlsx_cells("x" * (MOST_CELL_CHARS + 5))[0])) == MOST_CELL_CHARS


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("text", [*FORMULAS, "x;=1+1", 'x"; =1', "a\n=1", "a|+1", "x\t@y", "a;\u200b＝1", 'a";";"=1'])
def test_no_program_finds_a_formula_in_csv_whatever_it_splits_at(text, separator):
    file = io.StringIO(newline="")
    write_csv(file, ["a", "b"], [["first", text], [text, "last"]])
    for row in csv.reader(io.StringIO(file.getvalue(), newline=""), delimiter=separator):
        assert not any(is_formula(cell) for cell in row), row


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(
        st.text(alphabet=st.sampled_from("=+-@＝;,|\t\n\r\"' a\u200b\u0301\ufeff\x00"), max_size=12),
        min_size=2,
        max_size=3,
    )
)
def test_no_mix_of_signs_makes_a_formula(cells):
    file = io.StringIO(newline="")
    write_csv(file, ["a"] * len(cells), [cells])
    text = file.getvalue()
    assert [len(row) for row in csv.reader(io.StringIO(text, newline=""))] == [len(cells)] * 2
    for separator in ",;\t|":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            assert not any(is_formula(cell) for cell in row), row
    sheet = load_workbook(io.BytesIO(make_xlsx("c", ["a"] * len(cells), [cells]))).active
    assert {cell.data_type for cell in sheet[2]} <= {"s", "n", "inlineStr"}
    assert not any(is_formula(cell.value or "") for cell in sheet[2])
