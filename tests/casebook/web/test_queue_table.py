"""The queue as a file: what was filtered, in order, with hostile words as words."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from openpyxl import load_workbook

from casebook.web import queue_table
from casebook.web.application_context import ApplicationContext
from casebook.web.queue_table import COLUMNS, KINDS
from tests.casebook.web.desks import HOSTILE, client, make_desk

FORMULA = '=HYPERLINK("https://evil.example","click")'


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> ApplicationContext:
    desk = make_desk(tmp_path_factory.mktemp("desk"))
    with desk.ledger.transaction():
        desk.ledger.execute("UPDATE cases SET vendor = ? WHERE vendor_domain = 'mill.example'", [FORMULA])
        desk.ledger.execute("UPDATE cases SET vendor = ? WHERE vendor_domain = 'quarry.example'", ["＝1+1\x0b\ufffe"])
        desk.ledger.execute("UPDATE pages SET title = ?", [f"\u200b{FORMULA}"])
        desk.ledger.execute("UPDATE sightings SET alt = ?", ["good;@SUM(1)"])
    return desk


def read(content: bytes, kind: str) -> list[dict[str, str]]:
    if kind == "csv":
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    else:
        sheet = load_workbook(io.BytesIO(content)).active
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
        rows = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_holds_the_filtered_queue_in_its_order(desk, kind):
    ann = client(desk, "reader-one")
    answer = ann.get(f"/table.{kind}?sort=vendor")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith('attachment; filename="cases-20')
    assert answer.headers["content-type"] == KINDS[kind]
    rows = read(answer.content, kind)
    assert tuple(rows[0]) == COLUMNS
    assert [row["vendor_domain"] for row in rows] == [
        "harbour.example",
        "meadow.example",
        "mill.example",
        "quarry.example",
    ]
    assert len(read(ann.get(f"/table.{kind}?evidence=both&page=7").content, kind)) == 1
    assert read(ann.get(f"/table.{kind}?brand=nothing").content, kind) == []


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_names_titles_and_alternative_texts_are_words(desk, kind):
    rows = {row["vendor_domain"]: row for row in read(client(desk, "reader-one").get(f"/table.{kind}").content, kind)}
    assert rows["mill.example"]["vendor"] == f"'{FORMULA}"
    assert rows["quarry.example"]["vendor"] == "'＝1+1\ufffd\ufffd"
    assert {row["page_title"][0] for row in rows.values()} == {"'"}
    assert rows["mill.example"]["alt"] == ("good;'@SUM(1)" if kind == "csv" else "good;@SUM(1)")
    assert HOSTILE in rows["meadow.example"]["words"]


def test_other_kinds_are_not_there(desk):
    assert client(desk, "reader-one").get("/table.exe").status_code == 404


def test_the_queue_links_to_both_with_its_filters(desk):
    page = client(desk, "reader-one").get("/?evidence=both&page=2").text
    assert 'href="/table.csv?evidence=both"' in page
    assert 'href="/table.xlsx?evidence=both"' in page


def test_a_table_that_can_not_be_made_says_so_and_the_next_one_can(desk, tmp_path: Path):
    for _ in range(3):
        with pytest.raises(queue_table.OutsideFailureError, match=r"gone\.db"):
            queue_table.stream_table(tmp_path / "gone.db", "csv", [])
    assert client(desk, "reader-one").get("/table.csv").status_code == 200


def test_a_third_table_at_once_is_refused_in_words_until_one_is_given_up(desk):
    ann = client(desk, "reader-one")
    answers = [queue_table.stream_table(desk.database, "csv", []) for _ in range(2)]
    told = ann.get("/table.csv")
    assert (told.status_code, "try again in a minute" in told.text) == (503, True)
    answers.clear()
    assert ann.get("/table.csv").status_code == 200
