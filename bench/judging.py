"""How long judging takes: many generated claims against registers, in a ledger of its own.

Usage: python bench/judging.py [--claims 1000000] [--grants 5000] [--folder DIR]

Claims: for each of claims / 4 vendors and each of two brands a partner claim by logo and sentence, and by turns a customer, a
technology, a reseller claim or a social icon. One vendor in ten has a grant, one in a hundred a near namesake in the register.
Printed: seconds of wall and processor time for judging all, for judging all again, and after a register change of one grant;
peak memory. One core: nothing here runs at once with anything else.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from casebook.register.imports import import_register
from casebook.verdicts.affected import affected_claims
from casebook.verdicts.judge import Judge
from ledger.database import Ledger
from ledger.identity import content_id
from ledger.vocabulary import JudgingCause

BRANDS = ("acme", "borealis")
SECOND = ("customer", "technology", "reseller", "social")
SYLLABLES = [
    "bra",
    "cor",
    "dan",
    "el",
    "fal",
    "gor",
    "han",
    "il",
    "jor",
    "kel",
    "lum",
    "mar",
    "nor",
    "ost",
    "pel",
    "quen",
    "ros",
    "sil",
    "tor",
    "ul",
    "ven",
    "wil",
    "yor",
    "zan",
]
KINDS = ("systems", "logistics", "consulting", "software", "energy", "networks", "works", "media")
FORMS = ("Ltd", "GmbH", "Inc.", "S.A.", "B.V.", "SRL", "AB", "Oy")
DAY = "2026-11-23T10:00:00Z"


def vendor_name(number: int) -> str:
    rng = random.Random(number)
    return f"{''.join(rng.choices(SYLLABLES, k=3)).title()} {rng.choice(KINDS).title()} {rng.choice(FORMS)}"


def fill(ledger: Ledger, claims: int) -> None:
    connection = ledger.database.conn
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("BEGIN")

    def many(table: str, columns: str, rows: Iterator[tuple[object, ...]]) -> None:
        holes = ", ".join("?" * len(columns.split(", ")))
        connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({holes})", rows)

    vendors = range(claims // 4)
    many(
        "brands",
        "brand, name, aliases, domains, recorded_at",
        ((b, b.title(), "[]", f'["{b}.example"]', DAY) for b in BRANDS),
    )
    many(
        "official_logos", "official_logo_id, brand, file, variant, content, is_current, recorded_at",
        ((f"logo-{b}", b, f"{b}.svg", "colour", b"", 1, DAY) for b in BRANDS),
    )  # fmt: skip
    many(
        "logo_matches", "match_id, image_sha256, brand, kind, strength, official_logo_id, method, distance_bits, score, x, y, width, height, strangers, strangers_compared",
        ((f"match-{b}", f"image-{b}", b, "picture", "match", f"logo-{b}", "m", 0, 1.0, 0, 0, 100, 40, 0, 23370) for b in BRANDS),
    )  # fmt: skip
    connection.execute(
        "INSERT INTO crawls (crawl_id, order_sha256, seeds_file, settings, tool_version, started_at, ended_at, kind) VALUES ('c', '', 's.csv', '{}', '0', ?, ?, 'crawl')",
        [DAY, DAY],
    )
    many(
        "seeds", "seed_id, vendor, vendor_domain, start_urls, country, parent",
        ((f"s{n}", vendor_name(n), f"v{n}.example", f'["https://v{n}.example/"]', "DE", None) for n in vendors),
    )  # fmt: skip
    many(
        "visits", "visit_id, crawl_id, seed_id, ordinal, state, pages, requests, body_bytes",
        ((f"v{n}", "c", f"s{n}", n, "done", 1, 1, 1) for n in vendors),
    )  # fmt: skip
    many(
        "looks", "look_id, visit_id, purpose, requested_url, outcome, looked_at",
        ((f"l{n}", f"v{n}", "page", f"https://v{n}.example/partners", "looked", DAY) for n in vendors),
    )  # fmt: skip
    many(
        "pages", "page_id, visit_id, look_id, url, link_text, kind, kind_reasons, health, stylesheet_looks",
        ((f"p{n}", f"v{n}", f"l{n}", f"https://v{n}.example/partners", "", "partners", "[]", "ok", "[]") for n in vendors),
    )  # fmt: skip
    many(
        "sightings", "sighting_id, page_id, found_by, ordinal, heading_trail, zone, section_kind, section_reasons",
        ((f"g{n}{b}", f"p{n}", "img", 0, "[]", "main", "partners", "[]") for n in vendors for b in BRANDS),
    )  # fmt: skip
    many(
        "passages", "passage_id, page_id, ordinal, text, heading_trail, zone, section_kind",
        ((f"t{n}", f"p{n}", 0, "We are a partner of both.", "[]", "main", "none") for n in vendors),
    )  # fmt: skip
    many(
        "text_matches", "text_match_id, passage_id, brand, alias, kind, rule, span_start, span_end, sentence_start, sentence_end, relation",
        ((f"m{n}{b}", f"t{n}", b, "both", "partner-claim", "r", 0, 4, 0, 25, "partner") for n in vendors for b in BRANDS),
    )  # fmt: skip
    found = [(n, b, relation) for n in vendors for b in BRANDS for relation in ("partner", SECOND[n % 4])]
    ids = {key: content_id("claim", *key) for key in found}
    many("claims", "claim_id, seed_id, brand, relation", ((ids[key], f"s{key[0]}", key[1], key[2]) for key in found))
    evidence = "claim_id, evidence_id, evidence, page_id, sighting_id, match_id, text_match_id, tier, reasons, seen_at"
    many(
        "claim_evidence", evidence,
        ((ids[n, b, r], f"e{n}{b}{r}", "picture", f"p{n}", f"g{n}{b}", f"match-{b}", None, None, "[]", DAY) for n, b, r in found),
    )  # fmt: skip
    many(
        "claim_evidence", evidence,
        ((ids[n, b, r], f"x{n}{b}", "text", f"p{n}", None, None, f"m{n}{b}", "Gold", "[]", DAY) for n, b, r in found if r == "partner"),
    )  # fmt: skip
    connection.execute("COMMIT")
    connection.execute("ANALYZE")
    connection.execute("PRAGMA foreign_keys = ON")


def write_register(path: Path, vendors: int, grants: int, *, without: int | None = None) -> None:
    rng = random.Random(1)
    chosen = rng.sample(range(vendors), min(grants, vendors))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["company", "domain", "relation", "tier", "valid_from", "valid_until"])
        for place, n in enumerate(chosen):
            if place == without:
                continue
            domain = f"v{n}.example" if place % 10 else f"namesake{n}.example"
            writer.writerow(
                [
                    vendor_name(n),
                    domain,
                    "partner",
                    ("Gold", "Silver")[place % 2],
                    "2020-01-01",
                    ("", "2025-01-01")[place % 3 == 0],
                ]
            )


def timed(what: str, claims: int, run) -> None:
    wall, processor = time.perf_counter(), time.process_time()
    result = run()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{what:34s} {wall:7.1f} s wall {processor:7.1f} s cpu  {1e6 * wall / max(1, claims):6.0f} µs a claim  peak {peak:.0f} MB  → {result}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--claims", type=int, default=1_000_000)
    parser.add_argument("--grants", type=int, default=5_000, help="of each brand's register")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        vendors = options.claims // 4
        with Ledger.open(Path(folder) / "p.db") as ledger:
            timed("fill", options.claims, lambda: fill(ledger, options.claims))
            for brand in BRANDS:
                path = Path(folder) / f"{brand}.csv"
                write_register(path, vendors, options.grants)
                import_register(ledger, brand, path)
            timed("judge all", options.claims, lambda: Judge(ledger).judge())
            timed("judge all again", options.claims, lambda: Judge(ledger).judge())
            path = Path(folder) / "acme.csv"
            write_register(path, vendors, options.grants, without=7)
            timed(
                "import the register, one grant less",
                options.grants,
                lambda: import_register(ledger, "acme", path).snapshot.grants,
            )
            affected = list[str]()
            timed(
                "find what that affects",
                options.claims,
                lambda: affected.extend(affected_claims(ledger, "acme")) or len(affected),
            )
            timed(
                "judge what that affects", len(affected), lambda: Judge(ledger, JudgingCause.REGISTER).judge(affected)
            )
            print(json.dumps(dict(ledger.rows("SELECT verdict, count(*) FROM verdicts GROUP BY 1"))))


if __name__ == "__main__":
    main()
