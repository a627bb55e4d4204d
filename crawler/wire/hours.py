"""The hours of the day in which a crawl may start visits: `22:00-06:00`, in UTC or a named zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_FORM = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)(?:\s+(\S+))?")


@dataclass(frozen=True, slots=True)
class Window:
    """From one time of the day to another; over midnight when the first is the later one."""

    opens: time
    closes: time
    zone: ZoneInfo

    @classmethod
    def of(cls, text: str | None) -> Window | None:
        """Return the window that a text names, None for no text. Errors: ValueError, in words."""
        if not text or not text.strip():
            return None
        match = _FORM.fullmatch(text.strip())
        if match is None:
            raise ValueError("hours are written as 22:00-06:00, or 22:00-06:00 Europe/Berlin")
        try:
            opens, closes = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
            zone = ZoneInfo(match[5] or "UTC")
        except (ValueError, ZoneInfoNotFoundError) as error:
            raise ValueError(f"no such time or zone ({error})") from error
        if opens == closes:
            raise ValueError("a window opens and closes at different times")
        return cls(opens, closes, zone)

    def seconds_until_open(self, now: datetime) -> float:
        """Return how long to wait from an instant, 0 inside the window."""
        local = now.astimezone(self.zone)
        at = local.time().replace(tzinfo=None)
        inside = self.opens <= at < self.closes if self.opens < self.closes else at >= self.opens or at < self.closes
        if inside:
            return 0.0
        opening = local.replace(hour=self.opens.hour, minute=self.opens.minute, second=0, microsecond=0)
        if opening <= local:
            opening += timedelta(days=1)
        return (opening - local).total_seconds()

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}-{self.closes:%H:%M} {self.zone.key}"
