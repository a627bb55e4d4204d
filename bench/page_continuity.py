"""How often a page that was read again is rightly told from another page at its address, on versions of real pages.

    python bench/page_continuity.py CLONES            # a folder of git clones of static sites, bare or not
    python bench/page_continuity.py CLONES --show 20 --pages 40

Pairs that are one page: two different versions of one file, one or two commits of it apart (of long histories, eight spread over
them). Pairs that are two pages: two files of one site as they stand last, drawn by lot. The other pages of the site are what a
visit would have read beside them. Left out, and counted: files that are no page by health; copies of one page, when two files
share nine tenths of their words; versions with fewer than eight words and pictures, on which nothing can be claimed.
"""

from __future__ import annotations

import argparse
import itertools
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass
from pathlib import Path

from crawler.page.page import attribute, parse_page
from crawler.reading.page_continuity import NEXT_TO_NOTHING, Likeness, PageContent, compare_contents, page_content
from crawler.reading.page_health import judge_health
from crawler.reading.passages import extract_passages
from ledger.lexicon import Lexicon
from ledger.typed_texts import PageId
from ledger.vocabulary import PageHealth

SPREAD = 8  # versions of a page, spread over its history
REWRITTEN = 0.25  # of the words and pictures of its main part: a person would not know it again either
PAIRS_OF_TWO = 60  # of each site
COPIES = 0.9  # share of words from which two files are copies of one page
# parts of pages, mails and templates: no visitor sees them alone
NO_PAGE = re.compile(
    r"node_modules|vendor|bower|includ|template|layout|component|partial|email|widget|/src/|google[0-9a-f]{10}", re.I
)
LEXICON = Path(__file__).parent.parent / "data" / "lexicon"


@dataclass(frozen=True)
class Version:
    site: str
    path: str
    commit: str
    committed_at: int
    content: PageContent


@dataclass(frozen=True)
class Pair:
    earlier: Version
    later: Version
    likeness: Likeness

    def __str__(self) -> str:
        to = "" if self.later.path == self.earlier.path else f" → {self.later.path}"
        return f"{self.earlier.site} {self.earlier.path}{to} {self.earlier.commit[:7]}..{self.later.commit[:7]}: {self.likeness.why} ({self.likeness.kept:.0%} of all)"


def git(repository: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, check=False).stdout


def histories(repository: Path) -> dict[str, list[tuple[str, int]]]:
    """The commits of each HTML file with their times, oldest first."""
    log = git(repository, "log", "--format=@%H %ct", "--name-only", "--no-merges", "HEAD", "--", "*.html", "*.htm")
    commits: dict[str, list[tuple[str, int]]] = {}
    commit = ("", 0)
    for line in log.decode("utf-8", "replace").splitlines():
        if line.startswith("@"):
            commit = (line[1:].split()[0], int(line.split()[1]))
        elif line:
            commits.setdefault(line.strip('"'), []).insert(0, commit)
    return commits


class Reader:
    """Reads versions of pages as a crawl reads pages; counts what is left out."""

    def __init__(self) -> None:
        self.lexicon = Lexicon.load(LEXICON)
        self.left_out: Counter[str] = Counter()

    def read(self, repository: Path, site: str, path: str, commit: str, committed_at: int) -> Version | None:
        content = git(repository, "show", f"{commit}:{path}")
        if b"{%" in content or b"<html" not in content.lower():
            self.left_out["no page"] += 1
            return None
        document = parse_page(content, f"https://{site}.example/{path}", "text/html")
        if judge_health(document, 200, self.lexicon).health is not PageHealth.OK:
            self.left_out["not healthy"] += 1
            return None
        passages = extract_passages(document, self.lexicon, page_id=PageId("x"))
        pictures = [attribute(image, "src") or "" for image in document.soup.find_all("img")]
        said = page_content(document.title, [(p.text, p.zone, p.heading_trail) for p in passages], pictures)
        if len(said.words) < NEXT_TO_NOTHING:
            self.left_out["next to nothing on it"] += 1
            return None
        return Version(site, path, commit, committed_at, said)

    def versions(self, repository: Path, site: str, pages: int, lot: random.Random) -> Iterator[list[Version]]:
        files = {path: commits for path, commits in histories(repository).items() if not NO_PAGE.search(path)}
        chosen = [path for path in sorted(files) if len(files[path]) > 1]
        lot.shuffle(chosen)
        for path in chosen[:pages]:
            commits = files[path]
            if len(commits) > SPREAD:
                commits = [commits[round(n * (len(commits) - 1) / (SPREAD - 1))] for n in range(SPREAD)]
            read = [version for commit, at in commits if (version := self.read(repository, site, path, commit, at))]
            if read:
                yield read


def pairs_of(sites: list[list[list[Version]]], lot: random.Random) -> tuple[list[Pair], list[Pair]]:
    one, two = list[Pair](), list[Pair]()
    for site in sites:

        def compare(earlier: Version, later: Version, site: list[list[Version]] = site) -> Pair:
            others = [_as_of(versions, earlier.committed_at) for versions in site if versions[0].path != earlier.path]
            elsewhere = set[str]().union(*(other.content.words for other in others if other is not None))
            return Pair(earlier, later, compare_contents(earlier.content, later.content, elsewhere))

        for versions in site:
            different = [v for n, v in enumerate(versions) if n == 0 or v.content != versions[n - 1].content]
            one += [compare(a, b) for a, b in itertools.pairwise(different)]
            one += [compare(a, b) for a, b in zip(different, different[2:], strict=False)]
        last = [versions[-1] for versions in site]
        candidates = [
            (a, b) for a in last for b in last if a is not b and not _are_copies(a.content.words, b.content.words)
        ]
        two += [compare(a, b) for a, b in lot.sample(candidates, min(PAIRS_OF_TWO, len(candidates)))]
    return one, two


def _as_of(versions: list[Version], at: int) -> Version | None:
    """What a visit at that time would have read of a page."""
    return next((version for version in reversed(versions) if version.committed_at <= at), None)


def _are_copies(a: Set[str], b: Set[str]) -> bool:
    return len(a & b) >= COPIES * max(len(a), len(b))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("clones", type=Path)
    arguments.add_argument("--pages", type=int, default=25, help="of each site (25)")
    arguments.add_argument("--lot", type=int, default=1, help="which pages and pairs are drawn (1)")
    arguments.add_argument("--show", type=int, default=0, help="wrong ones shown of each kind")
    options = arguments.parse_args()
    lot = random.Random(options.lot)
    reader = Reader()
    repositories = sorted(
        {path.parent for path in options.clones.glob("**/HEAD") if (path.parent / "objects").is_dir()}
    )
    sites = []
    for repository in repositories:
        site = str(repository.relative_to(options.clones)).partition("/")[0]
        sites.append(list(reader.versions(repository, site, options.pages, lot)))
        print(f"{site}: {len(sites[-1])} pages", file=sys.stderr)
    one, two = pairs_of(sites, lot)
    changed = [pair for pair in one if not pair.likeness.is_same]
    same = [pair for pair in two if pair.likeness.is_same]
    rewritten = [pair for pair in changed if pair.likeness.kept < REWRITTEN]
    print(
        f"one page, two versions: {len(one)} pairs of {sum(bool(site) for site in sites)} sites, “changed” {len(changed) / len(one):.1%}:"
        f" {len(rewritten) / len(one):.1%} rewritten (they keep less than {REWRITTEN:.0%}), {(len(changed) - len(rewritten)) / len(one):.1%} wrong"
    )
    print(f"two pages of one site:  {len(two)} pairs, wrong “same” {len(same) / len(two):.1%}")
    print(f"left out: {', '.join(f'{count} {why}' for why, count in reader.left_out.items())}")
    for title, wrong in (("wrong “changed”", changed), ("wrong “same”", same)):
        for pair in wrong[: options.show]:
            print(f"{title}: {pair}")


if __name__ == "__main__":
    main()
