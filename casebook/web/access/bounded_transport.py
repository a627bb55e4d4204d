"""Requests to a company's provider: to its hosts alone, and to an end (extra [oidc])."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from casebook.web.access.company_accounts import ProviderDownError

ANSWER_S, MOST_ANSWER_BYTES = 10.0, 1_000_000
_PAUSE_S = 5.0  # in which nothing comes


class BoundedTransport(httpx2.BaseTransport):
    """Asks the issuer's host and the hosts that were named with it, with the issuer's scheme; ends answers that are long or slow.

    certificates: of the authority that vouches for the provider's own; None: the system's.
    """

    def __init__(self, issuer: str, hosts: Iterable[str], certificates: Path | None) -> None:
        parts = urlsplit(issuer)
        self._issuer, self._scheme = issuer, parts.scheme
        self._hosts = {parts.netloc.lower()} | {host.lower() for host in hosts}
        self._context = ssl.create_default_context(cafile=str(certificates) if certificates else None)

    def require_known(self, address: object, name: str) -> None:
        """Errors: ProviderDownError for an address that is not the provider's."""
        try:
            parts = urlsplit(address if isinstance(address, str) else "")
        except ValueError:
            parts = urlsplit("")
        if parts.scheme != self._scheme or parts.netloc.lower() not in self._hosts:
            raise ProviderDownError(
                f"{self._issuer}: its {name} is expected on {', '.join(sorted(self._hosts))} with {self._scheme}, "
                f"got {plain(address)!r}; if that is right, name its host in hosts of [login.oidc]"
            )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.require_known(str(request.url), "address")
        request.headers["Accept-Encoding"] = "identity"  # a small answer must not become a large one
        request.extensions = {
            **request.extensions,
            "timeout": dict.fromkeys(("connect", "read", "write", "pool"), _PAUSE_S),
        }
        until = time.monotonic() + ANSWER_S
        # logins are rare: a connection that waits for the next one would only be one more thing to go wrong
        with httpx2.HTTPTransport(verify=self._context, trust_env=False) as inner:
            answer = inner.handle_request(request)
            body = _read(answer, until)
            answer.close()
        return httpx2.Response(answer.status_code, headers=answer.headers, content=body, request=request)


def _read(answer: httpx2.Response, until: float) -> bytes:
    """The body of an answer. Errors: HTTPError when it is long, slow or compressed."""
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise httpx2.RemoteProtocolError("it is compressed, which was not asked for")
    body = bytearray()
    for part in answer.iter_raw():
        body += part
        if len(body) > MOST_ANSWER_BYTES:
            raise httpx2.RemoteProtocolError("it is too long")
        if time.monotonic() > until:
            raise httpx2.ReadTimeout("it takes too long")
    return bytes(body)


def plain(words: object) -> str:
    """Words of others, fit for a message."""
    return re.sub(r"[^\w .:/?=&@,+-]", "", str(words))[:100] or "no reason given"
