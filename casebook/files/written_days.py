"""Dates as people write them, for pages and letters; in pages with the exact instant on hover."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from markupsafe import Markup, escape

from ledger.dates import day_of

_STORED = re.compile(
    r"(?<![\w/.-])(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:T\d\d:\d\d:\d\d(?:\.\d+)?Z)?)(?![\w/-]|\.\w)"
)


@lru_cache(maxsize=4_096)
def write_day(language: str, day: dt.date) -> str:
    """Return a date as people write it in a language; as ISO 8601 has it where the language is not known."""
    try:
        locale = Locale("en", "GB") if language == "en" else Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return day.isoformat()
    return format_date(day, format="long", locale=locale)


@lru_cache(maxsize=4_096)
def mark_time(text: str | None) -> Markup:
    """Return a stored day or instant (UTC) as an element of HTML that shows the day in English; nothing for None."""
    return Markup('<time datetime="{0}" title="{0}">{1}</time>').format(text, _write(text)) if text else Markup("")


def mark_times_in(text: str | None) -> Markup:
    """Return a sentence as HTML in which every stored day or instant is written out; no part of an address or a name."""
    pieces = _STORED.split(text or "")
    return Markup("").join(mark_time(piece) if number % 2 else escape(piece) for number, piece in enumerate(pieces))


def _write(text: str) -> str:
    try:
        return write_day("en", day_of(text[:10]))
    except ValueError:
        return text  # no day: it is shown as it stands
