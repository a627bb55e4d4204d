"""What one look at a URL gave: its row and the response, or the reason why there is none."""

from __future__ import annotations

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
from scrapy.http import Response

from crawler.wire.addresses import refused_hosts
from crawler.wire.tls import is_tls_failure
from ledger.records import Look


class LookRefusedError(IgnoreRequest):
    """A look that must not or can't be taken, with the reason that the look's row will carry."""

    def __init__(self, reason: str, detail: str, *, robots_capture_id: str | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.robots_capture_id = robots_capture_id  # the answer of robots.txt that forbids it


class Looked:
    """What one look gave: its row, and the response when there was one."""

    __slots__ = ("look", "response")

    def __init__(self, look: Look, response: Response | None) -> None:
        self.look = look
        self.response = response

    @property
    def is_refused(self) -> bool:
        """Whether no request was made, because a rule or the budget forbids it."""
        return (self.look.reason or "").startswith(("budget-", "robots", "opt-out", "retry-after", "private-address"))

    @property
    def is_unchanged(self) -> bool:
        """Whether the content is what the vendor's last visit had."""
        return self.look.unchanged_since is not None


def explain_failure(error: Exception, url: str) -> tuple[str, str]:
    """Return the reason (a short word that rows carry) and the detail for a download that gave no response."""
    host = urlsplit(url).hostname
    if isinstance(error, LookRefusedError):
        return error.reason, error.detail
    if isinstance(error, CannotResolveHostError):
        failed_host = next((h for h in (host, *_hosts_in(str(error))) if refused_hosts.get(h)), None)
        if failed_host:
            return (
                "private-address",
                f"{failed_host} leads to {refused_hosts.get(failed_host)}, which is not a public address",
            )
        return "dns", f"no address for {host}"
    if is_tls_failure(error):
        return "tls", str(error)[:300] or type(error).__name__
    if isinstance(error, ValueError) and "request url" in str(error):  # Scrapy, of a Location that it can't ask
        return "redirect-not-followed", str(error)[:300]
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            return reason, str(error)[:300] or type(error).__name__
    return "failed", f"{type(error).__name__}: {error}"[:300]


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
