"""Counts that cost too much to be made at every request: made once, handed out, made anew behind what was handed out."""

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
_MOST = 200  # of different questions


@dataclass
class _Entry:
    value: Any
    made_at: float  # of the monotonic clock
    is_being_made: bool = False


@dataclass
class Kept:
    """Answers by question. An answer older than a minute is given once more, while a new one is made for the next who asks."""

    fresh_s: float = FRESH_S
    _entries: dict[tuple[object, ...], _Entry] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _first: threading.Lock = field(default_factory=threading.Lock)

    def read(self, ledger: Ledger, question: tuple[object, ...], make: Callable[[Ledger], T]) -> T:
        """Return the answer to a question; who asks first waits for it, and so do those who ask meanwhile."""
        with self._lock:
            entry = self._entries.get(question)
            is_old = entry is not None and time.monotonic() - entry.made_at > self.fresh_s
            starts = entry is not None and is_old and not entry.is_being_made
            if entry is not None and starts:
                entry.is_being_made = True
        if entry is None:
            with self._first:
                entry = self._entries.get(question) or self._keep(question, make(ledger))
        elif starts:
            threading.Thread(target=self._make_anew, args=[ledger, question, make], daemon=True).start()
        value: T = entry.value
        return value

    def _make_anew(self, ledger: Ledger, question: tuple[object, ...], make: Callable[[Ledger], T]) -> None:
        try:
            with Ledger.open_readonly(ledger.path) as own:  # a connection belongs to its thread
                self._keep(question, make(own))
        except (PartnerproofError, sqlite3.Error):
            logger.exception("a count of the dashboard could not be made anew")
            with self._lock:
                if question in self._entries:
                    self._entries[question].is_being_made = False

    def _keep(self, question: tuple[object, ...], value: object) -> _Entry:
        with self._lock:
            if len(self._entries) >= _MOST and question not in self._entries:
                self._entries.pop(next(iter(self._entries)))
            entry = self._entries[question] = _Entry(value, time.monotonic())
            return entry
