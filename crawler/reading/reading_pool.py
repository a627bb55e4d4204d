"""Reads pages in processes of their own: the wire never waits for a page, and a page that stalls or kills its reader costs one row.

Each process holds the lexicon and the last few documents, so that a page is parsed once for its two steps:

1. `read`: health, kind, and where the page leads: links, style sheets, scripts.
2. `read_images`: sightings and passages, when its style sheets have come.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import resource
import signal
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeVar

from crawler.images.stylesheets import Sheet
from crawler.page.page import Document
from crawler.reading.browser_reasons import reason_to_render
from crawler.reading.fair_turns import FairTurns
from crawler.reading.links import PageLinks, find_page_links
from crawler.reading.page_likeness import is_like
from crawler.reading.page_reader import PageSource, ReadPage, read_page
from ledger.child import end_with_parent
from ledger.errors import OutsideFailureError
from ledger.lexicon import Lexicon
from ledger.typed_texts import VisitId

# Processor time for one step of one page: the slowest of the corpus takes 2 s, 5 MB of nothing but links 8 s. A busy
# machine changes nothing of it; the clock is the last resort, for a process that does not even get to work.
PROCESSOR_S = 30.0
TIMEOUT_S = 1_800.0
START_TIMEOUT_S = 120.0
MEMORY_LIMIT_BYTES = 2_000_000_000  # address space; a page of 5 MB needs 600 MB at its peak
DOCUMENTS_KEPT = 24  # more than visits run at once in one process between the two steps

T = TypeVar("T")
logger = logging.getLogger(__name__)


class PageUnreadableError(Exception):
    """A page that no reader came to the end of, with the reason in words."""


class ReadingPool:
    """Reading processes, started when first asked. Used by one event loop."""

    def __init__(self, lexicon_dir: Path, *, processes: int, processor_s: float = PROCESSOR_S) -> None:
        self._processes = [_ReadingProcess(lexicon_dir, processor_s) for _ in range(max(1, processes))]
        self._turns = FairTurns(self._processes)

    async def read(self, source: PageSource) -> tuple[ReadPage, PageLinks]:
        """Return a page's row and where it leads. Errors: PageUnreadableError, OutsideFailureError."""
        return await self._run(source, _read, source)

    async def read_images(self, source: PageSource, sheets: list[Sheet]) -> tuple[ReadPage, str | None]:
        """Return a page with its sightings and passages, and why it has to be drawn by a browser, if it has.

        Errors: PageUnreadableError, OutsideFailureError.
        """
        return await self._run(source, _read_images, source, sheets)

    async def is_like(self, source: PageSource, other: PageSource) -> bool:
        """Tell whether two pages are one and the same. Errors: PageUnreadableError, OutsideFailureError."""
        return await self._run(source, _is_like, source, other)

    def close(self) -> None:
        for process in self._processes:
            process.stop()

    def waited_s(self, visit_id: VisitId) -> float:
        """Seconds that pages of a visit have waited for a process so far."""
        return self._turns.waited_s(visit_id)

    async def _run(self, source: PageSource, task: Callable[..., T], *arguments: Any) -> T:
        # a visit keeps to one process where it can: its documents are there
        wish = self._processes[sum(source.visit_id.encode()) % len(self._processes)]
        async with self._turns.turn(source.visit_id, wish) as process:
            return await process.run(task, *arguments)


class _ReadingProcess:
    """One process that reads one page at a time."""

    def __init__(self, lexicon_dir: Path, processor_s: float) -> None:
        self._lexicon_dir = lexicon_dir
        self._processor_s = processor_s
        self._pool: ProcessPoolExecutor | None = None
        self._child: BaseProcess | None = None

    async def run(self, task: Callable[..., T], *arguments: Any) -> T:
        for attempt in range(2):  # the machine may have killed it for another's hunger
            pool = self._pool or await self._start()
            try:
                future = pool.submit(_within, self._processor_s, task, *arguments)
                return await asyncio.wait_for(asyncio.wrap_future(future), timeout=TIMEOUT_S)
            except TimeoutError as error:
                self.stop()
                raise PageUnreadableError(f"its reader gave no answer within {TIMEOUT_S:g} s") from error
            except MemoryError as error:
                self.stop()
                raise PageUnreadableError(f"reading needs more than {MEMORY_LIMIT_BYTES // 10**6} MB") from error
            except RecursionError as error:
                raise PageUnreadableError("elements lie too deep in each other") from error
            except OutsideFailureError:
                raise
            except BrokenProcessPool as error:
                is_too_slow = await self._exit_code() == -signal.SIGPROF
                self.stop()
                if is_too_slow:
                    reason = f"reading needs more than {self._processor_s:g} s of processor time"
                    raise PageUnreadableError(reason) from error
                if attempt:
                    raise PageUnreadableError("its reader ended without an answer, twice") from error
            except Exception as error:  # a page that our reading trips over costs one row
                logger.exception("a page could not be read")
                raise PageUnreadableError(f"an error of the program ({type(error).__name__}), see the log") from error
        raise AssertionError("not reached")

    async def _start(self) -> ProcessPoolExecutor:
        pool = ProcessPoolExecutor(
            max_workers=1,
            mp_context=multiprocessing.get_context("spawn"),  # a fork would copy the reactor's sockets
            initializer=_begin,
            initargs=(self._lexicon_dir,),
        )
        try:
            await asyncio.wait_for(asyncio.wrap_future(pool.submit(_is_ready)), timeout=START_TIMEOUT_S)
        except (TimeoutError, BrokenProcessPool, OSError) as error:
            pool.shutdown(wait=False, cancel_futures=True)
            raise OutsideFailureError(
                f"the page reader could not be started ({error or type(error).__name__}); "
                "free some memory or processes and start again"
            ) from error
        self._pool = pool
        self._child = next(iter(pool._processes.values()))  # the library has no word for how it ended, or "at once"
        return pool

    async def _exit_code(self) -> int | None:
        """How the process ended: minus the signal that ended it. The pool's own thread may be asking for it right now."""
        for _ in range(100):
            if self._child is None or self._child.exitcode is not None:
                break
            await asyncio.sleep(0.05)
        return None if self._child is None else self._child.exitcode

    def stop(self) -> None:
        if self._pool is None:
            return
        if self._child is not None:
            self._child.kill()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = self._child = None


_lexicon: Lexicon
_documents: OrderedDict[tuple[str, bool], ReadPage] = OrderedDict()


def _begin(lexicon_dir: Path) -> None:
    global _lexicon  # noqa: PLW0603  # set once in a process of its own
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the crawl ends it
    end_with_parent()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    _lexicon = Lexicon.with_own(lexicon_dir)


def _is_ready() -> bool:
    return True


def _within(processor_s: float, task: Callable[..., T], *arguments: Any) -> T:
    """Run a task, or end this process: the signal's default, which also ends what hangs in a library's code."""
    signal.setitimer(signal.ITIMER_PROF, processor_s)
    try:
        return task(*arguments)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _read(source: PageSource) -> tuple[ReadPage, PageLinks]:
    page = _parsed(source)
    return _without_tree(page), find_page_links(page.document, _lexicon)


def _read_images(source: PageSource, sheets: list[Sheet]) -> tuple[ReadPage, str | None]:
    page = _parsed(source).with_images(sheets, _lexicon)
    _documents.pop(_key(source), None)
    return _without_tree(page), None if source.drawn else reason_to_render(page)


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
