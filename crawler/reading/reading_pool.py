"""Reads pages in processes of their own, in boxes: the wire never waits for a page, and a page that stalls or kills its reader costs one row.

Each process holds the lexicon and the last few documents, so that a page is parsed once for its two steps:

1. `read`: health, kind, and where the page leads: links, style sheets, scripts.
2. `read_images`: sightings and passages, when its style sheets have come.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import ParamSpec, TypeVar

from crawler.images.stylesheets import Sheet
from crawler.page.languages import load_model
from crawler.page.page import Document
from crawler.reading.browser_reasons import reason_to_render
from crawler.reading.fair_turns import FairTurns
from crawler.reading.links import PageLinks, find_page_links
from crawler.reading.page_likeness import is_like
from crawler.reading.page_reader import PageSource, ReadPage, read_page
from ledger.boxes.boxed_calls import BoxedCallError, BoxedCalls, Limits
from ledger.lexicon import Lexicon
from ledger.shipped import cache_folder, use_cache_folder
from ledger.typed_texts import VisitId

# Processor time for one step of one page: the slowest of the corpus takes 2 s, 5 MB of nothing but links 8 s. A busy
# machine changes nothing of it; the clock is the last resort, for a process that does not even get to work.
PROCESSOR_S = 30.0
TIMEOUT_S = 1_800.0
MEMORY_LIMIT_BYTES = 2_000_000_000  # address space; a page of 5 MB needs 600 MB at its peak
DOCUMENTS_KEPT = 24  # more than visits run at once in one process between the two steps

P = ParamSpec("P")
T = TypeVar("T")


class PageUnreadableError(Exception):
    """A page that no reader came to the end of, with the reason in words."""


class ReadingPool:
    """Reading processes, started when first asked. Used by one event loop."""

    def __init__(self, lexicon: Lexicon, *, processes: int, processor_s: float = PROCESSOR_S) -> None:
        self._processes = [_ReadingProcess(lexicon, processor_s) for _ in range(max(1, processes))]
        self._turns = FairTurns(self._processes)

    async def read(self, source: PageSource) -> tuple[ReadPage, PageLinks]:
        """Return a page's row and where it leads. Errors: PageUnreadableError, OutsideFailureError."""
        return await self.run(source.visit_id, read_here, source)

    async def read_images(self, source: PageSource, sheets: list[Sheet]) -> tuple[ReadPage, str | None]:
        """Return a page with its sightings and passages, and why it has to be drawn by a browser, if it has.

        Errors: PageUnreadableError, OutsideFailureError.
        """
        return await self.run(source.visit_id, _read_images, source, sheets)

    async def is_like(self, source: PageSource, other: PageSource) -> bool:
        """Tell whether two pages are one and the same. Errors: PageUnreadableError, OutsideFailureError."""
        return await self.run(source.visit_id, _is_like, source, other)

    def close(self) -> None:
        for process in self._processes:
            process.stop()

    def waited_s(self, visit_id: VisitId) -> float:
        """Seconds that pages of a visit have waited for a process so far."""
        return self._turns.waited_s(visit_id)

    async def run(self, visit_id: VisitId, task: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Return what a function of a module of ours makes of foreign bytes; it may ask for loaded_lexicon().

        Errors: PageUnreadableError, OutsideFailureError.
        """
        # a visit keeps to one process where it can: its documents are there
        wish = self._processes[sum(visit_id.encode()) % len(self._processes)]
        async with self._turns.turn(visit_id, wish) as process:
            return await process.run(task, *arguments, **named)


class _ReadingProcess:
    """One process that reads one page at a time."""

    def __init__(self, lexicon: Lexicon, processor_s: float) -> None:
        limits = Limits(processor_s=processor_s, clock_s=TIMEOUT_S, memory_bytes=MEMORY_LIMIT_BYTES)
        self.calls = BoxedCalls(
            limits, prepare=partial(hold_lexicon, lexicon, str(cache_folder() or "")), starts_python=False
        )
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reading")  # that waits for it

    async def run(self, task: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, partial(self.calls.call, task, *arguments, **named))
        except BoxedCallError as error:
            raise PageUnreadableError(str(error)) from error

    def stop(self) -> None:
        self.calls.close()  # whoever waits for it is told so
        self._thread.shutdown(wait=False, cancel_futures=True)


_lexicon: Lexicon
_documents: OrderedDict[tuple[str, bool], ReadPage] = OrderedDict()


def hold_lexicon(lexicon: Lexicon, cache: str) -> None:
    """Use a lexicon in this process, which reads pages; load what else reading needs, before the box is closed."""
    global _lexicon  # noqa: PLW0603  # set once in a process of its own
    _lexicon = lexicon
    use_cache_folder(cache)
    load_model()


def loaded_lexicon() -> Lexicon:
    """Return the lexicon of this process, which reads pages."""
    return _lexicon


def read_here(source: PageSource) -> tuple[ReadPage, PageLinks]:
    """Return a page's row and where it leads. Called in a box."""
    page = _parsed(source)
    return _without_tree(page), find_page_links(page.document, _lexicon)


def _read_images(source: PageSource, sheets: list[Sheet]) -> tuple[ReadPage, str | None]:
    page = _parsed(source).with_images(sheets, _lexicon)
    _documents.pop(_key(source), None)
    return _without_tree(page), None if source.drawn else reason_to_render(page)


def read_whole_here(source: PageSource, sheets: list[Sheet], *, is_any_health: bool) -> ReadPage:
    """Return a page with its sightings and passages, if it is healthy or may be of any health. Called in a box."""
    page = read_page(source, _lexicon)
    return _without_tree(page.with_images(sheets, _lexicon) if page.is_healthy or is_any_health else page)


def _is_like(source: PageSource, other: PageSource) -> bool:
    return is_like(_parsed(source).document, _parsed(other).document)


def _parsed(source: PageSource) -> ReadPage:
    page = _documents.get(_key(source))
    if page is None:
        page = _documents[_key(source)] = read_page(source, _lexicon)
        while len(_documents) > DOCUMENTS_KEPT:
            _documents.popitem(last=False)
    return page


def _key(source: PageSource) -> tuple[str, bool]:
    return source.page_id, source.drawn is not None


def _without_tree(page: ReadPage) -> ReadPage:
    return replace(page, document=Document(page.document.url, ""), image_places=frozenset())
