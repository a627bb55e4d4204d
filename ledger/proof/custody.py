"""The custody log: who did what when, in lines that are only ever added, each with the digest of the one before it.

Writes: `var/custody.jsonl`. A line that a killed process had not finished is cut off, and the next entry says so.
"""

from __future__ import annotations

import fcntl
import getpass
import json
import os
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ledger.errors import EvidenceBrokenError, OutsideFailureError
from ledger.identity import parse_utc, sha256_hex, utc_text
from ledger.proof.log_entries import as_readers_see_it
from ledger.proof.verifier import GENESIS, canonical, entry_digest
from ledger.vocabulary import CustodyEvent

_TAIL_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyHead:
    """How far the log goes. entries: how many; sha256 and at: of the last one."""

    entries: int = 0
    sha256: str = GENESIS
    at: str = ""


class CustodyLog:
    """The log of one workspace. Several processes may write to it at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, event: CustodyEvent, details: dict[str, Any] | None = None, *, by: str | None = None) -> CustodyHead:
        """Append one entry, on the disk before this returns. by: an account; None: the user of this system.

        Errors: OutsideFailureError when the disk refuses, EvidenceBrokenError when the log's last line is no entry.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                head, torn = self._head(file)
                if torn:
                    os.truncate(file.fileno(), file.seek(0, os.SEEK_END) - len(torn))
                    head = _write(file, head, CustodyEvent.MENDED, {"bytes": len(torn), "sha256": sha256_hex(torn)}, by)
                return _write(file, head, event, details or {}, by)
        except OSError as error:
            raise OutsideFailureError(
                f"{self.path}: could not be written ({error}); free some space and run the same command again"
            ) from error

    def head(self) -> CustodyHead:
        """Return how far the log goes."""
        if not self.path.exists():
            return CustodyHead()
        with self._reading() as file:
            return self._head(file)[0]

    def first_digest(self) -> str:
        """Return the digest of the first entry, which names the log; GENESIS where there is none."""
        if not self.path.exists():
            return GENESIS
        with self._reading() as file:
            line = file.readline()
        return str(self._entry(line)["sha256"]) if line.endswith(b"\n") else GENESIS

    def newest(self, events: Container[str]) -> dict[str, Any] | None:
        """Return the latest entry of some kinds; None: there is none. It is looked for from the end.

        Errors: EvidenceBrokenError when a line on the way is no entry.
        """
        if not self.path.exists():
            return None
        with self._reading() as file:
            at, rest = file.seek(0, os.SEEK_END), b""
            while at or rest:
                start = max(0, at - _TAIL_BYTES)
                file.seek(start)
                block = file.read(at - start) + rest
                head, _, complete = block.partition(b"\n") if start else (b"", b"", block)
                for line in reversed(complete[: complete.rfind(b"\n") + 1].split(b"\n")):
                    if line and (entry := self._entry(line))["event"] in events:
                        return entry
                at, rest = start, head + b"\n" if head else b""
                if not start:
                    break
        return None

    def _entry(self, line: bytes) -> dict[str, Any]:
        try:
            entry: dict[str, Any] = json.loads(line)
            _ = entry["event"], entry["details"], entry["at"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise EvidenceBrokenError(
                f"{self.path}: expected one JSON entry a line, got something else; run `partnerproof verify`"
            ) from error
        return as_readers_see_it(entry)

    def lines(self) -> list[str]:
        """Return the log's complete lines, as they stand."""
        if not self.path.exists():
            return []
        with self._reading() as file:
            file.seek(0)
            data = file.read()
        complete = data[: data.rfind(b"\n") + 1]
        # split as bytes: a word in an entry may hold what ends a line elsewhere, such as U+2028
        return [line.decode("utf-8", "replace") for line in complete.split(b"\n")[:-1]]

    def entries(self) -> list[dict[str, Any]]:
        """Return the log's entries; of one that is not ours only its place. Errors: EvidenceBrokenError when a line is none."""
        try:
            return [as_readers_see_it(json.loads(line)) for line in self.lines()]
        except (ValueError, RecursionError) as error:
            raise EvidenceBrokenError(
                f"{self.path}: expected one JSON entry a line, got something else ({error}); run `partnerproof verify`"
            ) from error

    @contextmanager
    def _reading(self) -> Iterator[BinaryIO]:
        try:
            with self.path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH)
                yield file
        except OSError as error:
            raise OutsideFailureError(f"{self.path}: could not be read ({error})") from error

    def _head(self, file: BinaryIO) -> tuple[CustodyHead, bytes]:
        """The last complete entry, and what was left unfinished behind it."""
        size = file.seek(0, os.SEEK_END)
        reach = _TAIL_BYTES
        while True:
            file.seek(max(0, size - reach))
            tail = file.read()
            complete, _, torn = tail.rpartition(b"\n")
            if b"\n" in complete or reach >= size:
                break
            reach *= 4
        last = complete.rpartition(b"\n")[2]
        if not last:
            return CustodyHead(), torn
        try:
            entry = json.loads(last)
            return CustodyHead(entries=int(entry["seq"]), sha256=str(entry["sha256"]), at=str(entry["at"])), torn
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise EvidenceBrokenError(
                f"{self.path}: expected an entry as its last line, got something else; "
                "run `partnerproof verify`, then restore the log from a backup"
            ) from error


def _write(
    file: BinaryIO, head: CustodyHead, event: CustodyEvent, details: dict[str, Any], by: str | None
) -> CustodyHead:
    now = utc_text()
    back = _seconds_back(head.at, now)
    if back > 0:  # a fact, not a fault: what follows is in order by its number, not by its time
        details = {**details, "clock_went_back_s": back}
    entry: dict[str, Any] = {
        "seq": head.entries + 1,
        "at": now,
        "by": by or _user(),
        "event": str(event),
        "details": details,
        "previous": head.sha256,
    }
    digest = entry_digest(entry)
    file.write(canonical({**entry, "sha256": digest}) + b"\n")
    file.flush()
    os.fsync(file.fileno())
    return CustodyHead(entries=head.entries + 1, sha256=digest, at=now)


def _seconds_back(before: str, now: str) -> int:
    """By how many seconds the clock of the machine stands before the last entry; 0 where it does not, or that is not known."""
    if now >= before:
        return 0
    try:
        return int((parse_utc(before) - parse_utc(now)).total_seconds())
    except ValueError:
        return 0


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return f"uid {os.getuid()}"
