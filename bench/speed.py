"""Images per second and core, from the bytes of a file to the verdict: ours and other people's, side by side.

python -m bench.speed BENCH [--official 150] [--singles 400] [--walls 60] [--pasted 40] [--rounds 5] [--seed 1]

BENCH holds official/, images/ and manifest.jsonl (bench/README.md). Single logos: pictures of one brand, the same number
of each class; walls: the class `wall`; pasted: a logo in a photograph. All files are read before the clock runs.

1. In each round the images go by in groups; each engine takes a group in turn, another one first each time, so what else
   the machine does slows all of them alike. Printed are the median of the rounds, the least and the most.
2. By the clock and by the processor: on a machine that is busy the first is too low. An engine that used more processor
   time than the clock shows has started threads: the run ends, for the figures would not be of one core.
3. Where our time goes: the public functions of the stages are called one after the other on each file, and then
   LogoMatcher.match. What it takes beyond their sum is the choice among the templates and the making of records; less, for the stages
   search each picture for regions, and a whole look does not where the whole picture decides (matcher/first_look.py).

Exit status 1 under the goals: 500 single logos and 60 walls a second of one core.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when numpy and faiss are loaded

from bench.peers import Look, OfficialFile, make_peers
from matcher import LogoMatcher, Refusal, thresholds
from matcher.brands.official_logos import make_official_logo
from matcher.decoding.decode import decode_image
from matcher.looking.compare import Template, TemplateSet
from matcher.looking.features import extract_all
from matcher.looking.hashes import hash_all
from matcher.looking.normalize import flatten_on_all
from matcher.looking.regions import find_regions
from matcher.looking.templates import describe_mark

OURS = "partnerproof"
GOALS_PER_S = {"single": 500.0, "wall": 60.0}
_GROUP = 10
_THREADS_SHARE = 1.1  # processor time : clock; one thread has 1 at most, and the clocks their grain
STAGES = ("decoding", "regions", "features", "hashes to store", "comparison")
WHOLE = "a whole look"
_KINDS = {"wall": "wall", "paste": "pasted"}  # by class; all others are single logos


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One image in memory. brand: whose logo it shows."""

    content: bytes
    brand: str


@dataclass(slots=True, kw_only=True)
class Tally:
    """What one engine did with one kind of images: seconds of each round, and what it said in the last one."""

    clock_s: list[float] = field(default_factory=list)
    processor_s: list[float] = field(default_factory=list)
    right: int = 0
    wrong: int = 0


def read_officials(bench: Path, count: int) -> list[OfficialFile]:
    """The first so many official files by name; a name is brand/file."""
    files = sorted((bench / "official").glob("*/*"))[:count]
    return [OfficialFile(name=f"{path.parent.name}/{path.name}", content=path.read_bytes()) for path in files]


def pick_samples(bench: Path, brands: set[str], counts: dict[str, int], seed: int) -> dict[str, list[Sample]]:
    """So many images of each kind that show a brand of the set, from each class in turn."""
    classes = collections.defaultdict[str, list[dict[str, str]]](list)
    for line in (bench / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["brand"] in brands:
            classes[row["cls"]].append(row)
    chance, piles = random.Random(seed), collections.defaultdict[str, list[list[dict[str, str]]]](list)
    for name, rows in sorted(classes.items()):
        piles[_KINDS.get(name, "single")].append(chance.sample(rows, len(rows)))
    return {
        kind: [
            Sample(content=(bench / row["file"]).read_bytes(), brand=row["brand"])
            for row in take_in_turn(piles[kind], count)
        ]
        for kind, count in counts.items()
    }


def take_in_turn(piles: Sequence[Sequence[dict[str, str]]], count: int) -> list[dict[str, str]]:
    """So many rows, one of each pile in turn, as long as there are any."""
    longest = max(map(len, piles), default=0)
    return [pile[place] for place in range(longest) for pile in piles if place < len(pile)][:count]


def make_ours(officials: Sequence[OfficialFile]) -> Look:
    """LogoMatcher as an engine: the brand that scores best."""
    named = [(official.name.partition("/"), official.content) for official in officials]
    matcher = LogoMatcher([make_official_logo(brand, file, content) for (brand, _, file), content in named])

    def look(content: bytes) -> str | None:
        matches = matcher.match(content).matches
        return f"{matches[0].brand}/{matches[0].official_logo}" if matches else None

    return look


def race(engines: dict[str, Look], samples: Sequence[Sample], rounds: int) -> dict[str, Tally]:
    """All engines on the same images, group by group in turn. A warm-up round is not counted."""
    tallies, names = {name: Tally() for name in engines}, list(engines)
    for number in range(-1, rounds):
        spent = dict.fromkeys(names, (0.0, 0.0))
        for tally in tallies.values():
            tally.right = tally.wrong = 0
        for start in range(0, len(samples), _GROUP):
            first = (number + start // _GROUP) % len(names)
            for name in names[first:] + names[:first]:
                clock_s, processor_s = time.perf_counter(), time.process_time()
                answers = [engines[name](sample.content) for sample in samples[start : start + _GROUP]]
                took = time.perf_counter() - clock_s, time.process_time() - processor_s
                spent[name] = spent[name][0] + took[0], spent[name][1] + took[1]
                for answer, sample in zip(answers, samples[start : start + _GROUP], strict=True):
                    tallies[name].right += answer is not None and answer.split("/")[0] == sample.brand
                    tallies[name].wrong += answer is not None and answer.split("/")[0] != sample.brand
        if number >= 0:
            for name, (clock_s, processor_s) in spent.items():
                tallies[name].clock_s.append(clock_s)
                tallies[name].processor_s.append(processor_s)
    return tallies


def time_stages(
    look: Callable[[bytes], object], templates: TemplateSet, samples: Sequence[Sample], rounds: int
) -> dict[str, float]:
    """Processor seconds of each of STAGES for all images, and of whole looks: the medians of the rounds."""
    spent = collections.defaultdict[str, list[float]](list)
    for _ in range(rounds):
        sums = collections.defaultdict[str, float](float)
        for sample in samples:
            before = time.process_time()
            for stage, _ in zip(STAGES, _go_through(templates, sample.content), strict=False):  # a refusal ends early
                now = time.process_time()
                sums[stage] += now - before
                before = now
            before = time.process_time()
            look(sample.content)
            sums[WHOLE] += time.process_time() - before
        for stage, seconds in sums.items():
            spent[stage].append(seconds)
    return {stage: statistics.median(seconds) for stage, seconds in spent.items()}


def _go_through(templates: TemplateSet, content: bytes) -> Iterator[None]:
    """Stops after each of STAGES."""
    picture = decode_image(content)
    yield
    if isinstance(picture, Refusal):
        return
    regions = find_regions(flatten_on_all(picture.pixels))
    yield
    features = extract_all([region.ink for region in regions])
    yield
    hash_all(features[: thresholds.MAX_STORED_HASHES])
    yield
    if regions:
        templates.compare(features)
    yield


def make_template_set(officials: Sequence[OfficialFile]) -> TemplateSet:
    templates = list[Template]()
    for official in officials:
        marks = describe_mark(official.content)
        templates += [] if isinstance(marks, Refusal) else marks
    return TemplateSet(templates)


def report(kind: str, tallies: dict[str, Tally], count: int) -> None:
    print(f"\n{kind}: {count} images; images a second, median (least to most)")
    print(f"  {'':32}{'by the clock':>24}{'by the processor':>24}{'x ours':>8}{'right':>7}{'wrong':>7}")
    ours = statistics.median(tallies[OURS].processor_s)
    for name, tally in tallies.items():
        clock, processor = (_rates(seconds, count) for seconds in (tally.clock_s, tally.processor_s))
        times = ours / statistics.median(tally.processor_s)
        print(f"  {name:32}{clock:>24}{processor:>24}{times:8.2f}{tally.right:7}{tally.wrong:7}", flush=True)


def _rates(seconds: Sequence[float], count: int) -> str:
    return f"{count / statistics.median(seconds):.0f} ({count / max(seconds):.0f} to {count / min(seconds):.0f})"


def report_stages(kind: str, stages: dict[str, float], count: int) -> None:
    whole_s = stages[WHOLE]
    rest_s = 2 * whole_s - sum(stages.values())  # the sum holds the whole too
    print(f"\n{kind}: where the time of ours goes, ms of the processor an image")
    for stage, seconds in [
        *((stage, stages[stage]) for stage in STAGES),
        ("closer looks and the rest", rest_s),
        (WHOLE, whole_s),
    ]:
        print(f"  {stage:32}{1000 * seconds / count:8.2f} ms {seconds / whole_s:7.1%}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", type=Path)
    for name, default in (
        ("official", 150),
        ("singles", 400),
        ("walls", 60),
        ("pasted", 40),
        ("rounds", 5),
        ("seed", 1),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores")
    officials = read_officials(options.bench, options.official)
    counts = {"single": options.singles, "wall": options.walls, "pasted": options.pasted}
    brands = {official.name.split("/")[0] for official in officials}
    samples = pick_samples(options.bench, brands, counts, options.seed)
    engines, peers = {OURS: make_ours(officials)}, make_peers(officials)
    for peer in peers:
        if peer.look is None:
            print(f"NOT MEASURED: {peer.name}: not installed: {peer.missing}")
        else:
            engines[peer.name] = peer.look
    templates, under = make_template_set(officials), []
    for kind, images in samples.items():
        if not images:
            continue
        tallies = race(engines, images, options.rounds)
        report(kind, tallies, len(images))
        for name, tally in tallies.items():
            if sum(tally.processor_s) > _THREADS_SHARE * sum(tally.clock_s):
                sys.exit(f"{name} ran in several threads: these figures are not of one core")
        report_stages(kind, time_stages(engines[OURS], templates, images, options.rounds), len(images))
        rate = len(images) / statistics.median(tallies[OURS].processor_s)
        if rate < GOALS_PER_S.get(kind, 0):
            under.append(f"{kind}: {rate:.0f} a second of the processor, the goal is {GOALS_PER_S[kind]:.0f}")
    print(f"\nload of the machine after: {os.getloadavg()[0]:.1f}; official files: {len(officials)}")
    print("\n".join(["", *under]) if under else "\nboth goals are reached")
    return 1 if under else 0


if __name__ == "__main__":
    sys.exit(main())
