"""One visit while it runs: its budget, what it has already stored, what it has looked at."""

from __future__ import annotations

import json
import time
from asyncio import Future
from dataclasses import dataclass, field

from scrapy.robotstxt import RobotParser

from crawler.looks import LookRefusedError
from ledger.database import Ledger, Row
from ledger.records import Look, Seed
from ledger.vocabulary import LookOutcome, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much one visit may cost."""

    pages: int
    images: int
    requests: int
    body_bytes: int
    seconds: float
    renders: int = 3  # pages drawn by a browser


@dataclass(slots=True, kw_only=True)
class RunningVisit:
    """State of one visit; lives as long as the visit runs and is forgotten with it."""

    visit_id: str
    seed: Seed
    budget: Budget
    stored: dict[tuple[str, int], str] = field(
        default_factory=dict
    )  # (url, attempt) → capture_id: answered from the archive
    failed: dict[tuple[Purpose, str], Look] = field(default_factory=dict)  # looks that failed before a restart
    robots: dict[str, Future[RobotParser | LookRefusedError]] = field(
        default_factory=dict
    )  # scheme://netloc → its rules
    captures: dict[str, str] = field(default_factory=dict)  # url → capture_id of the latest exchange
    pages: int = 0
    images: int = 0
    renders: int = 0
    requests: int = 0
    body_bytes: int = 0
    started: float = field(default_factory=time.monotonic)
    spent: str | None = None  # the budget that ran out

    def overspent(self, purpose: Purpose) -> str | None:
        """Return the name of the budget that leaves no room for one more look, or None."""
        limits = (
            ("requests", self.requests, self.budget.requests),
            ("bytes", self.body_bytes, self.budget.body_bytes),
            ("seconds", time.monotonic() - self.started, self.budget.seconds),
            ("images", self.images if purpose is Purpose.IMAGE else -1, self.budget.images),
        )
        for name, used, limit in limits:
            if used >= limit:
                self.spent = self.spent or name
                return name
        return None


def begin_visit(ledger: Ledger, row: Row, budget: Budget, now: str) -> RunningVisit:
    """Mark a visit as running and return its state, with what an interrupted run of it had stored."""
    visit = RunningVisit(visit_id=row["visit_id"], seed=read_seed(ledger, row["seed_id"]), budget=budget)
    if row["state"] == "running":
        for stored in ledger.rows("SELECT url, attempt, capture_id FROM captures WHERE visit_id = ?", [visit.visit_id]):
            visit.stored[stored["url"], stored["attempt"]] = stored["capture_id"]
        failed = "SELECT * FROM looks WHERE visit_id = ? AND outcome = 'could-not-look' AND status IS NULL"
        for look in ledger.rows(failed, [visit.visit_id]):
            visit.failed[Purpose(look["purpose"]), look["requested_url"]] = read_look(look)
    ledger.execute(
        "UPDATE visits SET state = 'running', started_at = coalesce(started_at, ?) WHERE visit_id = ?",
        [now, visit.visit_id],
    )
    return visit


def end_visit(ledger: Ledger, visit: RunningVisit, *, failure: str | None, now: str) -> str:
    """Mark a visit as done, or as failed when not one page could be read. Returns the state."""
    state = "failed" if visit.pages == 0 else "done"
    reason = (
        (failure or "nothing could be read")
        if state == "failed"
        else (f"budget of {visit.spent}" if visit.spent else "complete")
    )
    ledger.execute(
        "UPDATE visits SET state = ?, ended_at = ?, end_reason = ?, pages = ?, requests = ?, body_bytes = ? WHERE visit_id = ?",
        [state, now, reason, visit.pages, visit.requests, visit.body_bytes, visit.visit_id],
    )
    return state


def read_seed(ledger: Ledger, seed_id: str) -> Seed:
    row = ledger.row("SELECT * FROM seeds WHERE seed_id = ?", [seed_id])
    assert row is not None  # noqa: S101  # a foreign key
    return Seed(**{**dict(row), "start_urls": tuple(json.loads(row["start_urls"]))})


def read_look(row: Row) -> Look:
    values = dict(row)
    return Look(**{**values, "purpose": Purpose(values["purpose"]), "outcome": LookOutcome(values["outcome"])})
