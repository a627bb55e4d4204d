"""Tells a network that is gone from vendors that are, so that an outage costs no vendor its visit.

What speaks of our own network: no name server answered, nothing leads out of this machine. A refused connection, a name that
nobody has or a vendor's dead host never does. A visit that the network failed is held until another one tells: the next success
shows that it was the vendor; some such failures in a row show that the network is gone, and all of them run again after a wait
that doubles, until it is back or they have run often enough.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

from crawler.visits.visit import NETWORK_REASONS, RunningVisit

# one name server that fails to answer for a few vendors is theirs; that many in a row are nobody's but ours
VISITS = 5
FIRST_WAIT_S, MAX_WAIT_S = 15.0, 600.0
MAX_RUNS = 12  # of one visit: more than an hour of waiting


@dataclass(frozen=True, slots=True)
class HeldVisit:
    visit: RunningVisit
    failure: str


@dataclass
class Outage:
    """What the visits of one crawl say of the network."""

    wait_s: float = FIRST_WAIT_S
    _held: list[HeldVisit] = field(default_factory=list)
    _runs: Counter[str] = field(default_factory=Counter)  # visit → how often it was put back
    _until: float = 0.0

    def is_suspect(self, visit: RunningVisit, failure: str | None) -> bool:
        """Tell whether the network may have failed a visit, and not its vendor."""
        reason = (failure or "").split(":")[0]
        return visit.pages == 0 and reason in NETWORK_REASONS and self._runs[visit.visit_id] < MAX_RUNS

    def hold(self, visit: RunningVisit, failure: str) -> list[RunningVisit]:
        """Keep a failed visit's end open; returns the visits to put back when it is the network."""
        self._held.append(HeldVisit(visit, failure))
        if len(self._held) < VISITS:
            return []
        return self._all_again()

    def end_of_list(self) -> list[RunningVisit]:
        """Return the held visits to put back when the list is at its end and the network was found to be gone before."""
        return self._all_again() if self._runs and self._held else []

    def _all_again(self) -> list[RunningVisit]:
        self._until = time.monotonic() + self.wait_s
        self.wait_s = min(self.wait_s * 2, MAX_WAIT_S)
        again = [held.visit for held in self._held]
        self._held.clear()
        self._runs.update(visit.visit_id for visit in again)
        return again

    def release(self) -> list[HeldVisit]:
        """Return the held visits, which have failed after all: the network is there, or the list is at its end."""
        held, self._held = self._held, []
        return held

    def is_over(self) -> None:
        """A visit has read a page."""
        self.wait_s = FIRST_WAIT_S

    def wait_left_s(self) -> float:
        return max(0.0, self._until - time.monotonic())
