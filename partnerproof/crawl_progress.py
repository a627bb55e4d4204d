"""What a person sees of a running crawl: a progress line on a terminal, or one JSON line for each event on stderr."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from scrapy.http import Response

from crawler.reading.page_reader import ReadPage
from ledger.identity import utc_text
from ledger.typed_texts import CrawlId, VisitId

SHOWN_ERRORS = 3


class CrawlProgress:
    """Counts of one crawl. Quiet when stderr is not a terminal, unless JSON lines are wanted."""

    def __init__(self, *, total: int, done: int, is_quiet: bool, as_json: bool) -> None:
        self.total = total
        self.done = done
        self.pages = self.images = self.judged = self.matches = self.requests = 0
        self.states: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.running = 0
        self._as_json = as_json
        self._started = time.monotonic()
        self._bar: Progress | None = None
        self._task: Any = None
        console = Console(stderr=True)
        if console.is_terminal and not is_quiet and not as_json:
            self._bar = Progress(
                SpinnerColumn(),
                TextColumn("vendors"),
                BarColumn(bar_width=20),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[counts]}"),
                console=console,
            )

    def __enter__(self) -> CrawlProgress:
        if self._bar is not None:
            self._bar.start()
            self._task = self._bar.add_task("crawl", total=self.total, completed=self.done, counts="")
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def on_response(self, response: Response) -> None:
        self.requests += 1
        self._show(0)

    def on_crawl(self, crawl_id: CrawlId) -> None:
        self._tell("crawl", crawl_id=crawl_id, vendors=self.total, done=self.done)

    def on_visit_begun(self) -> None:
        self.running += 1

    def on_put_back(self, number: int) -> None:
        self.running -= number
        self.warn("the network seems to be gone: the visits that it failed run again after a wait")

    def on_page(self, visit_id: VisitId, page: ReadPage) -> None:
        self.pages += page.is_healthy
        self.images += len(page.sightings)
        if not page.is_healthy:
            self.errors[page.page.health] += 1
        self._tell(
            "page",
            visit_id=visit_id,
            url=page.page.url,
            health=page.page.health,
            kind=page.page.kind,
            sightings=len(page.sightings),
        )
        self._show(0)

    def on_visit(self, visit_id: VisitId, state: str, reason: str | None) -> None:
        self.running -= 1
        self.states[state] += 1
        if state == "failed":
            self.errors[(reason or "unknown").split(":")[0]] += 1
        self._tell("visit", visit_id=visit_id, state=state, reason=reason)
        self._show(1)

    def on_judged(self, visit_id: VisitId, matches: int) -> None:
        self.judged += 1
        self.matches += matches
        self._tell("judged", visit_id=visit_id, matches=matches)
        self._show(0)

    def warn(self, text: str, *, event: str = "warning") -> None:
        """Tell one line that an operator should see. event: its kind in JSON lines."""
        if self._as_json:
            self._tell(event, text=text)
        elif self._bar is not None:
            self._bar.console.print(text, highlight=False, markup=False)
        else:
            print(text, file=sys.stderr, flush=True)  # the front door's own voice

    def counts(self) -> str:
        """Return the counts as one line."""
        seconds = max(time.monotonic() - self._started, 0.001)
        parts = [
            f"{self.states['failed']} failed",
            f"{self.running} running",
            f"{self.pages} pages",
            f"{self.images} sightings",
            f"{self.judged} judged",
            f"{self.matches} matches",
            f"{self.requests / seconds:.0f} requests/s",
        ]
        if self.errors:
            listed_errors = ", ".join(f"{kind} {number}" for kind, number in self.errors.most_common(SHOWN_ERRORS))
            parts.append(listed_errors)
        return " · ".join(parts)

    def _tell(self, event: str, **fields: object) -> None:
        if self._as_json:
            line = {
                "at": utc_text(),
                "event": event,
                **{name: str(v) if isinstance(v, str) else v for name, v in fields.items()},
            }
            print(json.dumps(line, ensure_ascii=False), file=sys.stderr, flush=True)

    def _show(self, advance: int) -> None:
        if self._bar is not None:
            self._bar.update(self._task, advance=advance, counts=self.counts())
