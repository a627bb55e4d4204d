"""Transfer and content codings of HTTP bodies, undone within limits.

Own code, since warcio's reader of brotli does not know the current brotli library, and unpacks without a limit.
"""

from __future__ import annotations

import re
import sys
import zlib

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")


_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
MAX_LAYERS = 3  # a body that was packed by the application, by a cache and by the server
_SAMPLE_BYTES = 4_096
_CONTROL = bytes(range(9)) + bytes(range(14, 27)) + b"\x0b\x1c\x1d\x1e\x1f\x7f"
MAX_CONTROL_SHARE = 0.02  # text has none; what is packed has a tenth


class BodyRefusedError(Exception):
    """A body that is not read; carries the word that the look's row will have."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def undo_chunks(data: bytes) -> bytes:
    """Return data without HTTP/1.1 chunking; as it is when it has none, since many makers undo it and keep the header."""
    pieces: list[bytes] = []
    place = 0
    while match := _CHUNK.match(data, place):
        length = int(match[1], 16)
        if length == 0:
            return b"".join(pieces)
        start = match.end()
        if start + length > len(data) and not pieces:
            return data
        pieces.append(data[start : start + length])
        place = start + length
        if data[place : place + 2] == b"\r\n":
            place += 2
        elif place < len(data):
            return data  # what looked like a length was text
    return b"".join(pieces) if pieces and place >= len(data) else data


def undo_content_coding(data: bytes, codings: str, *, max_bytes: int) -> bytes:
    """Return data unpacked; as it is when it is not packed after all: many archives keep the header of what they undid.

    codings: the header's value, in the order in which they were applied. Errors: BodyRefusedError.
    """
    for coding in reversed([part.strip().lower() for part in codings.split(",")]):
        if coding in ("gzip", "x-gzip"):
            data = _inflate(data, (31,), max_bytes)
        elif coding == "deflate":
            data = _inflate(data, (15, -15), max_bytes)  # some servers leave the wrapper out
        elif coding == "br":
            data = _undo_brotli(data, max_bytes)
        elif coding == "zstd":
            data = _undo_zstd(data, max_bytes)
        elif coding not in ("", "identity"):
            raise BodyRefusedError("unreadable-encoding", f"Content-Encoding {coding[:60]}")
    return data


def undo_unsaid_codings(data: bytes, *, max_bytes: int) -> bytes:
    """Return what ought to be text unpacked, where it is packed and no header says so, or packed twice; else as it is.

    Errors: BodyRefusedError.
    """
    for _ in range(MAX_LAYERS):
        if data.startswith(_GZIP):
            unpacked = _inflate(data, (31,), max_bytes)
        elif data.startswith(_ZSTD):
            unpacked = _undo_zstd(data, max_bytes)
        elif is_no_text(data):
            unpacked = _inflate(data, (15, -15), max_bytes)
            unpacked = _undo_brotli(data, max_bytes) if unpacked == data or is_no_text(unpacked) else unpacked
            unpacked = data if is_no_text(unpacked) and not unpacked.startswith((_GZIP, _ZSTD)) else unpacked
        else:
            return data
        if unpacked == data:
            return data
        data = unpacked
    return data


def is_no_text(data: bytes) -> bool:
    """Tell bytes that no charset makes a text of: packed, encrypted, a picture. UTF-16 and UTF-32 with their mark are text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        return False
    sample = data[:_SAMPLE_BYTES]
    if sample[:256].count(0) >= len(sample[:256]) // 3 > 0:  # UTF-16 without its mark: every other byte
        return sample[0:256:2].count(0) < 40 and sample[1:256:2].count(0) < 40
    sample = data.replace(b"\0", b"")[:_SAMPLE_BYTES]  # browsers leave out NUL, and so may who hides behind it
    return len(sample) - len(sample.translate(None, _CONTROL)) > MAX_CONTROL_SHARE * len(sample)


def _inflate(data: bytes, windows: tuple[int, ...], max_bytes: int) -> bytes:
    for window in windows:
        try:
            content = zlib.decompressobj(window).decompress(data, max_bytes + 1)
        except zlib.error:
            continue
        return _within(content, max_bytes)
    return data


def _undo_brotli(data: bytes, max_bytes: int) -> bytes:
    unpacker = brotli.Decompressor()
    content = b""
    try:
        content = unpacker.process(data, output_buffer_limit=max_bytes + 1)
        while not unpacker.is_finished() and not unpacker.can_accept_more_data() and len(content) <= max_bytes:
            content += unpacker.process(b"", output_buffer_limit=max_bytes + 1)
    except brotli.error:
        return content or data
    return _within(content, max_bytes)


def _undo_zstd(data: bytes, max_bytes: int) -> bytes:
    try:
        content = zstd.ZstdDecompressor().decompress(data, max_bytes + 1)
    except zstd.ZstdError:
        return data
    return _within(content, max_bytes)


def _within(content: bytes, max_bytes: int) -> bytes:
    if len(content) > max_bytes:
        raise BodyRefusedError("too-large", f"unpacks to more than {max_bytes} bytes")
    return content
