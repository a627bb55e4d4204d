"""The documentation says what is: generated pages are up to date, links lead somewhere, examples are commands.

Tests: partnerproof/cli/verbs.py.
"""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ledger.database import Ledger
from partnerproof.cli.verbs import VERBS
from partnerproof.flow import STAGES
from tests.conftest import run_partnerproof
from tests.new_ledger import new_ledger

ROOT = Path(__file__).parents[1]
PAGES = [
    p
    for p in sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/**/*.md")) + sorted(ROOT.glob("bench/*.md"))
    if p.is_file()
]


def test_the_reference_is_what_the_program_says(tmp_path):
    subprocess.run([sys.executable, ROOT / "docs" / "make_reference.py", tmp_path], check=True, cwd=ROOT)
    for page in sorted(tmp_path.iterdir()):
        stored = (ROOT / "docs" / "reference" / page.name).read_text(encoding="utf-8")
        assert stored == page.read_text(encoding="utf-8"), f"docs/reference/{page.name} is old: run `make docs`"


@pytest.mark.parametrize("path", [(), ("findings",), ("account", "add"), ("register",), ("serve",)], ids=" ".join)
def test_the_reference_is_what_the_program_prints(path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "140")  # a wide terminal: lines of 98 characters
    text = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    heading = " ".join(("partnerproof", *path))
    section = re.search(rf"^## {heading}\n\n```text\n(.*?)^```", text, re.M | re.S)
    assert section is not None
    assert run_partnerproof(*path, "--help") == section[1]


def test_each_table_of_the_reference_can_be_made_by_sqlite():
    text = (ROOT / "docs" / "reference" / "schema.md").read_text(encoding="utf-8")
    with sqlite3.connect(":memory:") as database:
        for block in re.findall(r"```sql\n(.*?)```", text, re.S):
            database.executescript(block)
        made = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    database.close()
    assert len(made) > 50


def test_every_column_of_a_public_view_is_described_once(tmp_path):
    with new_ledger(tmp_path / "p.db") as ledger:
        columns = {
            view: set(ledger.values("SELECT name FROM pragma_table_info(?)", [view])) for view in public_views(ledger)
        }
    described = tomllib.loads((ROOT / "ledger" / "view_columns.toml").read_text(encoding="utf-8"))
    common = described.pop("columns")
    assert described.keys() <= columns.keys()
    for view, names in columns.items():
        own = described.get(view, {})
        assert own.keys() <= names, view
        assert names - own.keys() <= common.keys(), view
        assert all(text.endswith((".", "…")) for text in own.values()), view
    assert common.keys() <= set().union(*columns.values())


def public_views(ledger: Ledger) -> list[str]:
    return ledger.values("SELECT name FROM sqlite_master WHERE type = 'view' AND name LIKE 'v\\_%' ESCAPE '\\'")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_the_text_are_commands(page):
    for block in re.findall(r"^```\w*\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S):
        for line in re.findall(r"^(?:\$ )?partnerproof ([a-z]+(?:-[a-z]+)*)", block, re.M):
            assert line in VERBS, f"{page.name}: partnerproof {line}"


def test_the_architecture_shows_every_stage():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for stage in STAGES:
        assert stage.command in text
        for module in stage.module.split(", "):
            assert f"`{module}`" in text
            assert (ROOT / module).is_file()
