"""Whose page is read next, when more pages wait than processes read: that of the visit which has cost least so far.

One vendor's slow pages then delay its own visit, and no other's; and what a visit waited is known, so that it is not held
against the visit's budget of seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
MAX_VISITS_KNOWN = 10_000
# so much less may another visit have cost, and still wait for one whose document is at hand in the process that is free
AT_HAND_S = 1.0


@dataclass(slots=True, eq=False)
class _Waiting(Generic[T]):
    visit: str
    wish: T
    place: asyncio.Future[T]


class FairTurns(Generic[T]):
    """Hands out a few places (of type T, each one piece of work at a time) to visits. Used by one event loop."""

    def __init__(self, places: Sequence[T]) -> None:
        self._free = list(places)
        self._waiting: list[_Waiting[T]] = []
        self._cost_s: OrderedDict[str, float] = OrderedDict()
        self._waited_s: OrderedDict[str, float] = OrderedDict()

    def waited_s(self, visit: str) -> float:
        """Seconds that a visit has waited for places so far."""
        return self._waited_s.get(visit, 0.0)

    @asynccontextmanager
    async def turn(self, visit: str, wish: T) -> AsyncIterator[T]:
        """Wait for a place, `wish` if that is free, and give it back at the end; the time in between is what it cost."""
        began = time.monotonic()
        place = await self._take(visit, wish)
        got = time.monotonic()
        _count(self._waited_s, visit, got - began)
        try:
            yield place
        finally:
            _count(self._cost_s, visit, time.monotonic() - got)
            self._give_back(place)

    async def _take(self, visit: str, wish: T) -> T:
        if self._free:
            place = wish if wish in self._free else self._free[0]
            self._free.remove(place)
            return place
        waiting = _Waiting(visit, wish, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        try:
            given: T = await waiting.place
            return given
        except asyncio.CancelledError:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            elif not waiting.place.cancelled():
                self._give_back(waiting.place.result())
            raise

    def _give_back(self, place: T) -> None:
        # one that was cancelled in this same round of the loop takes no place, and did not take itself out yet
        waiting = [one for one in self._waiting if not one.place.done()]
        if not waiting:
            self._free.append(place)
            return
        next_ = min(waiting, key=lambda one: self._cost(one) - AT_HAND_S * (one.wish is place))
        self._waiting.remove(next_)
        next_.place.set_result(place)

    def _cost(self, waiting: _Waiting[T]) -> float:
        return self._cost_s.get(waiting.visit, 0.0)


def _count(seconds: OrderedDict[str, float], visit: str, more: float) -> None:
    seconds[visit] = seconds.get(visit, 0.0) + more
    seconds.move_to_end(visit)
    while len(seconds) > MAX_VISITS_KNOWN:
        seconds.popitem(last=False)
