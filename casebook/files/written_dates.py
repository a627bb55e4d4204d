"""Dates as people write them, in pages for people: "24 December 2026", with the exact instant on hover."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from ledger.dates import day_of

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_STORED = re.compile(
    r"(?<![\w/.-])(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:T\d\d:\d\d:\d\d(?:\.\d+)?Z)?)(?![\w/-]|\.\w)"
)


def mark_time(text: str | None) -> Markup:
    """Return a stored day or instant as an element of HTML that shows the day; nothing for None."""
    return Markup('<time datetime="{0}" title="{0}">{1}</time>').format(text, write_date(text)) if text else Markup("")


def write_date(text: str) -> str:
    """Return the day of a stored day or instant (UTC) in English; what is none stays as it is."""
    try:
        day = day_of(text[:10])
    except ValueError:
        return text
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def mark_times_in(text: str | None) -> Markup:
    """Return a sentence as HTML in which every stored day or instant is shown as people write it; no part of an address or a name."""
    pieces = _STORED.split(text or "")
    return Markup("").join(mark_time(piece) if number % 2 else escape(piece) for number, piece in enumerate(pieces))
