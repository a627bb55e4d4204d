"""The two halves of a benchmark's brands: numbers are chosen on one, and measured on both.

Usage: python -m bench.brand_halves RESULTS.jsonl MANIFEST.jsonl [--classes]

RESULTS.jsonl is what bench/logobench.py wrote. Printed for each half: how many of its images are found at three rates of false matches,
a false match being an image that shows none of the brands and that any brand of the half matches.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import math
from pathlib import Path

HALVES = {0: "chosen on", 1: "unseen"}
_RATES = (1e-2, 3e-3, 1e-3)


def half_of(brand: str) -> int:
    """0 or 1, by the digest of a brand's slug: no brand changes sides when others are added."""
    return hashlib.sha256(brand.encode()).digest()[-1] % 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--classes", action="store_true", help="each class at the last rate too")
    options = parser.parse_args()
    scores = {row["file"]: row["scores"] for row in map(json.loads, options.results.open(encoding="utf-8"))}
    rows = [json.loads(line) for line in options.manifest.read_text(encoding="utf-8").splitlines()]
    for half, name in HALVES.items():
        print(f"{name}: {count_found(rows, scores, half, with_classes=options.classes)}")


def count_found(
    rows: list[dict[str, str]], scores: dict[str, dict[str, float]], half: int, *, with_classes: bool
) -> str:
    """One half's figures as a line, and a line for each class."""
    strangers = sorted((_best(scores.get(row["file"], {}), half) for row in rows if row["brand"] is None), reverse=True)
    own = [row for row in rows if row["brand"] is not None and half_of(row["brand"]) == half]
    parts = [f"{len(own)} images"]
    classes: dict[str, list[bool]] = collections.defaultdict(list)
    for rate in _RATES:
        threshold = strangers[math.floor(rate * len(strangers))]
        found = [scores.get(row["file"], {}).get(row["brand"], -math.inf) > threshold for row in own]
        parts.append(f"{rate:g} {sum(found) / len(found):.4f} (from {threshold:.3f})")
        if rate == _RATES[-1]:
            for row, is_found in zip(own, found, strict=True):
                classes[row["cls"]].append(is_found)
    lines = [f"  {cls:16s} {sum(found) / len(found):.3f} of {len(found)}" for cls, found in sorted(classes.items())]
    return "\n".join([", ".join(parts), *(lines if with_classes else [])])


def _best(scores: dict[str, float], half: int) -> float:
    return max((score for brand, score in scores.items() if half_of(brand) == half), default=-math.inf)


if __name__ == "__main__":
    main()
