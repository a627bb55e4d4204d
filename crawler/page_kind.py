"""What kind of page this is, with the words that say so."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from bs4 import Tag

from crawler.page import Document, squeeze
from ledger.lexicon import Lexicon, split_words
from ledger.vocabulary import PageKind

# how much a visit wants a page of this kind; the order also settles pages that say two things
WORTH: dict[PageKind, float] = {
    PageKind.PARTNERS: 1.0,
    PageKind.CLIENTS: 0.9,
    PageKind.RESELLERS: 0.85,
    PageKind.CERTIFICATIONS: 0.8,
    PageKind.TECHNOLOGY: 0.75,
    PageKind.MEMBERS: 0.7,
    PageKind.SPONSORS: 0.7,
    PageKind.SUPPLIERS: 0.7,
    PageKind.ABOUT: 0.95,  # half of real vendors list their partners there
    PageKind.HOME: 1.0,
    PageKind.OTHER: 0.3,
    PageKind.NEWS: 0.1,
}
_BY_LIST = {
    "partners": PageKind.PARTNERS,
    "clients": PageKind.CLIENTS,
    "resellers": PageKind.RESELLERS,
    "certifications": PageKind.CERTIFICATIONS,
    "technology": PageKind.TECHNOLOGY,
    "members": PageKind.MEMBERS,
    "sponsors": PageKind.SPONSORS,
    "suppliers": PageKind.SUPPLIERS,
    "about": PageKind.ABOUT,
    "news": PageKind.NEWS,
}
_PLACES = (("url", 3), ("title", 2), ("heading", 2), ("link", 2))


@dataclass(frozen=True, slots=True)
class Kind:
    kind: PageKind
    reasons: tuple[str, ...]


def kinds_in(text: str, lexicon: Lexicon) -> dict[PageKind, str]:
    """Return the page kinds that a text names, each with the word that did."""
    return {_BY_LIST[hit.kind]: hit.word for hit in lexicon.pages.hits(text) if hit.kind in _BY_LIST}


def path_words(url: str) -> str:
    """Return the path and query of a URL as words, in the vendor's own script."""
    parts = urlsplit(url)
    return split_words(unquote(f"{parts.path} {parts.query}"))


def is_home(url: str) -> bool:
    path = urlsplit(url).path.strip("/").lower()
    return path == "" or path in ("index.html", "index.htm", "index.php", "home", "default.aspx", "default.htm")


def judge_kind(document: Document, lexicon: Lexicon, *, link_text: str = "") -> Kind:
    """Judge a page by its address, title, first headings and the text of the link that led to it."""
    if is_home(document.url):
        return Kind(PageKind.HOME, ("the address is the home page",))
    headings = [squeeze(h.get_text(" ")) for h in document.soup.find_all(["h1", "h2"], limit=3) if isinstance(h, Tag)]
    texts = {
        "url": path_words(document.url),
        "title": document.title or "",
        "heading": " | ".join(headings[:2]),
        "link": link_text,
    }
    votes: dict[PageKind, int] = {}
    reasons: dict[PageKind, list[str]] = {}
    for place, weight in _PLACES:
        for kind, word in kinds_in(texts[place], lexicon).items():
            votes[kind] = votes.get(kind, 0) + weight
            reasons.setdefault(kind, []).append(f"{place} has “{word}”")
    if not votes:
        return Kind(PageKind.OTHER, ())
    # every page of a vendor called "X Technologies" has "technology" in its title: other kinds go first on a tie
    best = max(votes, key=lambda kind: (votes[kind], kind is not PageKind.TECHNOLOGY, WORTH[kind]))
    return Kind(best, tuple(reasons[best]))
