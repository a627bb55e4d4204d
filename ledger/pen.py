"""The workspace's only pen: whoever writes holds it, so that two crawls never append to one archive."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import OutsideFailureError


@contextmanager
def hold_pen(var: Path) -> Iterator[None]:
    """Hold the pen of the folder that the database lies in. Errors: OutsideFailureError when another process has it."""
    try:
        var.mkdir(parents=True, exist_ok=True)
        lock = (var / "lock").open("a+")
    except OSError as error:
        raise OutsideFailureError(
            f"{var}: could not be written ({error}); choose a place that you may write"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise OutsideFailureError(
                f"{var}: process {lock.read().strip() or 'another'} is writing here; "
                "wait until it ends (`partnerproof status` shows how far it is) and try again"
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
