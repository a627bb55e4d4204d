"""Bodies of archived answers: codings undone within limits, digests checked."""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from pathlib import Path

import brotli
import pytest

from crawler.archives.archive_payload import is_digest_of
from crawler.reading.stored_pages import read_again
from ledger.archive.codings import undo_chunks
from ledger.database import Ledger
from tests.flow.archives import PAGE, URL, Maker, Space


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return Space(tmp_path)


def test_codings_are_undone_and_read_again_alike(space):
    plain = PAGE.encode()
    half = len(plain) // 2
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (plain[:half], plain[half:])) + b"0\r\n\r\n"
    site = "http://www.vendor.example/"
    maker = Maker().answer(f"{site}partners", chunked, headers=(("Transfer-Encoding", "chunked"),))
    maker.answer(f"{site}a", PAGE + "<p>a</p>", headers=(("Transfer-Encoding", "chunked"),))  # undone by its maker
    maker.answer(f"{site}b", brotli.compress(plain + b"<p>b</p>"), headers=(("Content-Encoding", "br"),))
    maker.answer(
        f"{site}c",
        gzip.compress(plain + b"<p>c</p>"),
        headers=(("content-encoding", "gzip"),),
        protocol="HTTP/2",
        status="200",
    )
    maker.answer(f"{site}d", plain + b"<p>d</p>", headers=(("Content-Encoding", "gzip"),))  # undone by its maker
    maker.answer(f"{site}e", plain + b"<p>e</p>", headers=(("Content-Encoding", "zz"),))
    space.read(maker.data)
    assert [url for url, health in space.pages if health == "ok"] == [
        f"{site}{path}" for path in ("a", "b", "c", "d", "partners")
    ]
    assert space.unread == Counter({"image: not-in-archive": 2, "page: unreadable-encoding": 1})
    before = space.rows("SELECT * FROM passages ORDER BY 1")
    with Ledger.open(space.folder / "p.db") as ledger:
        visit = ledger.value("SELECT visit_id FROM visits")
        assert read_again(ledger, space.folder / "warc", space.lexicon, visit_id=visit, is_all=False) == 0
        assert read_again(ledger, space.folder / "warc", space.lexicon, visit_id=visit, is_all=True) == 5
    assert space.rows("SELECT * FROM passages ORDER BY 1") == before


def test_digests_that_lie_cost_a_row(space):
    maker = Maker().answer(URL, PAGE, warc=(("WARC-Payload-Digest", "sha256:" + "0" * 64),))
    maker.answer("http://www.vendor.example/b", PAGE + "b", warc=(("WARC-Block-Digest", "md5:" + "0" * 32),))
    maker.answer("http://www.vendor.example/c", PAGE + "c", warc=(("WARC-Block-Digest", "crc32:1"),))
    space.read(maker.data)
    assert space.pages == [("http://www.vendor.example/c", "ok")]
    assert (
        space.rows("SELECT reason, capture_id FROM looks WHERE purpose = 'page' AND outcome <> 'looked'")
        == [("digest-mismatch", None)] * 2
    )


def test_bombs_are_not_unpacked(space):
    zeros = bytes(30_000_000)
    maker = Maker().answer(URL, PAGE)
    maker.answer("http://www.vendor.example/b", gzip.compress(zeros), headers=(("Content-Encoding", "gzip"),))
    maker.answer("http://www.vendor.example/c", brotli.compress(zeros), headers=(("Content-Encoding", "br"),))
    maker.answer("http://www.vendor.example/d", zeros)
    space.read(maker.data)
    assert space.pages == [(URL, "ok")]
    assert space.unread["page: too-large"] == 3


def test_chunks_are_undone_where_there_are_any():
    assert undo_chunks(b"5\r\nhello\r\n0\r\n\r\n") == b"hello"
    assert undo_chunks(b"5\r\nhello\r\n") == b"hello"
    assert undo_chunks(b"abc\nis text") == b"abc\nis text"


def test_a_digest_is_right_wrong_or_can_not_be_checked():
    assert is_digest_of("sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N", b"") is False
    assert is_digest_of(f"sha-256:{hashlib.sha256(b'x').hexdigest()}", b"x") is True
    assert is_digest_of("crc32:00", b"x") is None
