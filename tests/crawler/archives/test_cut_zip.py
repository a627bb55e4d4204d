"""A WACZ whose end is missing gives what stands before the cut, and says that it is cut."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from crawler.archives.cut_zip import copy_entry, entries_of_cut_zip
from ledger.errors import BadInputError
from tests.flow.archives import PAGE, URL, Maker, Space


def wacz(archive: bytes, *, compression: int = zipfile.ZIP_STORED, streamed: bool = False) -> bytes:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return not streamed

    file = Pipe()
    with zipfile.ZipFile(file, "w", compression) as package:
        package.writestr("datapackage.json", "{}")
        package.writestr("archive/data.warc.gz", archive)
        package.writestr("pages/pages.jsonl", '{"url": "http://www.vendor.example/"}')
    return file.getvalue()


def archive_of(pages: int) -> bytes:
    maker = Maker()
    for number in range(pages):
        maker.answer(f"{URL}?p={number}", f"{PAGE}<p>{number}</p>")
    return maker.data


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("streamed", [True, False])
def test_what_stands_before_the_cut_is_read(tmp_path: Path, compression: int, streamed: bool) -> None:
    whole = wacz(archive_of(10), compression=compression, streamed=streamed)
    without_contents = whole[: whole.index(b"PK\x01\x02")]
    space = Space(tmp_path / "a")
    space.folder.mkdir()
    space.read(without_contents, "a.wacz")
    assert len(space.pages) == 10
    assert "the file is cut" in space.damage[0]
    half = Space(tmp_path / "b")
    half.folder.mkdir()
    half.read(whole[: len(whole) // 2], "b.wacz")
    assert 1 <= len(half.pages) < 10


def test_a_zip_without_archives_before_the_cut_has_nothing_to_read(tmp_path: Path) -> None:
    space = Space(tmp_path)
    assert space.read(wacz(b"")[:60], "a.wacz").pages == []
    with pytest.raises(BadInputError):
        space.read(b"PK\x03\x04 and no zip", "b.wacz")


def test_a_bomb_is_unpacked_up_to_a_limit(tmp_path: Path) -> None:
    file = tmp_path / "bomb.zip"
    file.write_bytes(wacz(bytes(40_000_000), compression=zipfile.ZIP_DEFLATED))
    entry = next(entry for entry in entries_of_cut_zip(file) if entry.name.startswith("archive/"))
    assert copy_entry(file, entry, tmp_path / "copy", 1_000_000) == (tmp_path / "copy").stat().st_size == 1_000_000


@pytest.mark.parametrize("place", range(4, 30, 2))
def test_a_head_that_lies_ends_the_reading(tmp_path: Path, place: int) -> None:
    data = bytearray(wacz(archive_of(2)))
    data[place : place + 4] = b"\xff\xff\xff\xff"
    file = tmp_path / "bad.zip"
    file.write_bytes(data)
    for number, entry in enumerate(entries_of_cut_zip(file)):
        copy_entry(file, entry, tmp_path / f"{number}", 1_000_000)
