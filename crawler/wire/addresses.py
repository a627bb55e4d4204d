"""Which addresses a crawl may connect to, decided after DNS, at every connection (redirects and rebinding too)."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import idna
from scrapy.crawler import Crawler
from scrapy.resolver import CachingHostnameResolver, HostResolution, dnscache
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.base import ReactorBase
from twisted.internet.interfaces import IAddress, IResolutionReceiver
from zope.interface import implementer

from crawler.wire.proxy_address import Proxy
from ledger.archive.connections import MAX_ADDRESSES, DnsAnswer
from ledger.identity import utc_text
from ledger.vocabulary import DnsSource

_T = TypeVar("_T")
_COMPATIBLE = ipaddress.ip_network("::/96")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# in no IANA registry of global addresses, whatever the Python that runs this knows: local-use NAT64 (RFC 8215), translated
# IPv4 (RFC 2765), segment routing (RFC 9602), documentation (RFC 9637), protocol assignments (RFC 6890), 6to4 anycast (RFC 7526)
_NEVER = tuple(
    map(
        ipaddress.ip_network,
        ("64:ff9b:1::/48", "::ffff:0:0:0/96", "5f00::/16", "3fff::/20", "192.0.0.0/24", "192.88.99.0/24"),
    )
)
_MAX_HOSTS = 10_000


class OfHosts(Generic[_T]):
    """Remembers one thing a host, under its name as it stands in addresses. Bounded."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _T] = OrderedDict()

    def add(self, host: str, what: _T) -> None:
        self._known[_ascii(host)] = what
        while len(self._known) > _MAX_HOSTS:
            self._known.popitem(last=False)

    def get(self, host: str | None) -> _T | None:
        return self._known.get(host) if host else None


def _ascii(host: str) -> str:
    """Twisted asks for names in their own script; addresses of the crawl have them as xn--…"""
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return host


refused_hosts: OfHosts[str] = OfHosts()  # why a host was not connected to, so that the look can say so
known_addresses: OfHosts[str] = OfHosts()  # what hosts were resolved to: those that share one are paced together
dns_answers: OfHosts[DnsAnswer] = OfHosts()  # all that the resolver gave, refused addresses too


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public Internet; what hides an IPv4 address is looked into."""
    ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if any(ip in network for network in _NEVER):
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.is_site_local:
            return False
        hidden = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if hidden is None and (ip in _NAT64 or ip in _COMPATIBLE):
            hidden = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if hidden is not None:
            return is_public(str(hidden))
    return ip.is_global and not ip.is_multicast


def is_address(host: str) -> bool:
    """Tell an IP address from a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@implementer(IResolutionReceiver)
class _GuardingReceiver:
    """Hands on only those addresses that may be connected to; notes all. is_new: the resolver is really asked."""

    def __init__(self, receiver: Any, host: str, *, allow_private: bool, is_new: bool) -> None:
        self.receiver = receiver
        self.host = host
        self.allow_private = allow_private
        self.is_new = is_new
        self.addresses: dict[str, None] = {}

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802  # Twisted's name
        self.receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        self.addresses[address.host] = None
        if self.allow_private or is_public(address.host):
            known_addresses.add(self.host, address.host)
            self.receiver.addressResolved(address)
        else:
            refused_hosts.add(self.host, address.host)

    def resolutionComplete(self) -> None:  # noqa: N802
        if self.is_new and self.addresses:
            addresses = tuple(self.addresses)
            answer = DnsAnswer(
                addresses=addresses[:MAX_ADDRESSES],
                answered_at=utc_text(),
                source=DnsSource.RESOLVER,
                left_out=max(0, len(addresses) - MAX_ADDRESSES),
            )
            dns_answers.add(self.host, answer)
        self.receiver.resolutionComplete()


class GuardedResolver(CachingHostnameResolver):
    """Scrapy's caching resolver that refuses private addresses and knows the operator's --resolve entries."""

    def __init__(
        self,
        reactor: ReactorBase,
        cache_size: int,
        *,
        pinned: dict[str, str],
        allow_private: bool,
        proxy: Proxy | None = None,
    ) -> None:
        super().__init__(reactor, cache_size)
        self.pinned = pinned  # "host:port" → address, as with curl's --resolve
        self.allow_private = allow_private
        self.proxy = (
            proxy  # the operator named it, so it may lie on a private address: at its port, and for nothing else
        )

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> GuardedResolver:
        settings = crawler.settings
        return cls(
            reactor,
            settings.getint("DNSCACHE_SIZE"),
            pinned=settings.getdict("PARTNERPROOF_RESOLVE"),
            allow_private=settings.getbool("PARTNERPROOF_ALLOW_PRIVATE"),
            proxy=Proxy.of(settings["PARTNERPROOF_PROXY"]),
        )

    def resolveHostName(  # noqa: N802
        self,
        resolutionReceiver: Any,  # noqa: N803  # zope's interfaces tell a type checker nothing
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Any:
        pinned = self.pinned.get(f"{hostName}:{portNumber}")
        if pinned:
            answer = DnsAnswer(addresses=(pinned,), answered_at=None, source=DnsSource.PINNED)
            dns_answers.add(hostName, answer)
            known_addresses.add(hostName, pinned)
            kind: Any = IPv6Address if ":" in pinned else IPv4Address
            resolution = HostResolution(hostName)
            resolutionReceiver.resolutionBegan(resolution)
            resolutionReceiver.addressResolved(kind("TCP", pinned, portNumber))
            resolutionReceiver.resolutionComplete()
            return resolution
        if self.proxy is not None and (hostName.lower(), portNumber) == (self.proxy.host, self.proxy.port):
            return super().resolveHostName(resolutionReceiver, hostName, portNumber, addressTypes, transportSemantics)
        is_new = hostName not in dnscache and not is_address(hostName)
        receiver: Any = _GuardingReceiver(resolutionReceiver, hostName, allow_private=self.allow_private, is_new=is_new)
        return super().resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)


async def resolve(host: str, port: int = 0) -> None:
    """Ask the guarded resolver for a host's addresses: it notes them, those that are refused too. What it gave is cached."""
    from twisted.internet import reactor

    answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    resolver: Any = reactor.nameResolver
    resolver.resolveHostName(_Answer(answered), host, port)
    await answered


@implementer(IResolutionReceiver)
class _Answer:
    """Waits for the end of a resolution; what it gave is noted above."""

    def __init__(self, answered: asyncio.Future[None]) -> None:
        self.answered = answered

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802  # Twisted's name
        pass

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        pass

    def resolutionComplete(self) -> None:  # noqa: N802
        if not self.answered.done():
            self.answered.set_result(None)
