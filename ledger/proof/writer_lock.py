"""Who may write to a workspace, and when: several processes side by side, one at a time for a moment.

1. Whoever writes holds the entry lock, shared, from its begin to its end, and the custody log tells of both. Who can have it alone knows that
   nobody else writes: at its begin it compares the database with what was left, at its end it leaves it for the next one to compare.
2. Whoever computes from many rows holds the writer lock too, which one process has at a time. Others wait, are told for whom, and have
   their turn between two steps of long work (`give_way`).
3. What only one process may do at a time without keeping others from writing, such as going on with a crawl, has a lock by its name.

All are locks of the kernel, which goes with the process: a killed one leaves none behind.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from ledger.errors import OutsideFailureError
from ledger.identity import event_id, sha256_hex
from ledger.proof.custody import CustodyLog
from ledger.proof.log_runs import as_current_run
from ledger.proof.outside_changes import database_facts, note_outside_change
from ledger.vocabulary import CustodyEvent

logger = logging.getLogger(__name__)
LOG_NAME, SEALS_NAME = "custody.jsonl", "seals"
WRITER_LOCK, NEXT_LOCK, ENTRY_LOCK, HELD_NAMES = "lock", "next-lock", "entry-lock", "held"
MOST_DIGESTED_BYTES = (
    2_000_000_000  # above, a command's end would be waited for: only seals have the database's digest then
)
PATIENCE_S = 600.0  # for who has the writer lock: long work gives way between its steps, a backup may take minutes
SILENT_S = 1.0  # a wait that is shorter is no news
_POLL_S = 0.02
LOCKS = Path("/proc/locks")


class WriterLockHeldError(OutsideFailureError):
    """Another process has a lock, and did not give it up in time."""


class WriterLock:
    """The writer lock of one command. Errors of all methods: WriterLockHeldError when another process has it for too long."""

    def __init__(self, var: Path, command: str, patience_s: float = PATIENCE_S) -> None:
        self._var = var
        self._command = command
        self._patience_s = patience_s
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Wait until it is this command's turn."""
        lock = (self._var / WRITER_LOCK).open("a+")
        try:
            _keep_from_others(self._var, lock)
            # whoever waits has this one, and gets the lock before the process that has just given way asks again
            with (self._var / NEXT_LOCK).open("a+") as is_next:
                until = time.monotonic() + self._patience_s
                _wait_for(is_next, lock, self._var, until)
                _wait_for(lock, lock, self._var, until)
            lock.truncate(0)
            lock.write(f"{os.getpid()} {self._command}")
            lock.flush()
        except BaseException:
            lock.close()
            raise
        self._file = lock

    def release(self) -> None:
        """Let the next one have it."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def give_way(self) -> None:
        """Let whoever waits write now, and come back when it is this command's turn again. Not within a transaction."""
        if self._file is not None and not _can_lock(self._var / NEXT_LOCK):
            self.release()
            self.take()

    def __enter__(self) -> WriterLock:
        self.take()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


@contextmanager
def acquire_writer_lock(database: Path, command: str, *, patience_s: float = PATIENCE_S) -> Iterator[WriterLock]:
    """Hold the writer lock of the folder that the database lies in, and the entry lock.

    Errors: WriterLockHeldError when another process has it for longer than patience_s.
    """
    _make_folder(database.parent)
    with WriterLock(database.parent, command, patience_s) as lock, acquire_entry_lock(database, command):
        yield lock


@contextmanager
def acquire_entry_lock(database: Path, command: str) -> Iterator[None]:
    """Write now and then, in short transactions, beside whoever has the writer lock, for as long as a command or server runs."""
    var = database.parent
    _make_folder(var)
    log, run = CustodyLog(var / LOG_NAME), event_id()
    with (var / ENTRY_LOCK).open("a+") as lock:
        _keep_from_others(var, lock)
        is_alone = _try(lock, fcntl.LOCK_EX)
        if is_alone:
            note_outside_change(database, var / SEALS_NAME, log)
            # said before the lock is shared: whoever comes between could not be told from one that was there before
            log.add(CustodyEvent.BEGAN, {"command": command, "run": run, "alone": True})
        fcntl.flock(lock, fcntl.LOCK_SH)
        if not is_alone:
            log.add(CustodyEvent.BEGAN, {"command": command, "run": run})
        try:
            with as_current_run(var, run):
                yield
        finally:
            left = _left(database) if _try(lock, fcntl.LOCK_EX) else {}
            log.add(CustodyEvent.ENDED, {"command": command, "run": run, **left})


@contextmanager
def hold_name(var: Path, name: str) -> Iterator[bool]:
    """Hold a lock by its name; False where another process, or another part of this one, has it."""
    folder = var / HELD_NAMES
    _make_folder(folder)
    path = folder / sha256_hex(name.encode())[:32]
    with ExitStack() as stack:
        while True:
            lock = stack.enter_context(path.open("a+"))
            if not _try(lock, fcntl.LOCK_EX):
                yield False
                return
            try:
                is_there = os.path.samestat(os.fstat(lock.fileno()), path.stat())
            except FileNotFoundError:
                is_there = False
            if is_there:
                break  # else its last holder took the file away before this one had it
        lock.truncate(0)
        lock.write(f"{os.getpid()} {name}")
        lock.flush()
        try:
            yield True
        finally:
            path.unlink(missing_ok=True)


def is_name_held(var: Path, name: str) -> bool:
    """Whether somebody holds a lock by its name."""
    path = var / HELD_NAMES / sha256_hex(name.encode())[:32]
    return path.exists() and not _can_lock(path)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutsideFailureError(
            f"{folder}: could not be written ({error}); choose a place that you may write"
        ) from error


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


def _wait_for(wanted: IO[str], lock: IO[str], var: Path, until: float) -> None:
    """Lock a file; who has the writer lock meanwhile is told. Errors: WriterLockHeldError."""
    tell_at: float | None = time.monotonic() + SILENT_S
    while not _try(wanted, fcntl.LOCK_EX):
        now = time.monotonic()
        if now >= until:
            raise WriterLockHeldError(
                f"{var}: {_name_holder(lock)} is writing here; wait until it ends (`partnerproof status` shows how far a crawl is) and try again"
            )
        if tell_at is not None and now >= tell_at:
            logger.warning("%s: %s is writing here; waiting for it (Ctrl-C gives up)", var, _name_holder(lock))
            tell_at = None
        time.sleep(_POLL_S)


def _try(file: IO[str], how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _can_lock(path: Path) -> bool:
    with path.open("a") as file:
        return _try(file, fcntl.LOCK_EX)


def _name_holder(lock: IO[str]) -> str:
    """Who has a lock, by the system's own list of locks; where that does not tell, by what was written into the file."""
    lock.seek(0)
    written, _, command = lock.read(200).strip().partition(" ")
    file = os.fstat(lock.fileno())
    place = f"{os.major(file.st_dev):02x}:{os.minor(file.st_dev):02x}:{file.st_ino}"
    try:
        fields = [line.split() for line in LOCKS.read_text(encoding="ascii").splitlines()]
    except (OSError, UnicodeDecodeError):
        fields = []
    # "1: FLOCK  ADVISORY  WRITE 12345 fe:00:2146959 0 EOF"; the line of one that waits has "->" behind the number
    for number in (line[4] for line in fields if line[1:2] == ["FLOCK"] and line[5:6] == [place]):
        if Path("/proc", number).exists():  # else it ended, and a process that it began has its lock
            return f"process {number} (`{command}`)" if command and number == written else f"process {number}"
    return f"a process that said to be {written}" if written.isdecimal() else "another process"


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
