"""A new logo in shards that were never merged: the hits of the workspace that they would be merged into.

Tests: partnerproof/cluster/shard_hunt.py, partnerproof/cli/hunt.py.
"""

from __future__ import annotations

import json
from pathlib import Path

from bench.generated_web import picture
from tests.conftest import run_partnerproof
from tests.shards import CrawledShards

SHOWN = ("logo", "vendor", "page_url", "image_sha256", "score")


def test_shards_show_what_the_merged_workspace_shows(crawled_shards: CrawledShards, tmp_path: Path):
    logo = tmp_path / "new.png"
    logo.write_bytes(picture(5))
    run_partnerproof("-w", crawled_shards.home, "merge", crawled_shards.store)
    merged = json.loads(run_partnerproof("-w", crawled_shards.home, "hunt", logo, "--json"))
    command = ["hunt", logo, "--shards", crawled_shards.store, "--cluster", "local", "--workers", "1", "--json"]
    apart = json.loads(run_partnerproof(*command))
    assert {tuple(hit[name] for name in SHOWN) for hit in merged} == {
        tuple(hit[name] for name in SHOWN) for hit in apart
    }
    assert len({hit["vendor"] for hit in apart}) > 1


def test_a_shard_that_cannot_be_looked_at_is_told(crawled_shards: CrawledShards, tmp_path: Path):
    logo = tmp_path / "new.png"
    logo.write_bytes(picture(5))
    first, second = crawled_shards.shards
    for path in first.glob("warc/*"):
        path.unlink()
    (second / "shard.json").unlink()
    out = run_partnerproof("hunt", logo, "--shards", crawled_shards.store, code=3)
    assert "it is half copied" in out
    assert "try again when it answers" in out
