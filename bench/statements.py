"""How well sentences are understood, on the sentences of tests/gold/statements: kind and parts, per language, for both halves.

python -m bench.statements [--show open|held] [--language de]
"""

from __future__ import annotations

import argparse
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from ledger.lexicon import Lexicon
from ledger.vocabulary import SectionKind
from matcher.words.naming import brand_names
from matcher.words.statement_context import Setting
from matcher.words.statements import Statement, StatementReader

GOLD = Path(__file__).resolve().parents[1] / "tests" / "gold" / "statements"
VELTRANA = ("维川", "維川", "ベルトラナ", "벨트라나", "Велтрана", "Вельтрана", "فيلترانا")
DEFAULTS = {"polarity": "affirmed", "modality": "is", "by": "vendor"}
JUDGED = ("relation", "polarity", "modality", "by", "tier", "since", "until", "subject", "programme")


def reader() -> StatementReader:
    names = brand_names("veltrana", "Veltrana", VELTRANA) + brand_names("acme", "Acme", ["艾克米"])
    return StatementReader(names + brand_names("corvane", "Corvane", []), Lexicon.load())


def sentences(language: str) -> list[dict[str, Any]]:
    """The sentences of one language; the second, fourth, … are held out."""
    found = tomllib.loads((GOLD / f"{language}.toml").read_text(encoding="utf-8"))["sentences"]
    return [DEFAULTS | {"brand": "veltrana"} | row for row in found]


def later_sentences(language: str) -> list[dict[str, Any]]:
    """The second set, written after the grammar."""
    found = tomllib.loads((GOLD / f"{language}.toml").read_text(encoding="utf-8"))["later"]
    return [DEFAULTS | {"brand": "veltrana"} | row for row in found]


def understood(read: StatementReader, language: str, row: dict[str, Any]) -> Statement | None:
    """What was understood about the brand of a row; the most telling statement where there are two."""
    setting = Setting(
        language=language,
        section_kind=SectionKind(row.get("section", "none")),
        heading_trail=(row["heading"],) if "heading" in row else (),
    )
    brand = None if row["brand"] == "any" else row["brand"]
    found = [s for s in read.read(row["text"], setting) if s.brand == brand]
    return max(found, key=lambda s: s.kind != "mention-only", default=None)


def parts(statement: Statement | None) -> dict[str, str | None]:
    if statement is None:
        return {}
    told = {name: getattr(statement, name) for name in ("polarity", "modality", "tier", "since", "until", "subject")}
    return told | {
        "by": statement.asserted_by,
        "relation": statement.relation or "none",
        "programme": statement.programme,
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument(
        "--show", choices=("open", "held", "later"), help="print what was understood otherwise in one set"
    )
    options.add_argument("--language")
    given = options.parse_args()
    read, total = reader(), Counter[str]()
    print(f"{'':4} {'open: kind':>12} {'parts':>8}   {'held out: kind':>14} {'parts':>8}   {'later: kind':>11}")
    for path in sorted(GOLD.glob("*.toml")):
        if given.language and path.stem != given.language:
            continue
        score = Counter[str]()
        for place, row in enumerate(sentences(path.stem)):
            half = ("open", "held")[place % 2]
            found = understood(read, path.stem, row)
            told = parts(found)
            wrong = {key: (row[key], told.get(key)) for key in JUDGED if key in row and told.get(key) != row[key]}
            is_right = found is not None and found.kind == row["kind"]
            score[half] += 1
            score[f"{half}-kind"] += is_right
            score[f"{half}-parts"] += is_right and not wrong
            if given.show == half and (wrong or not is_right):
                print(
                    f"  {row['text']}\n    wanted {row['kind']}, found {found and found.kind} ({found and found.rule}) {wrong}"
                )
        for row in later_sentences(path.stem):
            found = understood(read, path.stem, row)
            score["later"] += 1
            score["later-kind"] += found is not None and found.kind == row["kind"]
            if given.show == "later" and (found is None or found.kind != row["kind"]):
                print(
                    f"  {row['text']}\n    wanted {row['kind']}, found {found and found.kind} ({found and found.rule})"
                )
        print(_line(path.stem, score))
        total += score
    print(_line("all", total))


def _line(name: str, score: Counter[str]) -> str:
    o, h = score["open"], score["held"]
    return (
        f"{name:4} {score['open-kind']:6} / {o:3} {score['open-parts']:8}   "
        f"{score['held-kind']:8} / {h:3} {score['held-parts']:8}   {score['later-kind']:5} / {score['later']:3}"
    )


if __name__ == "__main__":
    main()
