"""Dates as people write them."""

from __future__ import annotations

import datetime as dt

from casebook.files.written_days import write_day


def test_days_stand_as_people_write_them():
    day = dt.date(2026, 12, 4)
    assert [write_day(language, day) for language in ("en", "zh", "de", "fr", "es")] == [
        "4 December 2026", "2026年12月4日", "4. Dezember 2026", "4 décembre 2026", "4 de diciembre de 2026",
    ]  # fmt: skip


def test_a_language_that_is_not_known_gets_iso_dates():
    assert write_day("klingon", dt.date(2026, 12, 4)) == "2026-12-04"
