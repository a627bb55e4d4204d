"""A change that others make between two commands of ours is entered for good; what only looks like one is not."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from ledger.database import Ledger
from ledger.identity import utc_text
from ledger.proof.custody import CustodyLog
from ledger.proof.writer_lock import LOG_NAME, acquire_entry_lock, acquire_writer_lock
from ledger.records import BrandRow
from ledger.vocabulary import CustodyEvent
from tests.new_ledger import new_ledger


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "var" / "partnerproof.db"
    with acquire_writer_lock(path, "first"), new_ledger(path) as ledger:
        ledger.add([BrandRow(brand="acme", name="Acme", aliases=(), domains=(), recorded_at=utc_text())])
    return path


def changes(database: Path) -> list[dict]:
    entries = CustodyLog(database.parent / LOG_NAME).entries()
    return [entry["details"] for entry in entries if entry["event"] == CustodyEvent.CHANGED]


def change(database: Path, name: str = "Other") -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE brands SET name = ?", [name])
    connection.close()


def run(database: Path, name: str = "next") -> None:
    with acquire_writer_lock(database, name), Ledger.open(database) as ledger:
        ledger.execute("UPDATE brands SET recorded_at = recorded_at")


def test_a_change_between_two_commands_is_entered_with_both_moments(database):
    change(database)
    run(database)
    (entry,) = changes(database)
    assert entry["left"] != entry["found"]
    events = [line["event"] for line in CustodyLog(database.parent / LOG_NAME).entries()]
    assert events == ["began", "ended", "changed", "began", "ended"]
    run(database)
    assert len(changes(database)) == 1, "told once"


def test_a_change_that_waits_beside_the_database_is_one(database):
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("UPDATE brands SET name = 'Other'")
    connection.commit()
    run(database)
    connection.close()
    assert len(changes(database)) == 1


@pytest.mark.parametrize("how", ["read", "touched", "copied back", "many commands", "nothing"])
def test_what_is_no_change_is_not_entered(database, how, tmp_path):
    if how == "read":
        with sqlite3.connect(database) as connection:
            connection.execute("SELECT * FROM brands").fetchall()
        connection.close()
    elif how == "touched":
        os.utime(database, (time.time() - 60, time.time() - 60))
    elif how == "copied back":
        shutil.copy(database, tmp_path / "copy")
        database.unlink()
        shutil.copy(tmp_path / "copy", database)
    elif how == "many commands":
        for _ in range(5):
            run(database)
            with acquire_entry_lock(database, "beside"), Ledger.open(database) as ledger:
                ledger.execute("UPDATE brands SET recorded_at = recorded_at")
    run(database)
    assert changes(database) == []


def test_a_database_that_was_taken_away_is_a_change(database):
    database.unlink()
    with acquire_writer_lock(database, "next"):
        pass
    assert changes(database)[0]["found"] == {"bytes": 0, "sha256": ""}


def test_a_server_compares_at_its_begin_and_leaves_a_digest_at_its_end(database):
    with acquire_entry_lock(database, "serve"), Ledger.open(database) as ledger:
        ledger.execute("UPDATE brands SET name = 'by us'")
    run(database)
    assert changes(database) == []
    change(database)
    with acquire_entry_lock(database, "serve"):
        run(database, "beside the server")
    assert len(changes(database)) == 1
    change(database, "once more")
    run(database)
    assert len(changes(database)) == 2


def test_of_two_servers_the_last_one_leaves_the_digest(database):
    with acquire_entry_lock(database, "serve"):
        with acquire_entry_lock(database, "serve"):
            pass
        assert "database" not in CustodyLog(database.parent / LOG_NAME).entries()[-1]["details"]
    assert "database" in CustodyLog(database.parent / LOG_NAME).entries()[-1]["details"]


def test_after_a_killed_command_nothing_is_claimed(database):
    CustodyLog(database.parent / LOG_NAME).add(CustodyEvent.BEGAN, {"command": "killed"})
    change(database)
    run(database)
    assert changes(database) == []


def test_what_was_written_beside_a_command_that_ends_first_is_ours(database):
    """`account add` while a crawl runs, and the crawl ends before it: its digest would be of a database that changes after it."""
    crawl = acquire_writer_lock(database, "crawl")
    with crawl, acquire_entry_lock(database, "account add"):
        crawl.__exit__(None, None, None)
        change(database)
        crawl = acquire_writer_lock(database, "next")
        crawl.__enter__()
    assert changes(database) == []
