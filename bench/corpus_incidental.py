"""What became of the labelled images that are no claim: social and payment icons, and the vendors' own logos.

Usage: python bench/corpus_incidental.py DATABASE LABELS.jsonl     # a crawl of the corpus sites, and its labels

Printed: for each context how many labelled images were matched with a brand, and those that became a claim that a register is
asked about, each with its site and relation.
"""

from __future__ import annotations

import collections
import json
import sqlite3
import sys
from pathlib import Path

from ledger.relations import MEANINGS
from ledger.vocabulary import Relation

CONTEXTS = ("social", "payment", "own")
HARMLESS = {relation for relation, meaning in MEANINGS.items() if meaning.no_claim} | {
    Relation.OWN,
    Relation.INCIDENTAL,
}


def main(database: Path, labels: Path) -> None:
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    relations = collections.defaultdict(set)
    for vendor, image, brand, relation in db.execute(
        "SELECT vendor, image_sha256, brand, relation FROM v_logo_matches"
    ):
        relations[vendor, image].add((brand, relation))
    seen = {tuple(row) for row in db.execute("SELECT DISTINCT vendor, image_sha256 FROM v_sightings")}
    wanted: dict[str, set[tuple[str, str]]] = {context: set() for context in CONTEXTS}
    for line in labels.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        context = "own" if row.get("own") else row.get("context")
        if context in wanted and "sha256" in row:
            wanted[context].add((row["site"], row["sha256"]))
    for context, images in wanted.items():
        sighted = images & seen
        bad = [(key, brand, r) for key in sorted(sighted) for brand, r in sorted(relations[key]) if r not in HARMLESS]
        print(
            f"{context:8s} {len(images)} labelled, {len(sighted)} sighted, {sum(bool(relations[k]) for k in sighted)} matched, {len(bad)} became a claim"
        )
        for (site, image), brand, relation in bad:
            print(f"         {site} {brand} {relation} {image[:12]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
