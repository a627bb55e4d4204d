"""Where in a page something stands: headings above it, zone, kind of section, with the words that say so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from bs4 import Tag
from bs4.element import NavigableString, PageElement

from crawler.page import Document, attribute, squeeze
from ledger.lexicon import Lexicon, WordLists, split_words
from ledger.vocabulary import SectionKind

_HEADING = re.compile(r"h[1-6]$")
_TITLE_CLASS = re.compile(r"(^|[\s_-])(title|heading|headline|subtitle|sec-?tit)([\s_-]|$)", re.I)
_SCOPES = frozenset({"section", "article", "aside", "footer", "header", "nav", "main", "body", "form", "dialog"})
_ZONES = (
    ("footer", re.compile(r"(^|[\s_-])(footer|colophon|bottom-?bar)", re.I)),
    ("nav", re.compile(r"(^|[\s_-])(nav|navbar|menu|navigation|breadcrumb)([\s_-]|$)", re.I)),
    ("header", re.compile(r"(^|[\s_-])(site-?header|page-?header|top-?bar|masthead|header)([\s_-]|$)", re.I)),
    ("aside", re.compile(r"(^|[\s_-])(sidebar|aside)([\s_-]|$)", re.I)),
)
_SECTION_KINDS = frozenset(map(str, SectionKind))
MAX_HEADING_CHARS = 160
STRONG_NAMES = frozenset({SectionKind.SOCIAL, SectionKind.PAYMENT, SectionKind.APP_STORE})
ANCESTORS_READ = 6  # a logo, its link, its slide, the slider, the column, the section


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What stands around one element."""

    heading_trail: tuple[str, ...]
    zone: str
    section_kind: SectionKind
    section_reasons: tuple[str, ...]

    @property
    def heading(self) -> str | None:
        return self.heading_trail[-1] if self.heading_trail else None


@dataclass(slots=True)
class _Heading:
    level: int
    text: str
    scope: Tag
    zone: str


@dataclass
class PageWalk:
    """Walks a document once, in reading order, and knows the surroundings of each step."""

    document: Document
    lexicon: Lexicon
    _headings: list[_Heading] = field(default_factory=list)
    _by_words: dict[str, SectionKind | None] = field(default_factory=dict)
    _zones: dict[int, str] = field(default_factory=dict)  # by id() of tags that the document keeps alive

    @cached_property
    def _sections(self) -> WordLists:
        # the page's own language and English (class names are English everywhere); all when it is not known
        language = self.document.language
        return self.lexicon.words("sections", (language, "en")) if language else self.lexicon.sections

    def steps(self) -> Iterator[PageElement]:
        """Yield every element and string; surroundings_of() is right for the one just yielded."""
        root = self.document.soup
        for step in root.descendants:
            if isinstance(step, Tag) and (level := _heading_level(step)):
                text = squeeze(step.get_text(" "))[:MAX_HEADING_CHARS]
                if text:
                    self._headings = [h for h in self._headings if h.level < level]
                    self._headings.append(_Heading(level, text, _scope_of(step), self.zone_of(step)))
            yield step

    def surroundings_of(self, step: PageElement) -> Surroundings:
        """Return what stands around an element that steps() has just yielded."""
        tag = step if isinstance(step, Tag) else step.parent
        ancestors = list(tag.parents) if tag is not None else []
        zone = self.zone_of(tag)
        inside = {id(ancestor) for ancestor in ancestors}
        trail = tuple(
            h.text
            for h in self._headings
            if id(h.scope) in inside and (h.zone == zone or (zone != "footer" and h.zone in ("main", "aside")))
        )
        kind, reasons = self._section(tag, ancestors, trail)
        return Surroundings(heading_trail=trail, zone=zone, section_kind=kind, section_reasons=reasons)

    def _section(
        self, tag: Tag | None, ancestors: list[Tag], trail: tuple[str, ...]
    ) -> tuple[SectionKind, tuple[str, ...]]:
        by_name = self._named_section([tag, *ancestors][:ANCESTORS_READ])
        if by_name and by_name[0] in STRONG_NAMES:
            return by_name  # a row of social icons under "Our partners" is still a row of social icons
        for heading in reversed(trail):
            if kind := self._kind_of(heading):
                return kind, (f"heading “{heading}”",)
        return by_name or (SectionKind.NONE, ())

    def _named_section(self, ancestors: list[Tag | None]) -> tuple[SectionKind, tuple[str, ...]] | None:
        for ancestor in ancestors:
            if ancestor is None or ancestor.name in ("body", "html", "[document]"):
                break
            # the label of a link tells where it leads, not what stands around it
            for name in ("id", "class") if ancestor.name == "a" else ("aria-label", "id", "class"):
                value = attribute(ancestor, name)
                if value and (kind := self._kind_of(split_words(value))):
                    return kind, (f"{name} “{value[:80]}” of <{ancestor.name}>",)
        return None

    def _kind_of(self, words: str) -> SectionKind | None:
        if words not in self._by_words:
            kinds = [SectionKind(hit.kind) for hit in self._sections.hits(words) if hit.kind in _SECTION_KINDS]
            self._by_words[words] = kinds[0] if kinds else None
        return self._by_words[words]

    def zone_of(self, tag: Tag | None) -> str:
        """Return header, nav, main, aside or footer: the nearest that says so, but a footer holds all in it."""
        chain: list[Tag] = []
        zone = "main"
        while tag is not None:
            if id(tag) in self._zones:
                zone = self._zones[id(tag)]
                break
            chain.append(tag)
            tag = tag.parent
        for step in reversed(chain):
            own = None if step.name in ("body", "html", "[document]") or zone == "footer" else _own_zone(step)
            # <header> inside a section is that section's own heading block, not the page's
            if own and not (own == "header" and step.find_parent(["section", "article", "main"]) is not None):
                zone = own
            self._zones[id(step)] = zone
        return zone


def _heading_level(tag: Tag) -> int | None:
    if _HEADING.match(tag.name):
        return int(tag.name[1])
    if tag.name in ("legend", "caption"):
        return 7
    name = attribute(tag, "class")
    if name and tag.name in ("p", "div", "span", "strong", "b", "td") and _TITLE_CLASS.search(name):
        text = squeeze(tag.get_text(" "))
        # a title holds words only; a block with that class that holds the whole section is no title
        if 0 < len(text) <= MAX_HEADING_CHARS and tag.find(["img", "svg", "p", "ul", "h1", "h2", "h3", "h4"]) is None:
            return 7
    if (
        tag.name in ("strong", "b", "font")
        and isinstance(tag.parent, Tag)
        and tag.parent.name in ("p", "center", "td", "div", "font", "b")
    ):
        text = squeeze(tag.get_text(" "))
        if tag.find("a") is not None or tag.find_parent("a") is not None:
            return None
        if 0 < len(text) <= 60 and squeeze(tag.parent.get_text(" ")) == text:
            return 8  # 1999: a paragraph that is one bold line
    return None


def _scope_of(tag: Tag) -> Tag:
    for parent in tag.parents:
        if parent.name in _SCOPES:
            return parent
    return list(tag.parents)[-1]


def _own_zone(tag: Tag) -> str | None:
    if tag.name in ("footer", "nav", "header", "aside"):
        return str(tag.name)
    names = " ".join(filter(None, (attribute(tag, "class"), attribute(tag, "id"), attribute(tag, "role"))))
    return next((zone for zone, pattern in _ZONES if pattern.search(names)), None) if names else None


def is_text(step: PageElement) -> bool:
    """Tell words of the page from comments, doctypes and CDATA, which are strings too."""
    return type(step) is NavigableString
