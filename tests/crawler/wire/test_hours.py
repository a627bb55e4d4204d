"""The hours in which a crawl may visit."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.wire.hours import Window


@pytest.mark.parametrize(
    ("hours", "now", "seconds"),
    [
        ("22:00-06:00", "23:30", 0),
        ("22:00-06:00", "05:59", 0),
        ("22:00-06:00", "06:00", 16 * 3600),
        ("09:00-17:00", "08:00", 3600),
        ("09:00-17:00", "18:00", 15 * 3600),
        ("00:00-04:00 America/New_York", "05:30", 0),  # 00:30 there
    ],
)
def test_a_window_says_how_long_to_wait(hours, now, seconds):
    hour, minute = map(int, now.split(":"))
    window = Window.of(hours)
    assert window is not None
    assert window.seconds_until_open(datetime(2026, 11, 25, hour, minute, tzinfo=UTC)) == seconds


@pytest.mark.parametrize("text", ["night", "22-6", "25:00-06:00", "22:00-22:00", "22:00-06:00 Nowhere/City"])
def test_hours_that_are_none_are_refused_in_words(text):
    with pytest.raises(ValueError, match=r"written as|no such|different"):
        Window.of(text)


def test_no_hours_are_no_window():
    assert Window.of("") is None
