"""What a crawl left in a workspace, in a form that two crawls can be compared by: no times, no offsets, no ids.

python bench/crawl_rows.py WORKSPACE [WORKSPACE]     # one: the counts; two: also what differs
"""

from __future__ import annotations

import collections
import sqlite3
import sys
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator

QUERIES = {
    "visits": "SELECT s.vendor, v.state, v.end_reason, v.pages, v.requests FROM visits v JOIN seeds s USING (seed_id)",
    "captures": "SELECT s.vendor, c.url, c.attempt, c.status, c.payload_sha256 FROM captures c JOIN visits USING (visit_id) JOIN seeds s USING (seed_id)",
    "coverage": "SELECT vendor, requested_url, page_url, outcome, reason, page_kind FROM v_coverage",
    "sightings": "SELECT vendor, page_url, image_url, image_sha256, found_by, ordinal, section_kind FROM v_sightings",
    "passages": "SELECT p.url, g.ordinal, g.text FROM passages g JOIN pages p USING (page_id)",
    "recognitions": "SELECT image_sha256, logo_set_id, refusal_reason FROM recognitions",
    "logo matches": "SELECT vendor, page_url, image_sha256, found_by, ordinal, brand, official_logo, score FROM v_logo_matches",
    "findings": "SELECT vendor, brand, relation, tier, evidence, verdict, page_url, image_sha256 FROM v_findings",
    "verdicts": "SELECT claim_id, sequence, verdict, rule FROM verdicts",
}


def read_rows(workspace: Path) -> dict[str, collections.Counter[tuple[object, ...]]]:
    """Return every row of each query with how often it is there."""
    database = sqlite3.connect(f"file:{workspace}/var/partnerproof.db?mode=ro", uri=True)
    try:
        rows = {name: collections.Counter(database.execute(query)) for name, query in QUERIES.items()}
    finally:
        database.close()
    rows["warc records"] = collections.Counter(_warc_records(workspace / "var" / "warc"))
    return rows


def _warc_records(directory: Path) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for path in sorted(directory.glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                # a payload seen at several URLs may be stored at any of them first
                kind = "response" if record.rec_type == "revisit" else record.rec_type
                if kind != "warcinfo":
                    found.append((kind, record.rec_headers.get_header("WARC-Target-URI")))
    return found


def differences(one: Path, other: Path) -> list[str]:
    """Return what differs between two crawls, in words; empty when they are equal."""
    told = []
    rows, others = read_rows(one), read_rows(other)
    for name, counted in rows.items():
        for sign, extra in (
            ("only in the first", counted - others[name]),
            ("only in the second", others[name] - counted),
        ):
            told += [f"{name}, {sign}: {row}" for row in list(extra)[:5]]
    return told


def doubles(workspace: Path) -> list[str]:
    """Return rows that are there twice; rows of a crawl are unique."""
    return [
        f"{name}: {row} × {n}" for name, counted in read_rows(workspace).items() for row, n in counted.items() if n > 1
    ]


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    for key, counted_rows in read_rows(Path(sys.argv[1])).items():
        print(f"{key:14s} {counted_rows.total():7d} rows, {len(counted_rows):7d} distinct")
    if len(sys.argv) == 3:
        print("\n".join(differences(Path(sys.argv[1]), Path(sys.argv[2]))) or "equal")
