"""Records of WARC files that others made are found in whatever state the files are."""

from __future__ import annotations

import gzip
import random
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.archives.archive_files import open_archive
from crawler.archives.archive_index import ArchiveIndex
from ledger.archive.codings import BodyRefusedError
from ledger.errors import BadInputError
from tests.flow.archives import AT, PAGE, URL, Maker, Space


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return Space(tmp_path)


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.8, 0.99])
@pytest.mark.parametrize("is_gzip", [True, False])
def test_a_torn_file_gives_what_stands_before(space, cut, is_gzip):
    maker = Maker(is_gzip=is_gzip)
    ends = []
    for number in range(10):
        maker.answer(f"http://www.vendor.example/p{number}", f"{PAGE}<p>{number}</p>")
        ends.append(len(maker.data))
    torn = maker.data[: int(len(maker.data) * cut)]
    space.read(torn)
    assert len([1 for _, health in space.pages if health == "ok"]) == sum(end <= len(torn) for end in ends)
    assert space.damage == ["1 of its records are torn or cut short; what is whole was read"]
    reasons = space.rows("SELECT end_reason FROM visits")
    assert all("the archive is damaged" in str(reason) for (reason,) in reasons)


def test_a_file_of_one_member_that_is_cut_gives_what_stands_before(space):
    maker = Maker(is_gzip=False)
    for number in range(10):
        maker.answer(f"http://www.vendor.example/p{number}", f"{PAGE}<p>{number}</p>")
    packed = gzip.compress(maker.data)
    space.read(packed[: len(packed) * 4 // 5])
    assert len(space.pages) > 2
    assert space.damage[0] == "it is torn or cut short; it was unpacked as far as it goes"


def test_a_whole_file_is_not_called_damaged(space):
    assert space.read(Maker().answer(URL, PAGE).data).damage == []
    assert space.rows("SELECT end_reason FROM visits") == [("complete",)]


@pytest.mark.parametrize("is_gzip", [True, False])
def test_after_damage_reading_goes_on_at_the_next_record(space, is_gzip):
    maker = Maker(is_gzip=is_gzip)
    ends = [len(maker.data)]
    for number in range(6):
        maker.answer(f"http://www.vendor.example/p{number}", f"{PAGE}<p>{number}</p>")
        ends.append(len(maker.data))
    data = bytearray(maker.data)
    if is_gzip:
        data[ends[2] + 60 : ends[2] + 100] = b"\xff" * 40
    else:
        start = data.index(b"Content-Length: ", ends[2])
        data[start : start + 20] = b"Content-Length: 9999"
    space.read(bytes(data))
    assert [url for url, _ in space.pages] == [f"http://www.vendor.example/p{n}" for n in (0, 1, 3, 4, 5)]


def test_ten_gigabytes_declared_cost_one_record(space):
    maker = Maker(is_gzip=False).answer(URL, PAGE)
    size = len(maker.data)
    data = maker.answer("http://www.vendor.example/z", PAGE + "z").data
    start = data.index(b"Content-Length: ", size)
    end = data.index(b"\r\n", start)
    space.read(data[:start] + b"Content-Length: 10000000000" + data[end:])
    assert space.pages == [(URL, "ok")]
    assert space.unread["page: cut-short"] == 1


@pytest.mark.parametrize("is_gzip", [True, False])
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_no_damage_stops_the_reading(is_gzip, seed, tmp_path_factory):
    maker = Maker(is_gzip=is_gzip).answer(URL, PAGE).request(URL, ("Host", "x"))
    maker.revisit(URL, "sha1:ZZZZ", URL, AT, at="2020-06-01T00:00:00Z")
    bad, dice = bytearray(maker.data), random.Random(seed)
    for _ in range(dice.randint(1, 6)):
        place = dice.randrange(len(bad))
        piece = dice.choice([b"", b"\n\n", b"\xff", b"WARC/1.0\r\n", b"\x1f\x8b\x08", b"9" * 20, b"-1"])
        bad[place : place + dice.randint(0, 40)] = piece
    file = tmp_path_factory.mktemp("bad") / "bad.warc"
    file.write_bytes(bytes(bad))
    try:
        with open_archive(file, file.parent) as opened, closing(ArchiveIndex(opened)) as index:
            for answer in list(index.documents()):
                with suppress(BodyRefusedError):
                    index.read(answer, max_bytes=1_000_000)
    except BadInputError:
        assert not bytes(bad).startswith(b"WARC/")  # not even its first words are left


def test_a_block_larger_than_the_first_piece_is_read_whole(space):
    long = PAGE + "<p>" + "words " * 60_000 + "</p>"
    assert space.read(Maker(is_gzip=False).answer(URL, long).data).pages == [(URL, "ok")]
    assert space.rows("SELECT payload_bytes FROM captures") == [(len(long),)]
