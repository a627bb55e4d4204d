"""Dates as people write them."""

from __future__ import annotations

import datetime as dt

import pytest

from casebook.files.written_days import mark_time, mark_times_in, write_day


def test_days_stand_as_people_write_them():
    day = dt.date(2026, 12, 4)
    assert [write_day(language, day) for language in ("en", "zh", "de", "fr", "es")] == [
        "4 December 2026", "2026年12月4日", "4. Dezember 2026", "4 décembre 2026", "4 de diciembre de 2026",
    ]  # fmt: skip


def test_a_language_that_is_not_known_gets_iso_dates():
    assert write_day("klingon", dt.date(2026, 12, 4)) == "2026-12-04"


def test_a_day_is_written_out_and_the_exact_instant_is_on_hover():
    assert mark_time("2026-12-01T00:44:30Z") == (
        '<time datetime="2026-12-01T00:44:30Z" title="2026-12-01T00:44:30Z">1 December 2026</time>'
    )
    assert mark_time(None) == mark_time("") == ""


def test_dates_in_a_sentence_are_written_out_and_its_words_escaped():
    marked = mark_times_in("until 2019-07-01, which <b>ended</b>")
    assert (
        marked
        == 'until <time datetime="2019-07-01" title="2019-07-01">1 July 2019</time>, which &lt;b&gt;ended&lt;/b&gt;'
    )


@pytest.mark.parametrize(
    "text",
    [
        "report-2026-01-02.pdf",
        "https://a.example/2026-01-02/x",
        "1234-2026-01-02",
        "2026-13-40",
        "v2026-01-02",
        "2026-01-02-b",
    ],
)
def test_a_date_in_a_name_or_an_address_stays_as_it_is(text):
    assert mark_times_in(text) == text


@pytest.mark.parametrize("text", ["2026-02-30", "soon", "9999-99-99"])
def test_what_is_no_date_is_shown_as_it_stands(text):
    assert str(mark_time(text)).endswith(f">{text}</time>")
