"""The SQLite file: made once, brought up to date, written all or nothing, readable while it is written."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import fields

import pytest
import sqlite_utils

import ledger.database
from ledger import records
from ledger.database import Ledger
from ledger.errors import BadInputError, OutsideFailureError
from ledger.identity import content_id, utc_text
from ledger.migrations import migrations
from ledger.records import BrandRow

ACME = BrandRow(brand="acme", name="Acme", aliases=("艾克米",), domains=(), recorded_at="2026-01-01T00:00:00Z")


def record_kinds():
    return [kind for kind in vars(records).values() if isinstance(kind, type) and hasattr(kind, "table")]


@pytest.mark.parametrize("kind", record_kinds(), ids=lambda kind: kind.__name__)
def test_each_record_has_the_columns_of_its_table(kind, tmp_path):
    with Ledger.open(tmp_path / "p.db") as opened:
        columns = [row["name"] for row in opened.rows(f"PRAGMA table_info({kind.table})")]
    assert [field.name for field in fields(kind)] == columns


def test_every_table_is_strict(tmp_path):
    with Ledger.open(tmp_path / "p.db") as opened:
        tables = opened.rows("SELECT name, strict FROM pragma_table_list WHERE type = 'table' AND schema = 'main'")
    assert [t["name"] for t in tables if not t["strict"] and not t["name"].startswith(("sqlite_", "_"))] == []


def test_a_record_is_added_once_and_put_over(tmp_path):
    with Ledger.open(tmp_path / "p.db") as opened:
        assert opened.add([ACME]) == 1
        assert opened.add([ACME]) == 0
        opened.put([BrandRow(**{**{f.name: getattr(ACME, f.name) for f in fields(ACME)}, "name": "Acme Corp"})])
        assert tuple(opened.rows("SELECT name, aliases FROM brands")[0]) == ("Acme Corp", '["艾克米"]')


def add_and_fail(opened: Ledger) -> None:
    with opened.transaction():
        opened.add([ACME])
        raise RuntimeError


def test_a_failed_transaction_leaves_nothing(tmp_path):
    with Ledger.open(tmp_path / "p.db") as opened:
        with pytest.raises(RuntimeError):
            add_and_fail(opened)
        assert opened.rows("SELECT * FROM brands") == []


def test_somebody_elses_database_is_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / "p.db") as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    with pytest.raises(BadInputError, match="made by partnerproof"):
        Ledger.open(tmp_path / "p.db")
    with sqlite3.connect(tmp_path / "p.db") as other:
        assert other.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)
    other.close()


def test_a_database_in_a_place_without_writing_is_read(tmp_path):
    with Ledger.open(tmp_path / "p.db") as opened:
        opened.add([ACME])
    with Ledger.open_readonly(tmp_path / "p.db", immutable=True) as reader:
        assert reader.value("SELECT count(*) FROM brands") == 1


def test_what_is_committed_is_seen_by_a_reader_at_once(tmp_path):
    with Ledger.open(tmp_path / "p.db") as writer, Ledger.open_readonly(tmp_path / "p.db") as reader:
        writer.add([ACME])
        assert reader.value("SELECT count(*) FROM brands") == 1
        with pytest.raises(OutsideFailureError):
            reader.add([ACME])


def test_a_database_that_another_program_holds_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(ledger.database, "BUSY_TIMEOUT_S", 0.05)
    with Ledger.open(tmp_path / "p.db") as opened:
        other = sqlite3.connect(tmp_path / "p.db")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OutsideFailureError, match="run the same command again"):
            opened.add([ACME])
        other.close()


def test_views_follow_their_text(tmp_path):
    with Ledger.open(tmp_path / "p.db") as opened:
        opened.execute("DROP VIEW v_findings")
        opened.execute("CREATE VIEW v_findings AS SELECT 1")
    with Ledger.open(tmp_path / "p.db") as opened:
        assert len(opened.rows("PRAGMA table_info(v_findings)")) > 1


def test_rows_of_an_earlier_version_are_kept_and_get_what_they_lack(tmp_path):
    old = sqlite_utils.Database(tmp_path / "p.db")
    migrations.apply(old, stop_before="m0002_official_set_and_review")
    old.execute("INSERT INTO brands VALUES ('acme', 'Acme', '[]', '[]', '2026-01-01T00:00:00Z')")
    old.execute(
        "INSERT INTO official_logos VALUES ('o', 'acme', 'a.svg', 'colour', NULL, NULL, NULL, NULL, x'00', 1, '2026-01-01')"
    )
    old.execute("INSERT INTO logo_matches VALUES ('m', 'i', 'acme', 'o', 'edge', 9, 0.9, 0, 0, 9, 9)")
    old.conn.commit()
    old.close()
    with Ledger.open(tmp_path / "p.db") as opened:
        assert tuple(opened.rows("SELECT strength, rejection_id FROM logo_matches")[0]) == ("match", None)
        assert tuple(opened.rows("SELECT product, usage FROM official_logos")[0]) == (None, "{}")
        assert opened.value("SELECT count(*) FROM v_rejections") == 0


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "p.db").write_bytes(b"no database" * 1000)
    with pytest.raises(BadInputError, match="made by partnerproof"):
        Ledger.open(tmp_path / "p.db")


def test_content_ids_depend_on_the_borders_of_their_parts():
    assert content_id("ab", "c") != content_id("a", "bc")
    assert content_id("a", 1) == content_id("a", "1")
    assert len(content_id("x")) == 32
    assert utc_text().endswith("Z")


def test_a_new_file_that_another_program_holds_for_a_moment_is_waited_for(tmp_path):
    path = tmp_path / "partnerproof.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.5, other.execute, ["ROLLBACK"])
    release.start()
    with Ledger.open(path) as ledger:
        assert ledger.value("PRAGMA journal_mode") == "wal"
    release.join()
    other.close()
