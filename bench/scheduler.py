"""A thousand workers that do only what costs the scheduler: shards handed out as a crawl hands them out, places at addresses asked for.

python -m bench.scheduler --workers 1000 --shards 3000 --seconds 30 --addresses 1

Each worker is one of Dask's with its own connections; many share a process, so that one machine holds them. A shard is an order of 200 vendors
that waits --seconds; meanwhile its own client asks the scheduler for places at --addresses new addresses a second, as the process that
crawls a shard does. --addresses 0: no client, no places.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import psutil

from ledger.records import Crawl, Seed, Visit
from ledger.typed_texts import CrawlId, Instant, SeedId, Sha256, VisitId
from ledger.vocabulary import VisitState
from partnerproof.cluster.address_places import SharedPlaces
from partnerproof.cluster.orders import SHARD_VENDORS, ShardOrder, WorkspaceFiles
from partnerproof.cluster.scheduling import ClusterTerms, reach_cluster, run_shards
from partnerproof.cluster.shard_task import HomeTerms, ShardResult
from partnerproof.crawl_run import CrawlOrder

ROOT = Path(__file__).parents[1]
# a thousand workers on one machine would look at nothing but themselves
UNWATCHED = {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__WORKER__MEMORY__MONITOR_INTERVAL": "60s",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "60s",
    "OMP_NUM_THREADS": "1",
}
PER_PROCESS = 100  # workers
PLACES, REQUEST_S = 4, 1.0  # at an address; that one request takes


def make_orders(shards: int) -> Iterator[ShardOrder]:
    """Yield shards of made-up vendors, as large as those of a crawl."""
    crawl = Crawl(
        crawl_id=CrawlId("c"), order_sha256=Sha256("0" * 64), seeds_file="v.csv", settings={}, tool_version="",
        started_at=Instant("2026-01-01T00:00:00Z"), ended_at=None,
    )  # fmt: skip
    for shard in range(shards):
        seeds, visits = [], []
        for number in range(SHARD_VENDORS):
            domain = f"vendor-{shard}-{number}.example"
            seed_id = SeedId(f"{shard:032x}{number:032x}")
            seeds.append(
                Seed(
                    seed_id=seed_id, vendor=f"Vendor {shard}-{number} Ltd", vendor_domain=domain,
                    start_urls=(f"https://{domain}/",), country="DE", parent=None,
                )
            )  # fmt: skip
            visits.append(
                Visit(
                    visit_id=VisitId(seed_id), crawl_id=crawl.crawl_id, seed_id=seed_id, ordinal=number, state=VisitState.PENDING,
                    started_at=None, ended_at=None, end_reason=None, pages=0, requests=0, body_bytes=0,
                )
            )  # fmt: skip
        yield ShardOrder(
            shard_id=f"{shard:08}", crawl=crawl, seeds=tuple(seeds), visits=tuple(visits),
            crawl_visits=shards * SHARD_VENDORS, earlier={},
        )  # fmt: skip


def wait_a_shard(
    order: ShardOrder, files: WorkspaceFiles, terms: HomeTerms, *, scheduler: str, seconds: float, addresses: float
) -> ShardResult:
    """Take the time of a shard, and ask for places meanwhile; crawl_s is how long the slowest place was waited for."""
    if addresses:
        slowest = asyncio.run(_ask_for_places(scheduler, seconds, addresses))
    else:
        time.sleep(seconds)
        slowest = 0.0
    return ShardResult(shard_id=order.shard_id, worker="", name=order.shard_id, crawl_s=slowest)


async def _ask_for_places(scheduler: str, seconds: float, addresses: float) -> float:
    places = SharedPlaces(scheduler, None, per_address=PLACES)
    waited = [0.0]

    async def ask() -> None:
        address = f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(256)}"
        asked_at = time.monotonic()
        await places.take(address)
        waited.append(time.monotonic() - asked_at)
        await asyncio.sleep(REQUEST_S)
        places.give_back(address)

    ends_at = time.monotonic() + seconds
    asking = []
    while time.monotonic() < ends_at:
        await asyncio.sleep(random.expovariate(addresses))
        asking.append(asyncio.ensure_future(ask()))
    await asyncio.gather(*asking)
    await places.close()
    return max(waited)


async def hold_workers(scheduler: str, workers: int) -> None:
    """Be so many workers until the scheduler is gone."""
    from distributed import Worker

    with tempfile.TemporaryDirectory() as scratch:
        held = [
            Worker(scheduler, nthreads=1, memory_limit=None, dashboard=False, local_directory=scratch)
            for _ in range(workers)
        ]
        for worker in held:
            await worker
        await asyncio.gather(*(worker.finished() for worker in held))


def simulate(options: argparse.Namespace) -> int:
    """Start scheduler and workers, hand out the shards, and print what the scheduler took."""
    with ExitStack() as stack, tempfile.TemporaryDirectory() as made:
        env = os.environ | UNWATCHED
        file = Path(made, "scheduler.json")

        def start(*command: str) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )  # fmt: skip
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        scheduler = start(
            "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(options.port), "--no-dashboard",
            "--scheduler-file", str(file),
        )  # fmt: skip
        while not file.exists():
            time.sleep(0.1)
        address = f"tcp://127.0.0.1:{options.port}"
        for first in range(0, options.workers, PER_PROCESS):
            start(
                "bench.scheduler", "--hold", str(min(PER_PROCESS, options.workers - first)), "--port", str(options.port)
            )
        with reach_cluster(ClusterTerms(address=address), Path(made)) as client:
            client.wait_for_workers(options.workers, timeout=600)
            measured, home = psutil.Process(scheduler.pid), psutil.Process()
            before, home_before, started = measured.cpu_times(), home.cpu_times(), time.monotonic()
            print(f"{options.workers} workers; the scheduler has {measured.memory_info().rss / 1e6:.0f} MB", flush=True)
            work = partial(wait_a_shard, scheduler=address, seconds=options.seconds, addresses=options.addresses)
            terms = HomeTerms(order=CrawlOrder(), store="", program="")
            results = list(run_shards(client, make_orders(options.shards), WorkspaceFiles(files={}), terms, work=work))
            clock_s, after, home_after = time.monotonic() - started, measured.cpu_times(), home.cpu_times()
        ideal_s = options.seconds * -(-options.shards // options.workers)
        used_s = after.user + after.system - before.user - before.system
        home_s = home_after.user + home_after.system - home_before.user - home_before.system
        slow = sorted(result.crawl_s for result in results)
        failed = sum(result.failure is not None for result in results)
        print(
            f"{len(results)} shards in {clock_s:.1f} s, {ideal_s:.0f} s would be without any cost; {failed} failed\n"
            f"scheduler: {used_s:.1f} s of processor, {100 * used_s / clock_s:.0f} % of a core, {1e3 * used_s / len(results):.1f} ms a shard, "
            f"peak {measured.memory_info().rss / 1e6:.0f} MB; home: {100 * home_s / clock_s:.0f} % of a core\n"
            f"the slowest place of a shard came after {slow[len(slow) // 2]:.2f} s in the middle shard, {slow[-1]:.2f} s in the worst"
        )
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=1000)
    parser.add_argument("--shards", type=int, default=3000)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--addresses", type=float, default=1.0)
    parser.add_argument("--port", type=int, default=18786)
    parser.add_argument("--hold", type=int, help="be so many workers (used by this program itself)")
    options = parser.parse_args()
    if options.hold:
        asyncio.run(hold_workers(f"tcp://127.0.0.1:{options.port}", options.hold))
        return 0
    return simulate(options)


if __name__ == "__main__":
    sys.exit(main())
