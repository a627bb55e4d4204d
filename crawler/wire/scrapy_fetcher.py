"""The wire as a visit's fetcher: Scrapy's downloader, through robots rules, pace, address guard and archive."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.visits.fetcher import FetchedAnswer, FetchFailure, max_bytes_of
from crawler.visits.visit import RunningVisit
from crawler.wire.failures import explain_failure
from crawler.wire.middlewares import CUT_FLAG
from crawler.wire.proxy import PROXY_META
from ledger.errors import PartnerproofError
from ledger.identity import utc_text
from ledger.typed_texts import FinalUrl
from ledger.vocabulary import Purpose


class ScrapyFetcher:
    """Fetches with the downloader of a running crawl; CaptureMiddleware stores what comes."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    async def fetch(
        self, visit: RunningVisit, url: str, purpose: Purpose, *, referrer: str | None = None
    ) -> FetchedAnswer | FetchFailure:
        """Return what one address gives, as part of a visit. Errors: PartnerproofError when the crawl can't go on."""
        meta = {"visit": visit, "purpose": purpose, "download_maxsize": max_bytes_of(purpose, url), "cookiejar": visit}
        said = referrer_for(url, referrer)
        headers = {"Referer": said} if said else {}
        assert self._crawler.engine is not None  # noqa: S101  # it runs the visits
        request = Request(url, headers=headers, meta=meta, dont_filter=True)
        try:
            response = await self._crawler.engine.download_async(request)
        except PartnerproofError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever a server provokes is a row, never the end of the crawl
            return await explain_failure(error, url, proxy=request.meta.get(PROXY_META))
        return FetchedAnswer(
            url=FinalUrl(response.url),
            status=response.status,
            headers=tuple(
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, values in response.headers.items()
                for value in values
            ),
            content=response.body,
            capture_id=visit.captures.get(response.url),
            answered_at=utc_text(),
            unfollowed_to=_location(response) if 300 <= response.status < 400 else None,
            is_cut=CUT_FLAG in response.flags,
        )


def referrer_for(url: str, page: str | None) -> str | None:
    """Return what a browser says of the page that shows something: all of it to its own site, else its origin, over HTTPS as over HTTP.

    Source: the default of browsers, strict-origin-when-cross-origin (W3C Referrer Policy, 3.7).
    """
    if page is None:
        return None
    from_, to = urlsplit(page), urlsplit(url)
    if from_.scheme == "https" and to.scheme == "http":
        return None
    if (from_.scheme, from_.netloc) == (to.scheme, to.netloc):
        return urlunsplit(from_._replace(fragment="", netloc=from_.netloc.rpartition("@")[2]))
    return f"{from_.scheme}://{from_.netloc.rpartition('@')[2]}/"


def _location(response: Response) -> str:
    value = response.headers.get("Location")
    return value.decode("latin-1")[:200] if value else "nowhere"
