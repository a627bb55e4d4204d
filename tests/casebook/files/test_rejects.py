"""Rejected rows are listed for whoever mends them, safely, and never over another file."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from casebook.files.rejects import COLUMNS, MAX_COLUMNS, write_rejects
from crawler.lists.vendor_list import read_vendor_list
from ledger.errors import BadInputError, OutsideFailureError, Problem
from ledger.tables.table_format import RejectedRow


def problem(column: str | None = "url", got: str = "'x'") -> Problem:
    return Problem(where="v.csv line 3, url", expected="a domain", got=got, next_step="write it", column=column)


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_a_row_stands_with_its_place_its_reasons_and_its_cells(tmp_path):
    path = tmp_path / "rejects.csv"
    rows = [
        RejectedRow(line=3, cells={"Firma": "A", "url": "x"}, problems=(problem(), problem("LEI", "'y'"))),
        RejectedRow(line=9, cells={"column 3": "z"}, problems=(problem(None),)),
    ]
    write_rejects(path, rows)
    assert read(path) == [
        [*COLUMNS, "Firma", "url", "column 3"],
        ["3", "url; LEI", "expected a domain, got 'x'; expected a domain, got 'y'", "write it", "A", "x", ""],
        ["9", "", "expected a domain, got 'x'", "write it", "", "", "z"],
    ]


def test_no_cell_of_it_is_run_by_a_spreadsheet(tmp_path):
    path = tmp_path / "rejects.csv"
    cells = {"=HYPERLINK(1)": "=cmd|' /C calc'!A0", "b": "@SUM(1)", "c": "x\x1b[31m"}
    write_rejects(path, [RejectedRow(line=2, cells=cells, problems=(problem(got="=1+1"),))])
    header, row = read(path)
    assert header[4] == "'=HYPERLINK(1)"
    assert (row[4][:2], row[5], row[6]) == ("'=", "'@SUM(1)", "x\ufffd[31m")


def test_a_row_of_a_hundred_thousand_cells_is_cut(tmp_path):
    cells = {f"column {at}": "x" for at in range(100_000)}
    write_rejects(tmp_path / "r.csv", [RejectedRow(line=2, cells=cells, problems=(problem(),))])
    assert len(read(tmp_path / "r.csv")[0]) == len(COLUMNS) + MAX_COLUMNS


def test_a_file_of_another_kind_is_not_written_over(tmp_path):
    path = tmp_path / "vendors.csv"
    path.write_text("name,url\nA,a.example\n")
    with pytest.raises(BadInputError, match="name another file with --rejects"):
        write_rejects(path, [])
    assert path.read_text().startswith("name,url")
    with pytest.raises(BadInputError):
        write_rejects(tmp_path, [])


def test_the_file_of_an_earlier_list_does_not_stay_as_if_it_were_of_this_one(tmp_path):
    path = tmp_path / "rejects.csv"
    write_rejects(path, [])
    assert not path.exists()
    write_rejects(path, [RejectedRow(line=3, cells={"url": "x"}, problems=(problem(),))])
    write_rejects(path, [])
    assert read(path) == [[*COLUMNS]]


def test_where_nothing_can_be_written_it_is_told(tmp_path):
    with pytest.raises(OutsideFailureError, match="name another file with --rejects"):
        write_rejects(tmp_path / "none" / "r.csv", [RejectedRow(line=3, cells={}, problems=(problem(),))])


def test_mended_rows_can_be_read_in_again(tmp_path):
    source, path = tmp_path / "v.csv", tmp_path / "rejects.csv"
    source.write_text("Firma;Webseite;Stadt\nA;a.example;Ulm\nB;nonsense;Bonn\n")
    write_rejects(path, read_vendor_list(source).reading.rejected)
    path.write_text(path.read_text(encoding="utf-8-sig").replace(",nonsense,", ",b.example,"), encoding="utf-8")
    assert [(seed.vendor, seed.vendor_domain) for seed in read_vendor_list(path).seeds] == [("B", "b.example")]
