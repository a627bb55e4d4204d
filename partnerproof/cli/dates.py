"""Dates as options take them."""

from __future__ import annotations

import datetime as dt
import re

import click


def read_date(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Return an option's date as ISO text. Errors: BadParameter that says what was expected."""
    if value is None:
        return None
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            raise ValueError
        return dt.date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise click.BadParameter(f"expected YYYY-MM-DD, got {value!r}; write it as 2024-04-03") from error
