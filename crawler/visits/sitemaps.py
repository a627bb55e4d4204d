"""Sitemaps → pages worth a look: XML, indexes, plain text, also compressed, also those that robots.txt names.

Reads: the bytes of a sitemap. Writes: links that the lexicon knows by their address, and further sitemaps.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import etree

from crawler.page.page import Document
from crawler.reading.links import A_PAGE, NOT_A_PAGE, Link, is_same_site, score_link
from crawler.reading.own_hosts import seen_here
from crawler.reading.page_kind import path_words
from ledger.lexicon import Lexicon

MAX_SITEMAP_BYTES = 20_000_000  # unpacked; the protocol allows 50 MB, of which a partner page needs no more
MAX_SITEMAP_URLS = 50_000
MAX_LINKS = 200  # the best ones
MAX_SITEMAPS = 5  # a visit reads
_POSTS = re.compile(r"(post|product|news|blog|tag|author|image|video|categor|event|article)s?", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSitemap:
    """What a sitemap holds."""

    links: tuple[Link, ...]
    sitemaps: tuple[str, ...]  # of an index, those of pages first


def read_sitemap(content: bytes, url: str, lexicon: Lexicon, *, hosts: frozenset[str] = frozenset()) -> ReadSitemap:
    """Return the pages of a sitemap that the lexicon knows. Broken XML gives what could be read; a bomb gives nothing.

    hosts: the vendor's other hosts, whose addresses are looked for on this one.
    """
    site = Document(url, "")
    content = _unpack(content)
    pages, sitemaps = _locations(content)
    links: dict[str, Link] = {}
    for location in pages:
        address = site.absolute(location)
        if address is None or NOT_A_PAGE.search(urlsplit(address).path):
            continue
        named = address if is_same_site(address, url) else seen_here(address, url, hosts)
        link = score_link(named, "", lexicon) if named else None
        if link is not None and link.reason not in (A_PAGE, "home page"):
            links.setdefault(link.url, link)
    further = dict.fromkeys(address for location in sitemaps if (address := site.absolute(location)))
    return ReadSitemap(
        links=tuple(sorted(links.values(), key=lambda link: -link.worth)[:MAX_LINKS]),
        sitemaps=tuple(sorted(further, key=lambda u: bool(_POSTS.search(path_words(u)))))[:MAX_SITEMAPS],
    )


def _unpack(content: bytes) -> bytes:
    if content[:2] != b"\x1f\x8b":
        return content[:MAX_SITEMAP_BYTES]
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(content, MAX_SITEMAP_BYTES)
    except zlib.error:
        return b""
    return b"" if unpacker.unconsumed_tail else unpacked


def _locations(content: bytes) -> tuple[list[str], list[str]]:
    """Addresses of pages, and of further sitemaps."""
    if not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        lines = content[:MAX_SITEMAP_BYTES].decode("utf-8", "replace").split()
        return [line for line in lines[:MAX_SITEMAP_URLS] if line.startswith("http")], []
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        return [], []
    pages: list[str] = []
    sitemaps: list[str] = []
    if root is None:
        return pages, sitemaps
    for element in root.iter("{*}loc"):
        parent = element.getparent()
        is_index = parent is not None and isinstance(parent.tag, str) and parent.tag.endswith("sitemap")
        (sitemaps if is_index else pages).append((element.text or "").strip())
        if len(pages) + len(sitemaps) >= MAX_SITEMAP_URLS:
            break
    return pages, sitemaps
