"""How often each kind of evidence, and each combination of kinds, is right: a crawl of labelled pages, held against the labels.

Usage: python -m bench.evidence_kinds CORPUS DATABASE [--show N]

One image of a site and one brand that it is said to show count once. Printed, by what says so (p the picture, w the words in it, n a name
beside it; lower case alone, in combination as they stand together; ? only perhaps, or with a doubt): how many are right, how many wrong.
Images that have no label are left out. --show names the wrong ones.
"""

from __future__ import annotations

import argparse
import collections
import sqlite3
from pathlib import Path

from bench.corpus_images import read_site_labels

_SAID = """
    SELECT s.vendor, g.image_sha256, c.brand, group_concat(DISTINCT e.evidence),
           max(e.reasons LIKE '%only one thing beside it%' OR e.reasons LIKE '%further words%'
               OR e.reasons LIKE '%another''s name%' OR e.reasons LIKE '%do not say the name%' OR e.reasons LIKE '%recognised as another%') AS is_doubted
    FROM claim_evidence e
    JOIN claims c ON c.claim_id = e.claim_id
    JOIN seeds s ON s.seed_id = c.seed_id
    JOIN seen_images g ON g.sighting_id = e.sighting_id
    WHERE g.image_sha256 IS NOT NULL
    GROUP BY 1, 2, 3
"""
_PERHAPS = "SELECT DISTINCT vendor, image_sha256, brand, kind || '?' FROM v_perhaps"
_ORDER = ("picture", "words", "name")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("database", type=Path)
    parser.add_argument("--show", type=int, default=0)
    options = parser.parse_args()
    labels = read_site_labels(options.corpus)
    said: dict[tuple[str, str, str], str] = {}
    with sqlite3.connect(f"file:{options.database}?mode=ro", uri=True) as database:
        for vendor, image, brand, kinds, is_doubted in database.execute(_SAID):
            ordered = [kind for kind in _ORDER if kind in kinds.split(",")]
            said[vendor, image, brand] = " + ".join(ordered) + (", doubted" if is_doubted else "")
        for vendor, image, brand, kind in database.execute(_PERHAPS):
            said.setdefault((vendor, image, brand), kind)
    right, wrong = collections.Counter[str](), collections.Counter[str]()
    for (vendor, image, brand), kinds in sorted(said.items()):
        shown = labels.get((vendor, image))
        if shown is None:
            continue
        (right if brand in shown else wrong)[kinds] += 1
        if brand not in shown and sum(wrong.values()) <= options.show:
            print(f"wrong: {kinds} says {brand} of {image[:16]} at {vendor}, which shows {sorted(shown) or 'none'}")
    for kinds in sorted({*right, *wrong}, key=lambda kinds: -right[kinds] - wrong[kinds]):
        print(f"{kinds:34s} right {right[kinds]:4d}, wrong {wrong[kinds]:3d}")


if __name__ == "__main__":
    main()
