"""A copy for analysts: whole, typed, opened by anybody anywhere, without what is not for handing out.

Tests: casebook/export/analyst_copy.py, partnerproof/cli/analyst_copy.py.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest

from casebook.export.personal import BLANKED_ADDRESS, blank_addresses
from ledger.database import Ledger
from tests.conftest import add_account, run_partnerproof
from tests.house import ROOT

EMAIL = re.compile(rb"[\w.+-]+@[\w-]+\.[a-z]{2,}")


@pytest.fixture(scope="module")
def space(demo_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = shutil.copytree(demo_once / "space", tmp_path_factory.mktemp("analyst") / "space")
    with Ledger.open(root / "var" / "partnerproof.db") as ledger:
        ledger.execute("UPDATE cases SET decided_by = 'ann', assignee = 'ben', decided_at = opened_at WHERE rowid % 2")
        ledger.execute(
            "UPDATE sightings SET alt = 'ask mia.lang@quay.example' WHERE rowid = (SELECT min(g.rowid) FROM sightings g)"
        )
    return root


def ask(file: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True) as database:
        return database.execute(sql).fetchall()


def tables(file: Path) -> set[object]:
    return {name for (name,) in ask(file, "SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_every_view_is_there_with_its_rows_and_the_dictionary(space: Path, tmp_path: Path):
    file = tmp_path / "findings.sqlite"
    out = run_partnerproof("-w", space, "analyst-copy", file)
    assert re.search(r"findings\.sqlite: 23 tables, \d{4,} rows", out)
    with Ledger.open_readonly(space / "var" / "partnerproof.db") as ledger:
        for view in ledger.values(
            "SELECT name FROM sqlite_master WHERE type = 'view' AND name LIKE 'v\\_%' ESCAPE '\\'"
        ):
            if view == "v_letters":
                assert view not in tables(file)
                continue
            assert ask(file, f"SELECT count(*) FROM {view}") == [(ledger.value(f"SELECT count(*) FROM {view}"),)], view
            assert [
                row[0] for row in ask(file, f"SELECT column FROM dictionary WHERE view = '{view}' ORDER BY ordinal")
            ] == [name for (name,) in ask(file, f"SELECT name FROM pragma_table_info('{view}') ORDER BY cid")]
    says = dict(ask(file, "SELECT about, says FROM README"))
    assert says["rows of v_findings"] == str(ask(file, "SELECT count(*) FROM v_findings")[0][0])
    assert re.fullmatch(r"[0-9a-f]{64}", str(says["its root"]))
    assert ask(file, "SELECT r.words FROM v_findings f JOIN rules r USING (rule) LIMIT 1")


def test_nothing_in_it_is_not_for_handing_out(space: Path, tmp_path: Path):
    file = tmp_path / "findings.sqlite"
    add_account(space, "ann", "admin", "correct horse battery staple")
    run_partnerproof("-w", space, "analyst-copy", file, "--redact")
    assert tables(file) - {"README", "dictionary", "terms", "rules", "sqlite_stat1", "sqlite_stat4"} == {
        name for name in tables(file) if str(name).startswith("v_")
    }
    content = file.read_bytes()
    assert b"scrypt" not in content
    assert b"argon" not in content
    assert EMAIL.findall(content) == []
    assert ask(file, "SELECT DISTINCT decided_by, assignee FROM v_cases WHERE decided_by NOT NULL") == [
        ("person 1", "person 2")
    ]
    assert ask(file, f"SELECT count(*) FROM v_sightings WHERE alt = 'ask {BLANKED_ADDRESS}'") == [(1,)]
    run_partnerproof("-w", space, "analyst-copy", file, "--people", "--letters")
    assert ask(file, "SELECT DISTINCT decided_by FROM v_cases WHERE decided_by NOT NULL") == [("ann",)]
    assert "v_letters" in tables(file)
    assert b"mia.lang@quay.example" in file.read_bytes()


def test_it_opens_where_nothing_can_be_written(space: Path, tmp_path: Path):
    folder = tmp_path / "medium"
    folder.mkdir()
    run_partnerproof("-w", space, "analyst-copy", folder / "findings.sqlite")
    assert [path.name for path in folder.iterdir()] == ["findings.sqlite"]
    (folder / "findings.sqlite").chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    folder.chmod(0o555)
    try:
        with sqlite3.connect(f"file:{folder}/findings.sqlite?mode=ro", uri=True) as database:
            assert database.execute("PRAGMA journal_mode").fetchone() == ("delete",)
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert database.execute("SELECT count(*) FROM v_findings").fetchone()[0] > 10
        assert [path.name for path in folder.iterdir()] == ["findings.sqlite"]
    finally:
        folder.chmod(0o755)


def test_only_what_was_asked_for_is_in_it_and_the_readme_says_so(space: Path, tmp_path: Path):
    file = tmp_path / "findings.sqlite"
    run_partnerproof("-w", space, "analyst-copy", file, "--brand", "nobody", "--since", "2100-01-01")
    assert ask(file, "SELECT count(*) FROM v_findings") == [(0,)]
    assert ask(file, "SELECT count(*) FROM v_sightings") == [(0,)]
    says = dict(ask(file, "SELECT about, says FROM README"))
    assert says["rows of v_findings"] == "0; without brands other than nobody; last_seen before 2100-01-01T00:00:00Z"
    assert says["rows of v_sightings"] == "0; without crawls begun before 2100-01-01T00:00:00Z"


def test_another_file_is_never_replaced_and_a_copy_is(space: Path, tmp_path: Path):
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    out = run_partnerproof("-w", space, "analyst-copy", file, code=2)
    assert "expected a new file, or an earlier copy" in out
    assert file.read_text() == "mine"
    out = run_partnerproof("-w", space, "analyst-copy", tmp_path / "no" / "folder.sqlite", code=3)
    assert "could not be written" in out
    for _ in range(2):
        run_partnerproof("-w", space, "analyst-copy", tmp_path / "twice.sqlite")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", "twice.sqlite"]


@pytest.mark.parametrize(
    ("text", "blanked"),
    [
        (None, None),
        ("logo@2x.png", "logo@2x.png"),
        ("write to a.b@c.example today", f"write to {BLANKED_ADDRESS} today"),
        ("a.b [at] c [dot] example", BLANKED_ADDRESS),
        ("two (2) words", "two (2) words"),
    ],
)
def test_addresses_are_blanked(text: str | None, blanked: str | None):
    assert blank_addresses(text) == blanked


QUESTIONS = re.findall(r"^```sql\n(.*?)^```", (ROOT / "docs" / "analysts.md").read_text(encoding="utf-8"), re.M | re.S)
MAY_BE_EMPTY = ("state <> 'present'", "v_contradictions", "certainty = 'likely'")  # the demo has been visited once


def test_the_questions_of_the_guide_have_answers(space: Path, tmp_path: Path):
    file = tmp_path / "findings.sqlite"
    run_partnerproof("-w", space, "analyst-copy", file)
    assert len(QUESTIONS) == 15
    for question in QUESTIONS:
        assert ask(file, question) or any(words in question for words in MAY_BE_EMPTY), question
