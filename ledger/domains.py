"""Domains as they are compared: ASCII, lower case, without scheme, port and www; and who registered them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from urllib.parse import urlsplit

import idna
from publicsuffixlist import PublicSuffixList

_DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
# as it stands in a host name: IPv4 or IPv6; "face" and "12" are neither
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}|\[?(?=[0-9a-f.]*:[0-9a-f.]*:)[0-9a-f:.]+\]?")


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


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


def registrable_domain(host: str) -> str:
    """Return the domain that one owner registered ("www.a.co.uk" → "a.co.uk"); an address stays as it is."""
    host = host.lower().rstrip(".")
    if _ADDRESS.fullmatch(host):
        return host
    return str(_suffixes().privatesuffix(host) or host)


def belongs_to(host: str | None, domains: Iterable[str]) -> bool:
    """Tell whether a host is one of some normal domains, or lies under one."""
    name = normal_domain(host) if host else None
    return name is not None and any(name == domain or name.endswith(f".{domain}") for domain in domains)
