"""How long 100,000 passages take to be read for statements, in processor time: python -m bench.statement_speed [--passages N].

The passages are those of tests/gold/, over and over, in their languages: most name a brand, which on real pages few do.
"""

from __future__ import annotations

import argparse
import itertools
import time
import tomllib
from pathlib import Path

from ledger.lexicon import Lexicon
from matcher.words.naming import brand_names
from matcher.words.statement_context import Setting
from matcher.words.statements import StatementReader

GOLD = Path(__file__).resolve().parents[1] / "tests" / "gold" / "statements"
PLAIN = "We plan, install and look after office networks for companies between ten and five hundred seats."


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--passages", type=int, default=100_000)
    wanted = arguments.parse_args().passages
    files = sorted(GOLD.glob("*.toml"))
    rows = [
        (file.stem, row["text"])
        for file in files
        for row in tomllib.loads(file.read_text(encoding="utf-8"))["sentences"]
    ]
    names = brand_names("veltrana", "Veltrana", ["维川", "Велтрана"]) + brand_names("acme", "Acme", [])
    reader = StatementReader(names, Lexicon.load())
    for language, text in rows:
        reader.read(text, Setting(language=language, vendor="Quayside"))  # grammars are made once
    for title, passages in (("that name a brand", rows), ("plain", [("en", PLAIN)])):
        begin = time.process_time()
        for language, text in itertools.islice(itertools.cycle(passages), wanted):
            reader.read(text, Setting(language=language, vendor="Quayside"))
        print(f"{wanted} passages {title}: {time.process_time() - begin:.1f} s")


if __name__ == "__main__":
    main()
