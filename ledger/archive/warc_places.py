"""Where a WARC file lies: under var/warc/, or in a store, as a small file of its name there says (`<name>.away`).

A file that was left in a store is read from there by range. It is not here to be written: whoever has to, brings it home first. A store that
does not answer tells nothing of the evidence: that is "could not look", never broken.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ledger.archive.stores import Store, StoredFile
from ledger.errors import EvidenceBrokenError
from ledger.typed_texts import Sha256

AWAY = ".away"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwayFile:
    """A WARC file in a store, as it was when it was left there. folder: its address."""

    folder: Store
    name: str
    was: StoredFile


def find_away(directory: Path, name: str) -> AwayFile | None:
    """Return where a WARC file lies that is not in the folder; None: it is here, or nowhere. Errors: EvidenceBrokenError."""
    path = directory / f"{name}{AWAY}"
    if (directory / name).exists() or not path.exists():
        return None
    try:
        told = json.loads(path.read_bytes())
        was = StoredFile(file_bytes=int(told["bytes"]), sha256=Sha256(str(told["sha256"])))
        return AwayFile(folder=Store(str(told["folder"])), name=name, was=was)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise EvidenceBrokenError(
            f"{path}: expected where {name} lies, got something else ({error}); restore it from a backup"
        ) from error


def note_away(directory: Path, away: AwayFile) -> None:
    """Write where a file lies."""
    told = {"folder": away.folder.url, "bytes": away.was.file_bytes, "sha256": away.was.sha256}
    (directory / f"{away.name}{AWAY}").write_text(json.dumps(told, sort_keys=True) + "\n", encoding="utf-8")


def size_of_warc(directory: Path, name: str) -> int | None:
    """Return how many bytes a WARC file has; of one in a store as it was left there, which asks nobody. None: there is none."""
    path = directory / name
    if path.is_file():
        return path.stat().st_size
    away = find_away(directory, name)
    return None if away is None else away.was.file_bytes


@contextmanager
def open_warc(directory: Path, name: str) -> Iterator[IO[bytes]]:
    """Open a WARC file for reading, wherever it lies. Errors: OSError where it is nowhere, StoreAwayError, EvidenceBrokenError."""
    away = find_away(directory, name)
    if away is None:
        with (directory / name).open("rb") as file:
            yield file
        return
    with away.folder.reading(name) as file:
        yield file


def read_warc_range(directory: Path, name: str, start: int, length: int) -> IO[bytes]:
    """Return a piece of a WARC file; of one in a store only that piece is carried. Errors: as open_warc."""
    away = find_away(directory, name)
    if away is not None:
        return io.BytesIO(away.folder.read_range(name, start, start + length))
    with (directory / name).open("rb") as file:
        file.seek(start)
        return io.BytesIO(file.read(length))
