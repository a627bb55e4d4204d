"""Folders on this machine or elsewhere, by their address, through fsspec: a path, s3://bucket/path, any store that it knows.

Credentials and endpoints are the store's own affair, read from the environment as its library does (AWS_PROFILE, AWS_ENDPOINT_URL, …).
A store that does not answer is away: that says nothing of what it holds.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ledger.errors import OutsideFailureError
from ledger.extras import how_to_install
from ledger.typed_texts import Sha256

CHUNK_BYTES = 1 << 20


class StoreAwayError(OutsideFailureError):
    """A store did not answer, refused, or holds no such file any more that could be read now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file as it was when it was copied."""

    file_bytes: int
    sha256: Sha256


@dataclass(frozen=True, slots=True)
class Store:
    """A folder in a store. Names are relative to it, with `/` between their parts."""

    url: str

    def below(self, name: str) -> Store:
        """Return the folder of this name in this one."""
        return Store(f"{self.url.rstrip('/')}/{name}")

    def names(self) -> list[str]:
        """Return the names of all files, also in folders of this one. Errors: StoreAwayError."""
        with self._reaching("its files could not be listed") as (files, root):
            files.invalidate_cache()  # a store's library remembers what it listed before
            found = files.find(root) if files.exists(root) else []
            return sorted(str(name)[len(root) + 1 :] for name in found)

    def read(self, name: str) -> bytes | None:
        """Return a small file's bytes, None when there is none. Errors: StoreAwayError."""
        with self._reaching(f"{name} could not be read") as (files, root):
            try:
                content: bytes = files.cat_file(f"{root}/{name}")
            except FileNotFoundError:
                return None
            return content

    def write(self, name: str, content: bytes) -> None:
        """Write a small file. Errors: StoreAwayError."""
        with self._reaching(f"{name} could not be written") as (files, root):
            files.makedirs(f"{root}/{name}".rpartition("/")[0], exist_ok=True)
            files.pipe_file(f"{root}/{name}", content)

    def size_of(self, name: str) -> int | None:
        """Return how many bytes a file has, None when there is none. Errors: StoreAwayError."""
        with self._reaching(f"{name} could not be looked for") as (files, root):
            files.invalidate_cache()
            try:
                return int(files.info(f"{root}/{name}")["size"])
            except FileNotFoundError:
                return None

    def read_range(self, name: str, start: int, stop: int) -> bytes:
        """Return the bytes [start, stop) of a file, and carry no others. Errors: StoreAwayError."""
        with self._reaching(f"{name} could not be read") as (files, root):
            content: bytes = files.cat_file(f"{root}/{name}", start=start, end=stop)
            return content

    @contextmanager
    def reading(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file that is read in pieces, by range where the store is elsewhere. Errors: StoreAwayError, also while it is read."""
        with self._reaching(f"{name} could not be read") as (files, root):
            file = files.open(f"{root}/{name}", "rb")
        try:
            yield io.BufferedReader(_ReadingFile(self, name, file), CHUNK_BYTES)
        finally:
            file.close()

    def put(self, path: Path, name: str) -> StoredFile:
        """Copy a file of this machine into the store. Errors: StoreAwayError."""
        with self._reaching(f"{name} could not be written") as (files, root):
            files.makedirs(f"{root}/{name}".rpartition("/")[0], exist_ok=True)
            with path.open("rb") as source, files.open(f"{root}/{name}", "wb") as target:
                return _copy(source, target)

    def fetch(self, name: str, path: Path, on_bytes: Callable[[int], None] = lambda _: None) -> StoredFile:
        """Copy a file of the store onto this machine. Errors: StoreAwayError; OSError of this machine's disk."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.reading(name) as source, path.open("xb") as target:
            return _copy(source, target, on_bytes)

    def register_with(self, database: Any) -> None:
        """Let a DuckDB connection read this store through the same library, which knows how to get in. Errors: StoreAwayError."""
        with self._reaching("it could not be reached") as (files, _):
            database.register_filesystem(files)

    def remove(self) -> None:
        """Take the folder away with all that is in it. Errors: StoreAwayError."""
        with self._reaching("it could not be taken away") as (files, root):
            if files.exists(root):
                files.rm(root, recursive=True)

    def carry(self, name: str, read: Callable[[], bytes]) -> bytes:
        """Return what a reading of a file gives. Errors: StoreAwayError."""
        with self._reaching(f"{name} could not be read"):
            return read()

    @contextmanager
    def _reaching(self, what: str) -> Iterator[tuple[Any, str]]:
        try:
            from fsspec.core import url_to_fs
        except ImportError as error:
            raise OutsideFailureError(
                f"{self.url}: a store needs the cluster extra; run: {how_to_install('cluster')}"
            ) from error
        try:
            files, root = url_to_fs(self.url)
            yield files, str(root).rstrip("/")
        except OutsideFailureError:
            raise
        except Exception as error:  # stores raise errors of their own libraries
            raise StoreAwayError(
                f"{self.url}: {what} ({type(error).__name__}: {str(error)[:300]}); try again when it answers"
            ) from error


class _ReadingFile(io.RawIOBase):
    """An open file of a store: what fails while it is read is the store's failure, and whatever else fails meanwhile is not."""

    def __init__(self, store: Store, name: str, file: Any) -> None:
        super().__init__()
        self._store, self._name, self._file = store, name, file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._store.carry(self._name, lambda: bytes(self._file.read(len(buffer))))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())


def _copy(source: IO[bytes], target: IO[bytes], on_bytes: Callable[[int], None] = lambda _: None) -> StoredFile:
    digest, count = hashlib.sha256(), 0
    while chunk := source.read(CHUNK_BYTES):
        digest.update(chunk)
        target.write(chunk)
        count += len(chunk)
        on_bytes(len(chunk))
    return StoredFile(file_bytes=count, sha256=Sha256(digest.hexdigest()))
