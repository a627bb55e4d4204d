"""What reading one page costs: python -m bench.page_reading WORKSPACE [--labels LABELS] [--cold] [--profile]

WORKSPACE: of a finished crawl; its stored pages are read again in memory, nothing is written. --labels: the labels.jsonl of
the corpus: only its pages count. Each page is read once before it is measured, as pages of a visit share style sheets,
menus and words; --cold forgets all that before each page. The parse alone, which is Beautiful Soup's, tells how busy the
machine was.

Printed: CPU milliseconds a page (median, 90 %), and the medians of the parts: health and kind (with the parse), links,
images and passages.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from crawler.images import image_rules, selectors
from crawler.images.stylesheets import Sheet
from crawler.page.page import parse_page
from crawler.reading.links import find_links
from crawler.reading.page_reader import PageSource, read_page
from crawler.reading.stored_pages import read_sheets
from ledger.archive.warc import read_exchange
from ledger.database import Ledger
from ledger.lexicon import Lexicon
from ledger.typed_texts import CaptureId, FinalUrl, LookId, VisitId

PAGES = """
SELECT p.look_id, p.stylesheet_looks, k.capture_id, k.final_url, s.vendor FROM pages p JOIN looks k ON k.look_id = p.look_id
JOIN visits v ON v.visit_id = p.visit_id JOIN seeds s ON s.seed_id = v.seed_id
WHERE p.health = 'ok' AND k.capture_id IS NOT NULL ORDER BY v.ordinal, p.rowid"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """A row of PAGES."""

    look_id: LookId
    stylesheet_looks: tuple[LookId, ...]
    capture_id: CaptureId
    final_url: FinalUrl
    vendor: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    var = options.workspace / "var"
    inputs: list[tuple[PageSource, list[Sheet]]] = []
    wanted = _labelled(options.labels) if options.labels else None
    with Ledger.open_readonly(var / "partnerproof.db") as ledger:
        for row in ledger.select(_Page, PAGES):
            if wanted is not None and not wanted & _names(row.vendor, row.final_url):
                continue
            stored = read_exchange(var / "warc", ledger, row.capture_id)
            source = PageSource(
                visit_id=VisitId("V"),
                look_id=row.look_id,
                url=row.final_url,
                status=200,
                content=stored.content,
                content_type=stored.content_type,
            )
            inputs.append((source, read_sheets(ledger, var / "warc", row.stylesheet_looks)))
    lexicon = Lexicon.load()
    profile = cProfile.Profile()
    measured: list[tuple[float, float, float]] = []
    parses: list[float] = []
    for source, sheets in inputs:
        if options.cold:
            image_rules._remembered.clear()
            selectors._compiled.cache_clear()
            for lists in lexicon._compiled.values():
                lists._remembered.clear()
        else:
            _read(source, sheets, lexicon)
        if options.profile:
            profile.enable()
        measured.append(_read(source, sheets, lexicon))
        profile.disable()
        begin = time.process_time()
        _ = parse_page(source.content, source.url, source.content_type).soup
        parses.append(1e3 * (time.process_time() - begin))
    if options.profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
    totals = sorted(sum(parts) for parts in measured)
    print(
        f"{len(totals)} pages: median {statistics.median(totals):.1f} ms, 90 % {totals[int(0.9 * len(totals))]:.1f} ms"
    )
    print(f"  {'the parse alone':20s} {statistics.median(parses):5.1f} ms")
    for name, parts in zip(
        ("health and kind", "links", "images and passages"), zip(*measured, strict=True), strict=True
    ):
        print(f"  {name:20s} {statistics.median(parts):5.1f} ms")


def _read(source: PageSource, sheets: list[Sheet], lexicon: Lexicon) -> tuple[float, float, float]:
    begin = time.process_time()
    page = read_page(source, lexicon)
    judged = time.process_time()
    find_links(page.document, lexicon)
    linked = time.process_time()
    page.with_images(sheets, lexicon)
    return 1e3 * (judged - begin), 1e3 * (linked - judged), 1e3 * (time.process_time() - linked)


def _labelled(labels: Path) -> set[tuple[str, str]]:
    return {
        (label["site"], label["page"]) for label in map(json.loads, labels.read_text(encoding="utf-8").splitlines())
    }


def _names(vendor: str, url: str) -> set[tuple[str, str]]:
    path = url.split("://", 1)[-1].partition("/")[2].split("?")[0]
    return {(vendor, name) for name in (path, f"{path}index.html", f"{path}/index.html", f"{path}.html")}


if __name__ == "__main__":
    main()
