"""Dates as options take them."""

from __future__ import annotations

import click

from ledger.dates import ISO_DATES, is_to_come, read_date, suggest_date
from ledger.typed_texts import IsoDate


def read_day(_context: click.Context, _parameter: click.Parameter, value: str | None) -> IsoDate | None:
    """Return an option's date as ISO text. Errors: BadParameter that says what was expected."""
    day = read_date(value) if value is not None else None
    if value is not None and day is None:
        raise click.BadParameter(f"expected {ISO_DATES}, got {value!r}; {suggest_date(value)}")
    return day


def read_past_day(context: click.Context, parameter: click.Parameter, value: str | None) -> IsoDate | None:
    """Return an option's date as ISO text; none that is still to come: nobody knows what will be known then."""
    day = read_day(context, parameter, value)
    if day is not None and is_to_come(day):
        raise click.BadParameter(f"expected a day until today, got {day}; leave it out to use what is known now")
    return day
