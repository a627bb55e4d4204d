"""WARC files that others made, record by record, whatever state they are in.

Reads: a .warc or .warc.gz file (1.0, 1.1; one gzip member a record, or one for all). Writes: nothing; yields records.

1. Each record is found by its own length; its head is parsed (WARC headers, then the HTTP message's, if it is one).
2. Where a length lies or a member is torn, the next record is searched for by its mark, and the loss is told.
3. A block is read when it is asked for, within limits: a record may declare or unpack to anything.

Our own archive is read through warcio (ledger/archive/warc.py); files of strangers need what it has not: going on after damage.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

HEAD_BYTES = 131_072  # WARC headers and HTTP headers: servers refuse to send more than 8-64 kB
MAX_BLOCK_BYTES = 64_000_000  # of one record, unpacked; the crawler reads 10 MB at most
MAX_MEMBER_BYTES = 4_000_000_000  # a video may stand in one gzip member; what is larger is left there unread
MAX_UNPACKED_BYTES = 40_000_000_000  # of a file that is one gzip member for all records
_STEP_BYTES = 1 << 16
_GZIP = b"\x1f\x8b\x08"
_MARK = b"WARC/"
_STATUS = re.compile(r"(HTTP/\d(?:\.\d)?)\s+(\d{3})(?:\s+(.*))?")
_REQUEST = re.compile(r"([A-Z]{3,10})\s+(\S+)(?:\s+(HTTP/\d(?:\.\d)?))?")

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpHead:
    """The head of an HTTP message. status: None for requests. body_start: bytes from the block's start."""

    first: str  # method, or protocol
    status: int | None
    reason: str
    headers: Headers
    body_start: int

    def value(self, name: str) -> str | None:
        return next((value for known, value in self.headers if known.lower() == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRecord:
    """One record as it stands in a file; its block is not held."""

    offset: int
    headers: dict[str, str]  # names in lower case
    http: HttpHead | None
    body_head: bytes  # the first bytes after the HTTP head, as stored
    damage: str | None  # None: whole; else cut-short or wrong-length

    def value(self, name: str) -> str | None:
        return self.headers.get(name)

    @property
    def uri(self) -> str:
        return (self.headers.get("warc-target-uri") or "").strip().removeprefix("<").removesuffix(">")


@dataclass
class RecordFile:
    """One WARC file. losses: what could not be read as a record, with the place."""

    path: Path
    is_gzip: bool
    losses: list[str] = field(default_factory=list)

    def records(self) -> Iterator[RawRecord]:
        """Yield every record that can be found, in the file's order."""
        with self.path.open("rb") as file:
            yield from _packed(file, self.losses) if self.is_gzip else _plain(file, self.losses)

    def block(self, offset: int) -> bytes | None:
        """Return the block of the record at an offset; None when it is larger than MAX_BLOCK_BYTES or damaged."""
        with self.path.open("rb") as file:
            file.seek(offset)
            data = _unpack(file, MAX_BLOCK_BYTES + HEAD_BYTES) if self.is_gzip else file.read(HEAD_BYTES)
            head = _parse_head(data)
            length = None if head is None else _length(head)
            if length is None or length > MAX_BLOCK_BYTES:
                return None
            start = _block_start(data)
            if not self.is_gzip:
                data += file.read(max(0, start + length - len(data)))
        return data[start : start + length] if len(data) >= start + length else None


def begins_with_record(path: Path) -> bool:
    """Tell whether a gzip file's first words are those of a WARC record."""
    with path.open("rb") as file:
        return _unpack(file, 64).startswith(_MARK)


def holds_all_in_one_member(path: Path) -> bool:
    """Tell whether a .warc.gz is one gzip member for all records, so that no record can be reached by itself."""
    with path.open("rb") as file:
        data = _unpack(file, HEAD_BYTES * 8)
    head = _parse_head(data)
    length = None if head is None else _length(head)
    if length is None:
        return False
    end = _block_start(data) + length
    return data[end : end + 64].lstrip(b"\r\n").startswith(_MARK)


def unpack_member(path: Path, target: BinaryIO) -> bool:
    """Write a file's gzip members unpacked, one after the other; returns whether all of it came through."""
    written, is_whole = 0, False
    with path.open("rb") as file:
        unpacker = zlib.decompressobj(31)
        while data := file.read(_STEP_BYTES):
            while data:
                is_whole = False
                try:
                    piece = unpacker.decompress(data, _STEP_BYTES * 16)
                except zlib.error:
                    return False
                written += target.write(piece)
                if written > MAX_UNPACKED_BYTES:
                    return False
                data = unpacker.unconsumed_tail
                if unpacker.eof:
                    is_whole = True
                    data = unpacker.unused_data.lstrip(b"\0")
                    unpacker = zlib.decompressobj(31)
    return is_whole


def _plain(file: BinaryIO, losses: list[str]) -> Iterator[RawRecord]:
    size = file.seek(0, 2)
    offset = 0
    while offset < size:
        file.seek(offset)
        data = file.read(HEAD_BYTES)
        blank = len(data) - len(data.lstrip(b"\r\n"))
        head = _parse_head(data[blank:])
        if head is None:
            if not data.strip():
                return
            losses.append(f"byte {offset}: no WARC record")
            offset = _find(file, b"\nWARC/", offset + 1, size) + 1 or size
            continue
        offset += blank
        data = data[blank:]
        start, length = _block_start(data), _length(head)
        end = offset + start + (length or 0)
        file.seek(min(end, size))
        after = file.read(64).lstrip(b"\r\n")
        damage = None
        if length is None or end > size or (after and not after.startswith(_MARK)):
            following = _find(file, b"\nWARC/", offset + start, size) + 1
            damage = "wrong-length" if length is None or following else "cut-short"
            end = following or size
        yield _record(offset, head, data[start : start + (length if length is not None else 0)], damage)
        offset = end


def _packed(file: BinaryIO, losses: list[str]) -> Iterator[RawRecord]:
    size = file.seek(0, 2)
    offset = 0
    while offset < size:
        file.seek(offset)
        member = _read_member(file)
        head = _parse_head(member.start)
        if head is None:
            if member.start.strip(b"\r\n\0") or not member.is_whole:
                losses.append(f"byte {offset}: no WARC record")
            offset = (offset + member.packed_bytes) if member.is_whole else _next_member(file, offset + 1, size)
            continue
        start, length = _block_start(member.start), _length(head)
        damage = None
        if length is None or member.unpacked_bytes < start + length:
            damage = "wrong-length" if member.is_whole else "cut-short"
        yield _record(offset, head, member.start[start : start + (length or 0)], damage)
        offset = (offset + member.packed_bytes) if member.is_whole else _next_member(file, offset + 1, size)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    start: bytes
    unpacked_bytes: int
    packed_bytes: int
    is_whole: bool


def _read_member(file: BinaryIO) -> _Member:
    """Unpack one gzip member, keeping its start only."""
    unpacker = zlib.decompressobj(31)
    start, unpacked, packed = bytearray(), 0, 0
    is_whole = False
    data = b""
    while unpacked <= MAX_MEMBER_BYTES:
        if not data:
            data = file.read(_STEP_BYTES)
            packed += len(data)
            if not data:
                break
        try:
            piece = unpacker.decompress(data, _STEP_BYTES * 16)
        except zlib.error:
            break
        start += piece[: HEAD_BYTES - len(start)]
        unpacked += len(piece)
        data = unpacker.unconsumed_tail
        if unpacker.eof:
            packed -= len(unpacker.unused_data)
            is_whole = True
            break
    return _Member(start=bytes(start), unpacked_bytes=unpacked, packed_bytes=packed, is_whole=is_whole)


def _unpack(file: BinaryIO, limit: int) -> bytes:
    unpacker = zlib.decompressobj(31)
    unpacked = bytearray()
    while len(unpacked) < limit and not unpacker.eof:
        data = file.read(_STEP_BYTES)
        if not data:
            break
        try:
            unpacked += unpacker.decompress(data, limit - len(unpacked))
        except zlib.error:
            break
    return bytes(unpacked)


def _next_member(file: BinaryIO, start: int, size: int) -> int:
    """Return where the next gzip member with a WARC record begins; the file's size when there is none."""
    while (place := _find(file, _GZIP, start, size)) >= 0:
        file.seek(place)
        if _unpack(file, 64).startswith(_MARK):  # the three bytes also occur by chance, in packed data
            return place
        start = place + 1
    return size


def _find(file: BinaryIO, mark: bytes, start: int, size: int) -> int:
    """Return the offset of the next mark, or -1."""
    while start < size:
        file.seek(start)
        data = file.read(1 << 20)
        place = data.find(mark)
        if place >= 0:
            return start + place
        if len(data) < 1 << 20:
            return -1
        start += len(data) - len(mark) + 1
    return -1


def _parse_head(data: bytes) -> dict[str, str] | None:
    end = _block_start(data)
    if not data.startswith(_MARK) or not end:
        return None
    headers: dict[str, str] = {}
    for name, value in _header_lines(data[:end].decode("utf-8", "replace").splitlines()[1:]):
        headers.setdefault(name.lower(), value)
    return headers


def _block_start(data: bytes) -> int:
    ends = [place + len(mark) for mark in (b"\r\n\r\n", b"\n\n") if (place := data.find(mark)) >= 0]
    return min(ends, default=0)


def _length(headers: dict[str, str]) -> int | None:
    text = headers.get("content-length", "")
    return int(text) if text.isdecimal() and len(text) < 16 else None


def _header_lines(lines: list[str]) -> Headers:
    headers: list[tuple[str, str]] = []
    for line in lines:
        if line[:1] in (" ", "\t") and headers:  # a folded value
            headers[-1] = (headers[-1][0], f"{headers[-1][1]} {line.strip()}")
            continue
        name, colon, value = line.partition(":")
        if colon and name.strip():
            headers.append((name.strip(), value.strip()))
    return tuple(headers)


def _record(offset: int, headers: dict[str, str], block: bytes, damage: str | None) -> RawRecord:
    kind = headers.get("warc-type")
    http = parse_http(block) if kind in ("response", "revisit", "request") else None
    if kind == "resource":
        http = resource_head(headers.get("content-type"))
    body = block[http.body_start :][:2_048] if http is not None else b""
    return RawRecord(offset=offset, headers=headers, http=http, body_head=body, damage=damage)


def resource_head(content_type: str | None) -> HttpHead:
    """Return the head of the answer that a resource record stands for: its block is the file itself (WARC 1.1, section 6.4)."""
    headers = (("Content-Type", content_type),) if content_type else ()
    return HttpHead(first="HTTP/1.1", status=200, reason="OK", headers=headers, body_start=0)


def parse_http(block: bytes) -> HttpHead | None:
    """Return the head of the HTTP message that a block begins with, or None when it is none."""
    start = _block_start(block[:HEAD_BYTES]) or len(block)
    lines = block[:start].decode("latin-1").splitlines()
    if not lines:
        return None
    if answer := _STATUS.match(lines[0]):
        return HttpHead(
            first=answer[1],
            status=int(answer[2]),
            reason=(answer[3] or "").strip(),
            headers=_header_lines(lines[1:]),
            body_start=start,
        )
    if request := _REQUEST.match(lines[0]):
        return HttpHead(first=request[1], status=None, reason="", headers=_header_lines(lines[1:]), body_start=start)
    return None
