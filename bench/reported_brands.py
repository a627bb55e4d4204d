"""What the matcher reports on a benchmark, as it ships: its own brand, another one, or a brand where there is none.

Usage: python -m bench.reported_brands OFFICIAL_DIR MANIFEST.jsonl [--show N] [--classes]

OFFICIAL_DIR and MANIFEST.jsonl are as for bench/logobench.py. Printed for each half of the brands (bench/brand_halves.py): of the
images that show a brand how many match it, name it as perhaps, and match another brand too; of those that show none how many
match or perhaps show some brand. Walls are left out where further brands are counted: what else stands on one is not known.
--classes prints the share matched and the share told at all of each class; --show names wrong matches.
"""

from __future__ import annotations

import argparse
import collections
import json
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.brand_halves import HALVES, half_of
from matcher import LogoMatcher

_ROOMY = {"wall"}  # classes whose images hold further logos


@dataclass(slots=True)
class Tally:
    """Counts of one half."""

    positives: int = 0
    matched: int = 0
    told: int = 0  # matched, or perhaps
    further: int = 0  # other brands matched on positives
    further_perhaps: int = 0
    matched_negatives: int = 0
    told_negatives: int = 0
    reasons: collections.Counter[str] = field(default_factory=collections.Counter)
    classes: dict[str, list[int]] = field(default_factory=lambda: collections.defaultdict(lambda: [0, 0, 0]))
    wrong: list[str] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("official_dir", type=Path)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--classes", action="store_true")
    options = parser.parse_args()

    rows = [json.loads(line) for line in options.manifest.read_text(encoding="utf-8").splitlines()]
    matcher = LogoMatcher.from_directory(options.official_dir)
    tallies = {half: Tally() for half in HALVES}
    started = time.perf_counter()
    for row in rows:
        recognition = matcher.match(options.manifest.parent / row["file"])
        matched = {match.brand: match.score for match in recognition.matches}
        perhaps = {match.brand: match for match in recognition.perhaps}
        if row["brand"] is None:
            count_negative(tallies, row["file"], matched, set(perhaps))
            continue
        tally, own = tallies[half_of(row["brand"])], row["brand"]
        is_matched, is_told = own in matched, own in matched or own in perhaps
        tally.positives += 1
        tally.matched += is_matched
        tally.told += is_told
        tally.classes[row["cls"]] = [
            sum(pair) for pair in zip(tally.classes[row["cls"]], (1, is_matched, is_told), strict=True)
        ]
        if own in perhaps:
            tally.reasons[str(perhaps[own].why_perhaps)] += 1
        if row["cls"] not in _ROOMY:
            tally.further += len(matched.keys() - {own})
            tally.further_perhaps += len(perhaps.keys() - {own})
            tally.wrong += [f"{matched[brand]:.2f} {brand} on {row['file']}, {own}" for brand in matched.keys() - {own}]
    print(f"{len(rows)} images, {1000 * (time.perf_counter() - started) / max(1, len(rows)):.1f} ms each")
    negatives = sum(row["brand"] is None for row in rows)
    for half, tally in tallies.items():
        print_tally(HALVES[half], tally, negatives, options.show, with_classes=options.classes)


def count_negative(tallies: dict[int, Tally], file: str, matched: dict[str, float], perhaps: set[str]) -> None:
    """Count an image that shows none of the brands, once in each half that has a brand said to be on it."""
    for half, tally in tallies.items():
        brands = [brand for brand in matched if half_of(brand) == half]
        tally.matched_negatives += bool(brands)
        tally.told_negatives += bool(brands) or any(half_of(brand) == half for brand in perhaps)
        tally.wrong += [f"{matched[brand]:.2f} {brand} on {file}, none" for brand in brands]


def print_tally(name: str, tally: Tally, negatives: int, show: int, *, with_classes: bool) -> None:
    """Print one half's counts."""
    print(
        f"{name}: {tally.positives} images of its brands, matched {tally.matched / max(1, tally.positives):.3f}, "
        f"told {tally.told / max(1, tally.positives):.3f}; further brands matched {tally.further}, perhaps "
        f"{tally.further_perhaps}; of {negatives} that show none matched {tally.matched_negatives} "
        f"({tally.matched_negatives / max(1, negatives):.2%}), told {tally.told_negatives}; "
        f"why perhaps: {dict(tally.reasons)}"
    )
    if with_classes:
        for cls, (count, matched, told) in sorted(tally.classes.items()):
            print(f"  {cls:16s} {count:5d}  matched {matched / count:.3f}  told {told / count:.3f}")
    for line in sorted(tally.wrong, reverse=True)[:show]:
        print(f"  {line}")


if __name__ == "__main__":
    main()
