"""Tables: each mistake is named with its line and column, and hostile ones are refused in words.

Tests: ledger/tables/raw_rows.py, ledger/tables/table_format.py, ledger/tables/table_rows.py.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import BadInputError
from ledger.tables import table_rows
from ledger.tables.raw_rows import MAX_COLUMNS
from ledger.tables.table_format import MAX_SHOWN_CHARS, TableFormat, TableReading
from ledger.tables.table_rows import each_row, rows_of, text_table

TABLE = TableFormat(columns=("a", "b"), needed=[("a",)], example="a,b\n1,2")
LISTED = TableFormat(
    columns=("name", "url"),
    needed=[("url",)],
    example="name,url",
    headings={"name": ("firma",), "url": ("webseite",)},
    leaves_out_unknown=True,
)


def read(
    path: Path, content: bytes, table: TableFormat = TABLE
) -> tuple[list[dict[str, object]], list[str], TableReading]:
    path.write_bytes(content)
    reading = TableReading()
    rows = [dict(row.cells) for row in each_row(path, table, reading)]
    return rows, [str(problem) for problem in reading.all_problems], reading


def test_a_byte_order_mark_and_spaces_are_no_part_of_it(tmp_path):
    rows, problems, _ = read(tmp_path / "t.csv", "\ufeffA , b\n 1 ,ü\n,\n".encode())
    assert (rows, problems) == ([{"a": "1", "b": "ü"}], [])


def test_several_missing_columns_are_one_problem(tmp_path):
    table = TableFormat(columns=("a", "b", "c"), needed=[("a",), ("b", "c")], example="a,b\n1,2")
    with pytest.raises(BadInputError) as caught:
        read(tmp_path / "t.csv", b"x\n1\n", table)
    message = "expected a header with the columns a and b or c, got x; begin the file with:\na,b\n1,2"
    assert str(caught.value) == f"{tmp_path / 't.csv'} line 1: {message}"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "expected a header with the column a, got an empty file"),
        (b"x,y\n1,2\n", "expected a header with the column a, got x, y"),
        (b"a^b\n1^2\n", "expected a header with the column a, got a^b"),
        (b"a,b\n1,\x81\x8d\xff\n", "expected text in UTF-8, UTF-16 or Windows-1252, got another encoding"),
        (b"a,b" + b",c" * 99_998 + b"\n", f"expected at most {MAX_COLUMNS:,} columns, got 100,000"),
        (b'"a,b\n', "expected a CSV header, got unexpected end of data"),
    ],
)
def test_what_is_no_table_is_told_at_once(tmp_path, content, says):
    with pytest.raises(BadInputError) as caught:
        read(tmp_path / "t.csv", content)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("content", "says", "kept"),
    [
        (b"a,a\n1,2\n", "line 1, a: expected each column once, got it twice", 1),
        (b"a,z\n1,2\n", "line 1, z: expected one of the columns a, b", 1),
        (b"a,,b\n1,,2\n", "line 1, a column without name", 1),
        (b"a,b\n1\n2,3\n", "line 2: expected as many cells as the header has (2), got 1", 1),
        (b"a,b\n1,2,3\n2,3\n", "line 2: expected as many cells as the header has (2), got 3", 1),
        (
            b"a,b\n1" + b",2" * 99_999 + b"\n2,3\n",
            "line 2: expected as many cells as the header has (2), got 100,000",
            1,
        ),
        (b"a,b\n1,x\x00y\n2,3\n", "line 2, b: expected plain text, got a control character", 1),
        (b'a,b\n1,"2\n2,3\n', "line 2: expected CSV, got unexpected end of data; mend the quotes", 1),
        (b'a,b\n1,"2" x\n2,3\n', "line 2: expected CSV", 1),
        (b"a,b\n1," + b"x" * 1_000_000 + b"\n2,3\n", "line 2: expected cells of at most 131,072 characters", 1),
    ],
)
def test_a_mistake_in_a_row_is_named_and_the_next_row_is_read(tmp_path, content, says, kept):
    rows, problems, reading = read(tmp_path / "t.csv", content)
    assert any(says in problem for problem in problems), problems
    assert len(rows) == kept
    assert reading.rows == len(rows) + len(reading.rejected)


def test_a_file_of_quotes_alone_ends(tmp_path):
    rows, problems, _ = read(tmp_path / "t.csv", b"a,b\n" + b'x,"y" z\n' * 5_000)
    assert (rows, len(problems)) == ([], 1_000)
    assert "expected CSV, got 1,000 rows that are none; save the list as CSV or XLSX anew" in problems[-1]


def test_a_file_without_line_breaks_is_not_held_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(table_rows, "MAX_LINE_CHARS", 1_000)
    with pytest.raises(BadInputError, match="expected lines of at most 1,000 characters, got a longer one"):
        read(tmp_path / "t.csv", b"a,b" + b" " * 2_000)
    assert read(tmp_path / "t.csv", b"a,b\n" + b"x" * 997 + b",1\n")[0] == [{"a": "x" * 997, "b": "1"}]


def test_a_rejected_row_keeps_its_cells_and_cuts_endless_ones(tmp_path):
    table = replace(TABLE, headings={"b": ("firma",)})
    _, _, reading = read(tmp_path / "t.csv", b"a,Firma\n=1+1,x\x00\n" + b"y" * 90_000 + b",2,3\n", table)
    first, second = reading.rejected
    assert (first.line, first.cells) == (2, {"a": "=1+1", "Firma": "x\x00"})
    assert first.problems[0].column == "Firma"
    assert second.cells == {"a": "y" * MAX_SHOWN_CHARS + "…", "Firma": "2", "column 3": "3"}


def test_empty_cells_behind_the_header_are_no_mistake(tmp_path):
    assert read(tmp_path / "t.csv", b"a,b,,\n1,2,,\n3,4\n5,6,,,,\n")[:2] == (
        [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}, {"a": "5", "b": "6"}],
        [],
    )


def test_short_rows_may_be_allowed_and_columns_may_be_left_out(tmp_path):
    short = TableFormat(columns=("a", "b"), needed=[("a",)], example="a,b", may_be_short=True)
    assert read(tmp_path / "t.csv", b"a,b\n1\n", short)[:2] == ([{"a": "1", "b": ""}], [])
    only = TableFormat(columns=None, needed=[("A",)], example="A", only=frozenset({"A"}))
    assert read(tmp_path / "t.csv", b"A,x,y\n1,2,3\n", only)[:2] == ([{"A": "1"}], [])


ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows-1252",
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("delimiter", "word"), [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "bar")])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_dialect_and_encoding_is_read_from_its_bytes(tmp_path, encoding, delimiter, word, line_end):
    rows = [("Firma", "Webseite"), ("Müller & Söhne", "https://mueller.example/"), ('"Café"', "b.example/a;b,c|d")]
    text = "".join(
        delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) + line_end for row in rows
    )  # fmt: skip
    found, problems, reading = read(tmp_path / "t.csv", text.encode(encoding), LISTED)
    assert [tuple(row.values()) for row in found] == rows[1:]
    assert problems == []
    assert reading.form.startswith(f"CSV in {ENCODINGS[encoding]}, cells parted by a ")
    assert word in reading.form


def test_a_spreadsheets_first_line_that_says_the_delimiter_is_followed(tmp_path):
    rows, _, _ = read(tmp_path / "t.csv", b"sep=^\r\na^b\r\n1^2\r\n")
    assert rows == [{"a": "1", "b": "2"}]


def test_titles_above_the_header_are_passed_over_and_told(tmp_path):
    rows, problems, reading = read(tmp_path / "t.csv", b"Lieferanten 2026\n\nFirma,Webseite\nA,a.example\n", LISTED)
    assert (rows, problems) == ([{"name": "A", "url": "a.example"}], [])
    assert reading.notes == [f"{tmp_path / 't.csv'} line 1 was taken for a title: Lieferanten 2026"]


def test_another_encoding_is_read_when_it_is_said(tmp_path):
    table = TableFormat(columns=("a",), needed=[("a",)], example="a", encoding="cp1251", delimiter=";")
    assert read(tmp_path / "t.csv", "a\nРомашка\n".encode("cp1251"), table)[0] == [{"a": "Ромашка"}]


@pytest.mark.parametrize(
    ("encoding", "content", "says"),
    [
        ("utf-8", b"a,b\n1,2\n3,caf\xe9\n", "line 3: expected UTF-8 text, got byte 0xe9"),
        ("utf-16", "a,b\n1,Ü\n".encode(), "expected utf-16 text, got"),
        ("utf-16-le", b"a\x00,\x00b\x00\n\x00\x00\xd8\x00\x00", "expected utf-16-le text, got byte"),
        ("utf-32", b"a,b\n1,2\n", "expected utf-32 text, got byte"),
        ("ascii", b"a,b\n1,2\n3,\xe9\n", "line 3: expected ascii text, got byte 0xe9"),
        ("undefined", b"a,b\n", "expected undefined text, got undefined encoding"),
        (None, b"\xff\xfea\x00,\x00b\x00\n\x00\x00\xd8", "expected UTF-16 text, got byte"),
    ],
)
def test_a_table_in_another_encoding_than_was_said_is_told(tmp_path, encoding, content, says):
    with pytest.raises(BadInputError) as caught:
        read(tmp_path / "t.csv", content, TableFormat(columns=None, needed=[("a",)], example="", encoding=encoding))
    assert says in str(caught.value)


def test_a_sheet_is_read_as_a_table_is(tmp_path):
    book = openpyxl.Workbook()
    for row in (["Lieferanten"], [], ["Firma", None, "Webseite"], ["A", "x", "a.example"], [None, "x", None]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    reading = TableReading()
    first, second = each_row(tmp_path / "t.xlsx", LISTED, reading)
    assert (first.cells, first.place("url")) == (
        {"name": "A", "url": "a.example"},
        f"{tmp_path / 't.xlsx'} sheet Sheet cell C4, Webseite",
    )
    assert second.cells == {"name": "", "url": ""}  # whoever reads it says why it is none
    assert reading.form == "XLSX, sheet Sheet"


@given(
    st.lists(
        st.tuples(st.text("ab;,|\t\"'\n é漢", max_size=12), st.text('ab.;,|\t"\n', max_size=12)),
        min_size=1,
        max_size=20,
    )
)
def test_whatever_a_cell_holds_a_quoted_table_comes_back_as_it_was(pairs):
    text = "name,url\r\n" + "".join(
        ",".join('"' + cell.replace('"', '""') + '"' for cell in pair) + "\r\n" for pair in pairs
    )
    reading = TableReading()
    table = replace(LISTED, delimiter=",")
    rows = [tuple(row.cells.values()) for row in rows_of(text_table(_lines(text), "t", table), table, reading)]
    assert rows == [stripped for pair in pairs if any(stripped := tuple(map(str.strip, pair)))]
    assert reading.all_problems == []


@given(st.text('ab,;"\n\r\x00é', max_size=200))
def test_whatever_a_file_holds_each_of_its_rows_is_given_or_rejected(text):
    reading = TableReading()
    table = replace(TABLE, delimiter=",", may_be_short=True)
    rows = list(rows_of(text_table(_lines("a,b\n" + text), "t", table), table, reading))
    assert reading.rows == len(rows) + len(reading.rejected)
    assert all(row.problems for row in reading.rejected)


def _lines(text: str) -> list[str]:
    import io

    return list(io.StringIO(text, newline=""))
