"""Requests through the operator's proxy, guarded as far as this machine can: what the proxy would connect to is resolved here first.

1. A host that --resolve names is asked directly: the proxy would not know of it.
2. A host with a private address among those that are resolved here is refused, and so is a name of private networks that
   nobody here knows. Any other name that is not known here is left to the proxy, which may know more.
3. What the proxy says of itself (407) is no answer of the vendor's; its address is not the vendor's either, so rows have none.

What it can't know: which address the proxy itself finds for the name. A proxy that may reach a private network has to refuse it.
"""

from __future__ import annotations

import logging
import os
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response

from crawler.wire.addresses import OfHosts, is_address, is_public, known_addresses, refused_hosts, resolve
from crawler.wire.failures import LookRefusedError
from crawler.wire.proxy_address import Proxy, describe_unused_proxy

logger = logging.getLogger(__name__)
PROXY_META = "proxy"  # Scrapy's own name: its handlers send such a request there
_AUTHORIZATION = "Proxy-Authorization"
_ASKS_WHO = 407
# RFC 6761, 6762 (with appendix G), 8375; ICANN has set .internal aside. A name without a dot is of nobody's public network
_PRIVATE_ENDINGS = (".localhost", ".local", ".localdomain", ".internal", ".intranet", ".private", ".corp", ".home", ".lan", ".home.arpa")  # fmt: skip


class ProxyMiddleware:
    """Sends what is to be fetched to the proxy of [crawl] proxy, if there is one."""

    def __init__(self, proxy: Proxy, *, pinned: frozenset[str], allow_private: bool) -> None:
        self.proxy = proxy
        self.pinned = pinned  # "host:port" of --resolve
        self.allow_private = allow_private
        self._unknown: OfHosts[bool] = OfHosts()  # hosts that nobody here knows: the resolver remembers only the others

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        proxy = Proxy.of(settings["PARTNERPROOF_PROXY"])
        if proxy is None:
            unused = describe_unused_proxy("", os.environ)
            if unused:
                logger.warning(unused)
            raise NotConfigured
        return cls(
            proxy,
            pinned=frozenset(settings.getdict("PARTNERPROOF_RESOLVE")),
            allow_private=settings.getbool("PARTNERPROOF_ALLOW_PRIVATE"),
        )

    async def process_request(self, request: Request) -> None:
        request.meta.pop(PROXY_META, None)  # of the address that redirected here
        request.headers.pop(_AUTHORIZATION, None)
        parts = urlsplit(request.url)
        host = parts.hostname or ""
        if f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}" in self.pinned:
            return
        if not self.allow_private:
            await self._check(host)
        request.meta[PROXY_META] = self.proxy.url
        if self.proxy.authorization is not None:
            request.headers[_AUTHORIZATION] = self.proxy.authorization

    def process_response(self, request: Request, response: Response) -> Response:
        if PROXY_META not in request.meta:
            return response
        request.headers.pop(_AUTHORIZATION, None)  # the proxy's, not the vendor's: it must not come into the archive
        if response.status == _ASKS_WHO:
            raise LookRefusedError("no-route", f"the proxy {self.proxy.url} asks for a name and a password (407)")
        return response.replace(ip_address=None)

    def process_exception(self, request: Request, exception: Exception) -> None:
        request.headers.pop(_AUTHORIZATION, None)

    async def _check(self, host: str) -> None:
        """Errors: LookRefusedError where a host is, or may be, of a private network."""
        if is_address(host):
            if not is_public(host):
                refused_hosts.add(host, host)
        elif self._unknown.get(host) is None:
            await resolve(host)
            if known_addresses.get(host) is None and refused_hosts.get(host) is None:
                self._unknown.add(host, True)
        address = refused_hosts.get(host)
        if address is not None:
            raise _refuse(host, f"{host} leads to {address}, which is not a public address")
        is_single = "." not in host.strip(".") and ":" not in host
        if is_single or host.rstrip(".").endswith(_PRIVATE_ENDINGS):
            raise _refuse(host, f"{host} is a name of private networks")


def _refuse(host: str, detail: str) -> LookRefusedError:
    logger.info("not asked through the proxy: %s", detail)
    return LookRefusedError("private-address", detail)
