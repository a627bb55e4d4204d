"""A register of GLEIF's size: import, search and memory, each step in a process of its own.

python -m bench.register_scale [--companies 3000000] [--grants 500000] [--relationships 500000] [--searches 300] [--keep FOLDER]

1. Writes a level 1 file (names, countries), a level 2 file (relationships) and a register, all invented.
2. Imports each with the functions that the command line calls.
3. Searches: half for companies that have grants (by domain, LEI, name), half for strangers with names alike; every
   search is asked with all registers and group files, near misses and companies alike.
4. Searches a register of 3,000 grants as a judge does, a vendor not asked before each time.
5. Asks what the index of trigrams loses against scoring every name.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from casebook.register.company_names import name_forms
from casebook.register.group_imports import import_groups
from casebook.register.imports import import_register
from casebook.register.name_likeness import NEAR_MISS_SCORE, likeness, likenesses, nearest, segments_of
from casebook.register.search import Register
from casebook.register.search_terms import SearchQuery
from ledger.database import Ledger
from ledger.identifiers import check_digits
from ledger.records import BrandRow

DAY = "2026-01-01"
_SYLLABLES = [
    c + v + e
    for c in ["b", "c", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z", "br", "st", "tr"]
    for v in "aeiou"
    for e in ("", "n", "r", "s", "l")
]
_WORDS = [
    "Technology",
    "Systems",
    "Group",
    "Holding",
    "Services",
    "Consulting",
    "Solutions",
    "Trading",
    "Industries",
    "Capital",
    "Partners",
    "Energy",
    "Foods",
    "Medical",
    "Marine",
    "Property",
]
_FORMS = [
    "Ltd",
    "Limited",
    "GmbH",
    "S.A.",
    "Inc.",
    "LLC",
    "B.V.",
    "AG",
    "S.r.l.",
    "Sp. z o.o.",
    "K.K.",
    "Pty Ltd",
    "AB",
    "Oy",
    "SAS",
]
_HAN = "盛格科华远大新海天宇东方明德信诚安和泰康瑞丰"


def lei_of(number: int) -> str:
    stem = f"0000{number:014d}"
    return stem + check_digits(stem)


def name_of(number: int, *, salt: str = "") -> str:
    """Return an invented name, always the same for a number."""
    chance = random.Random(f"{salt}{number}")
    if number % 20 == 0:
        return "".join(chance.choices(_HAN, k=4)) + "有限公司"
    words = [
        "".join(chance.choices(_SYLLABLES, k=chance.choice((2, 3, 3)))).title() for _ in range(chance.choice((1, 1, 2)))
    ]
    return " ".join([*words, *chance.sample(_WORDS, chance.choice((0, 1, 1, 2))), chance.choice(_FORMS)])


def altered(name: str, chance: random.Random) -> str:
    """Return a name with one letter changed: what a person writes down wrongly."""
    at = chance.randrange(1, max(2, len(name) // 2))
    return name[:at] + chance.choice("aeiou") + name[at + 1 :]


def write_files(folder: Path, companies: int, relationships: int, grants: int) -> None:
    with (folder / "lei.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, quoting=csv.QUOTE_ALL)
        other = [f"Entity.LegalAddress.{part}" for part in ("FirstAddressLine", "City", "Region", "PostalCode")]
        out.writerow(
            [
                "LEI",
                "Entity.LegalName",
                "Entity.OtherEntityNames.OtherEntityName.1",
                "Entity.LegalAddress.Country",
                *other,
                "Registration.LastUpdateDate",
            ]
        )
        address = ["1 Invented Street", "Nowhere", "XX", "00000", "2026-01-01T00:00:00Z"]
        out.writerows([lei_of(at), name_of(at), "", "GB", *address] for at in range(companies))
    chance = random.Random(5)
    with (folder / "rr.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, quoting=csv.QUOTE_ALL)
        start, end = "Relationship.StartNode.NodeID", "Relationship.EndNode.NodeID"
        out.writerow(
            [
                start,
                end,
                "Relationship.RelationshipType",
                "Relationship.RelationshipStatus",
                "Relationship.Period.1.startDate",
                "Relationship.Period.1.endDate",
                "Relationship.Period.1.periodType",
            ]
        )
        for at in range(relationships):
            child = chance.randrange(companies)
            parent = lei_of(child // 7)  # groups of some companies, in several steps
            out.writerow(
                [
                    lei_of(child),
                    parent,
                    "IS_DIRECTLY_CONSOLIDATED_BY",
                    "ACTIVE",
                    f"{2000 + at % 25}-01-01T00:00:00Z",
                    "",
                    "RELATIONSHIP_PERIOD",
                ]
            )
    with (folder / "register.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["company", "aliases", "domains", "identifiers", "relation", "tier", "valid_from", "valid_until"])
        for at in range(grants):
            number = at * 5 % companies
            out.writerow(
                [
                    name_of(number),
                    "",
                    f"v{number}.example",
                    lei_of(number) if at % 2 else "",
                    "partner",
                    "Silver",
                    f"{2000 + at % 25}-01-01",
                    "",
                ]
            )


def in_process(what: str, work: Callable[[], str]) -> None:
    """Run a step in a process of its own; print how long it took and the most memory that it held."""
    sys.stdout.flush()
    started = time.perf_counter()
    child = os.fork()
    if child == 0:
        try:
            print(f"| {what} | {work()}", end="", flush=True)
            os._exit(0)
        except BaseException as error:  # noqa: BLE001  # a broken step must be seen, and must not go on as the parent
            print(f"| {what} failed: {type(error).__name__}: {error}", flush=True)
            os._exit(1)
    _, status, usage = os.wait4(child, 0)
    print(f" | {time.perf_counter() - started:.1f} s | {usage.ru_maxrss / 1024:.0f} MB |")
    if status:
        sys.exit(1)


def questions(count: int, companies: int) -> Iterator[SearchQuery]:
    chance = random.Random(11)
    for at in range(count):
        number = chance.randrange(companies)
        name = name_of(number)
        if at % 2:
            name = altered(name_of(chance.randrange(companies)), chance)
            yield SearchQuery(names=(name,), domains=(f"stranger{at}.example",), group=())
        elif at % 4:
            yield SearchQuery(names=(name,), domains=(f"v{number}.example",), group=(), identifiers=(lei_of(number),))
        else:
            yield SearchQuery(names=(name,), domains=(), group=())


def measure(register: Register, asked: list[SearchQuery], *, alike_companies: bool) -> str:
    times, found, near = [], 0, 0
    for question in asked:
        started = time.perf_counter()
        record = register.search(question, DAY, alike_companies=alike_companies).record
        times.append(time.perf_counter() - started)
        found += bool(record.hits)
        near += bool(record.near_misses)
    times.sort()
    unit, scale = ("ms", 1e3) if times[len(times) // 2] > 1e-3 else ("µs", 1e6)
    p99 = times[min(len(times) - 1, int(len(times) * 0.99))]
    return f"median {statistics.median(times) * scale:.1f} {unit}, p99 {p99 * scale:.1f} {unit}, longest {times[-1] * scale:.1f} {unit}; {found} with hits, {near} with near misses of {len(times)}"


def measure_recall(names: int, asked: int) -> str:
    """Compare what is found through trigrams with what scoring every name finds, of names with one letter changed."""
    cores = sorted({name_forms(name_of(at)).core for at in range(names)})
    segments = list(segments_of(cores))
    chance = random.Random(13)
    own = kept = every = both = 0
    for _ in range(asked):
        meant = chance.randrange(names)
        want = name_forms(altered(name_of(meant), chance)).core
        found = likenesses([cores[number] for number in nearest(segments, want)], want)
        truth = {core for core in cores if likeness(core, want) >= NEAR_MISS_SCORE}
        core = name_forms(name_of(meant)).core
        if core in truth:
            own += 1
            kept += core in found
        best = sorted(truth, key=lambda c: -likeness(c, want))[:10]
        every += len(best)
        both += len(found.keys() & set(best))
    return f"the name that was meant {kept} of {own}; of the ten most alike {both} of {every}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("companies", 3_000_000), ("grants", 500_000), ("relationships", 500_000), ("searches", 300)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = options.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "register.csv").exists():
            in_process(
                "write the files",
                lambda: write_files(folder, options.companies, options.relationships, options.grants) or "",
            )
        print("| step | result | time | memory |\n| --- | --- | --- | --- |")

        def opened(name: str = "scale.db") -> Ledger:
            ledger = Ledger.open(folder / name)
            ledger.add(
                [BrandRow(brand="acme", name="Acme", aliases=(), domains=(), recorded_at="2026-01-01T00:00:00Z")]
            )
            return ledger

        def companies() -> str:
            return f"{import_groups(opened(), folder / 'lei.csv').snapshot.companies:,} companies"

        def relations() -> str:
            return f"{import_groups(opened(), folder / 'rr.csv').snapshot.relationships:,} relationships"

        def grants() -> str:
            return f"{import_register(opened(), 'acme', folder / 'register.csv').snapshot.grants:,} grants"

        def search() -> str:
            asked = list(questions(options.searches, options.companies))
            return measure(Register(opened(), "acme"), asked, alike_companies=True)

        def search_plain() -> str:
            asked = list(questions(options.searches, options.companies))
            return measure(Register(opened(), "acme"), asked, alike_companies=False)

        def judge() -> str:
            path = folder / "small.csv"
            lines = (f'"{name_of(at)}",v{at}.example,2020-01-01\n' for at in range(3_000))
            path.write_text("company,domain,valid_from\n" + "".join(lines), encoding="utf-8")
            with opened("small.db") as ledger:
                import_register(ledger, "acme", path)
                asked = [
                    SearchQuery(names=(name_of(at, salt="w"),), domains=(f"w{at}.example",), group=())
                    for at in range(20_000)
                ]
                return measure(Register(ledger, "acme"), asked, alike_companies=False)

        in_process("import level 1", companies)
        in_process("import level 2", relations)
        in_process("import the register", grants)
        in_process("search, companies alike too", search)
        in_process("search, as a judge asks", search_plain)
        in_process("search 3,000 grants, as a judge asks", judge)
        in_process("recall among 20,000 names", lambda: measure_recall(20_000, 200))
        size = sum(path.stat().st_size for path in folder.glob("scale.db*"))
        print(f"\ndatabase: {size / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()
