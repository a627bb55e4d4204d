"""The digest of the database as one file; a file that nobody has touched since is not read again.

A seal and the end of the command that made it both tell it, and a database may have gigabytes. What a file system says of a change
is as fine as its clock: a file that was changed just now may change again without a sign, so its digest is not remembered before it rests.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ledger.proof.verifier import file_facts

REST_NS = 50_000_000  # kernels give the time of a change in steps of 1 to 10 ms
_Signs = tuple[int, ...]
_known: dict[Path, tuple[_Signs, dict[str, Any]]] = {}  # of this process


def digest_database(path: Path) -> dict[str, Any]:
    """Return the length and SHA-256 of a database whose log is written into it. Errors: OSError."""
    path = path.resolve()
    _let_rest(path)
    signs = _signs(path)
    before = _known.get(path)
    if before is not None and before[0] == signs:
        return dict(before[1])
    facts = file_facts(path)
    _known.pop(path, None)
    if _signs(path) == signs and not _is_coarse(path):
        _known[path] = (signs, facts)
    return dict(facts)


def signs_of(path: Path) -> list[int]:
    """Return what the file system says of a database: another value says that it may have been written to. Errors: OSError."""
    return list(_signs(path.resolve()))


def _signs(path: Path) -> _Signs:
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _let_rest(path: Path) -> None:
    age_ns = time.time_ns() - path.stat().st_mtime_ns
    if 0 <= age_ns < REST_NS:
        time.sleep((REST_NS - age_ns) / 1e9)


def _is_coarse(path: Path) -> bool:
    """Whether the file system seems to tell times in whole seconds."""
    return path.stat().st_mtime_ns % 1_000_000_000 == 0
