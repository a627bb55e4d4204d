"""`partnerproof reply`: an answer that the form saved is noted with its case, and nothing else is.

Tests: partnerproof/cli/reply.py.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casebook.cases.letter_grounds import reference_of
from casebook.cases.reply_form import FORMAT
from ledger.database import Ledger
from tests.casebook.web.contexts import case_of, make_context, write_approved_letter
from tests.conftest import run_partnerproof


@pytest.fixture
def workspace(tmp_path) -> Path:
    root = tmp_path / "space"
    run_partnerproof("init", root)
    for path in (root / "var").iterdir():
        path.unlink()
    (root / "var").rmdir()
    context = make_context(root)
    write_approved_letter(context, "meadow.example")
    (tmp_path / "reference").write_text(reference_of(case_of(context, "meadow.example")))
    context.ledger.close()
    return root


def answer(folder: Path, **changes: str) -> Path:
    said = {"format": FORMAT, "reference": (folder / "reference").read_text(), "kind": "says-removed", "on": "2026-02-03", "sender": "M", "words": "Gone."}  # fmt: skip
    (folder / "reply.json").write_text(json.dumps(said | changes))
    return folder / "reply.json"


def test_an_answer_is_noted_with_its_case(workspace, tmp_path):
    told = run_partnerproof("-w", workspace, "reply", answer(tmp_path), "--by", "Ann")
    assert "(meadow.example) says removed, dated 2026-02-03" in told
    with Ledger.open_readonly(workspace / "var" / "partnerproof.db") as ledger:
        row = ledger.row("SELECT * FROM replies ORDER BY reply_id DESC LIMIT 1")
    assert row is not None
    assert (row["kind"], row["words"], row["noted_by"], row["file_name"]) == ("says-removed", "Gone.", "Ann", "reply.json")  # fmt: skip


def test_an_answer_to_nobody_and_a_file_that_is_none_are_refused(workspace, tmp_path):
    assert "which is that of none" in run_partnerproof(
        "-w", workspace, "reply", answer(tmp_path, reference="X"), code=2
    )
    assert "one of acknowledges" in run_partnerproof("-w", workspace, "reply", answer(tmp_path, kind="X"), code=2)
    assert "a readable file" in run_partnerproof("-w", workspace, "reply", tmp_path / "none.json", code=2)
