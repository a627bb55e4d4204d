"""The queue as a file: what was filtered, in order, with hostile words as words.

Tests: casebook/web/queue_table.py, casebook/web/table_process.py.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from openpyxl import load_workbook

from casebook.web import queue_table
from casebook.web.application_context import ApplicationContext
from casebook.web.queue_table import KINDS
from casebook.web.table_process import COLUMNS
from tests.casebook.web.contexts import HOSTILE, client, make_context

FORMULA = '=HYPERLINK("https://evil.example","click")'


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> ApplicationContext:
    context = make_context(tmp_path_factory.mktemp("context"))
    with context.ledger.transaction():
        context.ledger.execute("UPDATE cases SET vendor = ? WHERE vendor_domain = 'mill.example'", [FORMULA])
        context.ledger.execute(
            "UPDATE cases SET vendor = ? WHERE vendor_domain = 'quarry.example'", ["＝1+1\x0b\ufffe"]
        )
        context.ledger.execute("UPDATE pages SET title = ?", [f"\u200b{FORMULA}"])
        context.ledger.execute("UPDATE sightings SET alt = ?", ["good;@SUM(1)"])
    return context


def read(content: bytes, kind: str) -> list[dict[str, str]]:
    if kind == "csv":
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    else:
        sheet = load_workbook(io.BytesIO(content)).active
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
        rows = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_holds_the_filtered_queue_in_its_order(context, kind):
    ann = client(context, "reader-one")
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
    assert len(read(ann.get(f"/table.{kind}?evidence=picture,text&page=7").content, kind)) == 1
    assert read(ann.get(f"/table.{kind}?brand=nothing").content, kind) == []


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_names_titles_and_alternative_texts_are_words(context, kind):
    rows = {
        row["vendor_domain"]: row for row in read(client(context, "reader-one").get(f"/table.{kind}").content, kind)
    }
    assert rows["mill.example"]["vendor"] == f"'{FORMULA}"
    assert rows["quarry.example"]["vendor"] == "'＝1+1\ufffd\ufffd"
    assert {row["page_title"][0] for row in rows.values()} == {"'"}
    assert rows["mill.example"]["alt"] == ("good;'@SUM(1)" if kind == "csv" else "good;@SUM(1)")
    assert HOSTILE in rows["meadow.example"]["words"]


def test_other_kinds_are_not_there(context):
    assert client(context, "reader-one").get("/table.exe").status_code == 404


def test_the_queue_links_to_both_with_its_filters(context):
    page = client(context, "reader-one").get("/?evidence=picture,text&page=2").text
    assert 'href="/table.csv?evidence=picture%2Ctext"' in page
    assert 'href="/table.xlsx?evidence=picture%2Ctext"' in page


def test_a_table_that_can_not_be_made_says_so_and_the_next_one_can(context, tmp_path: Path):
    for _ in range(3):
        with pytest.raises(queue_table.OutsideFailureError, match=r"gone\.db"):
            queue_table.stream_table(tmp_path / "gone.db", "csv", [])
    assert client(context, "reader-one").get("/table.csv").status_code == 200


def test_a_third_table_at_once_is_refused_in_words_until_one_is_given_up(context):
    ann = client(context, "reader-one")
    answers = [queue_table.stream_table(context.database, "csv", []) for _ in range(2)]
    told = ann.get("/table.csv")
    assert (told.status_code, "try again in a minute" in told.text) == (503, True)
    answers.clear()
    assert ann.get("/table.csv").status_code == 200
