"""What is to be installed is named by its own packages, and never as a name that nobody has registered."""

from __future__ import annotations

import re
from importlib import metadata

import pytest

from ledger.extras import how_to_install
from tests.house import ROOT


def test_the_command_names_the_packages_of_an_extra_with_their_ranges():
    assert re.fullmatch(r"pip install 'openpyxl[<>=.,0-9]+'", how_to_install("xlsx"))
    assert "rapidocr" in how_to_install("ocr")
    assert "onnxruntime" in how_to_install("ocr")


def test_a_checkout_that_is_not_installed_is_told_its_own_way(monkeypatch: pytest.MonkeyPatch):
    def nowhere(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr("ledger.extras.requires", nowhere)
    how_to_install.cache_clear()
    assert how_to_install("pdf") == "pip install --editable '.[pdf]'"
    how_to_install.cache_clear()


def test_no_message_and_no_page_advises_to_install_this_program_from_an_index():
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("data/**/*.md")]
    modules = [
        path
        for room in ("ledger", "crawler", "matcher", "casebook", "partnerproof")
        for path in (ROOT / room).rglob("*.py")
    ]
    advice = re.compile(r"(pip|pipx|uv|uvx)( tool)? (install|run) +(--\S+ +)*['\"]?partnerproof(\[|['\"\s`]|$)")
    assert [path.name for path in (*pages, *modules) if advice.search(path.read_text(encoding="utf-8"))] == []
