"""Processor time of what a test runs: it is the same however busy the machine is, so limits in tests count nothing else."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from crawler.drawing.processor_time import processor_time_s

_NOISE_S = 0.0125  # below it the grain of the clock and of caches is all that is measured
_LONGEST_RATIO = 8.0


@contextmanager
def at_most(limit_s: float) -> Iterator[None]:
    """Fail when what is run inside needs more processor time, that of child processes included where /proc tells it."""
    before = _used_s()
    yield
    used_s = _used_s() - before
    assert used_s < limit_s, f"it took {used_s:.2f} s of processor time"


def _used_s() -> float:
    used_s = processor_time_s(os.getpid())
    return time.process_time() if used_s is None else used_s


def least_s(run: Callable[[], object], *, runs: int = 3) -> float:
    """Return the least processor time of several runs, in which no garbage is collected."""
    taken_s = []
    is_collecting = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        for _ in range(runs):
            began_s = time.process_time()
            run()
            taken_s.append(time.process_time() - began_s)
    finally:
        if is_collecting:
            gc.enable()
    return min(taken_s)


def assert_linear(run: Callable[[int], object], size: int) -> None:
    """Fail when an input that was doubled twice takes the time of a square: 16-fold, where a linear one takes 4-fold.

    A busy machine may slow down a run even so, by what it takes of the caches: what looks like a square is measured again.
    """
    run(size // 10)
    small_s, large_s = least_s(lambda: run(size)), least_s(lambda: run(4 * size), runs=1)
    for _ in range(3):
        if large_s < _LONGEST_RATIO * max(small_s, _NOISE_S):
            return
        small_s, large_s = (
            min(small_s, least_s(lambda: run(size))),
            min(large_s, least_s(lambda: run(4 * size), runs=1)),
        )
    pytest.fail(f"{size}: {small_s:.3f} s of processor time, {4 * size}: {large_s:.3f} s")
