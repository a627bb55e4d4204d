"""Dates as files write them → ISO text."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

from ledger.typed_texts import Instant, IsoDate

ISO_DATES = "YYYY-MM-DD"


@lru_cache(maxsize=16_384)
def read_date(text: str, date_format: str = ISO_DATES) -> IsoDate | None:
    """Return a day as ISO text; None when it is none. date_format: for strptime; YYYY-MM-DD is always understood."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return IsoDate(dt.date.fromisoformat(text).isoformat())
        if date_format == ISO_DATES:
            return None
        return IsoDate(dt.datetime.strptime(text, date_format).date().isoformat())  # noqa: DTZ007  # a day, not an instant
    except ValueError:
        return None


def day_of(day: str) -> dt.date:
    """Return a day of its ISO text, as records have it."""
    return dt.date.fromisoformat(day)


def end_of_day(day: IsoDate) -> Instant:
    """Return the last instant of a day (ISO text) as UTC text: what was known by then was known that day."""
    return Instant(f"{day}T23:59:59Z")


def is_to_come(day: str) -> bool:
    """Tell whether a day (ISO text) has not begun yet, in UTC."""
    return day > dt.datetime.now(dt.UTC).date().isoformat()


def suggest_date(text: str) -> str:
    """Return how a date that was not understood should be written: in both readings where it has two."""
    numbers = [int(n) for n in re.findall(r"\d{1,4}", text)]
    if len(numbers) == 3:
        year, others = max(numbers), sorted(numbers, key=numbers.index)
        others.remove(year)
        year += 2000 if year < 100 else 0
        readings = []
        for month, day in (others, others[::-1]):
            try:
                readings.append(dt.date(year, month, day).isoformat())
            except ValueError:
                continue
        if readings:
            return "write " + " or ".join(dict.fromkeys(readings))
    return "write it as 2024-04-03"
