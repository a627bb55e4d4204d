"""Where to look next: links of a page and of a sitemap, scored by the lexicon, best first.

A link's worth is 0..1; a page is worth what its best word promises, a little less for each step from home.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from lxml import etree

from crawler.page import Document, attribute, squeeze
from crawler.page_kind import WORTH, is_home, kinds_in, path_words
from ledger.domains import registrable_domain
from ledger.lexicon import Lexicon
from ledger.vocabulary import PageKind

WELL_KNOWN_PATHS = ("/partners", "/partners.html", "/partners/", "/clients", "/about")
MAX_LINKS = 2_000
MAX_SITEMAP_URLS = 5_000
MAX_TEXT = 200
MENU_TEXT = 40  # characters
_NOT_A_PAGE = re.compile(
    r"\.(pdf|zip|rar|7z|gz|tgz|docx?|xlsx?|pptx?|mp[34]|avi|mov|webm|wav|exe|dmg|apk|ics|vcf|css|js|json|xml|rss|atom"
    r"|png|jpe?g|gif|webp|svg|avif|ico|bmp|tiff?|woff2?|ttf|eot)$",
    re.I,
)
_REFRESH = re.compile(r"url\s*=\s*['\"]?([^'\"]+)", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A page worth a look, and why."""

    url: str
    text: str
    worth: float
    kind: PageKind
    reason: str


def is_same_site(url: str, other: str) -> bool:
    """Tell whether two URLs belong to one vendor: equal registrable domain; for bare addresses equal host and port."""
    a, b = urlsplit(url), urlsplit(other)
    if not a.hostname or not b.hostname:
        return False
    if registrable_domain(a.hostname) != registrable_domain(b.hostname):
        return False
    return a.port == b.port or not re.fullmatch(r"[\d.]+|[0-9a-f:]+", a.hostname)


def find_links(document: Document, lexicon: Lexicon) -> list[Link]:
    """Return the pages of the same site that a page leads to, each once, in document order."""
    links: dict[str, Link] = {}
    for reference, text in _references(document):
        url = document.absolute(reference)
        if url is None or url in links or not is_same_site(url, document.url) or _NOT_A_PAGE.search(urlsplit(url).path):
            continue
        link = score_link(url, text, lexicon)
        if link is not None:
            links[url] = link
        if len(links) >= MAX_LINKS:
            break
    return list(links.values())


def score_link(url: str, text: str, lexicon: Lexicon) -> Link | None:
    """Score a link by its text and address; None for those never worth a visit's budget (login, cart, …)."""
    words = path_words(url)
    if is_home(url):
        return Link(url=url, text=text, worth=WORTH[PageKind.HOME], kind=PageKind.HOME, reason="home page")
    best: Link | None = None
    depth = urlsplit(url).path.strip("/").count("/")
    for place, where in ((text, "text"), (words, "address")):
        for kind, word in kinds_in(place, lexicon).items():
            worth = WORTH[kind] - 0.02 * depth - (0.1 if "?" in url else 0)
            if best is None or worth > best.worth:
                best = Link(url=url, text=text, worth=max(worth, 0.01), kind=kind, reason=f"link {where} has “{word}”")
    if best is not None and best.kind is not PageKind.NEWS:
        return best
    # a card's whole text may name anything; the words of a menu entry say what it is
    if lexicon.pages.hit("unwanted", f"{text} | {words}" if len(text) <= MENU_TEXT else words):
        return None
    worth = WORTH[PageKind.NEWS if best else PageKind.OTHER] - 0.05 * depth - (0.1 if "?" in url else 0)
    kind = PageKind.NEWS if best else PageKind.OTHER
    return Link(url=url, text=text, worth=max(worth, 0.01), kind=kind, reason="a page of the site")


def _references(document: Document) -> Iterator[tuple[str, str]]:
    soup: BeautifulSoup = document.soup
    for tag in soup.find_all(["a", "area", "iframe", "frame", "link", "meta", "option"]):
        if not isinstance(tag, Tag):
            continue
        if tag.name in ("a", "area"):
            reference = attribute(tag, "href")
            text = squeeze(tag.get_text(" ")) or " ".join(
                filter(
                    None,
                    (attribute(tag, "title"), attribute(tag, "aria-label"), attribute(tag, "alt"), _image_words(tag)),
                )
            )
        elif tag.name in ("iframe", "frame"):
            reference, text = attribute(tag, "src"), attribute(tag, "title") or attribute(tag, "name") or ""
        elif tag.name == "link":
            is_other_language = "alternate" in (attribute(tag, "rel") or "") and attribute(tag, "hreflang")
            reference, text = (attribute(tag, "href") if is_other_language else None), ""
        elif tag.name == "meta":
            refresh = (
                _REFRESH.search(attribute(tag, "content") or "")
                if (attribute(tag, "http-equiv") or "").lower() == "refresh"
                else None
            )
            reference, text = (refresh[1] if refresh else None), ""
        else:
            value = attribute(tag, "value") or ""
            reference, text = (value if value.startswith(("/", "http")) else None), squeeze(tag.get_text(" "))
        if reference:
            yield reference, text[:MAX_TEXT]


def _image_words(tag: Tag) -> str | None:
    image = tag.find("img")
    return attribute(image, "alt") if isinstance(image, Tag) else None


def read_sitemap(content: bytes, url: str, lexicon: Lexicon) -> list[Link]:
    """Return the pages of a sitemap that the lexicon knows by their address. Broken XML gives what could be read."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        return []
    links: list[Link] = []
    for element in root.iter("{*}loc") if root is not None else ():
        address = urljoin(url, (element.text or "").strip())
        if not address.startswith(("http://", "https://")) or _NOT_A_PAGE.search(urlsplit(address).path):
            continue
        if (
            is_same_site(address, url)
            and (link := score_link(address, "", lexicon))
            and link.reason != "a page of the site"
        ):
            links.append(link)
        if len(links) >= MAX_SITEMAP_URLS:
            break
    return links
