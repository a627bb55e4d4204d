"""A workspace in which a visit runs without Scrapy: a real database, a real archive, reading processes, a folder as the web."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from crawler.drawing.browser import Browser
from crawler.reading.reading_pool import ReadingPool
from crawler.visits.looks import LookTaker
from crawler.visits.seeds import begin_crawl, end_crawl_if_complete, seed_of
from crawler.visits.visit import Budget, RunningVisit, begin_visit, end_visit
from crawler.visits.visit_run import VisitRun
from crawler.visits.visit_tools import VisitTools
from ledger.archive.warc import WarcArchive
from ledger.identity import utc_text
from ledger.lexicon import Lexicon
from ledger.records import Visit
from tests.crawler.visits.folder_fetcher import FolderFetcher
from tests.new_ledger import new_ledger

SITE = "http://www.vendor.example"
BUDGET = Budget(pages=10, images=20, requests=100, body_bytes=10_000_000, seconds=600.0, renders=0)


class VisitRoom:
    """Takes one visit after the other of one vendor, whose site is a folder."""

    def __init__(self, folder: Path, site: Path, failures: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.site = site
        self.failures = failures or {}
        self.ledger = new_ledger(folder / "p.db")
        self.asked: list[str] = []  # paths, in the last visit
        self.pages: list[str] = []  # addresses, told while the last visit ran
        self.end_reason: str | None = None
        self.begun = 0

    def begin(self, budget: Budget = BUDGET) -> RunningVisit:
        """Begin the visit of a new crawl."""
        seed = seed_of(f"{SITE}/")
        self.begun += 1  # another scope is another crawl, also while the last one is unfinished
        scope: dict[str, object] = {"PARTNERPROOF_BRANDS": [str(self.begun)]}
        crawl_id = begin_crawl(self.ledger, [seed], seeds_file="one.csv", settings=scope, tool_version="test")
        row = self.ledger.find(Visit, crawl_id=crawl_id)
        assert row is not None
        return begin_visit(self.ledger, row, budget, utc_text())

    def open_archive(self, visit: RunningVisit) -> WarcArchive:
        crawl_id = self.ledger.value("SELECT crawl_id FROM visits WHERE visit_id = ?", [visit.visit_id])
        return WarcArchive(self.folder / "warc", self.ledger, crawl_id, tool="test")

    def run(self, budget: Budget = BUDGET, **looks: object) -> RunningVisit:
        """Run a visit to its end. looks: fields of the LookTaker."""
        visit = self.begin(budget)
        with self.open_archive(visit) as archive:
            self.end_reason = asyncio.run(self._run(visit, archive, looks))
        end_visit(self.ledger, visit, failure=self.end_reason, now=utc_text())
        crawl_id = self.ledger.value("SELECT crawl_id FROM visits WHERE visit_id = ?", [visit.visit_id])
        assert end_crawl_if_complete(self.ledger, crawl_id)
        return visit

    async def _run(self, visit: RunningVisit, archive: WarcArchive, looks: dict[str, object]) -> str | None:
        fetcher = FolderFetcher(self.site, archive, self.failures)
        taker = LookTaker(ledger=self.ledger, warc_dir=archive.directory, fetcher=fetcher)
        self.asked, self.pages = fetcher.asked, []
        reading_pool = ReadingPool(Lexicon.load(), processes=1)
        tools = VisitTools(
            ledger=self.ledger,
            archive=archive,
            lexicon=Lexicon.load(),
            fetcher=fetcher,
            looks=replace(taker, **looks),  # type: ignore[arg-type]
            reading_pool=reading_pool,
            browser=Browser(),
            on_page=lambda _, page: self.pages.append(page.page.url),
        )
        try:
            return await VisitRun(tools, visit).run()
        finally:
            reading_pool.close()
