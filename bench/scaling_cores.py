"""What a second core gives: two processes at the same time against one, in turn, each with a matcher and a core of its own.

python -m bench.scaling_cores [--rounds 5]

By the clock it needs a machine that does nothing else: what runs beside can step aside for one process, not for two. By
the processor it only tells what the two cost each other (caches, memory). Exit status 1 if two processes do less than 1.8
times as much as one by the clock.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

from bench.scaling import OFFICIALS, draw_officials, make_matcher
from bench.scaling_drawings import draw_mark, picture_bytes, wall_bytes

GOAL_OF_TWO = 1.8
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a number of passes took, of one process or of both together."""

    clock_s: float
    processor_s: float


def serve(connection: Connection, core: int) -> None:
    """A process on one core: for each number that comes, so many passes over images; then the processor seconds."""
    os.sched_setaffinity(0, {core})
    matcher = make_matcher(draw_officials(OFFICIALS))
    images = [picture_bytes(draw_mark(n * 7), 60 + 3 * n) for n in range(60)]
    images += [wall_bytes([draw_mark(24 * wall + n) for n in range(24)], 1200) for wall in range(2)]
    connection.send(0.0)
    while passes := connection.recv():
        started = time.process_time()
        for _ in range(passes):
            for content in images:
                matcher.match(content)
        connection.send(time.process_time() - started)


def measure_cores(rounds: int, passes: int = 8) -> float:
    """How many times as much two processes do as one: the median of the rounds. One and two run in turn."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        sys.exit("two cores are needed; run it without taskset")
    pipes, children = [], []
    for core in cores:
        ours, theirs = _SPAWN.Pipe()
        child = _SPAWN.Process(target=serve, args=(theirs, core), daemon=True)
        child.start()
        pipes.append(ours)
        children.append(child)
    for pipe in pipes:
        pipe.recv()

    def run(who: Sequence[Connection]) -> Work:
        started = time.perf_counter()
        for pipe in who:
            pipe.send(passes)
        processor_s = sum(pipe.recv() for pipe in who)
        return Work(clock_s=time.perf_counter() - started, processor_s=processor_s)

    run(pipes)  # to warm up
    ratios = []
    for _ in range(rounds):
        # each alone, for what else the machine does may weigh on one core only
        alone, both = [run([pipe]) for pipe in pipes], run(pipes)
        ratios.append(sum(work.clock_s for work in alone) / both.clock_s)
        processor = 2 * sum(work.processor_s for work in alone) / both.processor_s
        print(
            f"  alone {alone[0].clock_s:.2f} s and {alone[1].clock_s:.2f} s, together {both.clock_s:.2f} s: "
            f"x {ratios[-1]:.2f} by the clock, x {processor:.2f} by the processor",
            flush=True,
        )
    for pipe in pipes:
        pipe.send(0)
    for child in children:
        child.join()
    return statistics.median(ratios)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores")
    ratio = measure_cores(options.rounds)
    print(f"two processes do x {ratio:.2f} of one by the clock (goal: {GOAL_OF_TWO})")
    return 0 if ratio >= GOAL_OF_TWO else 1


if __name__ == "__main__":
    sys.exit(main())
