"""How long a set of official files takes until images can be compared with it: the first time, and once it is stored.

python -m bench.loading BRANDS [--rounds 3]

BRANDS holds a folder per brand, as LogoMatcher.from_directory reads it. Each loading is in a fresh process; the first of each
round finds an empty cache folder, the second what the first has stored. Counted from the call of from_directory until the first
image has been compared, so that the background cohort is read too; imports are not counted.

Exit status 1 where stored files take more than half a second of the processor.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

from PIL import Image, ImageDraw

from matcher import LogoMatcher

GOAL_S = 0.5
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """Seconds of one loading, in the process that loads; workers that draw SVG have time of their own."""

    processor_s: float
    clock_s: float


def load(brands: Path) -> Loading:
    """In this process."""
    picture = Image.new("RGB", (200, 80), "white")
    ImageDraw.Draw(picture).line((20, 60, 90, 15, 180, 60), fill="black", width=9)
    content = io.BytesIO()
    picture.save(content, "PNG")
    clock_s, processor_s = time.perf_counter(), time.process_time()
    LogoMatcher.from_directory(brands).match(content.getvalue())
    clock_s, processor_s = time.perf_counter() - clock_s, time.process_time() - processor_s
    return Loading(processor_s=processor_s, clock_s=clock_s)


def _load_fresh(brands: Path) -> Loading:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with _SPAWN.Pool(1) as pool:
        loading = pool.apply(load, (brands,))
        pool.close()
        pool.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    children_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"  {loading.processor_s:.2f} s of the processor, {loading.clock_s:.2f} s by the clock", end="")
    print(f"; the process from start to end {children_s:.2f} s of the processor with its workers", flush=True)
    return loading


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("brands", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores")
    stored = []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as cache:
            os.environ["XDG_CACHE_HOME"] = cache
            _load_fresh(options.brands)
            stored.append(_load_fresh(options.brands).processor_s)
    print(f"stored: {statistics.median(stored):.2f} s of the processor (goal: {GOAL_S})")
    return 0 if statistics.median(stored) <= GOAL_S else 1


if __name__ == "__main__":
    sys.exit(main())
