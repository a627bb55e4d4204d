"""The files in a zip whose end is missing: the table of contents stands there, so they are found by their own heads.

Reads: a zip file, from its beginning. Writes: copies of what stands in it, as far as it goes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LOCAL_HEADER = b"PK\x03\x04"
MAX_ENTRIES = 1_000
_HEAD = struct.Struct("<4sHHHHHIIIHH")  # APPNOTE.TXT 4.3.7
_ZIP64 = 0xFFFFFFFF
_STORED, _DEFLATED = 0, 8
_SIZE_FOLLOWS = 0x08  # the size stands behind the content
_STEP_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CutEntry:
    """A file in a zip. begin: of its content; packed_bytes: None where its head does not say."""

    name: str
    begin: int
    packed_bytes: int | None
    is_deflated: bool


def entries_of_cut_zip(path: Path) -> Iterator[CutEntry]:
    """Yield the files of a zip in order, up to where it is cut, or where what comes next can't be told."""
    place = 0
    with path.open("rb") as file:
        for _ in range(MAX_ENTRIES):
            file.seek(place)
            head = file.read(_HEAD.size)
            if len(head) < _HEAD.size or not head.startswith(LOCAL_HEADER):
                return
            _, _, flags, method, _, _, _, packed, _, name_bytes, extra_bytes = _HEAD.unpack(head)
            name = file.read(name_bytes).decode("utf-8", "replace")
            extra = file.read(extra_bytes)
            begin = place + _HEAD.size + name_bytes + extra_bytes
            size = None if flags & _SIZE_FOLLOWS else _packed_bytes(packed, extra)
            if method in (_STORED, _DEFLATED) and not flags & 1:  # 1: encrypted
                yield CutEntry(name=name, begin=begin, packed_bytes=size, is_deflated=method == _DEFLATED)
            following = begin + size if size is not None else _find_header(path, begin)
            if following is None or following <= place:
                return
            place = following


def _packed_bytes(packed: int, extra: bytes) -> int | None:
    if packed != _ZIP64:
        return packed
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, place)
        if kind == 1 and length >= 16:
            return int(struct.unpack_from("<Q", extra, place + 12)[0])
        place += 4 + length
    return None


def _find_header(path: Path, start: int) -> int | None:
    """Return where the next file of the zip begins, by its mark; packed content may hold it by chance, an archive's seldom."""
    with path.open("rb") as file:
        while True:
            file.seek(start)
            data = file.read(_STEP_BYTES)
            place = data.find(LOCAL_HEADER)
            if place >= 0:
                return start + place
            if len(data) < _STEP_BYTES:
                return None
            start += len(data) - len(LOCAL_HEADER) + 1


def copy_entry(path: Path, entry: CutEntry, target: Path, most_bytes: int) -> int:
    """Copy a file of a zip as far as it goes, unpacked, at most most_bytes; returns how many were written."""
    end = entry.begin + entry.packed_bytes if entry.packed_bytes is not None else _find_header(path, entry.begin)
    written = 0
    unpacker = zlib.decompressobj(-15) if entry.is_deflated else None
    with path.open("rb") as source, target.open("wb") as copy:
        source.seek(entry.begin)
        while written < most_bytes:
            left = _STEP_BYTES if end is None else min(_STEP_BYTES, end - source.tell())
            data = source.read(left) if left > 0 else b""
            if not data:
                break
            if unpacker is None:
                written += copy.write(data[: most_bytes - written])
                continue
            try:
                while data and written < most_bytes and not unpacker.eof:
                    written += copy.write(unpacker.decompress(data, min(_STEP_BYTES * 16, most_bytes - written)))
                    data = unpacker.unconsumed_tail
            except zlib.error:
                break
    return written
