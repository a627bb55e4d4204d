"""A column of dates is read in the one format that fits all of it; where two do, or none, it is not read."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.dates import read_date
from ledger.tables.date_columns import FORMATS, DateColumn, is_last_of_month, is_open_end


def read(*texts: str) -> list[str | None]:
    column = DateColumn()
    for text in texts:
        column.add(text)
    form = column.form().format
    return [read_date(text, form) if form else None for text in texts]


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (["31/12/2025"], ["2025-12-31"]),
        (["12/31/2025", "03/04/2025"], ["2025-12-31", "2025-03-04"]),
        (["03/04/2025", "31/12/2025"], ["2025-04-03", "2025-12-31"]),
        (["03.04.2025"], ["2025-04-03"]),
        (["2025/4/3"], ["2025-04-03"]),
        (["31 Dec 2025", "1 May 2024"], ["2025-12-31", "2024-05-01"]),
        (["December 31, 2025"], ["2025-12-31"]),
        (["2025年4月3日"], ["2025-04-03"]),
        (["2025-04-03T00:00:00Z"], ["2025-04-03"]),
        (["31.12.2025", "2025-03-01"], ["2025-12-31", "2025-03-01"]),  # no spreadsheet exchanges these
        (["05/05/2025"], ["2025-05-05"]),  # both readings are one day
        (["31/12/2025", "", "N/A", "unlimited", "31/12/9999"], ["2025-12-31", None, None, None, "9999-12-31"]),
        (["31/12/2025", "soon"], ["2025-12-31", None]),
    ],
)
def test_a_column_that_can_be_read_in_one_way_is(texts, days):
    assert read(*texts) == days


@pytest.mark.parametrize(
    "texts",
    [
        ["3/4/24"],
        ["31/12/25"],  # 2025-12-31 or 2031-12-25
        ["03/04/2025"],
        ["03/04/2025", "05/05/2025"],
        ["31/12/2025", "12/31/2025"],
        ["31/12/2025", "31.12.2025"],
        ["2025-04-03", "31/12/2025"],  # a spreadsheet took the one for a date, maybe with day and month exchanged
        ["2025-04-03T23:59:59Z"],
        ["soon"],
        [],
    ],
)
def test_a_column_that_can_be_read_in_two_ways_is_not(texts):
    assert read(*texts) == [None] * len(texts)


@given(
    st.lists(st.dates(dt.date(1990, 1, 1), dt.date(2060, 12, 31)), min_size=1, max_size=12), st.sampled_from(FORMATS)
)
def test_what_is_read_is_what_was_written(days, form):
    texts = [day.strftime(form) for day in days]
    if form != "%Y-%m-%d":
        assert read(*texts) in ([day.isoformat() for day in days], [None] * len(days))


@pytest.mark.parametrize(
    "text",
    ["N/A", "n/a", "-", "none", "perpetual", "Unlimited", "unbefristet", "indefinido", "永久", "∅", "9999-12-31", "31/12/9999", "31.12.9999"],
)  # fmt: skip
def test_an_open_end_is_known_in_many_words(text):
    assert is_open_end(text)


@pytest.mark.parametrize("text", ["", "soon", "2025-12-31", "tbd", "9999", "9999-01-01", "unknown"])
def test_what_is_not_known_is_no_open_end(text):
    assert not is_open_end(text)


def test_last_days_of_months_are_known():
    assert [is_last_of_month(day) for day in ("2024-02-29", "2025-02-28", "2024-02-28", "2025-12-31", "2025-12-01")] == [
        True, True, False, True, False,
    ]  # fmt: skip
