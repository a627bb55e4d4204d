"""Codings of HTTP bodies are undone within limits, and left alone where they are none."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.archive.codings import (
    BodyRefusedError,
    is_no_text,
    undo_chunks,
    undo_content_coding,
    undo_unsaid_codings,
    zstd,
)

TEXT = b"Our partners. " * 50
PACKED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "br": brotli.compress(TEXT),
    "zstd": zstd.compress(TEXT),
    "identity": TEXT,
    "": TEXT,
    "br, gzip": gzip.compress(brotli.compress(TEXT)),
}


@pytest.mark.parametrize("coding", sorted(PACKED))
def test_each_coding_is_undone(coding: str) -> None:
    assert undo_content_coding(PACKED[coding], coding.upper(), max_bytes=10_000) == TEXT
    assert undo_content_coding(TEXT, coding, max_bytes=10_000) == TEXT


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_body_that_unpacks_to_too_much_is_refused(coding: str) -> None:
    assert undo_content_coding(PACKED[coding], coding, max_bytes=len(TEXT)) == TEXT
    with pytest.raises(BodyRefusedError, match="unpacks to more than") as refused:
        undo_content_coding(PACKED[coding], coding, max_bytes=len(TEXT) - 1)
    assert refused.value.reason == "too-large"


def test_a_deflate_without_wrapper_is_read() -> None:
    bare = zlib.compressobj(wbits=-15)
    assert undo_content_coding(bare.compress(TEXT) + bare.flush(), "deflate", max_bytes=10_000) == TEXT


def test_an_unknown_coding_is_refused() -> None:
    with pytest.raises(BodyRefusedError, match="zz"):
        undo_content_coding(TEXT, "zz", max_bytes=10_000)


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=5))
def test_chunks_are_put_together(parts: list[bytes]) -> None:
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    assert undo_chunks(chunked) == b"".join(parts)


def test_a_body_without_chunks_stays_as_it_is() -> None:
    for body in (b"", b"<html>", b"abc\nis text", b"5\r\nhello, and more"):
        assert undo_chunks(body) == body
    assert undo_chunks(b"5;x=1\r\nhello\r\n3\r\nwo") == b"hellowo"


PAGE = ("<!doctype html><html><body><p>" + "Unsere Partner für Häfen. 合作伙伴 " * 60 + "</p></body></html>").encode()


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(PAGE),
        gzip.compress(gzip.compress(PAGE)),
        brotli.compress(PAGE),
        zstd.compress(PAGE),
        zlib.compress(PAGE),
        gzip.compress(brotli.compress(PAGE)),
        zstd.compress(gzip.compress(PAGE)),
        brotli.compress(gzip.compress(PAGE)),
    ],
)
def test_what_no_header_says_is_undone(packed: bytes) -> None:
    assert undo_unsaid_codings(packed, max_bytes=100_000) == PAGE
    with pytest.raises(BodyRefusedError):
        undo_unsaid_codings(packed, max_bytes=1_000)


@pytest.mark.parametrize(
    "text",
    [
        PAGE,
        b"",
        b"x",
        PAGE.decode().encode("utf-16"),
        PAGE.decode().encode("utf-16-le"),
        "Партнёры ".encode("cp1251") * 50,
    ],
)
def test_text_of_any_charset_is_left_alone(text: bytes) -> None:
    assert not is_no_text(text)
    assert undo_unsaid_codings(text, max_bytes=100_000) == text


def test_bytes_that_nothing_undoes_are_no_text() -> None:
    torn = gzip.compress(PAGE)[7:]
    assert is_no_text(torn)
    assert undo_unsaid_codings(torn, max_bytes=100_000) == torn


@given(st.binary(max_size=300))
def test_any_bytes_are_looked_at_without_harm(data: bytes) -> None:
    undo_unsaid_codings(data, max_bytes=10_000)
    undo_unsaid_codings(b"\x1f\x8b\x08" + data, max_bytes=10_000)
    undo_unsaid_codings(b"\x28\xb5\x2f\xfd" + data, max_bytes=10_000)
