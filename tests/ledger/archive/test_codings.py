"""Codings of HTTP bodies are undone within limits, and left alone where they are none."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.archive.codings import BodyRefusedError, undo_chunks, undo_content_coding

TEXT = b"Our partners. " * 50
PACKED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "br": brotli.compress(TEXT),
    "identity": TEXT,
    "": TEXT,
    "br, gzip": gzip.compress(brotli.compress(TEXT)),
}


@pytest.mark.parametrize("coding", sorted(PACKED))
def test_each_coding_is_undone(coding: str) -> None:
    assert undo_content_coding(PACKED[coding], coding.upper(), max_bytes=10_000) == TEXT
    assert undo_content_coding(TEXT, coding, max_bytes=10_000) == TEXT


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_body_that_unpacks_to_too_much_is_refused(coding: str) -> None:
    assert undo_content_coding(PACKED[coding], coding, max_bytes=len(TEXT)) == TEXT
    with pytest.raises(BodyRefusedError, match="unpacks to more than") as refused:
        undo_content_coding(PACKED[coding], coding, max_bytes=len(TEXT) - 1)
    assert refused.value.reason == "too-large"


def test_a_deflate_without_wrapper_is_read() -> None:
    bare = zlib.compressobj(wbits=-15)
    assert undo_content_coding(bare.compress(TEXT) + bare.flush(), "deflate", max_bytes=10_000) == TEXT


def test_an_unknown_coding_is_refused() -> None:
    with pytest.raises(BodyRefusedError, match="zstd"):
        undo_content_coding(TEXT, "zstd", max_bytes=10_000)


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=5))
def test_chunks_are_put_together(parts: list[bytes]) -> None:
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    assert undo_chunks(chunked) == b"".join(parts)


def test_a_body_without_chunks_stays_as_it_is() -> None:
    for body in (b"", b"<html>", b"abc\nis text", b"5\r\nhello, and more"):
        assert undo_chunks(body) == body
    assert undo_chunks(b"5;x=1\r\nhello\r\n3\r\nwo") == b"hellowo"
