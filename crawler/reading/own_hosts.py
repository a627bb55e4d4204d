"""Which other hosts a page calls its own: its production domain, when a copy or a staging site is visited.

A copy's menu leads to the domain that the site was made for. Those addresses are looked for on the visited host.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

from crawler.page.own_names import json_ld_items
from crawler.page.page import Document, attribute
from ledger.domains import registrable_domain

# a page whose links nearly all go to one other domain, to many of its pages, was made for that domain;
# on the corpus a real page has at most 3 paths of any other domain
MIN_LINKS = 6
MIN_PATHS = 4
MIN_SHARE = 0.5
_SITE_TYPES = ("Organization", "WebSite", "Corporation", "LocalBusiness")
_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d+\)(https?://\S+)", re.I)


def own_hosts(document: Document) -> frozenset[str]:
    """Return the hosts (lower case, without port) other than the visited one that a page says are its own."""
    here = urlsplit(document.url).hostname or ""
    hosts = {host for url in _stated_urls(document) if (host := _host(url)) and not _share_domain(host, here)}
    linked = _linked(document)
    pages: dict[str, set[str]] = defaultdict(set)
    for host, path in linked:
        pages[host].add(path)
    counted = Counter(host for host, _ in linked)
    for host, links in counted.items():
        if (
            links >= MIN_LINKS
            and len(pages[host]) >= MIN_PATHS
            and links >= MIN_SHARE * len(linked)
            and not _share_domain(host, here)
        ):
            hosts.add(host)
    return frozenset(hosts)


def seen_here(url: str, visited: str, hosts: frozenset[str]) -> str | None:
    """Return an address of one of the vendor's own hosts as one of the visited host; None for any other address."""
    parts = urlsplit(url)
    if not any(_share_domain(parts.hostname or "", host) for host in hosts):
        return None
    here = urlsplit(visited)
    return urlunsplit((here.scheme, here.netloc, parts.path or "/", parts.query, ""))


def _stated_urls(document: Document) -> Iterator[str]:
    """What a page says of itself in its head: canonical address, language variants, Open Graph, JSON-LD, a saver's mark."""
    for tag in document.outline.tags:
        if tag.name not in ("link", "meta"):
            continue
        rel = (attribute(tag, "rel") or "").lower()
        if tag.name == "link" and ("canonical" in rel or ("alternate" in rel and attribute(tag, "hreflang"))):
            yield attribute(tag, "href") or ""
        elif tag.name == "meta" and attribute(tag, "property") == "og:url":
            yield attribute(tag, "content") or ""
    for item in json_ld_items(document):
        if item.get("@type") in _SITE_TYPES and isinstance(item.get("url"), str):
            yield item["url"]
    if saved := _SAVED_FROM.search(document.text[:2_000]):
        yield saved[1]


def _linked(document: Document) -> list[tuple[str, str]]:
    links = []
    for tag in document.outline.tags:
        url = document.absolute(attribute(tag, "href")) if tag.name in ("a", "area") else None
        if url and (host := _host(url)):
            links.append((host, urlsplit(url).path))
    return links


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _share_domain(host: str, other: str) -> bool:
    return registrable_domain(host) == registrable_domain(other)
