"""New databases for tests: each is a copy of one that was made once in a test run. What tests the making itself opens its own."""

from __future__ import annotations

import shutil
from pathlib import Path

from ledger.database import Ledger

_MADE: list[Path] = []


def make_template(folder: Path) -> None:
    """Make the database that others are copied from."""
    with Ledger.open(folder / "new.db") as ledger:
        ledger.checkpoint()


def copy_from(folder: Path) -> None:
    """Let new_ledger copy the database that make_template made in a folder; called once in each process of a test run."""
    _MADE[:] = [folder / "new.db"]


def new_ledger(path: Path) -> Ledger:
    """Open a new, empty database."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as new:
        if _MADE:  # not in a program that a test starts
            with _MADE[0].open("rb") as made:
                shutil.copyfileobj(made, new)
    return Ledger.open(path)
