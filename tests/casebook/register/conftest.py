"""A ledger with the fictional brand Acme, and registers and group files written as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from casebook.register.group_imports import GroupImport, import_groups
from casebook.register.imports import Import, import_register
from ledger.database import Ledger
from ledger.identifiers import check_digits
from ledger.records import BrandRow
from tests.new_ledger import new_ledger


def lei(number: int) -> str:
    """Return an LEI that is right, and nobody's."""
    stem = f"0000FICTIVE{number:07d}"
    return stem + check_digits(stem)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path / "p.db") as opened:
        opened.add(
            [
                BrandRow(
                    brand="acme", name="Acme", aliases=(), domains=("acme.example",), recorded_at="2026-01-01T00:00:00Z"
                )
            ]
        )
        yield opened


@pytest.fixture
def register(ledger: Ledger, tmp_path: Path) -> Callable[..., Import]:
    """Import text as a register of Acme."""

    def write(text: str, name: str = "partners", *, file: str | None = None, mapping: str | None = None) -> Import:
        path = tmp_path / (file or f"{name}.csv")
        path.write_text(text, encoding="utf-8")
        mapping_path = tmp_path / "mapping.toml" if mapping is not None else None
        if mapping_path is not None:
            mapping_path.write_text(mapping or "", encoding="utf-8")
        return import_register(ledger, "acme", path, register=name, mapping_path=mapping_path)

    return write


@pytest.fixture
def groups(ledger: Ledger, tmp_path: Path) -> Callable[..., GroupImport]:
    """Import text as a file of companies or groups."""

    def write(text: str, file: str = "groups.csv") -> GroupImport:
        path = tmp_path / file
        path.write_text(text, encoding="utf-8")
        return import_groups(ledger, path)

    return write
