"""Shards handed to Dask's workers, one at a time each, and handed out again where a worker failed: Dask schedules, retries what a dead
worker had, and carries the bytes; here is only which shard is still owed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ledger.errors import OutsideFailureError
from ledger.extras import how_to_install
from partnerproof.cluster.orders import ShardOrder, WorkspaceFiles
from partnerproof.cluster.shard_task import HomeTerms, ShardResult, run_shard

LOCAL = "local"
MOST_STARTS = 4  # of a local cluster
MOST_TRIES = 4  # of a shard that fails as a value: on other workers, where there are any
AHEAD, LEAST_AHEAD = 3, 16  # shards handed out for each worker's thread, and in all
MOST_STRIKES = 2  # shards in a row that fail by a worker's own fault, its disk or network: then it gets no more
MOST_DEATHS = 20  # of workers that had a shard: one that kills every worker must end


# Dask looks what its workers compute a hundred times a second; ours wait for a process
_UNWATCHED = {"distributed.worker.profile.enabled": False, "distributed.worker.memory.monitor-interval": "2s"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterTerms:
    """Where shards are run. address: "local", or a scheduler's, which has so long to answer; workers: of a local cluster."""

    address: str
    workers: int = 2
    timeout_s: int = 20


@contextmanager
def reach_cluster(terms: ClusterTerms, scratch: Path) -> Iterator[Any]:
    """Yield a client of the cluster; a local one is started, and ends with this. Errors: OutsideFailureError."""
    try:
        from distributed import Client
    except ImportError as error:
        raise OutsideFailureError(
            f"a crawl on several workers needs the cluster extra; run: {how_to_install('cluster')}"
        ) from error
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # we tell ourselves what became of each shard
    if terms.address == LOCAL:
        scratch.mkdir(parents=True, exist_ok=True)
        with _start_local(terms.workers, scratch) as cluster, Client(cluster) as client:
            yield client
        return
    try:
        client = Client(terms.address, timeout=f"{terms.timeout_s}s")
    except Exception as error:  # timeouts, refused certificates, wrong addresses: each of another library
        raise OutsideFailureError(
            f"{terms.address}: the scheduler could not be reached ({type(error).__name__}: {str(error)[:300]}); start it, or name another"
        ) from error
    with client:
        yield client


def _start_local(workers: int, scratch: Path) -> Any:
    """Start workers on this machine. One that is killed while it starts takes the others with it: then all start again."""
    import dask
    from distributed import LocalCluster

    dask.config.set(_UNWATCHED)
    for tries_left in range(MOST_STARTS - 1, -1, -1):
        try:
            return LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address="127.0.0.1:0",  # None would be the port 8787 of every interface
                local_directory=str(scratch),
                host="127.0.0.1",
                protocol="tls",
                security=True,  # certificates of its own, for as long as it runs: others of this machine must not give it work
                silence_logs=logging.CRITICAL,
            )
        except (RuntimeError, OSError, TimeoutError) as error:
            if not tries_left:
                raise OutsideFailureError(
                    f"{workers} workers could not be started here ({error}); free some memory, or start fewer"
                ) from error
    raise AssertionError("the last try returns or raises")


@dataclass
class _Owed:
    """A shard that has not come home yet."""

    order: ShardOrder
    tries: int = 0
    deaths: int = 0


def run_shards(
    client: Any,
    orders: Iterable[ShardOrder],
    files: WorkspaceFiles,
    terms: HomeTerms,
    *,
    work: Callable[[ShardOrder, WorkspaceFiles, HomeTerms], ShardResult] = run_shard,
) -> Iterator[ShardResult]:
    """Yield what became of each shard, as it becomes known. work: what a worker does with a shard.

    Errors: OutsideFailureError when the scheduler is gone.

    Only so many shards are with the scheduler as keep all workers busy: each carries its vendors.
    """
    from distributed import KilledWorker, as_completed

    # an argument that is a task of its own lies on the workers once, and is made again where the one that had it died
    shared = client.submit(_hand_on, files, pure=False)
    owed: dict[str, _Owed] = {}

    def hand_out(shard: _Owed, not_on: frozenset[str] = frozenset()) -> Any:
        known = client.scheduler_info(n_workers=-1)["workers"] if not_on else ()
        others = [name for name in known if name not in not_on] or None
        future = client.submit(
            work,
            shard.order,
            shared,
            terms,
            pure=False,
            key=f"shard-{shard.order.shard_id}-{shard.tries}-{shard.deaths}",
            workers=others,
            allow_other_workers=others is not None,
        )
        owed[future.key] = shard
        return future

    failed_on: dict[str, frozenset[str]] = {}
    strikes: dict[str, int] = {}
    rest = iter(orders)

    def hand_out_more() -> list[Any]:
        most = max(LEAST_AHEAD, AHEAD * sum(client.nthreads().values()))
        return [hand_out(_Owed(order)) for order in islice(rest, max(0, most - len(owed)))]

    waiting = as_completed(hand_out_more())
    for future in waiting:
        shard = owed.pop(future.key)
        for more in hand_out_more() if future.status == "finished" else ():
            waiting.add(more)
        if future.status == "finished":
            result: ShardResult = future.result()
            strikes[result.worker] = strikes.get(result.worker, 0) + 1 if result.is_outside else 0
            if strikes[result.worker] >= MOST_STRIKES:
                _retire(client, result.worker)
            if result.failure is None or shard.tries + 1 >= MOST_TRIES:
                yield result
                continue
            shard.tries += 1
            bad = failed_on.get(result.shard_id, frozenset()) | {result.worker}
            failed_on[result.shard_id] = bad
            waiting.add(hand_out(shard, bad))
            continue
        error = future.exception() if future.status == "error" else None
        if isinstance(error, KilledWorker) and shard.deaths < MOST_DEATHS:
            shard.deaths += 1
            waiting.add(hand_out(shard))
            continue
        if error is None:
            raise OutsideFailureError(
                "the cluster's scheduler is gone; what came home is here, run the same command to go on"
            )
        yield ShardResult(shard_id=shard.order.shard_id, worker="", failure=f"{type(error).__name__}: {error}"[:500])


def _retire(client: Any, worker: str) -> None:
    """Give a worker no more shards, unless it is the last: a full disk fails each shard at once, and so would get all of them."""
    known = client.scheduler_info(n_workers=-1)["workers"]
    if worker in known and len(known) > 1:
        client.retire_workers([worker], close_workers=True)


def _hand_on(files: WorkspaceFiles) -> WorkspaceFiles:
    return files
