"""Shards come home: again, in other orders, half copied, broken, contradicting; and what is left of their chains.

Tests: ledger/merging/shard_rows.py, ledger/merging/merged_tables.py, ledger/merging/shard_manifest.py, ledger/merging/shard_chains.py,
partnerproof/cluster/merging.py, partnerproof/cli/merge.py.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from bench.crawl_rows import differences, doubles
from ledger.archive.stores import Store
from ledger.errors import EvidenceBrokenError
from ledger.merging.merged_tables import MERGED, NOT_MERGED, OWN_RULES
from ledger.merging.shard_manifest import MANIFEST, ShardManifest, read_shard_manifest
from ledger.merging.take_in import ShardOutcome, TakenShard, take_in
from ledger.proof.sealed_rows import NOT_SEALED, TABLES
from ledger.proof.writer_lock import acquire_writer_lock
from ledger.vocabulary import CustodyEvent
from partnerproof.cluster.merging import shard_home
from partnerproof.workspace import Workspace
from tests.conftest import run_partnerproof
from tests.shards import VENDORS, CrawledShards

OTHER_LATER = {"recognised_at", "stored_at", "recorded_at", "read_at", "judged_at", "warc_offset", "warc_file"}


def take(workspace: Workspace, shard: Path) -> TakenShard:
    with acquire_writer_lock(workspace.database, "merge"):
        return take_in(shard_home(workspace), Store(str(shard)))


def merge(workspace: Workspace, *shards: Path) -> list[ShardOutcome]:
    return [take(workspace, shard).outcome for shard in shards]


def rows_of(database: Path) -> dict[str, set[tuple[object, ...]]]:
    """Every merged row, without numbers that mean something in one file only and instants of who came first."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        tables = [table.name for table in MERGED] + ["crawls", "visits", "warc_files"]
        rows: dict[str, set[tuple[object, ...]]] = {}
        for table in tables:
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            shared = table in ("certificates", "recognitions", "image_readings", "brands", "official_logos")
            kept = [
                n for n in names if not n.endswith("_no") and not (shared and n in OTHER_LATER) and n != "judged_at"
            ]
            rows[table] = set(connection.execute(f"SELECT {', '.join(kept)} FROM {table}"))
        regions = "SELECT i.image_sha256, h.x, h.y, h.width, h.height, h.edge_4x8x8 FROM hashed_images i JOIN image_hashes h USING (image_no)"
        rows["regions"] = set(connection.execute(regions))
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    return rows


def change_manifest(shard: Path, **changes: object) -> None:
    """Write a shard's manifest anew as its worker would have: with right digests of what is there now."""
    told = read_shard_manifest((shard / MANIFEST).read_bytes(), "it")
    files = {
        name: Store(str(shard)).fetch(name, shard / ".copy")
        for name in told.files
        if not (shard / ".copy").unlink(missing_ok=True)
    }
    (shard / ".copy").unlink()
    made = ShardManifest(
        **{"shard_id": told.shard_id, "run_id": told.run_id, "crawl_id": told.crawl_id, "visits": told.visits,
           "crawl_visits": told.crawl_visits, "made_at": told.made_at, "files": files, **changes}
    )  # fmt: skip
    (shard / MANIFEST).write_bytes(made.as_bytes())


def test_every_table_comes_home_or_is_said_not_to():
    merged = {table.name for table in MERGED} | set(OWN_RULES)
    sealed = {table.name for table in TABLES}
    assert merged & set(NOT_MERGED) == set()
    assert sealed <= merged | set(NOT_MERGED)
    assert merged | set(NOT_MERGED) <= sealed | set(NOT_SEALED)


def test_merged_shards_give_the_rows_of_one_machine(crawled_shards: CrawledShards):
    out = run_partnerproof("-w", crawled_shards.home, "merge", crawled_shards.store)
    assert "2 merged" in out
    assert differences(crawled_shards.one, crawled_shards.home) == []
    assert doubles(crawled_shards.home) == []
    with crawled_shards.workspace.open_readonly() as ledger:
        assert ledger.value("SELECT count(*) FROM visits WHERE judged_at IS NOT NULL") == VENDORS
        assert ledger.value("SELECT ended_at FROM crawls") is not None
        merged = [e["details"] for e in crawled_shards.workspace.custody.entries() if e["event"] == CustodyEvent.MERGED]
    assert [details["visits"] for details in merged] == [2, 2]
    again = run_partnerproof("-w", crawled_shards.home, "merge", crawled_shards.store, "--json")
    assert [shard["outcome"] for shard in json.loads(again)] == ["here already"] * 2
    assert run_partnerproof("-w", crawled_shards.home, "seal")
    checks = json.loads(
        run_partnerproof("-w", crawled_shards.home, "verify", "--json", code=3).partition("]\n")[0] + "]"
    )
    assert [check for check in checks if check["outcome"] == "BROKEN"] == []
    assert sum("its own chain" in check["detail"] for check in checks) == 2


def test_the_order_makes_no_difference(crawled_shards: CrawledShards, tmp_path: Path):
    other = shutil.copytree(crawled_shards.home, tmp_path / "other")
    shards = crawled_shards.shards
    assert merge(crawled_shards.workspace, *shards) == [ShardOutcome.MERGED] * 2
    twin = Workspace(root=other, config=crawled_shards.workspace.config)
    outcomes = merge(twin, shards[1], shards[1], shards[0], shards[1])
    assert outcomes == [ShardOutcome.MERGED, ShardOutcome.HERE, ShardOutcome.MERGED, ShardOutcome.HERE]
    assert rows_of(twin.database) == rows_of(crawled_shards.workspace.database)
    assert sorted(path.name for path in twin.warc.iterdir()) == sorted(
        p.name for p in crawled_shards.workspace.warc.iterdir()
    )


def test_a_workspace_that_knows_nothing_of_the_crawl_takes_it_over(crawled_shards: CrawledShards, tmp_path: Path):
    run_partnerproof("init", tmp_path / "new")
    first, second = crawled_shards.shards
    run_partnerproof("-w", tmp_path / "new", "merge", first)
    with sqlite3.connect(f"file:{tmp_path / 'new/var/partnerproof.db'}?mode=ro", uri=True) as database:
        assert database.execute(
            "SELECT count(*), max(c.ended_at) FROM crawls c JOIN visits USING (crawl_id)"
        ).fetchone() == (2, None)
    run_partnerproof("-w", tmp_path / "new", "merge", second)
    assert differences(crawled_shards.one, tmp_path / "new") == []


def test_a_half_copied_shard_is_named_and_the_others_are_taken(crawled_shards: CrawledShards):
    first, _ = crawled_shards.shards
    whole = (first / MANIFEST).read_bytes()
    (first / MANIFEST).unlink()
    out = run_partnerproof("-w", crawled_shards.home, "merge", crawled_shards.store, code=1)
    assert f"half copied  {first}" in out
    assert "1 merged, 1 half copied" in out
    (first / MANIFEST).write_bytes(whole)
    warc = next((first / "warc").iterdir())
    content = warc.read_bytes()
    warc.write_bytes(content[:-10])
    assert f"warc/{warc.name}: expected" in take(crawled_shards.workspace, first).detail
    warc.unlink()
    assert f"warc/{warc.name} is not there" in take(crawled_shards.workspace, first).detail
    assert not (crawled_shards.workspace.warc / warc.name).exists()
    warc.write_bytes(content)
    assert merge(crawled_shards.workspace, first) == [ShardOutcome.MERGED]
    assert len(rows_of(crawled_shards.workspace.database)["captures"]) > 0
    assert list(crawled_shards.workspace.shards.glob(".*")) == []


def test_a_shard_whose_seal_does_not_hold_is_refused(crawled_shards: CrawledShards):
    first, _ = crawled_shards.shards
    with sqlite3.connect(first / "partnerproof.db") as database:
        database.execute("UPDATE looks SET requested_url = 'http://elsewhere.example/' WHERE rowid = 1")
    database.close()
    change_manifest(first)
    taken = take(crawled_shards.workspace, first)
    assert taken.outcome is ShardOutcome.REFUSED
    assert "partnerproof.db" in taken.detail
    assert rows_of(crawled_shards.workspace.database)["looks"] == set()
    assert list(crawled_shards.workspace.warc.glob("*")) == []


def test_another_run_of_a_shard_that_is_here_contradicts_it(crawled_shards: CrawledShards):
    first, _ = crawled_shards.shards
    assert merge(crawled_shards.workspace, first) == [ShardOutcome.MERGED]
    before = rows_of(crawled_shards.workspace.database)
    with sqlite3.connect(crawled_shards.workspace.database) as database:  # as if another worker had been a second later
        database.execute("UPDATE visits SET ended_at = '2026-01-01T00:00:00Z' WHERE state = 'done'")
    database.close()
    told = json.loads((first / MANIFEST).read_bytes())
    change_manifest(first, run_id=told["run_id"][::-1])
    taken = take(crawled_shards.workspace, first)
    assert taken.outcome is ShardOutcome.REFUSED
    assert "is here from another run, and not the same" in taken.detail
    assert rows_of(crawled_shards.workspace.database)["captures"] == before["captures"]


def test_rows_that_both_have_stay_as_they_are_here_and_are_counted(crawled_shards: CrawledShards):
    first, second = crawled_shards.shards
    with sqlite3.connect(crawled_shards.workspace.database) as database:
        database.execute("UPDATE brands SET name = 'Quintary Works'")
    database.close()
    merged = [take(crawled_shards.workspace, shard).merged for shard in (first, second)]
    assert [rows.kept for rows in merged if rows] == [{"brands": 1}] * 2
    with crawled_shards.workspace.open_readonly() as ledger:
        assert ledger.value("SELECT name FROM brands") == "Quintary Works"


def test_what_a_killed_merge_left_is_merged_again(crawled_shards: CrawledShards):
    """Killed after the rows were written, and before the log had its entry."""
    first, second = crawled_shards.shards
    assert merge(crawled_shards.workspace, first) == [ShardOutcome.MERGED]
    kept = next(crawled_shards.workspace.shards.iterdir())
    (kept / MANIFEST).unlink()
    (crawled_shards.workspace.shards / ".01KC0000000000000000000000").mkdir()
    assert merge(crawled_shards.workspace, first, second) == [ShardOutcome.MERGED] * 2
    assert list(crawled_shards.workspace.shards.glob(".*")) == []
    assert len(rows_of(crawled_shards.workspace.database)["visits"]) == VENDORS


def test_a_chain_that_was_changed_afterwards_is_broken(crawled_shards: CrawledShards):
    assert merge(crawled_shards.workspace, *crawled_shards.shards) == [ShardOutcome.MERGED] * 2
    kept = next(crawled_shards.workspace.shards.iterdir())
    lines = (kept / "custody.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (kept / "custody.jsonl").write_text("".join(lines[:-1]), encoding="utf-8")
    (crawled_shards.workspace.shards / "abc").mkdir()
    out = run_partnerproof("-w", crawled_shards.home, "verify", code=1)
    assert f"shard {kept.name}, its custody log: is not the one that came home" in out
    assert "shard abc: was put there by others" in out


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "warc/../../x.warc.gz", "/etc/passwd", "seals/../../x", "brands/x"]
)
def test_a_manifest_that_names_a_way_out_is_none(name: str):
    made = ShardManifest(
        shard_id="a" * 20,
        run_id="b" * 26,
        crawl_id="c" * 26,
        visits=1,
        crawl_visits=1,
        made_at="2026-11-23T06:34:29Z",
        files={},
    )  # type: ignore[arg-type]  # texts do
    body = {key: value for key, value in json.loads(made.as_bytes()).items() if key != "sha256"}
    files = {file: {"bytes": 1, "sha256": "0" * 64} for file in ("partnerproof.db", "custody.jsonl", name)}
    from ledger.identity import sha256_hex
    from ledger.proof.verifier import canonical

    data = canonical({**body, "files": files, "sha256": sha256_hex(canonical({**body, "files": files}))})
    with pytest.raises(EvidenceBrokenError, match="it names"):
        read_shard_manifest(data, "it")


def test_nothing_to_merge_is_said(crawled_shards: CrawledShards, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    out = run_partnerproof("-w", crawled_shards.home, "merge", tmp_path / "empty", code=2)
    assert "expected shards (folders with a shard.json), got none" in out
