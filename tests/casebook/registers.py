"""Registers for tests: grants as tables of words, imported as a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from casebook.register.imports import import_register
from ledger.database import Ledger

COLUMNS = (
    "company", "domain", "relation", "programme", "tier", "marks", "territory", "valid_from", "valid_until", "parent",
)  # fmt: skip


def import_grants(
    ledger: Ledger, brand: str, folder: Path, grants: Iterable[Mapping[str, str]], *, register: str = "partners"
) -> None:
    """Make some grants a brand's register; columns that a grant does not name are empty."""
    path = folder / f"{brand}-{register}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(grants)
    import_register(ledger, brand, path, register=register)
