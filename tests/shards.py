"""Shards that were really crawled: a workspace where a crawl began, its two shards as they came home, and the same crawl on one machine."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.generated_web import GeneratedWeb
from bench.kill import make_workspace, run_to_end
from crawler.lists.vendor_list import ListOptions
from ledger.archive.stores import Store
from ledger.merging.take_in import find_shards
from partnerproof.cluster.cluster_crawl import begin_cluster_crawl
from partnerproof.cluster.orders import cut_shards, read_workspace_files
from partnerproof.cluster.shard_task import HomeTerms, crawl_shard
from partnerproof.crawl_run import CrawlOrder
from partnerproof.version import program_version
from partnerproof.workspace import Workspace, find_workspace

VENDORS, SHARD_VENDORS = 4, 2


def make_shards(folder: Path) -> None:
    """Make folder/home (a crawl was begun), folder/store (its two shards) and folder/one (the same crawl, on one machine)."""
    with GeneratedWeb(VENDORS, images=6) as web:
        web.write_seeds(folder / "seeds.csv")
        for name in ("home", "one"):
            make_workspace(folder / name)
        run_to_end(folder / "one", folder / "seeds.csv")
        workspace = find_workspace(folder / "home")
        order = CrawlOrder(
            seeds=folder / "seeds.csv", list_options=ListOptions(allow_private=True), allow_private=True, delay_s=0.0
        )
        with workspace.writing_beside("crawl"):
            crawl_id = begin_cluster_crawl(workspace, order, workspace.load_brands())
        with workspace.open_readonly() as ledger:
            orders = list(cut_shards(ledger, crawl_id, vendors=SHARD_VENDORS))
        files = read_workspace_files(workspace, ())
        terms = HomeTerms(
            order=CrawlOrder(allow_private=True, delay_s=0.0), store=str(folder / "store"), program=program_version()
        )
        for shard in orders:
            result = crawl_shard(folder / "scratch", shard, files, terms, worker="here")
            assert result.failure is None, result.failure


class CrawledShards:
    """A copy of what make_shards made, of a test's own."""

    def __init__(self, made: Path, folder: Path) -> None:
        for name in ("home", "store"):
            shutil.copytree(made / name, folder / name)
        self.one = made / "one"
        self.folder = folder
        self.home = folder / "home"
        self.store = folder / "store"

    @property
    def workspace(self) -> Workspace:
        return find_workspace(self.home)

    @property
    def shards(self) -> list[Path]:
        return [Path(shard.url) for shard in find_shards(Store(str(self.store)))]
