"""The SQLite file: made once, brought up to date, written all or nothing, readable while it is written.

Tests: ledger/identity.py, ledger/migrations.py, ledger/records/casework_records.py, ledger/records/service_records.py, ledger/records/claim_records.py,
ledger/records/crawl_records.py, ledger/records/recognition_records.py, ledger/records/register_records.py,
ledger/typed_texts.py.
"""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import Field, fields, replace
from enum import StrEnum
from types import UnionType
from typing import NewType, Union, get_args, get_origin, get_type_hints

import pytest

import ledger.database
from ledger import records
from ledger.database import Ledger, columns_of
from ledger.errors import BadInputError, OutsideFailureError
from ledger.identity import content_id, utc_text
from ledger.records import BrandRow
from ledger.vocabulary import TokenScope
from tests.new_ledger import new_ledger

ACME = BrandRow(brand="acme", name="Acme", aliases=("艾克米",), domains=(), recorded_at="2026-01-01T00:00:00Z")


LOCAL = {"Passage": {"passage_no"}, "ImageReading": {"reading_no"}}  # numbers that only the file knows


def sample(kind: type, field: Field) -> object:
    """A value of a field's type: of a closed list its first member, of others something that has to be converted."""
    hint = get_type_hints(kind)[field.name]
    hint = (
        next((part for part in get_args(hint) if part is not type(None)), hint)
        if get_origin(hint) in (Union, UnionType)
        else hint
    )
    while isinstance(hint, NewType):
        hint = hint.__supertype__
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return next(iter(hint))
    if get_origin(hint) is tuple:
        return (
            ({"a": None},)
            if get_origin(get_args(hint)[0]) is dict
            else (5, 6, 7, 8)
            if get_args(hint)[0] is int
            else ("ä", "b")
        )
    if get_origin(hint) is dict:
        return {"a": [1, "ä"]}
    return {bool: True, bytes: b"\x00\xff", int: 7, float: 0.5, str: "ä"}[hint]


FITTING = {
    "phash_8x8": b"12345678",
    "dhash_8x8": b"12345678",
    "edge_4x8x8": b"12345678" * 4,
    "why_perhaps": None,
    "password_hash": None,
    "scopes": (TokenScope.FINDINGS_READ, TokenScope.JOBS_READ),
}  # an account has a password or a company that vouches for it; their lengths are checked, and that a match has no reason to be less


def record_kinds():
    return [kind for kind in vars(records).values() if isinstance(kind, type) and hasattr(kind, "table")]


@pytest.mark.parametrize("kind", record_kinds(), ids=lambda kind: kind.__name__)
def test_each_record_has_the_columns_of_its_table(kind, tmp_path):
    with new_ledger(tmp_path / "p.db") as opened:
        columns = [row["name"] for row in opened.rows(f"PRAGMA table_info({kind.table})")]
    assert sorted(field.name for field in fields(kind)) == sorted(set(columns) - LOCAL.get(kind.__name__, set()))


def test_every_table_has_a_record(tmp_path):
    with Ledger.open(tmp_path / "p.db") as opened:
        tables = opened.values("SELECT name FROM pragma_table_list WHERE type = 'table' AND schema = 'main'")
    assert {name for name in tables if not name.startswith(("sqlite_", "_"))} == {kind.table for kind in record_kinds()}


@pytest.mark.parametrize("kind", record_kinds(), ids=lambda kind: kind.__name__)
def test_each_record_is_read_as_it_was_written(kind, tmp_path):
    with new_ledger(tmp_path / "p.db") as opened:
        opened.database.execute("PRAGMA foreign_keys = OFF")  # no other row is there
        record = kind(**{field.name: FITTING.get(field.name, sample(kind, field)) for field in fields(kind)})
        opened.add([record])
        assert opened.select(kind, f"SELECT {columns_of(kind)} FROM {kind.table}") == [record]


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


@pytest.mark.parametrize("open_it", [Ledger.open, Ledger.open_readonly])
def test_a_database_of_another_version_is_refused(tmp_path, open_it):
    with Ledger.open(tmp_path / "p.db") as opened:
        opened.execute("UPDATE _sqlite_migrations SET name = 'm0001_initial'")
    with pytest.raises(BadInputError, match=r"of another version .*crawl into a new workspace"):
        open_it(tmp_path / "p.db")


def test_a_column_that_is_misspelt_is_named(tmp_path):
    with Ledger.open(tmp_path / "p.db") as opened:
        with pytest.raises(KeyError, match="brands has no column nmae"):
            opened.update(BrandRow, {"nmae": "Acme"}, brand="acme")
        with pytest.raises(TypeError, match=r"missing \['aliases', .*strange \['nmae'\]"):
            opened.select(BrandRow, "SELECT brand, name AS nmae FROM brands")


def test_columns_are_changed_by_key(tmp_path):
    with Ledger.open(tmp_path / "p.db") as opened:
        opened.add([ACME])
        assert opened.update(BrandRow, {"aliases": ("Acme AG",)}, brand="acme") == 1
        assert opened.update(BrandRow, {"name": "x"}, brand="other") == 0
        assert opened.find(BrandRow, brand="acme") == replace(ACME, aliases=("Acme AG",))
        assert opened.find(BrandRow, brand="other") is None


@pytest.mark.parametrize("open_it", [Ledger.open, Ledger.open_readonly])
def test_a_database_of_an_earlier_day_is_refused_in_words(tmp_path, open_it):
    path = tmp_path / "x.db"
    Ledger.open(path).close()
    with sqlite3.connect(path) as old:
        old.execute("PRAGMA foreign_keys = OFF")
        old.execute("ALTER TABLE crawls RENAME COLUMN waits_for TO something_else")
        old.commit()
        old.execute("VACUUM INTO ?", [str(tmp_path / "y.db")])
    path = tmp_path / "y.db"  # a file that this process has looked at is not looked at again
    with pytest.raises(
        BadInputError, match=r"crawls\.waits_for, got one of an earlier version; crawl into a new workspace"
    ):
        open_it(path)


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "p.db").write_bytes(b"no database" * 1000)
    with pytest.raises(BadInputError, match="made by partnerproof"):
        Ledger.open(tmp_path / "p.db")


def test_a_file_with_nothing_in_it_is_as_good_as_none(tmp_path):
    empty, without_tables = tmp_path / "empty.db", tmp_path / "without-tables.db"
    empty.touch()
    connection = sqlite3.connect(without_tables)
    connection.execute("PRAGMA journal_mode = WAL")  # what is left of a new file when its maker is killed at once
    connection.close()
    assert without_tables.stat().st_size > 0
    for path in (empty, without_tables):
        with pytest.raises(BadInputError, match="expected a database filled by a crawl, got an empty one; run `partn"):
            Ledger.open_readonly(path)
        Ledger.open(path).close()
        Ledger.open_readonly(path).close()


def test_content_ids_depend_on_the_borders_of_their_parts():
    assert content_id("ab", "c") != content_id("a", "bc")
    assert content_id("a", 1) == content_id("a", "1")
    assert len(content_id("x")) == 20
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


def test_a_snapshot_sees_one_moment_whatever_others_write(tmp_path):
    with new_ledger(tmp_path / "p.db") as reader, Ledger.open(tmp_path / "p.db") as writer:
        with reader.snapshot():
            assert reader.value("SELECT count(*) FROM brands") == 0
            writer.execute("INSERT INTO brands VALUES ('acme', 'Acme', '[]', '[]', '2026-01-01T00:00:00Z', '[]', '[]')")
            assert reader.value("SELECT count(*) FROM brands") == 0
        assert reader.value("SELECT count(*) FROM brands") == 1
