"""What a larger official set and a fuller image cost. Everything is drawn; nothing is fetched.

python -m bench.scaling [--sets 10 100 1000 10000] [--signs 1 2 5 10 20 40 80 150] [--rounds 5]

1. Official files against time and memory of loading, and time of an image; each set in a fresh process.
2. Walls of more and more signs against time of an image, stage by stage, with 150 official files.

A list without numbers (--signs) leaves its part out. bench/scaling_cores.py measures a second core.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

from bench.peers import OfficialFile
from bench.scaling_drawings import draw_mark, draw_sign, picture_bytes, svg_bytes, wall_bytes
from bench.speed import WHOLE, Sample, make_template_set, time_stages
from matcher import LogoMatcher
from matcher.brands.official_logos import make_official_logo
from matcher.decoding.decode import decode_image
from matcher.looking.cohort import load_cohort
from matcher.looking.compare import TemplateSet
from matcher.looking.normalize import flatten_on_all
from matcher.looking.regions import find_regions
from matcher.looking.templates import describe_mark

OFFICIALS = 150
_STRANGER = 10_000_000  # numbers of marks that are in no set
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Processor seconds that a look at one image takes, and the comparison with the templates in it."""

    whole_s: float
    compare_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCosts:
    """What one official set costs. Loading by the clock, for SVG files are rendered in a worker: the first time, and with the
    drawings' templates stored. found: of the images of marks of the set; wrong: of those of marks of none."""

    load_s: float
    load_again_s: float
    held_bytes: int
    peak_bytes: int
    single: Look
    wall: Look
    found: int
    wrong: int
    images: int


def draw_officials(count: int) -> list[OfficialFile]:
    return [OfficialFile(name=f"mark-{n}/{n}.svg", content=svg_bytes(draw_mark(n))) for n in range(count)]


def make_matcher(officials: Sequence[OfficialFile]) -> LogoMatcher:
    return LogoMatcher([make_official_logo(o.name.split("/")[0], o.name, o.content) for o in officials])


def measure_set(count: int, rounds: int) -> SetCosts:
    """Costs of a set of so many official files, in this process, with a cache folder of its own."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        return _measure_set(count, rounds)


def _measure_set(count: int, rounds: int) -> SetCosts:
    officials, shown = draw_officials(count), 30
    members = [picture_bytes(draw_mark(n % count), 120 + 5 * n) for n in range(shown)]
    strangers = [picture_bytes(draw_mark(_STRANGER + n), 120 + 5 * n) for n in range(shown)]
    walls = [wall_bytes([draw_mark(_STRANGER + 24 * wall + n) for n in range(24)], 1200) for wall in range(3)]
    load_cohort()
    make_matcher(draw_officials(2))  # starts the worker and loads what the first file loads
    before, started = _status_bytes("VmRSS"), time.perf_counter()
    matcher = make_matcher(officials)
    load_s, held, peak = time.perf_counter() - started, _status_bytes("VmRSS") - before, _status_bytes("VmHWM") - before
    describe_mark.cache_clear()  # as another process begins
    started = time.perf_counter()
    make_matcher(officials)
    load_again_s = time.perf_counter() - started
    single, wall = (measure_look(matcher, images, rounds) for images in (members + strangers, walls))
    return SetCosts(
        load_s=load_s,
        load_again_s=load_again_s,
        held_bytes=held,
        peak_bytes=peak,
        single=single,
        wall=wall,
        found=sum(
            any(match.brand == f"mark-{n % count}" for match in matcher.match(content).matches)
            for n, content in enumerate(members)
        ),
        wrong=sum(bool(matcher.match(content).matches) for content in strangers),
        images=shown,
    )


def measure_look(matcher: LogoMatcher, images: Sequence[bytes], rounds: int) -> Look:
    """One look, and the comparison in it: a clock is put around TemplateSet.compare."""
    with clocked(TemplateSet, "compare") as compare:
        whole_s = _median_s(matcher.match, images, rounds)
    return Look(whole_s=whole_s, compare_s=sum(compare.taken_s) / len(compare.taken_s))


@dataclass(slots=True)
class Clock:
    """Processor seconds of each call."""

    taken_s: list[float] = field(default_factory=list)


@contextlib.contextmanager
def clocked(owner: type, method: str) -> Iterator[Clock]:
    """Time each call of a method while inside."""
    clock, original = Clock(), getattr(owner, method)

    def timed(*arguments: object) -> object:
        before = time.process_time()
        try:
            return original(*arguments)
        finally:
            clock.taken_s.append(time.process_time() - before)

    setattr(owner, method, timed)
    try:
        yield clock
    finally:
        setattr(owner, method, original)


def _median_s(action: Callable[[bytes], object], images: Sequence[bytes], rounds: int) -> float:
    """Processor seconds of an image: the mean over the images, the median over the rounds."""
    taken = []
    for _ in range(rounds + 1):  # the first is to warm up
        before = time.process_time()
        for content in images:
            action(content)
        taken.append((time.process_time() - before) / len(images))
    return statistics.median(taken[1:])


def _status_bytes(key: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    return 0


def report_sets(counts: Sequence[int], rounds: int) -> None:
    print("official  loading  a file   again    held   (peak)   single  of it    wall  of it   found  wrong")
    print("   files        s      ms       s      MB       MB       ms  compared    ms  compared")
    for count in counts:
        with _SPAWN.Pool(1) as pool:
            cost = pool.apply(measure_set, (count, rounds))
        print(
            f"{count:8,}{cost.load_s:9.1f}{1000 * cost.load_s / count:8.1f}{cost.load_again_s:8.2f}{cost.held_bytes / 1e6:8.0f}"
            f"{cost.peak_bytes / 1e6:9.0f}{1000 * cost.single.whole_s:9.2f}{1000 * cost.single.compare_s:10.2f}"
            f"{1000 * cost.wall.whole_s:6.1f}{1000 * cost.wall.compare_s:10.2f}"
            f"   {cost.found}/{cost.images}   {cost.wrong}/{cost.images}",
            flush=True,
        )


def report_regions(signs: Sequence[int], rounds: int) -> None:
    officials = draw_officials(OFFICIALS)
    matcher, templates = make_matcher(officials), make_template_set(officials)
    print("signs  regions  all ms  ms a region   of it, ms, by stage")
    for count in signs:
        content = wall_bytes([draw_sign(_STRANGER + n) for n in range(count)], 1200, cell_width=140)
        picture = decode_image(content)
        regions = len(find_regions(flatten_on_all(picture.pixels)))  # type: ignore[union-attr]  # our own drawing
        stages = time_stages(matcher.match, templates, [Sample(content=content, brand="")] * 3, rounds)
        whole_ms = 1000 * stages.pop(WHOLE) / 3
        parts = ", ".join(f"{stage} {1000 * seconds / 3:.2f}" for stage, seconds in stages.items())
        print(f"{count:5}{regions:9}{whole_ms:8.2f}{whole_ms / regions:13.3f}   {parts}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, nargs="*", default=[10, 100, 1_000, 10_000])
    parser.add_argument("--signs", type=int, nargs="*", default=[1, 2, 5, 10, 20, 40, 80, 150])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores")
    if options.sets:
        report_sets(options.sets, options.rounds)
    if options.signs:
        report_regions(options.signs, options.rounds)


if __name__ == "__main__":
    main()
