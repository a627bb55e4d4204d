"""Shards asked as one: the views' rows are those of the workspace that they were merged into.

Tests: ledger/merging/lake_files.py, partnerproof/cluster/lake.py, partnerproof/cli/lake.py.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from ledger.merging.lake_files import SHARD_VIEWS, known_views, read_view
from tests.conftest import run_partnerproof
from tests.shards import VENDORS, CrawledShards


def ask(root: Path, lake: Path, sql: str) -> list[dict[str, object]]:
    return json.loads(run_partnerproof("-w", root, "lake", "query", lake, sql, "--json"))  # type: ignore[no-any-return]


def test_a_lake_has_the_rows_of_the_merged_workspace(crawled_shards: CrawledShards, tmp_path: Path):
    home, lake = crawled_shards.home, tmp_path / "lake"
    assert run_partnerproof("lake", "add", lake, crawled_shards.store).count("added") == 2
    assert run_partnerproof("lake", "add", lake, crawled_shards.store).count("there already") == 2
    run_partnerproof("-w", home, "merge", crawled_shards.store)
    with crawled_shards.workspace.open_readonly() as ledger:
        counts = {view: ledger.value(f"SELECT count(*) FROM {view}") for view in SHARD_VIEWS}
        seen = sorted(ledger.values("SELECT vendor || page_url || coalesce(image_sha256, '') FROM v_sightings"))
    several = " UNION ALL ".join(f"SELECT '{view}' AS name, count(*) AS rows FROM {view}" for view in SHARD_VIEWS)
    found = {str(row["name"]): row["rows"] for row in ask(home, lake, several)}
    shared = {"v_image_hashes"}  # of an image that both shards saw, each has the regions
    assert {name: rows for name, rows in found.items() if name not in shared} == {
        name: rows for name, rows in counts.items() if name not in shared
    }
    rows = ask(
        home, lake, "SELECT vendor || page_url || coalesce(image_sha256, '') AS it, crawl, shard FROM v_sightings"
    )
    assert sorted(str(row["it"]) for row in rows) == seen
    assert len({row["shard"] for row in rows}) == 2
    joined = "SELECT DISTINCT f.vendor, f.verdict FROM v_findings f JOIN v_sightings s USING (vendor) ORDER BY 1"
    assert {row["verdict"] for row in ask(home, lake, joined)} == {"undetermined"}
    out = run_partnerproof("lake", "query", lake, "SELECT count(*) AS n FROM v_vendor_coverage", cwd=tmp_path)
    assert list(csv.reader(io.StringIO(out))) == [["n"], [str(VENDORS)]]


def test_a_half_copied_shard_is_left_out_and_a_wrong_query_is_said(crawled_shards: CrawledShards, tmp_path: Path):
    first, second = crawled_shards.shards
    (first / "shard.json").unlink()
    (second / "partnerproof.db").write_bytes(b"not it")
    out = run_partnerproof("lake", "add", tmp_path / "lake", crawled_shards.store, code=1)
    assert f"left out  {first}: it is half copied" in out
    assert f"left out  {second}: partnerproof.db is not as shard.json says" in out
    assert "no shard in it" in run_partnerproof("lake", "query", tmp_path / "lake", "SELECT 1", code=2, cwd=tmp_path)
    shutil.rmtree(crawled_shards.store)
    shutil.copytree(crawled_shards.one.parent / "store", crawled_shards.store)
    run_partnerproof("lake", "add", tmp_path / "lake", crawled_shards.store)
    out = run_partnerproof("lake", "query", tmp_path / "lake", "SELECT nothing FROM v_sightings", code=2, cwd=tmp_path)
    assert "query: expected SQL of DuckDB" in out


@pytest.mark.parametrize("view", ["v_findings", "v_vendor_coverage", "v_contradictions", "v_cases", "v_image_hashes"])
def test_a_computed_column_has_the_type_that_its_values_have(crawled_shards: CrawledShards, view: str):
    """Arrow refuses a value of another type."""
    from partnerproof.workspace import find_workspace

    with find_workspace(crawled_shards.one).open_readonly() as ledger:
        assert view in known_views(ledger)
        assert read_view(ledger, view).num_rows == ledger.value(f"SELECT count(*) FROM {view}")
