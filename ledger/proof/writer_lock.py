"""The writer lock of a workspace: whoever writes holds it, so that two crawls never append to one archive.

The custody log tells when it was acquired and for which command, and how the database was when it was released.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ledger.errors import OutsideFailureError
from ledger.proof.custody import CustodyLog
from ledger.proof.outside_changes import database_facts, note_outside_change
from ledger.vocabulary import CustodyEvent

logger = logging.getLogger(__name__)
LOG_NAME, SEALS_NAME = "custody.jsonl", "seals"
MOST_DIGESTED_BYTES = (
    2_000_000_000  # above, a command's end would be waited for: only seals have the database's digest then
)


GIVES_WAY = " (in the background)"  # behind the number of a process that has the lock for seconds
PATIENCE_S = 120.0  # for such a process: a page takes seconds to draw, 60 s at most
LOCKS = Path("/proc/locks")


class WriterLockHeldError(OutsideFailureError):
    """Another process has the writer lock."""


@contextmanager
def acquire_writer_lock(database: Path, command: str, *, gives_way: bool = False) -> Iterator[None]:
    """Hold the writer lock of the folder that the database lies in. Errors: WriterLockHeldError when another process has it.

    gives_way: for work in the background that holds it for seconds; whoever wants the lock meanwhile waits for it.
    """
    var = database.parent
    try:
        var.mkdir(parents=True, exist_ok=True)
        lock = (var / "lock").open("a+")
    except OSError as error:
        raise OutsideFailureError(
            f"{var}: could not be written ({error}); choose a place that you may write"
        ) from error
    with lock:
        _keep_from_others(var, lock)
        holder = _lock(lock, patience_s=0 if gives_way else PATIENCE_S)
        if holder is not None:
            raise WriterLockHeldError(
                f"{var}: {holder} is writing here; "
                "wait until it ends (`partnerproof status` shows how far it is) and try again"
            )
        _sign(lock, GIVES_WAY if gives_way else "")
        log = CustodyLog(var / LOG_NAME)
        if not _is_entry_lock_held(var):
            note_outside_change(database, var / SEALS_NAME, log)
        log.add(CustodyEvent.BEGAN, {"command": command})
        try:
            yield
        finally:
            is_alone = not _is_entry_lock_held(var)
            log.add(CustodyEvent.ENDED, {"command": command, **(_left(database) if is_alone else {})})


def _keep_from_others(var: Path, lock: IO[str]) -> None:
    """Close a folder of ours to other users of this machine where somebody made it wider, and its lock to all but us.

    Whoever may read a lock file may hold it. A folder that is open to its group alone was shared on purpose, and stays so.
    """
    was = var.stat().st_mode & 0o777
    try:
        if was & 0o007:
            var.chmod(0o700)
            logger.warning(
                "%s was open to other users of this machine (mode %o); it is yours alone now (mode 700)", var, was
            )
        if os.fstat(lock.fileno()).st_mode & 0o077:
            os.fchmod(lock.fileno(), 0o600)
    except OSError:
        logger.warning(
            "%s is another user's and not closed to others (mode %o); its owner can close it with chmod 700", var, was
        )


def _lock(lock: IO[str], *, patience_s: float) -> str | None:
    """Take the lock; returns None, or who has it. Waits for one that gives way."""
    until = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            written = lock.read().strip()
            if GIVES_WAY not in written or time.monotonic() >= until:
                return _name_holder(lock, written.removesuffix(GIVES_WAY))
            time.sleep(0.05)
        else:
            return None


def _name_holder(lock: IO[str], written: str) -> str:
    """Who has a lock, by the system's own list of locks; where that does not tell, by what was written into the file."""
    file = os.fstat(lock.fileno())
    place = f"{os.major(file.st_dev):02x}:{os.minor(file.st_dev):02x}:{file.st_ino}"
    try:
        fields = [line.split() for line in LOCKS.read_text(encoding="ascii").splitlines()]
    except (OSError, UnicodeDecodeError):
        fields = []
    # "1: FLOCK  ADVISORY  WRITE 12345 fe:00:2146959 0 EOF"; the line of one that waits has "->" behind the number
    for number in (line[4] for line in fields if line[1:2] == ["FLOCK"] and line[5:6] == [place]):
        if Path("/proc", number).exists():  # else it ended, and a process that it began has its lock
            return f"process {number}"
    return f"a process that said to be {written}" if written.isdecimal() else "another process"


@contextmanager
def write_beside(database: Path, command: str) -> Iterator[None]:
    """Write one short record: with the writer lock if nobody has it, else beside the one who does."""
    try:
        with acquire_writer_lock(database, command):
            yield
    except WriterLockHeldError:
        log = CustodyLog(database.parent / LOG_NAME)
        # the entry lock: whoever has the writer lock leaves no digest that this record would belie
        with (database.parent / "entry-lock").open("a") as entry_lock:
            fcntl.flock(entry_lock, fcntl.LOCK_SH)
            log.add(CustodyEvent.BEGAN, {"command": command})
            try:
                yield
            finally:
                log.add(CustodyEvent.ENDED, {"command": command})


@contextmanager
def acquire_entry_lock(database: Path, command: str) -> Iterator[None]:
    """Write now and then, for as long as a server runs, beside whoever holds the writer lock.

    As long as the entry lock is held, nobody else's digest of the database means anything, and so nobody gives one. Whoever is alone
    at its begin holds the database against what was left, and at its end leaves it as a command does.
    """
    var = database.parent
    log = CustodyLog(var / LOG_NAME)
    with (var / "entry-lock").open("a") as entry_lock:
        _keep_from_others(var, entry_lock)
        with _alone(entry_lock, var) as is_alone:
            if is_alone:
                note_outside_change(database, var / SEALS_NAME, log)
        fcntl.flock(entry_lock, fcntl.LOCK_SH)
        log.add(CustodyEvent.BEGAN, {"command": command})
        try:
            yield
        finally:
            with _alone(entry_lock, var) as is_alone:
                log.add(CustodyEvent.ENDED, {"command": command, **(_left(database) if is_alone else {})})


@contextmanager
def _alone(entry_lock: IO[str], var: Path) -> Iterator[bool]:
    """Hold both locks for a moment; False where somebody else has one of them. Whoever wants the writer lock meanwhile waits."""
    with (var / "lock").open("a+") as lock:
        try:
            fcntl.flock(entry_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        _sign(lock, GIVES_WAY)
        yield True


def _sign(lock: IO[str], how: str) -> None:
    lock.truncate(0)
    lock.write(f"{os.getpid()}{how}")
    lock.flush()


def _is_entry_lock_held(var: Path) -> bool:
    with (var / "entry-lock").open("a") as entry_lock:
        try:
            fcntl.flock(entry_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _left(database: Path) -> dict[str, Any]:
    """The database's digest and signs; nothing when it is large, or a reader keeps it from being in one file."""
    try:
        if not database.exists() or database.stat().st_size > MOST_DIGESTED_BYTES:
            return {}
        connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=rw", uri=True, timeout=1)
        try:
            is_busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            connection.close()
        return {} if is_busy else database_facts(database)
    except (OSError, sqlite3.Error):
        return {}
