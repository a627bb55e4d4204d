"""Why a download gave no response: Scrapy's exceptions and our own refusals → the short words that looks carry."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from urllib.parse import urlsplit

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)

from crawler.visits.fetcher import FetchFailure
from crawler.wire.addresses import refused_hosts
from crawler.wire.tls import is_tls_failure
from ledger.identity import utc_text
from ledger.typed_texts import CaptureId


class LookRefusedError(IgnoreRequest):
    """A request that must not or can't be made, with the reason that the look's row will carry."""

    def __init__(self, reason: str, detail: str, *, robots_capture_id: CaptureId | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.robots_capture_id = robots_capture_id  # the answer of robots.txt that forbids it


async def explain_failure(error: Exception, url: str, *, proxy: str | None = None) -> FetchFailure:
    """Return why a download gave no response, as of now. Where no name server answered, or nothing leads out, it is our network.

    proxy: that the request went to, so that a connection which failed is one to the proxy, and nothing leads out without it.
    """
    if isinstance(error, LookRefusedError):
        return FetchFailure(
            reason=error.reason,
            detail=error.detail,
            failed_at=utc_text(),
            robots_capture_id=error.robots_capture_id,
        )
    if proxy is not None and _is_of_proxy(error):
        return _failure("no-route", f"the proxy {proxy} lets nothing through: {error}"[:300])
    host = urlsplit(url).hostname
    message = str(error)[:300] or type(error).__name__
    if isinstance(error, CannotResolveHostError):
        failed_host = next((h for h in (host, *_hosts_in(str(error))) if refused_hosts.get(h)), None)
        if failed_host:
            address = refused_hosts.get(failed_host)
            return _failure("private-address", f"{failed_host} leads to {address}, which is not a public address")
        if await _is_resolver_silent(failed_host or host):
            return _failure("no-dns", f"no name server answered for {host}")
        return _failure("dns", f"no address for {host}")
    if is_tls_failure(error):
        return _failure("tls", message)
    if isinstance(error, ValueError) and "request url" in str(error):  # Scrapy, of a Location that it can't ask
        return _failure("redirect-not-followed", message)
    if (number := _error_number(error)) in _NO_ROUTE:
        return _failure("no-route", f"{host}: {os.strerror(number or 0)}")
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            return _failure(reason, message)
    return _failure("failed", f"{type(error).__name__}: {error}"[:300])


def _is_of_proxy(error: Exception) -> bool:
    """Whether it is the proxy that could not be reached, or that wants to know who asks, and not the vendor behind it."""
    if isinstance(error, CannotResolveHostError | DownloadConnectionRefusedError):
        return True
    return type(error).__name__ == "TunnelError" and "'status': 407" in str(error)


_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.ENETDOWN})  # EHOSTUNREACH may be the vendor's


def _error_number(error: BaseException | None) -> int | None:
    """The system's number of what went wrong, from the error itself or what led to it."""
    for _ in range(5):
        if error is None:
            return None
        number = getattr(error, "osError", None) or getattr(error, "errno", None)
        if isinstance(number, int):
            return number
        error = error.__cause__ or error.__context__
    return None


async def _is_resolver_silent(host: str | None) -> bool:
    """Ask the system once more: only it tells a name that nobody has from name servers that do not answer."""
    try:
        await asyncio.get_running_loop().getaddrinfo(host, None)
    except socket.gaierror as error:
        return error.errno == socket.EAI_AGAIN
    except (OSError, UnicodeError):
        return False
    return False


def _failure(reason: str, detail: str) -> FetchFailure:
    return FetchFailure(reason=reason, detail=detail, failed_at=utc_text())


def _hosts_in(message: str) -> list[str]:
    return [word.strip("'\".,:;") for word in message.split()]


_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (DownloadTimeoutError, "timeout"),
    (DownloadConnectionRefusedError, "connection-refused"),
    (DownloadCancelledError, "too-large"),
    (ResponseDataLossError, "cut-short"),
    (DownloadFailedError, "broken-response"),
    (UnsupportedURLSchemeError, "other-scheme"),
    (IgnoreRequest, "redirect-loop-or-too-large"),
)
