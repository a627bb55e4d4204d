"""A stale-while-revalidate cache for counts that take too long for every request: an old count is given while a new one is made."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ledger.database import Ledger
from ledger.errors import PartnerproofError

logger = logging.getLogger(__name__)
T = TypeVar("T")
FRESH_S = 60
_MAX_ENTRIES = 200


@dataclass
class _Entry:
    value: Any
    made_at: float  # of the monotonic clock
    is_being_renewed: bool = False


@dataclass
class CountCache:
    """Counts by key. One older than fresh_s is stale: it is returned once more, and renewed in a thread of its own."""

    fresh_s: float = FRESH_S
    _entries: dict[tuple[object, ...], _Entry] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _first: threading.Lock = field(default_factory=threading.Lock)

    def read(self, ledger: Ledger, key: tuple[object, ...], count: Callable[[Ledger], T]) -> T:
        """Return the count of a key. Where there is none yet, its first reader makes it and the others wait."""
        with self._lock:
            entry = self._entries.get(key)
            is_stale = entry is not None and time.monotonic() - entry.made_at > self.fresh_s
            renews = entry is not None and is_stale and not entry.is_being_renewed
            if entry is not None and renews:
                entry.is_being_renewed = True
        if entry is None:
            with self._first:
                entry = self._entries.get(key) or self._store(key, count(ledger))
        elif renews:
            threading.Thread(target=self._renew, args=[ledger, key, count], daemon=True).start()
        value: T = entry.value
        return value

    def _renew(self, ledger: Ledger, key: tuple[object, ...], count: Callable[[Ledger], T]) -> None:
        try:
            with Ledger.open_readonly(ledger.path) as own:  # a connection belongs to its thread
                self._store(key, count(own))
        except (PartnerproofError, sqlite3.Error):
            logger.exception("a count of the dashboard could not be renewed")
            with self._lock:
                if key in self._entries:
                    self._entries[key].is_being_renewed = False

    def _store(self, key: tuple[object, ...], value: object) -> _Entry:
        with self._lock:
            if len(self._entries) >= _MAX_ENTRIES and key not in self._entries:
                self._entries.pop(next(iter(self._entries)))
            entry = self._entries[key] = _Entry(value, time.monotonic())
            return entry
