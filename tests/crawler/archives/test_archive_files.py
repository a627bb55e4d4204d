"""Which WARC files a given file holds, whatever packs them."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest

from ledger.errors import BadInputError
from tests.flow.archives import AT, PAGE, URL, Maker, Space, whole


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return Space(tmp_path)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("packing", ["none", "members", "one member"])
def test_every_packing_is_read(space, logo_png, version, packing):
    data = whole(logo_png, is_gzip=packing == "members", version=version).data
    space.read(gzip.compress(data) if packing == "one member" else data)
    assert space.pages == [(URL, "ok")]
    assert space.rows("SELECT count(*) FROM captures WHERE fetched_at LIKE '2019-05-01%'") == [(2,)]


def wacz(files: dict[str, bytes], **compression: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **compression) as made:  # type: ignore[call-overload]  # its compression
        for name, data in files.items():
            made.writestr(name, data)
    return buffer.getvalue()


def package(files: dict[str, bytes]) -> dict[str, bytes]:
    resources = [
        {"path": n, "hash": f"sha256:{hashlib.sha256(d).hexdigest()}", "bytes": len(d)} for n, d in files.items()
    ]
    listed = json.dumps({"profile": "data-package", "resources": resources}).encode()
    return {**files, "datapackage.json": listed}


def test_a_wacz_is_read_and_its_pages_say_who_is_a_vendor(space, logo_png):
    maker = whole(logo_png).answer("https://ads.example/frame", PAGE)
    pages = b'{"format": "json-pages-1.0"}\n' + json.dumps({"url": URL, "ts": AT}).encode() + b"\nno json\n"
    space.read(wacz(package({"archive/a.warc.gz": maker.data, "pages/pages.jsonl": pages})), "made.wacz")
    assert space.pages == [(URL, "ok")]
    assert space.warnings == []


def test_a_wacz_that_was_changed_or_leads_elsewhere_is_told(space, logo_png):
    files = package(
        {"archive/a.warc.gz": whole(logo_png).data, "archive/b.warc.gz": Maker().answer("http://b.example/", PAGE).data}
    )
    files["archive/a.warc.gz"] = whole(logo_png + b"!").data
    files["../archive/c.warc.gz"] = files["archive/../d.warc.gz"] = files["/archive/e.warc.gz"] = files[
        "archive/a.warc.gz"
    ]
    space.read(wacz(files), "made.wacz")
    assert space.pages == [("http://b.example/", "ok")]
    assert [warning.partition(",")[0] for warning in space.warnings] == ["archive/a.warc.gz: digest-mismatch"]
    assert {path.name for path in space.folder.iterdir()} <= {"p.db", "p.db-wal", "p.db-shm", "made.wacz", "warc"}


def test_a_bomb_in_a_wacz_is_told(space):
    files = {
        "archive/a.warc": b"WARC/1.0\r\n" + bytes(400_000_000),
        "archive/b.warc.gz": Maker().answer(URL, PAGE).data,
    }
    space.read(wacz(files, compression=zipfile.ZIP_DEFLATED), "made.wacz")
    assert space.pages == [(URL, "ok")]
    assert "archive/a.warc: unpacks to more than" in space.warnings[0]


def test_a_zip_without_archives_is_bad_input(space):
    with pytest.raises(BadInputError, match="a zip without such files"):
        space.read(wacz({"x.txt": b"x"}), "made.wacz")
