"""What a second process of the recogniser gives, from the bytes of images to what `match` would store, in their order.

python -m bench.recognising_cores BENCH [--images 1500] [--rounds 3]

BENCH holds official/ and manifest.jsonl (bench/README.md). One process and two take turns on the same images; both are started
before the clock runs. By the clock it needs a machine that does nothing else; by the processor it tells what two cost more than one,
handing out included. Exit status 1 under x 1.8 by the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

from matcher.brands.logo_folder import read_logo_folder
from matcher.brands.official_logos import Brand
from matcher.recognition_process import Recogniser

GOAL_OF_TWO = 1.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Seconds by the clock, and of the processor of this process and the recognising ones together."""

    clock_s: float
    processor_s: float


def go_through(recogniser: Recogniser, contents: Sequence[bytes]) -> Work:
    clock_s, processor_s = time.perf_counter(), _processor_s(recogniser)
    for _ in recogniser.recognise_each(contents):
        pass
    return Work(clock_s=time.perf_counter() - clock_s, processor_s=_processor_s(recogniser) - processor_s)


def _processor_s(recogniser: Recogniser) -> float:
    ticks = 0
    for child in [worker._process for worker in recogniser._workers if worker._process is not None]:
        fields = Path(f"/proc/{child.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])  # proc(5): utime and stime
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", type=Path)
    parser.add_argument("--images", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rows = (options.bench / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    chosen = rows[:: max(1, len(rows) // options.images)]
    contents = [(options.bench / json.loads(row)["file"]).read_bytes() for row in chosen]
    logos = tuple(read_logo_folder(options.bench / "official"))
    brand = Brand(slug="all", name="all", aliases=(), domains=(), logos=logos)
    print(
        f"load of the machine before: {os.getloadavg()[0]:.1f} of {len(os.sched_getaffinity(0))} cores that may be used"
    )
    ratios = []
    with Recogniser([brand]) as one, Recogniser([brand], processes=2, images_a_start=1) as two:
        for recogniser in (one, two):
            go_through(recogniser, contents[:200])
        for _ in range(options.rounds):
            alone, both = go_through(one, contents), go_through(two, contents)
            ratios.append(alone.clock_s / both.clock_s)
            processor = 2 * alone.processor_s / both.processor_s
            print(
                f"  {len(contents)} images: one {alone.clock_s:.1f} s, two {both.clock_s:.1f} s: x {ratios[-1]:.2f} by the clock,"
                f" x {processor:.2f} by the processor",
                flush=True,
            )
    ratio = statistics.median(ratios)
    print(f"two processes do x {ratio:.2f} of one by the clock (goal: {GOAL_OF_TWO})")
    return 0 if ratio >= GOAL_OF_TWO else 1


if __name__ == "__main__":
    sys.exit(main())
