"""Findings as tables in the terminal."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from casebook.dossier.coverage import VendorTally, read_coverage, tell_vendors
from casebook.dossier.findings import Finding, PerhapsMatch, Standing, read_findings, read_perhaps, read_standings
from casebook.files.tables import plain
from ledger.database import Ledger
from ledger.extras import how_to_install
from ledger.typed_texts import CrawlId
from ledger.verdict_kinds import MEANINGS
from partnerproof.crawl_answers import count_doubtful_images, count_unread_images, count_vendor_outcomes

HOW_TO_READ = f"{how_to_install('ocr')}, then partnerproof match && partnerproof claims && partnerproof judge"


class PlainConsole(Console):
    """A console that prints a stranger's words as words: no control characters, no markup, and no folding but by print_indented."""

    def print(self, *objects: Any, **options: Any) -> None:  # what the library's print takes
        super().print(*(plain(o) if isinstance(o, str) else o for o in objects), soft_wrap=True, **options)

    def print_indented(self, words: str, *, indent: int, style: str = "", is_begun: bool = False) -> None:
        """Print words; on a terminal each further line under the first. Elsewhere in one line, so that it can be searched for.

        indent: columns before each line. is_begun: the first line's indent has been printed already.
        """
        lines = wrap_words(plain(words), max(self.width - indent, 20)) if self.is_terminal else [plain(words)]
        for number, line in enumerate(lines):
            self.print(Text(line if is_begun and not number else " " * indent + line, style=style))


def wrap_words(text: str, width: int) -> list[str]:
    """Return lines of at most so many columns; a word that is longer, such as an address, has a line of its own and is not cut."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and cell_len(lines[-1]) + 1 + cell_len(word) > width:
            lines.append(word)
        else:
            lines[-1] += f" {word}" if lines[-1] else word
    return lines


def plain_console() -> PlainConsole:
    return PlainConsole()


def print_rows(headings: Sequence[str], rows: Sequence[tuple[Sequence[str], str]], colours: Sequence[str] = ()) -> None:
    """Print rows of two lines each: cells under headings, then one detail.

    On a terminal that is too narrow for all columns, the last ones stand with their headings in a line of their own.
    colours: of the first cell of each row. Nothing is printed for no rows.
    """
    if not rows:
        return
    console = plain_console()
    cells = [list(headings), *([plain(cell) for cell in line] for line, _ in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    shown = _count_fitting(widths, console.width) if console.is_terminal else len(widths)
    details = [None, *(detail for _, detail in rows)]
    for line, detail, colour in zip(cells, details, ["", *(colours or [""] * len(rows))], strict=True):
        cut = _GAP.join(set_cell_size(cell, width) for cell, width in zip(line[:shown], widths, strict=False)).rstrip()
        text = Text(cut, style="bold" if detail is None else "")
        text.stylize(colour, 0, len(line[0]))
        console.print(text)
        if detail is None:
            continue
        if further := [f"{name} {cell}" for name, cell in zip(headings[shown:], line[shown:], strict=True) if cell]:
            console.print_indented(", ".join(further), indent=4)
        if detail:
            console.print_indented(detail, indent=4, style="dim")


def _count_fitting(widths: Sequence[int], width: int) -> int:
    """How many columns, from the first on, fit beside each other; at least one."""
    ends = list(itertools.accumulate(widths, lambda end, column: end + len(_GAP) + column))
    return max(1, sum(end <= width for end in ends))


_GAP = "  "


def print_perhaps(ledger: Ledger, *, brand: str | None = None) -> None:
    """Print the images in which a person should look for a logo, most alike first."""
    rows = read_perhaps(ledger, brand=brand)
    print_rows(
        ("score", "brand", "official logo", "why perhaps", "vendor", "section", "x, y, width, height"),
        [(_perhaps_cells(row), f"{row.page_url}  {row.image_url or 'inline'}  {row.image_sha256}") for row in rows],
    )
    images = len({row.image_sha256 for row in rows})
    click.echo(f"{images} images to look at; none of them is evidence of a claim" if rows else "nothing to look at")


def _perhaps_cells(row: PerhapsMatch) -> list[str]:
    region = json.loads(row.region)
    place = ", ".join(str(region[side]) for side in ("x", "y", "width", "height"))
    what = row.official_logo or f"words “{row.words}”"
    return [f"{row.score:.2f}", row.brand, what, row.why_perhaps, row.vendor, row.section_kind, place]


def print_findings(
    ledger: Ledger, *, crawl_id: CrawlId | None = None, verdict: str | None = None, brand: str | None = None
) -> Counter[str]:
    """Print findings, the most serious first, and what could not be looked at; returns how many of each verdict."""
    console = plain_console()
    rows = read_findings(ledger, crawl_id=crawl_id, verdict=verdict, brand=brand)
    counts = Counter(str(row.verdict or "not judged") for row in rows)
    print_rows(
        _HEADINGS,
        [(_cells(row), f"{row.page_url}  {'; '.join((row.reasons or ())[:1])}") for row in rows],
        [MEANINGS[row.verdict].colour if row.verdict else "" for row in rows],
    )
    if counts:
        summary = ", ".join(f"{number} {kind}" for kind, number in counts.most_common())
        console.print(summary, highlight=False, markup=False)
    else:
        console.print("no findings", highlight=False)
    _print_perhaps_hint(ledger, console, crawl_id=crawl_id, brand=brand)
    _print_coverage(ledger, console, crawl_id)
    if crawl_id is not None:
        print_unread_words(ledger, crawl_id)
    return counts


def print_standings(ledger: Ledger, *, verdict: str | None = None, brand: str | None = None) -> None:
    """Print where each vendor stands to each brand, the most serious first, and what could not be looked at."""
    console = plain_console()
    rows = read_standings(ledger, verdict=verdict, brand=brand)
    print_rows(
        ("verdict", "vendor", "brand", "relation", "tier", "evidence", "certainty", "state", "others"),
        [(_standing_cells(row), f"{row.page_url}  {'; '.join((row.reasons or ())[:1])}") for row in rows],
        [MEANINGS[row.verdict].colour if row.verdict else "" for row in rows],
    )
    counts = Counter(str(row.verdict or "not judged") for row in rows)
    summary = ", ".join(f"{number} {kind}" for kind, number in counts.most_common())
    console.print(summary or "no findings", highlight=False, markup=False)
    _print_perhaps_hint(ledger, console, crawl_id=None, brand=brand)
    _print_coverage(ledger, console, None)


def _standing_cells(row: Standing) -> list[str]:
    others = str(row.other_claims) if row.other_claims else ""
    return [
        row.verdict or "not judged", row.vendor, row.brand, row.relation, row.tier or "", row.evidence or "", row.certainty, row.state, others
    ]  # fmt: skip


_HEADINGS = ["verdict", "vendor", "brand", "relation", "tier", "evidence"]


def _cells(row: Finding) -> list[str]:
    return [row.verdict or "not judged", row.vendor, row.brand, row.relation, row.tier or "", row.evidence or ""]


def _print_perhaps_hint(ledger: Ledger, console: Console, *, crawl_id: CrawlId | None, brand: str | None) -> None:
    images = count_doubtful_images(ledger, crawl_id=crawl_id, brand=brand)
    if images:
        console.print(
            f"perhaps: {images} images that a person has to look at; partnerproof findings --perhaps", highlight=False
        )


def print_unread_words(ledger: Ledger, crawl_id: CrawlId | None) -> None:
    """Print how many images were not read for words, because this machine lacks the extra; nothing where none was left."""
    if images := count_unread_images(ledger, crawl_id):
        click.echo(
            f"the words in {images} images were not read, so what they say is not known; run: {HOW_TO_READ}", err=True
        )


def _print_coverage(ledger: Ledger, console: Console, crawl_id: CrawlId | None) -> None:
    """What became of each vendor, and why: in one crawl, or by each vendor's last visit, as the report has it."""
    told_of = read_coverage(ledger) if crawl_id is None else VendorTally.of(count_vendor_outcomes(ledger, crawl_id))
    if told := tell_vendors(told_of.by_outcome, told_of.by_reason):
        console.print(f"vendors: {told}; v_vendor_coverage has each", highlight=False, markup=False)
