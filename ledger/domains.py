"""Domains as they are compared: ASCII, lower case, without scheme, port and www; and who registered them.

On a platform that tenants share, a vendor is its host (`quay.wordpress.com`) or its path (`sites.google.com/view/quay`): which platforms
those are, data/shared_hosts.toml and the private part of the public suffix list say.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import urlsplit

import idna
from publicsuffixlist import PublicSuffixList

from ledger.shipped import shipped_data

_DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
# as it stands in a host name: IPv4 or IPv6; "face" and "12" are neither
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}|\[?(?=[0-9a-f.]*:[0-9a-f.]*:)[0-9a-f:.]+\]?")
_LANGUAGE = re.compile(r"[a-z]{2}(?:[-_][a-z]{2})?", re.I)
_FRONT_PAGE = re.compile(r"(?:index|home|default)(?:\.\w{2,5})?", re.I)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def is_public_suffix(host: str) -> bool:
    """Tell whether anybody may register a domain right under a host: `co.uk`, `github.io`."""
    return bool(_suffixes().is_public(host.lower())) if host else False


@lru_cache(maxsize=4_096)  # a vendor's own is asked for at every claim, links go to the same few again and again
def normal_domain(text: str) -> str | None:
    """Return a domain or address as it is compared (`https://www.Müller.example/x` → `xn--mller-kva.example`).

    None when it is neither.
    """
    text = text.strip()
    try:
        host = urlsplit(text if "://" in text else f"//{text}").hostname or ""
    except ValueError:
        return None
    host = host.rstrip(".").removeprefix("www.")
    if _ADDRESS.fullmatch(host):
        return host
    try:
        host = host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return None
    return host if _DOMAIN.fullmatch(host) else None


@lru_cache(maxsize=4_096)
def normal_place(text: str) -> str | None:
    """Return a domain with its path, if it has one: `https://www.hosting.example/view/quay/` → `hosting.example/view/quay`.

    A language (`/en/`) and a front page (`/index.html`) are no part of it. None when it holds no domain.
    """
    domain = normal_domain(text)
    if domain is None:
        return None
    parts = urlsplit(text.strip() if "://" in text else f"//{text.strip()}")
    segments = [part for part in parts.path.split("/") if part]
    if segments and _LANGUAGE.fullmatch(segments[0]):
        segments = segments[1:]
    if segments and _FRONT_PAGE.fullmatch(segments[-1]):
        segments = segments[:-1]
    return "/".join([domain, *segments])


@dataclass(frozen=True, slots=True)
class _SharedHosts:
    """data/shared_hosts.toml. paths: host → how many segments of a path make a tenant."""

    hosts: frozenset[str]
    paths: Mapping[str, int]


@cache
def _shared_hosts() -> _SharedHosts:
    data = tomllib.loads(shipped_data("shared_hosts.toml").read_text(encoding="utf-8"))
    return _SharedHosts(frozenset(data["hosts"]), data["paths"])


@lru_cache(maxsize=4_096)
def registrable_domain(host: str) -> str:
    """Return the domain that one owner registered ("www.a.co.uk" → "a.co.uk"); an address stays as it is.

    Of a tenant's host on a shared platform that is the host under the platform's.
    """
    host = host.lower().rstrip(".")
    if _ADDRESS.fullmatch(host):
        return host
    domain = str(_suffixes().privatesuffix(host) or host)
    labels = host.removeprefix("www.").split(".")
    for at in range(1, len(labels) - 1):
        if ".".join(labels[at:]) in _shared_hosts().hosts:
            return ".".join(labels[at - 1 :])
    return domain


def site_of(url: str) -> str:
    """Return whose site an address is of: a registrable domain, or on a shared platform the tenant's host, or host and path.

    `https://sites.google.com/view/quay/partners` → `sites.google.com/view/quay`. A text without a host: empty.
    """
    parts = urlsplit(url if "://" in url else f"//{url}")
    host = (parts.hostname or "").lower().rstrip(".")
    segments = _shared_hosts().paths.get(host)
    if segments is None:
        return registrable_domain(host) if host else ""
    return "/".join([host.removeprefix("www."), *list(filter(None, parts.path.split("/")))[:segments]])


def shared_segments(host: str) -> int:
    """Return how many segments of a path make a tenant on a host; 0: the host is one owner's."""
    return _shared_hosts().paths.get(host, 0)


def is_shared(host: str) -> bool:
    """Whether a host is a tenant's, or holds tenants by their path, on a platform that others share."""
    host = host.lower().rstrip(".")
    labels = host.removeprefix("www.").split(".")
    shared = _shared_hosts()
    return host in shared.paths or any(".".join(labels[at:]) in shared.hosts for at in range(1, len(labels)))


def belongs_to(host: str | None, domains: Iterable[str]) -> bool:
    """Tell whether a host is one of some normal domains, or lies under one; a tenant of a shared platform is not the platform's."""
    name = normal_domain(host) if host else None
    if name is None:
        return False
    return any(name == domain or (name.endswith(f".{domain}") and not is_shared(name)) for domain in domains)
