"""Dialects are measured; a row that is no CSV costs itself alone."""

from __future__ import annotations

import pytest

from ledger.tables.csv_rows import delimiter_of, each_csv_row


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("name,url\nA,a.example\n", ","),
        ("name;url\nHarbour, Ltd;a.example\nQuay, Inc;b.example\n", ";"),
        ("name\turl\nA, B\ta.example\n", "\t"),
        ("name|url|land\nA|a.example|DE\n", "|"),
        ("company,aliases,valid_from\nA,B;C,2020-01-01\nD,E;F;G,2020-01-01\n", ","),
        ('name;url\n"A;B";"a.example"\n', ";"),
        ("List of vendors, 2026\n\nname;url;land\nA;a.example;DE\nB;b.example;\n", ";"),
        ("sep=|\nname,x|url\n", "|"),
        ("a.example\nb.example\n", None),
        ("", None),
    ],
)
def test_the_delimiter_is_the_one_with_which_rows_are_alike(text, delimiter):
    assert delimiter_of(text.splitlines(keepends=True)) == delimiter


def test_a_row_begins_where_its_first_line_is():
    rows = list(each_csv_row(['a,"x\n', 'y"\n', "\n", "b,c\n"], ","))
    assert [(row.line, list(row.cells)) for row in rows] == [(1, ["a", "x\ny"]), (3, []), (4, ["b", "c"])]


def test_after_an_open_quote_the_next_line_is_read_again():
    rows = list(each_csv_row(["a,b\n", 'c,"d\n', "e,f\n", "g,h\n"], ","))
    assert [(row.line, row.fault is not None, list(row.cells)) for row in rows] == [
        (1, False, ["a", "b"]),
        (2, True, ['c,"d']),
        (3, False, ["e", "f"]),
        (4, False, ["g", "h"]),
    ]
