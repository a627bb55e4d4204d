"""What a visit needs of the outside: it names an address, and gets an answer or the reason why there is none.

A crawl asks the wire (crawler/wire/scrapy_fetcher.py), ingest an archive that others made (crawler/archives/archive_fetcher.py).
The visit knows neither: what follows from an answer is decided in crawler/visits/looks.py, the same for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from crawler.visits.visit import RunningVisit
from ledger.typed_texts import CaptureId, FinalUrl, Instant
from ledger.vocabulary import Purpose

# of one answer, its codings undone; larger ones are refused
MAX_BYTES = {
    Purpose.PAGE: 5_000_000,
    Purpose.IMAGE: 10_000_000,
    Purpose.STYLESHEET: 1_000_000,
    Purpose.SITEMAP: 10_000_000,
    Purpose.ROBOTS: 1_000_000,
    Purpose.SCRIPT: 1_000_000,
    Purpose.PROBE: 1_000_000,
}
MAX_DOCUMENT_BYTES = 20_000_000  # of a PDF, which is asked for as a page: line cards are full of pictures


def max_bytes_of(purpose: Purpose, url: str) -> int:
    """Return how large an answer may be."""
    is_document = purpose is Purpose.PAGE and urlsplit(url).path.lower().endswith(".pdf")
    return MAX_DOCUMENT_BYTES if is_document else MAX_BYTES[purpose]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedAnswer:
    """What an address gave in the end, redirects followed."""

    url: FinalUrl  # where the redirects led
    status: int
    headers: tuple[tuple[str, str], ...]
    content: bytes  # codings undone
    capture_id: CaptureId | None  # of its row; None: it was not stored
    answered_at: Instant
    unfollowed_to: str | None = None  # set where it is a redirect that was not followed: the address, or "nowhere"
    is_cut: bool = False  # the connection ended before the body did

    def header(self, name: str) -> str | None:
        """Return the last value of a header, or None. name: in lower case."""
        values = [value for known, value in self.headers if known.lower() == name]
        return values[-1] if values else None

    @property
    def content_type(self) -> str | None:
        return self.header("content-type") or None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailure:
    """Why an address gave no answer."""

    reason: str  # the short word that the look's row carries
    detail: str
    failed_at: Instant
    robots_capture_id: CaptureId | None = None  # the answer of robots.txt that forbids it


class Fetcher(Protocol):
    """Fetches for visits; each exchange is stored in the archive before its answer is returned."""

    async def fetch(
        self, visit: RunningVisit, url: str, purpose: Purpose, *, referrer: str | None = None
    ) -> FetchedAnswer | FetchFailure:
        """Return what one address gives, as part of a visit. Never raises for what a server does.

        referrer: the page that shows it; a server may refuse to give its pictures to anybody else.
        Errors: PartnerproofError when the crawl can't go on: the disk is full, evidence is broken.
        """
        ...
