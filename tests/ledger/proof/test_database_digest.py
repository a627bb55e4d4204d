"""The database's digest: read once as long as nothing changes, and anew after every change."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ledger.proof.database_digest import digest_database
from ledger.proof.verifier import file_facts

_opened: list[str] = []
_HOOKED: list[bool] = []


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and isinstance(arguments[0], str | os.PathLike):
        _opened.append(str(arguments[0]))


@pytest.fixture
def opened() -> list[str]:
    if not _HOOKED:  # there is no way to take a hook away
        sys.addaudithook(_note)
        _HOOKED.append(True)
    _opened.clear()
    return _opened


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "a.db"
    path.write_bytes(b"a" * 1000)
    return path


def test_what_nobody_touched_is_read_once(database, opened):
    assert digest_database(database) == digest_database(database) == file_facts(database)
    assert opened.count(str(database)) == 2  # one of them by the test itself


def test_every_change_is_seen(database):
    first = digest_database(database)
    status = database.stat()
    with database.open("r+b") as file:  # the same file, as long as before, with the time of before
        file.write(b"b")
    os.utime(database, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert digest_database(database) == file_facts(database) != first
    database.rename(database.with_name("other.db"))
    database.write_bytes(b"a" * 1000)
    assert digest_database(database) == first


def test_a_change_right_after_another_is_seen(database):
    for number in range(30):
        database.write_bytes(bytes([number]) * 1000)
        assert digest_database(database) == file_facts(database)
