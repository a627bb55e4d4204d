"""Scores every image of a benchmark against every brand.

Usage: python bench/logobench.py OFFICIAL_DIR MANIFEST.jsonl RESULTS.jsonl [--limit-per-class N] [--brands
a,b,…] [--words]

OFFICIAL_DIR holds a folder per brand. MANIFEST.jsonl has one object a line with file (relative to the
manifest's folder), brand (null = shows none of them) and cls. RESULTS.jsonl gets {"file": …, "scores":
{brand: score}}, larger = more alike.
--limit-per-class keeps the first N positives and all negatives of a class; --brands keeps images of these
brands. --words reads the words too (extra "ocr") of every image that the picture leaves under thresholds.SURE_SCORE: a brand that they
name surely gets 0.99, another one 0.60, if that is more than its picture has.
"""

from __future__ import annotations

import argparse
import collections
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from matcher import LogoMatcher, Refusal, thresholds  # run from a checkout, installed or not
from matcher.word_matcher import WordMatcher

SURE, UNSURE = 0.99, 0.60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("official_dir", type=Path)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--limit-per-class", type=int)
    parser.add_argument("--brands", help="comma-separated slugs")
    parser.add_argument("--words", action="store_true")
    options = parser.parse_args()

    rows = [json.loads(line) for line in options.manifest.read_text(encoding="utf-8").splitlines()]
    brands = set(options.brands.split(",")) if options.brands else None
    taken: collections.Counter[str] = collections.Counter()
    chosen = []
    for row in rows:
        if row["brand"] is not None:
            if brands is not None and row["brand"] not in brands:
                continue
            taken[row["cls"]] += 1
            if options.limit_per_class is not None and taken[row["cls"]] > options.limit_per_class:
                continue
        chosen.append(row)

    matcher = LogoMatcher.from_directory(options.official_dir)
    words = WordMatcher.from_directory(options.official_dir) if options.words else None
    read = 0
    started = time.perf_counter()
    with options.results.open("w", encoding="utf-8") as results:
        for row in chosen:
            scores = matcher.best_scores(options.manifest.parent / row["file"])
            if words is not None and max(scores.values(), default=-1.0) < thresholds.SURE_SCORE:
                named = words.match((options.manifest.parent / row["file"]).read_bytes())
                read += 1
                for match in () if isinstance(named, Refusal) else named:
                    score = UNSURE if match.beside.why_perhaps else SURE
                    scores[match.naming.brand] = max(score, scores.get(match.naming.brand, -1.0))
            rounded = {brand: round(score, 5) for brand, score in scores.items()}
            results.write(json.dumps({"file": row["file"], "scores": rounded}) + "\n")
    seconds = time.perf_counter() - started
    print(
        f"{len(chosen)} images, {1000 * seconds / max(1, len(chosen)):.1f} ms each; words read in {read}",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
