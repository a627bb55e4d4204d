"""Dates as people write them, for pages and letters."""

from __future__ import annotations

import datetime as dt

from babel import Locale, UnknownLocaleError
from babel.dates import format_date


def write_day(language: str, day: dt.date) -> str:
    """Return a date as people write it in a language; as ISO 8601 has it where the language is not known."""
    try:
        locale = Locale("en", "GB") if language == "en" else Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return day.isoformat()
    return format_date(day, format="long", locale=locale)
