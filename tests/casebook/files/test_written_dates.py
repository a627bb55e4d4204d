"""Dates stand in pages as people write them, and nothing else is taken for a date."""

from __future__ import annotations

import pytest

from casebook.files.written_dates import mark_time, mark_times_in, write_date


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
    assert write_date(text) == text
