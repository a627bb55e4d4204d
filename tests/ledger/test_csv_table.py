"""Tables: each mistake is named with its line and column, and hostile ones are refused in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.csv_table import TableFormat, each_row
from ledger.errors import BadInputError, Problem

TABLE = TableFormat(columns=("a", "b"), needed=[("a",)], example="a,b\n1,2")


def read(path: Path, content: bytes, table: TableFormat = TABLE) -> tuple[list[dict[str, str]], list[str]]:
    path.write_bytes(content)
    problems: list[Problem] = []
    rows = [row.cells for row in each_row(path, table, problems)]
    return rows, [str(problem) for problem in problems]


def test_a_byte_order_mark_and_spaces_are_no_part_of_it(tmp_path):
    rows, problems = read(tmp_path / "t.csv", "\ufeffA , b\n 1 ,ü\n,\n".encode())
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
        (b"a;b\n1;2\n", "part the cells by ',', not ';'"),
        (b"a,b\n1,\xff\n", "line 2: expected UTF-8 text, got byte 0xff"),
        (b"a,b\n1,2\n3,caf\xe9\n", "line 3: expected UTF-8 text, got byte 0xe9"),
        ("a,b\n1,2\n".encode("utf-16"), "line 1: expected UTF-8 text, got byte 0xff"),
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
        (b"a,\n1,2\n", "line 1, a column without name", 1),
        (b"a,b\n1\n2,3\n", "line 2: expected as many cells as the header has (2), got 1", 1),
        (b"a,b\n1,2,3\n2,3\n", "line 2: expected as many cells as the header has (2), got 3", 1),
        (b"a,b\n1,x\x00y\n2,3\n", "line 2, b: expected plain text, got a control character", 1),
        (b'a,b\n1,"2\n', "expected CSV, got unexpected end of data", 0),
        (b"a,b\n1," + b"x" * 1_000_000 + b"\n", "expected cells of at most 131,072 characters", 0),
    ],
)
def test_a_mistake_in_a_row_is_named_and_the_next_row_is_read(tmp_path, content, says, kept):
    rows, problems = read(tmp_path / "t.csv", content)
    assert any(says in problem for problem in problems), problems
    assert len(rows) == kept


def test_short_rows_may_be_allowed_and_columns_may_be_left_out(tmp_path):
    short = TableFormat(columns=("a", "b"), needed=[("a",)], example="a,b", may_be_short=True)
    assert read(tmp_path / "t.csv", b"a,b\n1\n", short) == ([{"a": "1", "b": ""}], [])
    only = TableFormat(columns=None, needed=[("A",)], example="A", keeps_case=True, only=frozenset({"A"}))
    assert read(tmp_path / "t.csv", b"A,x,y\n1,2,3\n", only) == ([{"A": "1"}], [])


def test_another_encoding_is_read_when_it_is_said(tmp_path):
    table = TableFormat(columns=("a",), needed=[("a",)], example="a", encoding="cp1252", delimiter=";")
    assert read(tmp_path / "t.csv", "a\ncafé\n".encode("cp1252"), table)[0] == [{"a": "café"}]


@pytest.mark.parametrize(
    ("encoding", "content", "says"),
    [
        ("utf-16", "a,b\n1,Ü\n".encode(), "expected utf-16 text, got"),
        ("utf-16-le", b"a\x00,\x00b\x00\n\x00\x00\xd8\x00\x00", "expected utf-16-le text, got byte"),
        ("utf-32", b"a,b\n1,2\n", "expected utf-32 text, got byte"),
        ("ascii", b"a,b\n1,2\n3,\xe9\n", "line 3: expected ascii text, got byte 0xe9"),
        ("undefined", b"a,b\n", "expected undefined text, got undefined encoding"),
    ],
)
def test_a_table_in_another_encoding_than_was_said_is_told(tmp_path, encoding, content, says):
    with pytest.raises(BadInputError) as caught:
        read(tmp_path / "t.csv", content, TableFormat(columns=None, needed=[("a",)], example="", encoding=encoding))
    assert says in str(caught.value)
