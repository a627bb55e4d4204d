"""Accounts on the command line.

Tests: partnerproof/cli/account.py.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyotp

from casebook.web.access.second_factor import begin_enrolment, confirm_enrolment
from ledger.database import Ledger
from tests.conftest import add_account, run_partnerproof

PASSWORD = "a long enough password"  # noqa: S105  # of these tests


def add_ann(workspace: Path, words: str) -> subprocess.CompletedProcess[str]:
    """Run `account add` with some words for its input, in a session that has no terminal."""
    command = [sys.executable, "-m", "partnerproof", "-w", str(workspace), "account", "add", "ann", "--role", "reader"]
    return subprocess.run(command, input=words, capture_output=True, text=True, check=False, start_new_session=True)


def test_a_workspace_without_accounts_says_how_one_is_made(acme):
    assert run_partnerproof("-w", acme, "account", "list") == ""
    add_account(acme, "ann", "admin", PASSWORD)
    assert run_partnerproof("-w", acme, "account", "list").startswith("ann ")


def test_without_a_terminal_the_password_is_a_line_of_the_input(acme):
    done = add_ann(acme, f"{PASSWORD}\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "ann may log in as reader\n", "")


def test_without_a_terminal_and_without_input_it_says_how_to_give_a_password(acme):
    done = add_ann(acme, "")
    assert done.returncode == 2
    assert done.stderr == (
        "partnerproof: password: expected a terminal to ask for it, or a line of input, got neither;"
        " run it in a terminal, or send the password to its input\n"
    )


def test_a_second_factor_is_listed_and_taken_away(acme):
    add_account(acme, "ann", "admin", PASSWORD)
    with Ledger.open(acme / "var" / "partnerproof.db") as ledger:
        secret = begin_enrolment(ledger, "ann")
        assert confirm_enrolment(ledger, "ann", pyotp.TOTP(secret).now())
    assert run_partnerproof("-w", acme, "account", "list").endswith(", with a second factor\n")
    assert (
        run_partnerproof("-w", acme, "account", "reset-second-factor", "ann") == "ann has no second factor any more\n"
    )
    message = run_partnerproof("-w", acme, "account", "reset-second-factor", "ann", code=2)
    assert "expected an account with a second factor, got 'ann'; see `partnerproof account list`" in message
