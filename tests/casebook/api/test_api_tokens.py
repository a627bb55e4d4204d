"""Tokens of the API: told once, stored as digests, over by themselves.

Tests: casebook/api/api_tokens.py, partnerproof/cli/token.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from casebook.api.api_tokens import PREFIX, close_token, find_token, list_tokens, make_token, note_use
from ledger.database import Ledger
from ledger.errors import BadInputError
from ledger.proof.custody import CustodyLog
from ledger.records import ApiToken
from ledger.vocabulary import TokenScope
from tests.conftest import run_partnerproof
from tests.new_ledger import new_ledger

SCOPES = [TokenScope.JOBS_READ, TokenScope.FINDINGS_READ]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return new_ledger(tmp_path / "var" / "p.db")


def log_of(folder: Path) -> CustodyLog:
    return CustodyLog(folder / "custody.jsonl")


def test_the_database_and_the_log_do_not_hold_a_token(ledger, tmp_path):
    text, token = make_token(ledger, log_of(tmp_path), "siem", SCOPES, days=30, by="ann")
    assert text.startswith(PREFIX)
    assert len(text) == 47
    ledger.checkpoint()
    assert text.encode() not in ledger.path.read_bytes() + log_of(tmp_path).path.read_bytes()
    assert find_token(ledger, text) == token
    entry = json.loads(log_of(tmp_path).path.read_text().splitlines()[-1])
    assert (entry["event"], entry["by"], entry["details"]["token"]) == ("token", "ann", "siem")


def test_a_token_that_is_closed_or_over_is_none(ledger, tmp_path):
    log = log_of(tmp_path)
    (closed, _), (over, token) = (make_token(ledger, log, name, SCOPES, days=1, by="ann") for name in ("one", "two"))
    close_token(ledger, log, "one", by="ann")
    ledger.update(ApiToken, {"expires_at": "2026-01-01T00:00:00Z"}, token_id=token.token_id)
    assert find_token(ledger, closed) is None
    assert find_token(ledger, over) is None
    with pytest.raises(BadInputError, match="closed already"):
        close_token(ledger, log, "one", by="ann")
    with pytest.raises(BadInputError, match="a name that no token has or had"):
        make_token(ledger, log, "one", SCOPES, days=1, by="ann")


def test_use_is_noted_to_the_minute(ledger, tmp_path):
    text, _ = make_token(ledger, log_of(tmp_path), "siem", SCOPES, days=1, by="ann")
    note_use(ledger, find_token(ledger, text))
    used = find_token(ledger, text)
    assert used.last_used_at is not None
    before = ledger.database.conn.total_changes
    note_use(ledger, used)
    assert ledger.database.conn.total_changes == before


def test_what_is_wrong_with_a_token_is_told_at_once(ledger, tmp_path):
    with pytest.raises(BadInputError) as refused:
        make_token(ledger, log_of(tmp_path), "Two words", [], days=0, by="ann")
    assert [problem.where for problem in refused.value.problems] == ["NAME", "--scope", "--days"]
    assert list_tokens(ledger) == []


def test_the_command_line_makes_lists_and_closes_tokens(acme):
    command = [
        sys.executable,
        "-m",
        "partnerproof",
        "-w",
        str(acme),
        "token",
        "add",
        "siem",
        "--scope",
        "findings:read",
    ]
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    assert made.stdout.startswith(PREFIX)
    assert made.stdout.count("\n") == 1
    assert "siem may do findings:read until" in made.stderr
    assert "findings:read; open, until" in run_partnerproof("-w", acme, "token", "list")
    assert run_partnerproof("-w", acme, "token", "close", "siem") == "siem opens nothing any more\n"
    assert "closed" in run_partnerproof("-w", acme, "token", "list")
    assert "see `partnerproof token list`" in run_partnerproof("-w", acme, "token", "close", "siem", code=2)
