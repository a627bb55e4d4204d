"""What a job's process tells, read from its log as it grows: counts, the last lines, which crawl it is.

Reads: `log` in the job's folder: JSON lines of `--log-json`, and plain lines.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from pathlib import Path
from typing import Any

from casebook.files.tables import plain

LOG_NAME, ANSWER_NAME = "log", "answer"  # stderr and stdout of the process
_COUNTED = ("vendors", "done", "failed", "pages", "judged", "matches")
MOST_LINES, MOST_CHARS, MOST_READ_BYTES = 20, 500, 1 << 20


class JobLog:
    """How far a log was read, and what it told until there."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOG_NAME
        self._offset, self._rest = 0, b""
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._counts: Counter[str] = Counter()
        self.crawl_id: str | None = None

    def read_on(self) -> bool:
        """Read what came since; returns whether anything did. At most a megabyte, so that nobody waits for a long log."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read(MOST_READ_BYTES)
        except FileNotFoundError:
            return False
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[:MOST_READ_BYTES]
        for line in lines:
            self._take(line.decode("utf-8", "replace"))
        return bool(data)

    @property
    def progress(self) -> dict[str, int]:
        return dict(self._counts)

    @property
    def messages(self) -> tuple[str, ...]:
        return tuple(self._lines)

    def _take(self, line: str) -> None:
        event = _event_of(line)
        if event is None:
            if line.strip():
                self._lines.append(plain(line.rstrip())[:MOST_CHARS])
            return
        match event.get("event"):
            case "crawl":  # from here on this process's own counts, on top of what was done before
                self._counts = Counter(
                    dict.fromkeys(_COUNTED, 0) | {name: _number(event, name) for name in ("vendors", "done")}
                )
                self.crawl_id = str(event.get("crawl_id"))
            case "visit":
                self._counts["done"] += 1
                self._counts["failed"] += event.get("state") == "failed"
            case "page":
                self._counts["pages"] += 1
            case "judged":
                self._counts["judged"] += 1
                self._counts["matches"] += _number(event, "matches")
        if isinstance(event.get("text"), str):
            self._lines.append(plain(event["text"])[:MOST_CHARS])


def _number(event: dict[str, Any], name: str) -> int:
    value = event.get(name)
    return value if isinstance(value, int) else 0


def _event_of(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and "event" in event else None
