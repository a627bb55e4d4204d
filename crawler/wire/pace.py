"""How fast one host, and one address that many hosts share, is asked: Crawl-delay, Retry-After, requests at once.

Scrapy's slots and AutoThrottle pace each host by its answers; this adds what hosts say of themselves. Times are
monotonic: a clock that jumps changes nothing. The places at an address are counted in this process, or by whoever counts them
for several processes.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from email.utils import parsedate_to_datetime
from typing import Protocol

from ledger.identity import utc_now

MAX_CRAWL_DELAY_S = 120.0  # longer ones are kept to by giving up: the visit's budget of seconds ends it
MAX_WAIT_S = 180.0  # for Retry-After; whoever asks for more is left alone for this visit
_MAX_HOSTS = 20_000


class AddressPlaces(Protocol):
    """The places at IP addresses: how many requests may be under way to each."""

    async def take(self, address: str) -> None:
        """Return when a place is free, and hold it. Errors: PartnerproofError when nobody can tell."""

    def give_back(self, address: str) -> None:
        """Free a place that was taken."""

    async def close(self) -> None:
        """End whatever counts them."""


class OwnPlaces:
    """The places of one process."""

    def __init__(self, *, per_address: int) -> None:
        self._per_address = per_address
        self._taken: dict[str, int] = {}  # IP address → requests under way
        self._freed = asyncio.Event()

    async def take(self, address: str) -> None:
        while self._taken.get(address, 0) >= self._per_address:
            self._freed.clear()
            await self._freed.wait()
        self._taken[address] = self._taken.get(address, 0) + 1

    def give_back(self, address: str) -> None:
        left = self._taken.get(address, 1) - 1
        if left > 0:
            self._taken[address] = left
        else:
            self._taken.pop(address, None)
        self._freed.set()

    async def close(self) -> None:
        """Nothing is open."""


class Pace:
    """Waits before each request until its host may be asked, and holds a place at its address."""

    def __init__(self, places: AddressPlaces) -> None:
        self.places = places
        self._next: OrderedDict[str, float] = OrderedDict()  # netloc → when it may be asked next
        self._delays: OrderedDict[str, float] = OrderedDict()  # netloc → Crawl-delay, seconds

    def set_delay(self, netloc: str, seconds: float | None) -> None:
        """Keep to a Crawl-delay from now on."""
        if seconds and seconds > 0:
            _put(self._delays, netloc, min(seconds, MAX_CRAWL_DELAY_S))

    def come_back_after(self, netloc: str, seconds: float) -> None:
        """Leave a host alone for some seconds."""
        _put(self._next, netloc, max(self._next.get(netloc, 0.0), time.monotonic() + seconds))

    def closed_for(self, netloc: str) -> float:
        """Return how many seconds a host is still to be left alone."""
        return max(0.0, self._next.get(netloc, 0.0) - time.monotonic())

    async def wait(self, netloc: str, *, at_most_s: float) -> bool:
        """Return True when the host may be asked; with a Crawl-delay the next one has to wait from then.

        Returns False at once when that is further away than at_most_s.
        """
        delay = self._delays.get(netloc, 0.0)
        now = time.monotonic()
        at = max(now, self._next.get(netloc, 0.0))
        if at - now > at_most_s:
            return False
        if delay:
            _put(self._next, netloc, at + delay)
        if at > now:
            await asyncio.sleep(at - now)
        return True


def retry_after_s(value: str | None) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3: seconds or a date), None where it says nothing."""
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (at - utc_now()).total_seconds()) if at.tzinfo else None


def _put(times: OrderedDict[str, float], key: str, value: float) -> None:
    times[key] = value
    times.move_to_end(key)
    while len(times) > _MAX_HOSTS:
        times.popitem(last=False)
