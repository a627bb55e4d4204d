"""Where in a page something stands: headings above it, zone, kind of section, with the words that say so."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crawler.page.outline import NONE
from crawler.page.page import Document, attribute
from ledger.lexicon import Lexicon, WordLists, split_words
from ledger.vocabulary import SectionKind

_SECTION_KINDS = frozenset(map(str, SectionKind))
MAX_NAME_CHARS = 500
_SOCIAL_PROOF = re.compile(r"social[\s_-]?proof", re.I)
HIDDEN_ANCESTORS = 12  # a part of a page that is hidden is seldom higher above a logo
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
STRONG_NAMES = frozenset({SectionKind.SOCIAL, SectionKind.PAYMENT, SectionKind.APP_STORE})
ANCESTORS_READ = 6  # a logo, its link, its slide, the slider, the column, the section


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What stands around one element."""

    heading_trail: tuple[str, ...]
    zone: str
    section_kind: SectionKind
    section_reasons: tuple[str, ...]
    is_hidden: bool  # by an attribute or a style of its own, or of what it stands in

    @property
    def heading(self) -> str | None:
        return self.heading_trail[-1] if self.heading_trail else None


class PageSections:
    """Knows what stands around each element of a document."""

    def __init__(self, document: Document, lexicon: Lexicon) -> None:
        self.outline = document.outline
        self.headings = document.headings
        # the page's own language and English (class names are English everywhere); all when it is not known
        language = document.language
        self._words: WordLists = lexicon.words("sections", (language, "en")) if language else lexicon.sections
        self._by_words: dict[tuple[str, bool], SectionKind | None] = {}
        self._hidden: dict[int, bool] = {}
        self._named: dict[int, tuple[SectionKind, str] | None] = {}

    def around(self, place: int, *, begun: int | None = None) -> Surroundings:
        """Return what stands around an element; around words of it when `begun` is the element that began last."""
        outline, zone = self.outline, self.headings.zones[place]
        trail = tuple(
            h.text
            for h in self.headings.in_force[place if begun is None else begun]
            if h.scope < place + (begun is not None)
            and place < outline.ends[h.scope]
            and (h.zone == zone or (zone != "footer" and h.zone in ("main", "aside")))
        )
        kind, reasons = self._section(place, trail)
        return Surroundings(
            heading_trail=trail, zone=zone, section_kind=kind, section_reasons=reasons, is_hidden=self._is_hidden(place)
        )

    def _is_hidden(self, place: int) -> bool:
        for _ in range(HIDDEN_ANCESTORS):
            if place == NONE:
                return False
            if place not in self._hidden:
                attributes = self.outline.tags[place].attrs
                style = attribute(self.outline.tags[place], "style") if "style" in attributes else None
                self._hidden[place] = "hidden" in attributes or bool(style and _HIDDEN.search(style))
            if self._hidden[place]:
                return True
            place = self.outline.parents[place]
        return False

    def _section(self, place: int, trail: tuple[str, ...]) -> tuple[SectionKind, tuple[str, ...]]:
        by_name = self._named_section(place)
        if by_name and by_name[0] is SectionKind.SOCIAL:
            return by_name  # a row of social icons under "Our partners" is still a row of social icons
        for heading in reversed(trail):
            if kind := self._kind_of(heading):
                return kind, (
                    f"heading “{heading}”",
                )  # whatever a theme calls it: "payment-partners", "sponsors-carousel"
        return by_name or (SectionKind.NONE, ())

    def _named_section(self, place: int) -> tuple[SectionKind, tuple[str, ...]] | None:
        for _ in range(ANCESTORS_READ):
            if place == NONE or (name := self.outline.tags[place].name) in ("body", "html"):
                break
            if place not in self._named:
                self._named[place] = self._own_name(place, name)
            if named := self._named[place]:
                return named[0], (named[1],)
            place = self.outline.parents[place]
        return None

    def _own_name(self, place: int, element: str) -> tuple[SectionKind, str] | None:
        tag = self.outline.tags[place]
        # the label of a link tells where it leads, not what stands around it
        for name in ("id", "class") if element == "a" else ("aria-label", "id", "class"):
            value = attribute(tag, name) if name in tag.attrs else None
            if value and "social" in value and _SOCIAL_PROOF.search(value):
                continue  # "social proof" is a row of customers
            if value and (kind := self._kind_of(value[:MAX_NAME_CHARS], is_name=True)):
                return kind, f"{name} “{value[:80]}” of <{element}>"
        return None

    def _kind_of(self, words: str, *, is_name: bool = False) -> SectionKind | None:
        key = (words, is_name)
        if key not in self._by_words:
            text = split_words(words) if is_name else words
            kinds = [SectionKind(hit.kind) for hit in self._words.hits(text) if hit.kind in _SECTION_KINDS]
            self._by_words[key] = kinds[0] if kinds else None
        return self._by_words[key]
