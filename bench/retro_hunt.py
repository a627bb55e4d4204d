"""The retro-hunt's search over ten million hashes: milliseconds a query, beside faiss and the machine's read limit.

python -m bench.retro_hunt [--hashes 10000000] [--queries 21] [--regions 1000000]

Hashes are random, with neighbours planted at known distances around each query. For each query every contender
runs in turn, so that a machine that is busy with other things slows all of them alike; the results are compared.
One thread. faiss is measured if `pip install faiss-cpu` was done; the program itself never needs it.
--regions: stored regions of the database, three hashes each, from which the side file is built; 0 = leave that out.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

from ledger.database import Ledger
from matcher import thresholds
from matcher.looking.hash_index import HashIndex
from matcher.stored_hashes import open_hashes

KINDS = ((64, 10), (256, thresholds.HUNT_DISTANCE_BITS), (256, thresholds.SHORTLIST_DISTANCE_BITS))
faiss = None
with contextlib.suppress(ImportError):
    import faiss  # type: ignore[no-redef,import-not-found]  # only measured against


def timed_ms(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


def plant(hashes: np.ndarray, query: np.ndarray, radius: int, chance: np.random.Generator) -> set[int]:
    """Write hashes with 0, 1, … radius + 1 bits changed; returns the places of those within the radius."""
    bits, inside = hashes.shape[1] * 64, set()
    for changed in {0, 1, radius // 2, radius, radius + 1}:
        place, near = int(chance.integers(len(hashes))), query.copy()
        for bit in chance.choice(bits, changed, replace=False):
            near[bit // 64] ^= np.uint64(1) << np.uint64(bit % 64)
        hashes[place] = near
        inside |= {place} if changed <= radius else set()
    return inside


def measure_search(count: int, bits: int, radius: int, queries: int) -> None:
    chance = np.random.default_rng(bits + radius)
    hashes = chance.integers(0, 2**64, (count, bits // 64), np.uint64)
    asked = chance.integers(0, 2**64, (queries, bits // 64), np.uint64)
    planted = [plant(hashes, query, radius, chance) for query in asked]
    index = HashIndex.from_words(hashes)
    matrix, vector = np.ones((count * bits // 64 // 8000, 8000)), np.ones(8000)
    times: dict[str, list[float]] = {}
    found: dict[str, set[int]] = {}

    def run(name: str, action: Callable[[], object]) -> None:
        times.setdefault(name, []).append(timed_ms(action))

    def ours(query: np.ndarray) -> None:
        found["ours"] = set(index.search(query[None], radius)[0].positions.tolist())

    their = None
    if faiss is not None:
        faiss.omp_set_num_threads(1)
        their = faiss.IndexBinaryFlat(bits)
        their.add(hashes.view(np.uint8))

    def faiss_range(query: np.ndarray) -> None:
        found["faiss"] = set(their.range_search(query[None].view(np.uint8), radius + 1)[2].tolist())

    for query, inside in zip(asked, planted, strict=True):
        run("limit", lambda: matrix @ vector)
        run("ours", lambda query=query: ours(query))
        missed = inside - found["ours"]
        if their is not None:
            run("faiss range", lambda query=query: faiss_range(query))
            run("faiss 10-NN", lambda query=query: their.search(query[None].view(np.uint8), 10))
            missed |= found["ours"] ^ found["faiss"]
        if missed:
            sys.exit(f"{bits} bits, radius {radius}: the searches differ at {sorted(missed)[:5]}")
    for _ in range(3):
        run(f"ours, {queries} at once", lambda: index.search(asked, radius))
        if their is not None:
            run(f"faiss 10-NN, {queries} at once", lambda: their.search(asked.view(np.uint8), 10))
    limit = statistics.median(times["limit"])
    print(
        f"\n{count:,} x {bits} bits, radius {radius}, {count * bits / 8e6:.0f} MB: ms a query (median, least), x limit"
    )
    for name, values in times.items():
        each = [value / (queries if "at once" in name else 1) for value in values]
        middle = statistics.median(each)
        print(f"  {name:28} {middle:7.1f} {min(each):7.1f}   {middle / limit:5.1f}", flush=True)
    if their is None:
        print("  faiss is not installed: not measured")
    else:
        print(
            f"  ours : faiss range = {statistics.median(times['ours']) / statistics.median(times['faiss range']):.2f}"
        )


def fill_database(ledger: Ledger, start: int, stop: int) -> None:
    """Regions as `match` stores them: eleven of an image, three hashes each."""
    chance = random.Random(start)
    for first in range(start, stop, 200_000):
        rows = (
            (f"{number // 11:064x}", number % 11, 0, 120, 40, f"{kind}:{chance.getrandbits(bits):0{bits // 4}x}")
            for number in range(first, min(stop, first + 200_000))
            for kind, bits in (("phash/8x8", 64), ("dhash/8x8", 64), ("edge/4x8x8", 256))
        )
        with ledger.transaction():
            ledger.database.conn.executemany("INSERT INTO image_hashes VALUES (?, ?, ?, ?, ?, ?)", rows)


def measure_side_file(regions: int) -> None:
    with tempfile.TemporaryDirectory() as folder, Ledger.open(Path(folder, "p.db")) as ledger:
        fill_database(ledger, 0, regions)
        ledger.database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = Path(folder, "p.db").stat().st_size

        def opened() -> object:
            return open_hashes(ledger, Path(folder, "hashes"), kind="edge/4x8x8", bits=256)

        built, again = timed_ms(opened), timed_ms(opened)
        fill_database(ledger, regions, regions + 10_000)
        appended = timed_ms(opened)
        columns = sum(path.stat().st_size for path in Path(folder, "hashes").rglob("*"))
        print(f"\nside file of {regions:,} regions: database {size / regions:.0f} bytes a region")
        print(
            f"  build {built / 1000:.1f} s ({built * 1000 / regions:.2f} us a region), {columns / (regions + 10_000):.0f} bytes each"
        )
        print(f"  open, nothing new {again:.0f} ms; with 10,000 new {appended:.0f} ms (both check every byte)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hashes", type=int, default=10_000_000)
    parser.add_argument("--queries", type=int, default=21)
    parser.add_argument("--regions", type=int, default=1_000_000)
    options = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores")
    if options.regions:
        measure_side_file(options.regions)
    print(f"  peak memory of the process so far {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB")
    for bits, radius in KINDS:
        measure_search(options.hashes, bits, radius, options.queries)


if __name__ == "__main__":
    main()
