"""How a crawl is cut into shards, and what goes with them.

Tests: partnerproof/cluster/shard_terms.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.visits.seeds import begin_crawl, seed_of
from ledger.database import Ledger
from ledger.errors import BadInputError
from partnerproof.cluster.orders import (
    ShardOrder,
    WorkspaceFiles,
    cut_shards,
    open_shard_workspace,
    read_earlier,
    read_workspace_files,
    write_shard_workspace,
)
from partnerproof.cluster.shard_terms import ShardTerms, read_terms
from partnerproof.workspace import create_workspace, find_workspace
from tests.new_ledger import new_ledger

SITES = (
    "https://a.example/",
    "https://sites.google.com/view/quay",
    "https://shop.b.example/",
    "https://c.example/",
    "https://sites.google.com/view/pier",
    "https://www.b.example/",
    "https://quay.wordpress.com/",
    "https://pier.wordpress.com/",
)


def cut(tmp_path: Path, *, vendors: int, done: tuple[int, ...] = (), running: tuple[int, ...] = ()) -> list[ShardOrder]:
    database = tmp_path / "partnerproof.db"
    with Ledger.open(database) if database.exists() else new_ledger(database) as ledger:
        crawl_id = begin_crawl(
            ledger, [seed_of(site, name=site) for site in SITES], seeds_file="v.csv", settings={}, tool_version="1"
        )
        for state, ordinals in (("done", done), ("running", running)):
            for ordinal in ordinals:
                ledger.execute("UPDATE visits SET state = ? WHERE ordinal = ?", [state, ordinal])
        return list(cut_shards(ledger, crawl_id, vendors=vendors))


def ordinals(orders: list[ShardOrder]) -> list[list[int]]:
    return [[visit.ordinal for visit in order.visits] for order in orders]


def test_vendors_of_one_host_or_domain_are_in_one_shard(tmp_path: Path):
    """Tenants by path share a host, so they are asked by one worker; tenants by host have one each."""
    orders = cut(tmp_path, vendors=1)
    assert ordinals(orders) == [[0], [1, 4], [2, 5], [3], [6], [7]]
    assert {order.crawl_visits for order in orders} == {len(SITES)}
    assert len({order.shard_id for order in orders}) == len(orders)


def test_shards_are_filled_in_the_order_of_the_list(tmp_path: Path):
    assert ordinals(cut(tmp_path, vendors=3)) == [[0, 1, 4], [2, 5, 3], [6, 7]]


def test_a_crawl_that_goes_on_has_the_same_shards_less_what_is_done_or_begun_here(tmp_path: Path):
    whole = {order.shard_id: order for order in cut(tmp_path / "whole", vendors=3)}
    orders = cut(tmp_path / "rest", vendors=3, done=(0, 1, 4), running=(6,))
    assert ordinals(orders) == [[2, 5, 3], [7]]
    assert len(whole) == 3
    again = cut(tmp_path / "rest", vendors=3, done=(0, 1, 4), running=(6,))
    assert [order.shard_id for order in again] == [order.shard_id for order in orders]


def test_a_shards_workspace_has_what_a_crawl_reads_wherever_home_keeps_it(tmp_path: Path):
    workspace = create_workspace(tmp_path / "home", contact="https://acme.example/crawler")
    config = workspace.root / "partnerproof.toml"
    config.write_text(
        config.read_text(encoding="utf-8").replace('brands = "brands"', 'brands = "marks"'), encoding="utf-8"
    )
    (workspace.root / "marks" / "acme" / "logos").mkdir(parents=True)
    (workspace.root / "marks" / "acme" / "brand.toml").write_text('name = "Acme"\n', encoding="utf-8")
    (workspace.root / "marks" / "other").mkdir()
    (workspace.root / "marks" / "other" / "brand.toml").write_text('name = "Other"\n', encoding="utf-8")
    (workspace.root / "opt-out.txt").write_text("never.example\n", encoding="utf-8")
    home = open_shard_workspace(workspace.root)
    assert home.brands.name == "brands"
    files = read_workspace_files(find_workspace(workspace.root), ["acme"])
    assert sorted(files.files) == ["brands/acme/brand.toml", "opt-out.txt", "partnerproof.toml"]
    order = cut(tmp_path, vendors=3)[1]
    write_shard_workspace(tmp_path / "shards" / "one", order, files)
    shard = open_shard_workspace(tmp_path / "shards" / "one")
    assert (shard.brands / "acme" / "brand.toml").is_file()
    with shard.open_readonly() as ledger:
        assert ledger.values("SELECT ordinal FROM visits ORDER BY ordinal") == [2, 3, 5]
        assert ledger.value("SELECT crawl_id FROM crawls") == order.crawl.crawl_id
    assert read_earlier(shard.root) == order.earlier
    assert set(order.earlier) == {visit.visit_id for visit in order.visits}


def test_no_file_is_written_outside_a_shards_workspace(tmp_path: Path):
    order = cut(tmp_path, vendors=3)[0]
    files = WorkspaceFiles(files={"../../x": b"words"})
    with pytest.raises(BadInputError, match="a way out of it"):
        write_shard_workspace(tmp_path / "shards" / "one", order, files)
    assert not (tmp_path / "x").exists()


def test_a_worker_is_told_as_it_was_written():
    terms = ShardTerms(
        root="/r", run_id="1", crawl_id="2", parent=3, brands=("a",), resolve=("h:1:127.0.0.1",), scheduler="tcp://h:1"
    )
    assert read_terms(terms.as_json()) == terms
