"""HTTPS with certificates checked; a second try without the check only where the operator asked for it.

Scrapy checks no certificate by default, and its choice holds for a whole crawl. Here both ways stand side by side.
"""

from __future__ import annotations

import copy
from typing import Self

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.wire.connection_facts import NotingPolicy

UNVERIFIED_META = "tls_unverified"
_TLS_WORDS = ("certificate", "ssl", "tls", "handshake")


class CheckedHttpsHandler:
    """Scrapy's handler twice: with the certificate check, and without it for requests that say so."""

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        self._checked = _noting_handler(_with_check(crawler, is_checked=True))
        self._unchecked = _noting_handler(_with_check(crawler, is_checked=False))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def download_request(self, request: Request) -> Response:
        handler = self._unchecked if request.meta.get(UNVERIFIED_META) else self._checked
        return await handler.download_request(request)

    async def close(self) -> None:
        await self._checked.close()
        await self._unchecked.close()


def _noting_handler(crawler: Crawler) -> HTTP11DownloadHandler:
    handler = HTTP11DownloadHandler(crawler)
    # the setting for a policy of one's own is deprecated, and would warn at each start
    handler._contextFactory = NotingPolicy(handler._contextFactory)  # type: ignore[assignment]  # zope's interface
    return handler


def _with_check(crawler: Crawler, *, is_checked: bool) -> Crawler:
    twin = copy.copy(crawler)
    twin.settings = crawler.settings.copy()
    twin.settings.frozen = False  # a running crawl's are
    twin.settings.set("DOWNLOAD_VERIFY_CERTIFICATES", is_checked, priority="cmdline")
    return twin


def is_tls_failure(error: Exception) -> bool:
    """Tell a failed handshake or certificate from other failures, by what the library says of it."""
    description = f"{type(error).__name__} {error}".lower()
    return any(word in description for word in _TLS_WORDS)
