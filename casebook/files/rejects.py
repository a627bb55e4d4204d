"""The rows of a list that were left out, as CSV: where each stood, what is wrong, what to do, and its cells as they were.

Who mends the rows may read the file in again as it is: its first columns are none that a list has. A file of another kind is never
written over: it may be the list itself.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from casebook.files.tables import safe_csv_cell, write_csv
from ledger.errors import BadInputError, OutsideFailureError, Problem
from ledger.tables.table_format import RejectedRow

COLUMNS = ("rejected line", "rejected column", "reason", "what to do")
MAX_COLUMNS = 200  # of the rejected rows: one of a hundred thousand cells is no row


def write_rejects(path: Path, rejected: Sequence[RejectedRow]) -> None:
    """Write the rows, in their order. Errors: BadInputError when the file is something else, OutsideFailureError."""
    refuse_other_file(path)
    if not rejected and not path.exists():
        return
    headings = list(dict.fromkeys(name for row in rejected for name in list(row.cells)[:MAX_COLUMNS]))[:MAX_COLUMNS]
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8-sig", newline="") as file:
            write_csv(
                file, [*COLUMNS, *map(str, map(safe_csv_cell, headings))], (_cells(row, headings) for row in rejected)
            )
        part.replace(path)
    except OSError as error:
        raise OutsideFailureError(
            f"{path}: could not be written ({error}); name another file with --rejects"
        ) from error


def refuse_other_file(path: Path) -> None:
    """Errors: BadInputError when there is a file of another kind."""
    if path.is_dir() or (path.exists() and not _is_ours(path)):
        raise BadInputError(
            Problem(
                where=str(path),
                expected="no file, or one of rejected rows, which is written anew",
                got="another one",
                next_step="name another file with --rejects",
            )
        )


def _cells(row: RejectedRow, headings: Sequence[str]) -> list[str]:
    return [
        str(row.line),
        "; ".join(dict.fromkeys(problem.column or "" for problem in row.problems)),
        "; ".join(f"expected {problem.expected}, got {problem.got}" for problem in row.problems),
        "; ".join(dict.fromkeys(problem.next_step for problem in row.problems)),
        *(row.cells.get(name, "") for name in headings),
    ]


def _is_ours(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return tuple(next(csv.reader(file), ()))[: len(COLUMNS)] == COLUMNS
    except (OSError, UnicodeDecodeError, csv.Error):
        return False
