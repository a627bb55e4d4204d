"""A list of 300 messy rows in any form: each row becomes what it should, and what is left out stands in rejects.csv."""

from __future__ import annotations

import csv
from collections import Counter

import pytest

from bench.messy_list import FORMS, HEADER, LEFT_OUT, MERGED, VENDOR, make_rows, write_list, wrong_rows
from casebook.files.rejects import write_rejects
from crawler.lists.vendor_list import read_vendor_list

ROWS = make_rows(300, seed=17)


def test_the_list_is_messy_and_always_the_same():
    assert make_rows(300, seed=17) == ROWS != make_rows(300, seed=18)
    counts = Counter(row.fate for row in ROWS)
    assert counts.total() == 300
    assert all(counts[fate] >= 30 for fate in (VENDOR, MERGED, LEFT_OUT)), counts


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_every_row_of_every_form_is_accounted_for(form, tmp_path):
    path = tmp_path / ("v.xlsx" if form.encoding is None else "v.csv")
    fates = write_list(path, ROWS, form)
    listed = read_vendor_list(path)
    assert wrong_rows(listed, fates) == []
    assert len(listed.seeds) + len(listed.merged) + len(listed.reading.rejected) == listed.reading.rows == 300
    write_rejects(tmp_path / "rejects.csv", listed.reading.rejected)
    with (tmp_path / "rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rejects = csv.reader(file)
    assert [int(row[0]) for row in rejects] == [line for line, fate in fates.items() if fate == LEFT_OUT]
    assert header[4:] == (list(HEADER) if form.has_header else [f"column {at + 1}" for at in range(len(HEADER))])


@pytest.mark.parametrize("seed", range(20))
def test_other_lists_are_accounted_for_too(seed, tmp_path):
    form = FORMS[seed % (len(FORMS) - 1)]
    fates = write_list(tmp_path / "v.csv", make_rows(120, seed=seed), form)
    assert wrong_rows(read_vendor_list(tmp_path / "v.csv"), fates) == []
