"""Shards handed to workers: what fails there comes back as a value and is tried elsewhere; what is missing is said."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.archive.stores import Store
from ledger.errors import OutsideFailureError
from ledger.identity import utc_text
from ledger.merging.lake_files import write_view
from ledger.records import Crawl
from ledger.typed_texts import CrawlId
from ledger.vocabulary import CrawlKind
from partnerproof.cluster.orders import ShardOrder, WorkspaceFiles
from partnerproof.cluster.scheduling import ClusterTerms, reach_cluster, run_shards
from partnerproof.cluster.shard_task import HomeTerms
from partnerproof.crawl_run import CrawlOrder
from tests.new_ledger import new_ledger

NOTHING = WorkspaceFiles(files={})


def order(number: int = 0) -> ShardOrder:
    crawl = Crawl(
        crawl_id=CrawlId("01KC7B2Z1N3R8T6V4X9Y2A5D7F"), order_sha256="0", seeds_file="v.csv", settings={}, tool_version="1",
        started_at=utc_text(), ended_at=None, kind=CrawlKind.CRAWL, made_with={},
    )  # fmt: skip
    return ShardOrder(shard_id=f"{number:020x}", crawl=crawl, seeds=(), visits=(), crawl_visits=0, earlier={})


def terms(store: Path) -> HomeTerms:
    return HomeTerms(order=CrawlOrder(), store=str(store), program="another version")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Any]:
    """A client of a scheduler in this process, without workers."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=0, processes=False, dashboard_address="127.0.0.1:0", protocol="tcp", host="127.0.0.1"
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def test_what_fails_on_one_worker_is_tried_on_others_and_then_told(here: Any, tmp_path: Path):
    here.cluster.scale(2)
    here.wait_for_workers(2)
    orders = [order(number) for number in range(40)]
    results = list(run_shards(here, iter(orders), NOTHING, terms(tmp_path)))
    assert {result.shard_id for result in results} == {each.shard_id for each in orders}
    assert {(result.name, "install the same" in (result.failure or "")) for result in results} == {(None, True)}
    assert len(results) == len(orders)


def test_a_scheduler_that_is_gone_ends_the_command(here: Any, tmp_path: Path):
    timer = threading.Timer(1.0, here.cluster.close)
    timer.start()
    with pytest.raises(OutsideFailureError, match="the cluster's scheduler is gone; what came home is here"):
        list(run_shards(here, [order()], NOTHING, terms(tmp_path)))
    timer.join()


def test_an_extra_that_is_missing_is_one_clear_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for module in ("distributed", "fsspec.core", "pyarrow"):
        monkeypatch.setitem(sys.modules, module, None)
    with (
        pytest.raises(OutsideFailureError, match=r"needs the cluster extra; run: pip install .*distributed"),
        reach_cluster(ClusterTerms(address="local"), tmp_path),
    ):
        pass
    with pytest.raises(OutsideFailureError, match=r"needs the cluster extra; run: pip install .*fsspec"):
        Store(str(tmp_path)).names()
    with (
        new_ledger(tmp_path / "p.db") as ledger,
        pytest.raises(OutsideFailureError, match=r"needs the lake extra; run: pip install .*pyarrow"),
    ):
        write_view(ledger, "v_findings", tmp_path / "x")


def test_nobody_at_an_address_is_said(tmp_path: Path):
    with (
        pytest.raises(OutsideFailureError, match=r"tcp://127\.0\.0\.1:9: the scheduler could not be reached"),
        reach_cluster(ClusterTerms(address="tcp://127.0.0.1:9", timeout_s=1), tmp_path),
    ):
        pass
