"""The cache of hashes: equal to the database after whatever happened to either of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ledger.database import Ledger
from ledger.errors import EvidenceBrokenError
from ledger.records import ImageHash
from matcher.looking.hash_index import hash_words
from matcher.looking.hashes import LogoHash, parse_hash
from matcher.stored_hashes import StoredHashes, open_hashes

COLUMNS = ("rowid", "word0", "word1", "word2", "word3")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "p.db") as opened:
        store(opened, 0, 200)
        yield opened


def store(ledger: Ledger, start: int, stop: int, seed: int = 1) -> None:
    """Regions with three hashes each, as match stores them."""
    random = np.random.default_rng(seed)
    for number in range(start, stop):
        ledger.add(
            ImageHash(image_sha256=f"{number:064x}", x=number, y=0, width=9, height=9, hash=str(value))
            for value in (
                LogoHash("phash", "8x8", number),
                LogoHash("dhash", "8x8", number),
                LogoHash("edge", "4x8x8", int.from_bytes(random.bytes(32), "big")),
            )
        )


def open_edges(ledger: Ledger, folder: Path, came: list[int] | None = None) -> StoredHashes:
    counts = [] if came is None else came
    return open_hashes(ledger, folder / "hashes", kind="edge/4x8x8", bits=256, on_rows=counts.append)


def assert_equal(stored: StoredHashes, ledger: Ledger) -> None:
    rows = ledger.rows("SELECT rowid, hash FROM image_hashes WHERE hash LIKE 'edge/4x8x8:%' ORDER BY rowid")
    assert stored.rowids.tolist() == [row["rowid"] for row in rows]
    assert len(stored.index) == len(rows)
    for place in range(0, len(rows), 17):
        found = stored.index.search(hash_words(parse_hash(rows[place]["hash"]))[None], 0)[0]
        assert found.positions.tolist() == [place]


def test_all_hashes_of_one_kind_are_there_and_no_others(ledger, tmp_path):
    ledger.add([ImageHash(image_sha256="f" * 64, x=0, y=0, width=9, height=9, hash="edge/4x8x9:" + "0" * 72)])
    assert_equal(open_edges(ledger, tmp_path), ledger)
    other = open_hashes(ledger, tmp_path / "hashes", kind="phash/8x8", bits=64)
    assert len(other.index) == 200
    assert other.index.search(np.array([[7]], np.uint64).byteswap(), 0)[0].positions.tolist() == [7]


def test_only_new_rows_are_read_the_next_time(ledger, tmp_path):
    came: list[int] = []
    open_edges(ledger, tmp_path, came)
    open_edges(ledger, tmp_path, came)
    store(ledger, 200, 203, seed=2)
    assert_equal(open_edges(ledger, tmp_path, came), ledger)
    assert came == [200, 3]


def test_an_empty_database_has_an_empty_cache(tmp_path):
    with Ledger.open(tmp_path / "p.db") as empty:
        for _ in range(2):
            assert len(open_edges(empty, tmp_path).index) == 0


@pytest.mark.parametrize("written", range(6))
@pytest.mark.parametrize("torn_bytes", [0, 3])
def test_what_a_killed_process_had_appended_is_cut(ledger, tmp_path, written, torn_bytes):
    open_edges(ledger, tmp_path)
    for number, name in enumerate(COLUMNS):  # the columns are written in turn, the state after all of them
        with (tmp_path / "hashes" / "edge-4x8x8" / name).open("ab") as file:
            file.write(b"\x07" * (80 if number < written else torn_bytes if number == written else 0))
    came: list[int] = []
    store(ledger, 200, 210, seed=2)
    assert_equal(open_edges(ledger, tmp_path, came), ledger)
    assert came == [10]


def cut_short(folder: Path) -> None:
    with (folder / "word2").open("r+b") as file:
        file.truncate(801)


def empty_column(folder: Path) -> None:
    (folder / "rowid").write_bytes(b"")


def overwrite(folder: Path) -> None:
    with (folder / "word3").open("r+b") as file:
        file.seek(900)
        file.write(b"rubbish!")


def lose_column(folder: Path) -> None:
    (folder / "word0").unlink()


def lose_state(folder: Path) -> None:
    (folder / "state.json").unlink()


STATES = (
    "", "\x00" * 90, "[]", "{}", "null", '{"format": 1, "kind": "edge/4x8x8", "count": 5, "crc32": 7}',
    '{"format": 0, "kind": "edge/4x8x8", "count": 200, "crc32": {}}',
    '{"format": 1, "kind": "edge/4x8x8", "count": -1, "crc32": {"rowid": 0, "word0": 0, "word1": 0, "word2": 0, "word3": 0}}',
    '{"format": 1, "kind": "edge/4x8x8", "count": 1e300, "crc32": {"rowid": 0, "word0": 0, "word1": 0, "word2": 0, "word3": 0}}',
)  # fmt: skip


@pytest.mark.parametrize("damage", [cut_short, empty_column, overwrite, lose_column, lose_state, *STATES])
def test_a_damaged_cache_is_made_anew(ledger, tmp_path, damage):
    open_edges(ledger, tmp_path)
    folder = tmp_path / "hashes" / "edge-4x8x8"
    if isinstance(damage, str):
        (folder / "state.json").write_text(damage, encoding="utf-8")
    else:
        damage(folder)
    came: list[int] = []
    assert_equal(open_edges(ledger, tmp_path, came), ledger)
    assert came == [200]


def test_a_rowid_that_was_given_again_is_noticed(ledger, tmp_path):
    open_edges(ledger, tmp_path)
    ledger.execute("DELETE FROM image_hashes WHERE image_sha256 = ?", [f"{199:064x}"])
    store(ledger, 300, 301, seed=3)
    assert_equal(open_edges(ledger, tmp_path), ledger)


def test_an_older_copy_of_the_database_is_noticed(ledger, tmp_path):
    open_edges(ledger, tmp_path)
    with Ledger.open(tmp_path / "older.db") as older:
        store(older, 0, 150)
        assert_equal(open_edges(older, tmp_path), older)


def test_rows_that_are_numbered_anew_are_noticed(ledger, tmp_path):
    open_edges(ledger, tmp_path)
    ledger.execute("DELETE FROM image_hashes WHERE image_sha256 < ?", [f"{50:064x}"])
    ledger.execute("UPDATE image_hashes SET rowid = rowid - 150")
    assert_equal(open_edges(ledger, tmp_path), ledger)


def test_who_has_mapped_the_cache_keeps_it_while_another_makes_it_anew(ledger, tmp_path):
    first = open_edges(ledger, tmp_path)
    before = first.rowids.tolist()
    lose_state(tmp_path / "hashes" / "edge-4x8x8")
    open_edges(ledger, tmp_path)
    assert first.rowids.tolist() == before


def test_a_row_that_holds_no_hash_is_told(ledger, tmp_path):
    bad = "edge/4x8x8:" + "z" * 64
    ledger.add([ImageHash(image_sha256="f" * 64, x=0, y=0, width=9, height=9, hash=bad)])
    with pytest.raises(EvidenceBrokenError, match="hexadecimal"):
        open_edges(ledger, tmp_path)
