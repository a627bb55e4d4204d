"""What a visit works with, handed to it by whoever runs it: a crawl, a test, a machine of a cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from crawler.drawing.browser import Browser
from crawler.reading.page_reader import ReadPage
from crawler.reading.reading_pool import ReadingPool
from crawler.visits.fetcher import Fetcher
from crawler.visits.looks import LookTaker
from crawler.visits.visit import RunningVisit
from ledger.archive.warc import WarcArchive
from ledger.database import Ledger
from ledger.lexicon import Lexicon


def _ignore_page(visit: RunningVisit, page: ReadPage) -> None:
    """Nobody wants to know of each page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitTools:
    """The same for all visits of a crawl. looks: fetches with the same fetcher."""

    ledger: Ledger
    archive: WarcArchive  # where the fetcher stores answers, and the visit what a browser draws
    lexicon: Lexicon
    fetcher: Fetcher
    looks: LookTaker
    reading_pool: ReadingPool
    browser: Browser
    follow_links: bool = True  # False: the start addresses alone
    on_page: Callable[[RunningVisit, ReadPage], None] = _ignore_page  # called with each page that was read and stored
