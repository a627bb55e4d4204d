"""The documentation says what is: generated pages are up to date, links lead somewhere, examples are commands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from partnerproof.cli.verbs import VERBS
from partnerproof.flow import STAGES

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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_the_text_are_commands(page):
    for block in re.findall(r"^```\w*\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S):
        for line in re.findall(r"^(?:\$ )?partnerproof ([a-z]+)", block, re.M):
            assert line in VERBS, f"{page.name}: partnerproof {line}"


def test_the_architecture_shows_every_stage():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for stage in STAGES:
        assert stage.command in text
        for module in stage.module.split(", "):
            assert f"`{module}`" in text
            assert (ROOT / module).is_file()
