"""The list of what is to be blanked: every mistake is named at once, with its row and column."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from casebook.export.redaction import Ticked
from casebook.export.redaction_list import Personal, read_list, write_list
from ledger.errors import BadInputError
from tests.conftest import draw_logo, png

PNG = png(draw_logo((100, 50)))


def written(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "personal.csv"
    path.write_text("tick,kind,text,where,times,why\n" + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def test_what_was_listed_is_read_back_when_it_is_ticked(tmp_path):
    path = tmp_path / "personal.csv"
    write_list([Personal(kind="phone", text="+49 30 901820", where="http://v.example/", times=2, why="=SUM(A1)")], path)
    assert b",'+49 30 901820," in path.read_bytes()
    assert b",'=SUM(A1)" in path.read_bytes()
    with pytest.raises(BadInputError, match="a row with x in the column tick"):
        read_list(path).boxes({})
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    rows[1][0] = "X"
    rows += [
        ["x", "", "Ada Vane"],
        ["", "name", "Not this"],
        ["x", "outline", "1,2,30,40", "exhibits/01-logo-found.png"],
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    ticked = read_list(path)
    assert ticked.texts == (Ticked(kind="phone", text="+49 30 901820"), Ticked(kind="text", text="Ada Vane"))
    assert ticked.boxes({"exhibits/01-logo-found.png": PNG}) == {"exhibits/01-logo-found.png": [(1, 2, 30, 40)]}


def test_every_mistake_is_named_at_once_with_row_and_column(tmp_path):
    path = written(
        tmp_path,
        "maybe,name,Ada Vane", "x,nmae,Ada Vane", "x,name,Al", "x,phone,+49 3", 'x,outline,"1,2,3",exhibits/01-logo-found.png',
        'x,outline,"1,2,3,4",exhibits/1.png', 'x,outline,"90,2,30,4",exhibits/01-logo-found.png', ",name,Al", "x,name,张伟",
    )  # fmt: skip
    with pytest.raises(BadInputError) as told:
        read_list(path).boxes({"exhibits/01-logo-found.png": PNG})
    places = [problem.where.removeprefix(f"{path} ") for problem in told.value.problems]
    assert places == [
        "line 2, tick",
        "line 3, kind",
        "line 4, text",
        "line 5, text",
        "line 6, text",
        "line 7, where",
        "line 8, text",
    ]
    assert "did you mean name?" in str(told.value)
    assert "a box within 100 × 50 px" in str(told.value)


def test_a_file_that_is_no_list(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("name,url\nx,y\n")
    with pytest.raises(BadInputError, match="a header with the columns tick and text"):
        read_list(path)
