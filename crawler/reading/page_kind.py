"""What kind of page this is, with the words that say so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote, urlsplit

from crawler.page.page import Document, attribute
from ledger.lexicon import Lexicon, WordLists, split_words
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
_LANGUAGE_HOME = re.compile(r"/[a-z]{2}([-_][a-z]{2,4})?/?(index\.\w+)?", re.I)
_PLACES = (("url", 3), ("title", 2), ("heading", 2), ("link", 2))
# kinds of section that make a page worth as much as a page of that kind; "technology" is a heading of every second home page
_SECTIONS_OF_INTEREST = frozenset(
    {"partners", "clients", "resellers", "certifications", "members", "sponsors", "suppliers"}
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5"})
MAX_SECTIONS = 6
MAX_HEADING_CHARS = 160  # what is longer is no heading, whatever its element


@dataclass(frozen=True, slots=True)
class Kind:
    kind: PageKind
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionOfInterest:
    """A part of a page that is about partners, clients, …: it counts as such a page."""

    kind: PageKind
    reason: str


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


def is_language_home(url: str) -> bool:
    """Tell the home page of a language: `/de/`, `/pt-br/index.html`."""
    return _LANGUAGE_HOME.fullmatch(urlsplit(url).path) is not None


def judge_kind(document: Document, lexicon: Lexicon, *, link_text: str = "") -> Kind:
    """Judge a page by its address, title, first headings and the text of the link that led to it.

    Sections of other kinds stand among the reasons: half of all vendors list their partners on the home page.
    """
    kind = _kind_of_page(document, lexicon, link_text)
    sections = (s.reason for s in sections_of_interest(document, lexicon) if s.kind is not kind.kind)
    return Kind(kind.kind, (*kind.reasons, *sections))


def sections_of_interest(document: Document, lexicon: Lexicon) -> tuple[SectionOfInterest, ...]:
    """Return the parts of a page that are about partners, clients, …, each with its heading or anchor, at most six."""
    known = [code for code in (document.language, "en") if code in lexicon.languages]
    words = lexicon.words("sections", known if document.language in lexicon.languages else None)
    sections: dict[str, SectionOfInterest] = {}
    anchors: dict[str, PageKind] = {}  # places that the page's own menu leads to
    places: set[str] = set()
    outline = document.outline
    aside = 0  # where the nav or footer ends that one stands in
    for place, tag in enumerate(outline.tags):
        if tag.name in ("nav", "footer"):
            aside = max(aside, outline.ends[place])
        if tag.name == "a" and (name := _anchor(attribute(tag, "href"), document.url)):
            if name not in anchors and (kind := _section_kind(split_words(name), words)):
                anchors[name] = kind
        elif tag.name in _HEADINGS and len(sections) < MAX_SECTIONS:
            text = outline.text(place, MAX_HEADING_CHARS + 1)
            kind = _section_kind(text, words) if 0 < len(text) <= MAX_HEADING_CHARS else None
            if kind is not None and place >= aside:
                sections.setdefault(text, SectionOfInterest(kind=kind, reason=f"section “{text}”"))
        places.update(named for key in ("id", "name") if (named := tag.attrs.get(key)) and isinstance(named, str))
    kinds = {section.kind for section in sections.values()}
    for name, kind in anchors.items():
        if name in places and kind not in kinds and len(sections) < MAX_SECTIONS:
            kinds.add(kind)
            sections[f"#{name}"] = SectionOfInterest(kind=kind, reason=f"anchor “#{name}”")
    return tuple(sections.values())


def _section_kind(text: str, words: WordLists) -> PageKind | None:
    hits = [hit.kind for hit in words.hits(text) if hit.kind in _SECTIONS_OF_INTEREST]
    return _BY_LIST[hits[0]] if hits else None


def _anchor(href: str | None, url: str) -> str | None:
    """Return the name of the place in this page that a link leads to, or None."""
    address, mark, name = (href or "").partition("#")
    if not mark or not 1 < len(name) <= 80:
        return None
    if address:
        try:
            if urlsplit(address).path.strip("/") not in ("", urlsplit(url).path.strip("/")):
                return None
        except ValueError:
            return None
    return unquote(name)


def _kind_of_page(document: Document, lexicon: Lexicon, link_text: str) -> Kind:
    if is_home(document.url) or is_language_home(document.url):
        return Kind(PageKind.HOME, ("the address is the home page",))
    outline = document.outline
    places = islice((place for place, tag in enumerate(outline.tags) if tag.name in ("h1", "h2")), 2)
    headings = [outline.text(place, 1_000) for place in places]
    texts = {
        "url": path_words(document.url),
        "title": document.title or "",
        "heading": " | ".join(headings),
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
