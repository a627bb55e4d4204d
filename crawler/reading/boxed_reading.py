"""Stored pages read one after the other, in a box: for commands that read an archive, as reading_pool.py is for a crawl."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from crawler.images.stylesheets import Sheet
from crawler.reading.links import PageLinks
from crawler.reading.page_reader import PageSource, ReadPage, unread_page
from crawler.reading.reading_pool import (
    MEMORY_LIMIT_BYTES,
    PROCESSOR_S,
    TIMEOUT_S,
    hold_lexicon,
    read_here,
    read_whole_here,
)
from ledger.boxes.boxed_calls import BoxedCallError, BoxedCalls, Limits
from ledger.lexicon import Lexicon
from ledger.shipped import cache_folder
from ledger.vocabulary import PageHealth

_LIMITS = Limits(processor_s=PROCESSOR_S, clock_s=TIMEOUT_S, memory_bytes=MEMORY_LIMIT_BYTES)
_READINGS: list[BoxedReading] = []  # one: commands read with one lexicon


class BoxedReading:
    """Reads pages in a process of its own, started with the first. Errors of each method: OutsideFailureError when it can't start."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.calls = BoxedCalls(
            _LIMITS, prepare=partial(hold_lexicon, lexicon, str(cache_folder() or "")), starts_python=False
        )

    def read(self, source: PageSource) -> tuple[ReadPage, PageLinks | None]:
        """Return a page's row and where it leads; of a page that could not be read the row that says why, and None."""
        try:
            return self.calls.call(read_here, source)
        except BoxedCallError as error:
            return unread_page(source, str(error), health=PageHealth.UNREADABLE), None

    def read_whole(self, source: PageSource, sheets: Sequence[Sheet], *, is_any_health: bool = False) -> ReadPage:
        """Return a page with its sightings and passages, if it is healthy or may be of any health."""
        try:
            return self.calls.call(read_whole_here, source, list(sheets), is_any_health=is_any_health)
        except BoxedCallError as error:
            return unread_page(source, str(error), health=PageHealth.UNREADABLE)


def reading_with(lexicon: Lexicon) -> BoxedReading:
    """Return the reading of this process with a lexicon: it goes on from call to call."""
    if not _READINGS or _READINGS[0].lexicon is not lexicon:
        for earlier in _READINGS:
            earlier.calls.close()
        _READINGS[:] = [BoxedReading(lexicon)]
    return _READINGS[0]
