"""The cache of hashes: equal to the database after whatever happened to either of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from ledger.database import Ledger
from ledger.typed_texts import Sha256
from matcher.logo_matches import store_hashes
from matcher.looking.hash_index import hash_words
from matcher.looking.hashes import LogoHash, hash_of_content
from matcher.looking.picture_box import Box
from matcher.recognition import RegionHash
from matcher.stored_hashes import StoredHashes, open_hashes
from tests.new_ledger import new_ledger

COLUMNS = ("image_no", "word0", "word1", "word2", "word3")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path / "p.db") as opened:
        store(opened, 0, 200)
        yield opened


def store(ledger: Ledger, start: int, stop: int, seed: int = 1) -> None:
    """Regions with three hashes each, as match stores them."""
    random = np.random.default_rng(seed)
    for number in range(start, stop):
        edge = LogoHash("edge", "4x8x8", int.from_bytes(random.bytes(32), "big"))
        small = LogoHash("phash", "8x8", number), LogoHash("dhash", "8x8", number)
        region = RegionHash(box=Box(x=number, y=0, width=9, height=9), phash=small[0], dhash=small[1], edge=edge)
        store_hashes(ledger, Sha256(f"{number:064x}"), [region])


def open_edges(ledger: Ledger, folder: Path, came: list[int] | None = None) -> StoredHashes:
    counts = [] if came is None else came
    return open_hashes(ledger, folder / "hashes", kind="edge/4x8x8", bits=256, on_rows=counts.append)


def assert_equal(stored: StoredHashes, ledger: Ledger) -> None:
    rows = ledger.select(_Row, "SELECT image_no, edge_4x8x8 AS content FROM image_hashes ORDER BY image_no")
    assert stored.image_nos.tolist() == [row.image_no for row in rows]
    assert len(stored.index) == len(rows)
    for place in range(0, len(rows), 17):
        found = stored.index.search(hash_words(hash_of_content("edge/4x8x8", rows[place].content))[None], 0)[0]
        assert found.positions.tolist() == [place]


@dataclass(frozen=True)
class _Row:
    image_no: int
    content: bytes


def test_all_hashes_of_one_kind_are_there(ledger, tmp_path):
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
    with new_ledger(tmp_path / "p.db") as empty:
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
    (folder / "image_no").write_bytes(b"")


def overwrite(folder: Path) -> None:
    with (folder / "word3").open("r+b") as file:
        file.seek(900)
        file.write(b"rubbish!")


def lose_column(folder: Path) -> None:
    (folder / "word0").unlink()


def lose_state(folder: Path) -> None:
    (folder / "state.json").unlink()


STATES = (
    "", "\x00" * 90, "[]", "{}", "null", '{"format": 2, "kind": "edge/4x8x8", "count": 5, "crc32": 7}',
    '{"format": 0, "kind": "edge/4x8x8", "count": 200, "crc32": {}}',
    '{"format": 2, "kind": "edge/4x8x8", "count": -1, "crc32": {"image_no": 0, "word0": 0, "word1": 0, "word2": 0, "word3": 0}}',
    '{"format": 2, "kind": "edge/4x8x8", "count": 1e300, "crc32": {"image_no": 0, "word0": 0, "word1": 0, "word2": 0, "word3": 0}}',
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


def test_an_image_that_was_hashed_anew_is_noticed(ledger, tmp_path):
    open_edges(ledger, tmp_path)
    store(ledger, 199, 200, seed=3)
    assert_equal(open_edges(ledger, tmp_path), ledger)


def test_the_same_hashes_again_change_nothing(ledger, tmp_path):
    came: list[int] = []
    open_edges(ledger, tmp_path, came)
    store(ledger, 0, 200)
    assert_equal(open_edges(ledger, tmp_path, came), ledger)
    assert came == [200]


def test_an_older_copy_of_the_database_is_noticed(ledger, tmp_path):
    open_edges(ledger, tmp_path)
    with new_ledger(tmp_path / "older.db") as older:
        store(older, 0, 150)
        assert_equal(open_edges(older, tmp_path), older)


def test_who_has_mapped_the_cache_keeps_it_while_another_makes_it_anew(ledger, tmp_path):
    first = open_edges(ledger, tmp_path)
    before = first.image_nos.tolist()
    lose_state(tmp_path / "hashes" / "edge-4x8x8")
    open_edges(ledger, tmp_path)
    assert first.image_nos.tolist() == before
