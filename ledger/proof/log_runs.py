"""Runs of commands in the custody log: from the entry that tells of a begin to the one that tells of its end.

Several may be open at once. One that was killed has no end; it is over when a later one began alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ledger.vocabulary import CustodyEvent

_OF_THIS_PROCESS: dict[Path, list[str]] = {}  # folder of the log → its open runs, the latest last


@contextmanager
def as_current_run(folder: Path, run: str) -> Iterator[None]:
    """Let other entries of this process into the log of a folder say to which run they belong."""
    runs = _OF_THIS_PROCESS.setdefault(folder.resolve(), [])
    runs.append(run)
    try:
        yield
    finally:
        runs.remove(run)


def current_run(folder: Path) -> str | None:
    """Return the run of this process that writes to a folder's log; None outside any."""
    runs = _OF_THIS_PROCESS.get(folder.resolve())
    return runs[-1] if runs else None


def open_runs(entries: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the begins of the runs that are open after some entries of a log from its first one on."""
    found: dict[object, Mapping[str, Any]] = {}
    for entry in entries:
        if entry["event"] == CustodyEvent.RESTORED or entry["details"].get("alone"):
            found.clear()
        if entry["event"] == CustodyEvent.BEGAN:
            found[entry["details"].get("run")] = entry
        elif entry["event"] == CustodyEvent.ENDED:
            found.pop(entry["details"].get("run"), None)
    return [*found.values()]
