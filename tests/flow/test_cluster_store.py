"""Shards in a store that speaks S3: brought home from there, or their archive left there and read by range, also when it is away.

Tests: ledger/archive/stores.py, ledger/archive/warc_places.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from bench.crawl_rows import differences
from ledger.archive.stores import Store, StoreAwayError
from ledger.archive.warc import read_exchange
from ledger.archive.warc_places import AWAY, find_away, open_warc
from ledger.database import Ledger
from ledger.errors import EvidenceBrokenError
from tests.conftest import run_partnerproof
from tests.shards import CrawledShards


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadedMotoServer]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",  # moto asks for none
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    _forget_stores()
    yield server
    server.stop()
    _forget_stores()


def _forget_stores() -> None:
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()


def upload(shards: CrawledShards) -> Store:
    """Copy the shards into a bucket."""
    import s3fs

    s3fs.S3FileSystem().mkdir("evidence")
    store = Store("s3://evidence/crawls")
    for path in shards.store.rglob("*"):
        if path.is_file():
            store.put(path, path.relative_to(shards.store).as_posix())
    return store


def checks_of(root: Path, code: int) -> list[dict[str, str]]:
    out = run_partnerproof("-w", root, "verify", "--json", code=code)
    return json.loads(out[: out.rindex("]") + 1])  # type: ignore[no-any-return]


def test_shards_come_home_from_s3_and_their_archive_may_stay_there(
    crawled_shards: CrawledShards, s3: ThreadedMotoServer, monkeypatch: pytest.MonkeyPatch
):
    home, store = crawled_shards.home, upload(crawled_shards)
    out = run_partnerproof("-w", home, "merge", store.url, "--leave-warc")
    assert "2 merged" in out
    assert {path.suffix for path in crawled_shards.workspace.warc.iterdir()} == {AWAY}
    assert [d for d in differences(crawled_shards.one, home) if not d.startswith("warc records")] == []
    run_partnerproof("-w", home, "seal")
    checks = checks_of(home, code=3)  # nobody has stamped the seal
    assert [check for check in checks if check["outcome"] == "BROKEN"] == []
    assert sum("as sealed by" in check["detail"] for check in checks) == 2
    with crawled_shards.workspace.open_readonly() as ledger:
        captures = ledger.values("SELECT capture_id FROM captures")
        assert all(read_exchange(crawled_shards.workspace.warc, ledger, capture).status for capture in captures)
    assert "2 more lie in stores" in run_partnerproof("-w", home, "doctor")

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # nobody answers there
    away = checks_of(home, code=3)
    assert [check for check in away if check["outcome"] == "BROKEN"] == []
    assert sum("try again when it answers" in check["detail"] for check in away) == 2


def test_what_was_left_comes_home_when_it_is_merged_again(crawled_shards: CrawledShards):
    home = crawled_shards.home
    run_partnerproof("-w", home, "merge", crawled_shards.store, "--leave-warc")
    assert "1 WARC files came home now" in run_partnerproof("-w", home, "merge", crawled_shards.store)
    assert {path.suffix for path in crawled_shards.workspace.warc.iterdir()} == {".gz"}
    assert differences(crawled_shards.one, home) == []


def test_a_store_that_is_away_tells_nothing_and_a_changed_file_is_broken(crawled_shards: CrawledShards):
    run_partnerproof("-w", crawled_shards.home, "merge", crawled_shards.store, "--leave-warc")
    run_partnerproof("-w", crawled_shards.home, "seal")
    workspace = crawled_shards.workspace
    with Ledger.open_readonly(workspace.database) as ledger:
        capture = ledger.value("SELECT capture_id FROM captures WHERE refers_to IS NULL AND payload_bytes > 500")
        name = ledger.value("SELECT warc_file FROM captures WHERE capture_id = ?", [capture])
        offset = ledger.value("SELECT warc_offset FROM captures WHERE capture_id = ?", [capture])
        place = find_away(workspace.warc, name)
        assert place is not None
        path = Path(place.folder.url) / name
        content = path.read_bytes()
        path.rename(path.with_name("gone"))
        with pytest.raises(StoreAwayError, match="try again when it answers"):
            read_exchange(workspace.warc, ledger, capture)
        path.write_bytes(content[: offset + 40] + b"\0" * 40 + content[offset + 80 :])
        with pytest.raises(EvidenceBrokenError):
            read_exchange(workspace.warc, ledger, capture)
        with pytest.raises(KeyError), open_warc(workspace.warc, name):
            raise KeyError("what fails in a reader is not the store's failure")
    out = run_partnerproof("-w", crawled_shards.home, "verify", code=1)
    assert f"{name}, byte {offset}: the record of" in out


def test_a_place_that_does_not_say_where_a_file_lies_is_broken(tmp_path: Path):
    (tmp_path / "a.warc.gz.away").write_text("{}", encoding="utf-8")
    with pytest.raises(EvidenceBrokenError, match="expected where"):
        find_away(tmp_path, "a.warc.gz")
    assert find_away(tmp_path, "b.warc.gz") is None


def test_a_store_of_no_known_kind_is_said(tmp_path: Path):
    with pytest.raises(StoreAwayError, match="nonsense://x"):
        Store("nonsense://x").names()
    store = Store(str(tmp_path))
    assert store.read("none") is None
    assert store.size_of("none") is None
    assert store.names() == []
    store.write("a/b", b"words")
    assert (store.names(), store.read_range("a/b", 1, 3)) == (["a/b"], b"or")
    with pytest.raises(StoreAwayError), store.reading("none"):
        pass
    store.below("a").remove()
    assert store.names() == []
