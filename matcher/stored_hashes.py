"""All stored hashes of one kind, in columns that can be searched at once: a cache beside the database.

To read ten million rows from SQLite takes a minute, to map this folder nothing. The folder may be deleted at any time. It only says
where to look: whoever uses it reads the row before believing it.

var/hashes/edge-4x8x8/
  image_no, word0, word1, …   one number of 8 bytes for each row of image_hashes, ascending by image_no; the words are the
                              hash's bytes
  state.json                  how many of them hold, and the CRC-32 of each column so far; written last, by renaming
  lock                        held while the folder is brought up to date; readers that have mapped it need none

1. What lies beyond the count is what a killed process had appended: cut.
2. A column that is too short or has another CRC, or a row that the database does not have so: made anew.
3. Images with a higher number than the last one are appended, each with all of its regions or not at all.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np

from ledger.database import Ledger
from matcher.looking.hash_index import HashIndex
from matcher.looking.hashes import hash_column

FORMAT: Final = 2
BATCH_ROWS: Final = 200_000  # appended at a time; a killed process loses no more work than this
CHECKED_ROWS: Final = 64  # compared with the database at each start, the last one always among them

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredHashes:
    """Hashes of one kind. image_nos: int64 (n,), of hashed_images, in the order of the index."""

    image_nos: np.ndarray
    index: HashIndex


def open_hashes(
    ledger: Ledger, directory: Path, *, kind: str, bits: int, on_rows: Callable[[int], None] = lambda _: None
) -> StoredHashes:
    """Bring the folder of one kind ("edge/4x8x8") up to date and map it. directory: var/hashes.

    on_rows gets the number of rows of each batch. Errors: OSError when the folder cannot be written.
    """
    cache = _Columns(directory / kind.replace("/", "-"), kind, bits // 64)
    with cache.locked():
        cache.load()
        if not cache.is_of(ledger):
            cache.clear()
        cache.append(ledger, on_rows)
        image_nos, *words = cache.map()
    return StoredHashes(image_nos=image_nos, index=HashIndex(words))


@dataclass(frozen=True, slots=True)
class _Row:
    image_no: int
    content: bytes


class _Columns:
    def __init__(self, folder: Path, kind: str, words: int) -> None:
        self.folder = folder
        self.kind = kind
        self.column = hash_column(kind)
        self.names = ["image_no", *(f"word{number}" for number in range(words))]
        self.count = 0
        self._crcs = dict.fromkeys(self.names, 0)

    @contextmanager
    def locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def load(self) -> None:
        """Take what holds of the folder, cut what lies beyond; start from nothing when it can't be believed."""
        try:
            state = json.loads((self.folder / "state.json").read_text(encoding="utf-8"))
            if (state["format"], state["kind"], list(state["crc32"])) != (FORMAT, self.kind, self.names):
                raise ValueError("another format or kind")
            if not isinstance(state["count"], int) or state["count"] < 0:
                raise ValueError("its count is no number of rows")
            self.count, self._crcs = state["count"], state["crc32"]
            for name in self.names:
                path = self.folder / name
                if path.stat().st_size > 8 * self.count:
                    logger.info("%s: cut to %d rows", path, self.count)
                    os.truncate(path, 8 * self.count)
            for name, column in zip(self.names, self.map(), strict=True):
                if zlib.crc32(column.data) != self._crcs[name]:
                    raise ValueError(f"{name} is not as it was written")
        except FileNotFoundError:
            self.clear()
        except (
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            OverflowError,
        ) as error:  # whatever rubbish can be read as JSON
            logger.info("%s: made anew: %s", self.folder, error)
            self.clear()

    def is_of(self, ledger: Ledger) -> bool:
        """Whether the database still has these rows, as far as some of them tell.

        A number is never given twice, unless somebody puts back an older copy; an image that was hashed anew has another.
        """
        image_nos, *words = self.map()
        row_exists = f"SELECT 1 FROM image_hashes WHERE image_no = ? AND {self.column} = ?"
        for place in {*range(0, self.count, max(1, self.count // CHECKED_ROWS)), self.count - 1} - {-1}:
            content = b"".join(column[place].tobytes() for column in words)
            if ledger.value(row_exists, [int(image_nos[place]), content]) is None:
                logger.info("%s: made anew: the database has another image %d", self.folder, image_nos[place])
                return False
        return True

    def clear(self) -> None:
        """Remove all of it. Files are unlinked, not cut: another process may have them mapped."""
        for name in ("state.json", *self.names):
            (self.folder / name).unlink(missing_ok=True)
        self.count, self._crcs = 0, dict.fromkeys(self.names, 0)

    def append(self, ledger: Ledger, on_rows: Callable[[int], None]) -> None:
        """Add the images that came after the last one."""
        last = int(self.map()[0][-1]) if self.count else 0
        rows = ledger.select_each(
            _Row,
            f"SELECT image_no, {self.column} AS content FROM image_hashes WHERE image_no > ? ORDER BY image_no",
            [last],
        )
        batch: list[_Row] = []
        for _, regions in groupby(rows, key=lambda row: row.image_no):
            batch += regions
            if len(batch) >= BATCH_ROWS:
                self._write(batch, on_rows)
                batch = []
        if batch:
            self._write(batch, on_rows)

    def _write(self, rows: Sequence[_Row], on_rows: Callable[[int], None]) -> None:
        image_nos = np.array([row.image_no for row in rows], np.int64)
        words = np.frombuffer(b"".join(row.content for row in rows), np.uint64).reshape(len(rows), -1)
        for name, column in zip(self.names, (image_nos, *words.T), strict=True):
            data = column.tobytes()
            with (self.folder / name).open("ab") as file:
                file.write(data)
            self._crcs[name] = zlib.crc32(data, self._crcs[name])
        self.count += len(rows)
        written = self.folder / "state.json.new"
        state = {"format": FORMAT, "kind": self.kind, "count": self.count, "crc32": self._crcs}
        written.write_text(json.dumps(state, indent=1), encoding="utf-8")
        written.replace(self.folder / "state.json")
        on_rows(len(rows))

    def map(self) -> list[np.ndarray]:
        """The columns, as long as they hold: image_no int64, words uint64. ValueError when a file is too short."""
        kinds = [np.int64, *[np.uint64] * (len(self.names) - 1)]
        if not self.count:
            return [np.empty(0, kind) for kind in kinds]
        return [
            np.memmap(self.folder / name, kind, "r", shape=(self.count,)).view(np.ndarray)
            for name, kind in zip(self.names, kinds, strict=True)
        ]
