"""Transfer and content codings of HTTP bodies, undone within limits.

Own code, since warcio's reader of brotli does not know the current brotli library, and unpacks without a limit.
"""

from __future__ import annotations

import re
import zlib

import brotli

_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")


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
        elif coding not in ("", "identity"):
            raise BodyRefusedError("unreadable-encoding", f"Content-Encoding {coding[:60]}")
    return data


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


def _within(content: bytes, max_bytes: int) -> bytes:
    if len(content) > max_bytes:
        raise BodyRefusedError("too-large", f"unpacks to more than {max_bytes} bytes")
    return content
