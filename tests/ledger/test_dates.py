"""Dates as files write them, and the instants that they stand for."""

from __future__ import annotations

import pytest

from ledger.dates import end_of_day, is_to_come, read_date, suggest_date


@pytest.mark.parametrize(
    ("text", "date_format", "day"),
    [
        ("2026-11-23", "%Y-%m-%d", "2026-11-23"),
        ("23.11.2026", "%d.%m.%Y", "2026-11-23"),
        ("2026-11-23", "%d.%m.%Y", "2026-11-23"),
        ("2026-02-30", "%Y-%m-%d", None),
        ("3/4/24", "%d.%m.%Y", None),
        ("", "%Y-%m-%d", None),
    ],
)
def test_a_day_is_read_as_it_is_written(text, date_format, day):
    assert read_date(text, date_format) == day


def test_what_was_not_understood_is_shown_in_both_readings():
    assert "2024-04-03" in suggest_date("3/4/24")
    assert "2024-03-04" in suggest_date("3/4/24")


def test_a_day_ends_with_its_last_second():
    assert end_of_day("2026-11-23") == "2026-11-23T23:59:59Z"


def test_tomorrow_is_to_come_and_the_past_is_not():
    assert is_to_come("9999-01-01")
    assert not is_to_come("2020-01-01")
