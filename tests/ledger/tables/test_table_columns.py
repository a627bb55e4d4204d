"""Columns are known by usual headings, else by what stands in their cells.

Tests: ledger/tables/table_columns.py, ledger/tables/list_words.py.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.errors import BadInputError
from ledger.tables.list_words import cell_words, heading_words, says_nothing, shipped_list_words
from ledger.tables.table_format import TableFormat, TableReading
from ledger.tables.table_rows import rows_of, text_table

LISTED = TableFormat(
    columns=("name", "url", "country"),
    needed=[("url",)],
    example="name,url",
    headings={kind: shipped_list_words().headings[holds] for kind, holds in (("name", "company"), ("url", "site"), ("country", "country"))},
    leaves_out_unknown=True,
    may_be_short=True,
    knows_by_cells={"url": lambda cell: cell.endswith(".example"), "name": lambda cell: cell.istitle()},
)  # fmt: skip


def read(text: str, table: TableFormat = LISTED) -> tuple[list[dict[str, object]], TableReading]:
    reading = TableReading()
    lines = text.splitlines(keepends=True)
    return [dict(row.cells) for row in rows_of(text_table(lines, "t.csv", table), table, reading)], reading


@pytest.mark.parametrize(
    "header",
    [
        "Firma;Webseite;Land",
        "COMPANY NAME;E-Mail;Web-Site;Country/Region",
        "Nr.;Raison sociale;Site internet;Pays",
        "公司名称;网址;国家",
        "Название;Сайт;Страна",
        "社名;ホームページ",
        "Organisation *;Homepage_",
    ],
)
def test_usual_headings_are_understood_in_many_languages(header):
    headings = header.split(";")
    _, reading = read(header + "\n" + ";".join(f"{n}.example" for n in range(len(headings))) + "\n")
    assert {"name", "url"} <= {column.column for column in reading.columns}
    assert [column.heading for column in reading.columns] == headings


def test_of_two_headings_of_one_column_the_more_usual_is_taken():
    rows, reading = read("Name,Company,Website\nErika,A,a.example\n")
    assert rows == [{"name": "Erika", "url": "a.example"}]  # a column's own name goes before all others
    rows, reading = read("Nom,Company,Website\nErika,A,a.example\n")
    assert rows == [{"name": "A", "url": "a.example"}]
    assert (reading.columns[0].column, reading.columns[0].why) == (None, "Company is read as name")


def test_where_every_column_has_to_be_known_two_of_one_meaning_are_a_mistake():
    _, reading = read("Firma,Unternehmen,Website\nA,B,a.example\n", replace(LISTED, leaves_out_unknown=False))
    assert "expected each column once, got Firma and Unternehmen, which both mean name" in str(reading.problems[0])


def test_a_list_without_header_is_known_by_its_cells():
    rows, reading = read("Bright Harbour,a.example,1\nQuay,b.example,2\nOld Mill,not known,3\n")
    assert rows == [
        {"name": "Bright Harbour", "url": "a.example"},
        {"name": "Quay", "url": "b.example"},
        {"name": "Old Mill", "url": "not known"},
    ]
    assert reading.notes == ["no header: what the columns are was told by their cells"]
    assert [(column.column, column.why) for column in reading.columns[:2]] == [
        ("name", "its cells"),
        ("url", "its cells"),
    ]


def test_a_header_that_nobody_knows_is_taken_for_one_and_told():
    rows, reading = read("Export 7\nWer,Wo im Netz,Land\nA,a.example,DE\nBright Harbour,b.example,GB\n")
    assert rows[0] == {"name": "A", "url": "a.example", "country": "DE"}
    assert reading.notes == [
        "t.csv line 1 was taken for a title: Export 7",
        "t.csv line 2 was taken for the header: Wer, Wo im Netz, Land",
    ]


def test_one_column_of_addresses_is_a_list():
    assert read("a.example\nb.example\n")[0] == [{"url": "a.example"}, {"url": "b.example"}]


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "x.example,text\nhello,text\nhello,text\n", "only words\nhere\n"])
def test_where_no_column_is_mostly_of_a_kind_nothing_is_guessed(text):
    with pytest.raises(BadInputError, match="a header with the column url"):
        read(text)


def test_words_are_compared_without_case_and_punctuation():
    assert heading_words("  E-Mail_Adresse *") == "e mail adresse"
    assert cell_words(" N/A ") == "n/a"
    assert [says_nothing(cell) for cell in ("", "N/A", "–", "keine", "Nada Ltd")] == [True, True, True, True, False]


def test_no_word_stands_for_two_columns_of_one_list():
    headings = shipped_list_words().headings
    for held in (
        ("company", "site", "domain", "email", "country", "parent", "aliases", "identifiers"),
        (
            "company",
            "site",
            "domain",
            "parent",
            "aliases",
            "identifiers",
            "relation",
            "programme",
            "tier",
            "marks",
            "purpose",
            "territory",
            "valid_from",
            "valid_until",
            "source",
        ),
    ):
        words = [word for kind in held for word in headings[kind]]
        assert sorted(word for word in set(words) if words.count(word) > 1) == []
