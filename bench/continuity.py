"""How well a page that is read again is told from another one: python -m bench.continuity CLONES [--pairs N].

CLONES holds bare clones of web sites (owner+name/repo). Of each HTML file that several commits changed, neighbouring versions are pairs of
one page; versions of two different files of a site are pairs of two. Prints how many are told wrongly at some thresholds.
"""

from __future__ import annotations

import argparse
import itertools
import random
import subprocess
from collections import defaultdict
from pathlib import Path

from crawler.page.page import parse_page
from crawler.reading.page_continuity import SAME_PAGE, PlacedText, continuity
from crawler.reading.passages import extract_passages
from ledger.lexicon import Lexicon
from ledger.typed_texts import PageId

THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
MAX_VERSIONS_OF_A_FILE = 6
MAX_FILES_OF_A_SITE = 12
MAX_BYTES = 400_000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("clones", type=Path)
    arguments.add_argument("--show", type=int, default=0, help="print so many wrong pairs of each kind")
    options = arguments.parse_args()
    lexicon, chosen = Lexicon.load(), random.Random(17)
    same: list[tuple[float, str]] = []
    other: list[tuple[float, str]] = []
    for repository in sorted(options.clones.glob("*/repo")):
        pages = {path: read for path in _files(repository, chosen) if (read := _versions(repository, path, lexicon))}
        for path, versions in pages.items():
            same += [(continuity(a, b), f"{repository.parent.name} {path}") for a, b in itertools.pairwise(versions)]
        paths = sorted(pages)
        for first, second in itertools.pairwise(paths):
            other.append(
                (continuity(pages[first][-1], pages[second][-1]), f"{repository.parent.name} {first} | {second}")
            )
    print(f"{len(same)} pairs of one page, {len(other)} of two pages of a site")
    for threshold in THRESHOLDS:
        changed = [pair for pair in same if pair[0] < threshold]
        wrong_same = [pair for pair in other if pair[0] >= threshold]
        mark = " *" if threshold == SAME_PAGE else ""
        print(
            f"{threshold:.1f}  wrongly changed {len(changed) / len(same):5.1%}  wrongly the same {len(wrong_same) / len(other):5.1%}{mark}"
        )
    for title, pairs in (("changed", sorted(same)), ("the same", sorted(other, reverse=True))):
        for share, what in pairs[: options.show]:
            print(f"{title}: {share:.2f} {what}")


def _git(repository: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", f"--git-dir={repository}", *arguments], check=True, capture_output=True).stdout


def _files(repository: Path, chosen: random.Random) -> list[str]:
    """HTML files that at least two commits changed, some of them."""
    changed: dict[str, int] = defaultdict(int)
    log = _git(
        repository,
        "-c",
        "core.quotepath=off",
        "log",
        "--diff-filter=AM",
        "--name-only",
        "--format=",
        "-z",
        "--",
        "*.html",
        "*.htm",
    )
    for path in filter(None, log.decode("utf-8", "replace").split("\0")):
        changed[path.strip("\n")] += 1
    several = sorted(path for path, count in changed.items() if count > 1)
    return chosen.sample(several, min(len(several), MAX_FILES_OF_A_SITE))


def _versions(repository: Path, path: str, lexicon: Lexicon) -> list[list[PlacedText]]:
    commits = _git(repository, "log", "--reverse", "--diff-filter=AM", "--format=%H", "--", path).decode().split()
    step = max(1, len(commits) // MAX_VERSIONS_OF_A_FILE)
    found: list[list[PlacedText]] = []
    for commit in commits[::step][:MAX_VERSIONS_OF_A_FILE]:
        content = _git(repository, "show", f"{commit}:{path}")
        if len(content) > MAX_BYTES:
            continue
        document = parse_page(content, "https://site.example/", "text/html")
        pieces = [
            PlacedText(text=passage.text, zone=passage.zone)
            for passage in extract_passages(document, lexicon, page_id=PageId("p"))
        ]
        if pieces and (not found or pieces != found[-1]):
            found.append(pieces)
    return found


if __name__ == "__main__":
    main()
