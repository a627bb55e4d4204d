"""What is printed fits into a terminal of 80 columns, and stands in lines that can be searched where it is none.

Tests: partnerproof/cli/tables.py
"""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from partnerproof.cli.tables import plain_console, print_rows, wrap_words

HEADINGS = ("verdict", "vendor", "brand", "relation", "evidence", "certainty", "state")
ROW = ("not-a-partnership-claim", "Nordlicht Netzwerke", "veltrana", "partner", "picture,name,text", "sure", "present")
DETAIL = f"https://nordlicht.example/{'a' * 90}  no authorisation on record: 33 grants searched as of 2026-12-01, 維川 株式会社 ohne Befund"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()


@pytest.mark.usefixtures("terminal")
def test_on_a_narrow_terminal_no_line_is_too_long_and_nothing_is_cut(capsys):
    print_rows(HEADINGS, [(ROW, DETAIL)])
    lines = printed(capsys)
    assert [line for line in lines if cell_len(line) > 80 and " " in line.strip()] == []
    text = " ".join(" ".join(lines).split())
    for word in (*ROW, "certainty sure", DETAIL.split("  ", maxsplit=1)[0], "維川 株式会社 ohne Befund"):
        assert word in text


def test_elsewhere_a_row_is_one_line_and_its_detail_another(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    print_rows(HEADINGS, [(ROW, DETAIL)])
    row, detail = printed(capsys)[1:]
    assert row.split("  ")[:2] == [*ROW[:2]]
    assert tuple(filter(None, map(str.strip, row.split("  ")))) == ROW
    assert detail == f"    {DETAIL}"


@pytest.mark.usefixtures("terminal")
def test_further_lines_stand_under_the_first(capsys):
    console = plain_console()
    console.print("ok  ", end="")
    console.print_indented("word " * 25, indent=4, is_begun=True)
    lines = printed(capsys)
    assert lines[0].startswith("ok  word")
    assert len(lines) == 2
    assert all(line.startswith("    word") for line in lines[1:])


def test_a_word_that_is_longer_than_a_line_is_not_cut():
    assert wrap_words("see https://vendor.example/partners now", 10) == [
        "see",
        "https://vendor.example/partners",
        "now",
    ]
    assert wrap_words("", 10) == [""]
