"""The headings and zones of a page: for each element which headings stand above it and which part of the page it is in.

Reads: an outline. Gives: for each element a zone and the headings in force when it begins. Headings are found by their
element (h1 to h6, legend, caption), by a class that says "title", and in pages of 1999 as a paragraph that is one bold line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from bs4 import Tag

from crawler.page.outline import NONE, Outline

MAX_HEADING_CHARS = 160
MAX_BOLD_CHARS = 60
MAX_NAME_CHARS = 500  # of class and id that are read
MAX_ELEMENTS_IN_TITLE = 30  # a block with a title's class that holds more is a section
_LEVELS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6, "legend": 7, "caption": 7}
_TITLE_LEVEL, _BOLD_LEVEL = 7, 8
_TITLE_TAGS = frozenset({"p", "div", "span", "strong", "b", "td"})
_TITLE_CLASS = re.compile(r"(^|[\s_-])(title|heading|headline|subtitle|sec-?tit)([\s_-]|$)", re.I)
_NO_TITLE_HOLDS = ("img", "svg", "p", "ul", "h1", "h2", "h3", "h4")
_BOLD_TAGS = frozenset({"strong", "b", "font"})
_BOLD_PARENTS = frozenset({"p", "center", "td", "div", "font", "b"})
_SCOPES = frozenset({"section", "article", "aside", "footer", "header", "nav", "main", "body", "form", "dialog"})
_SECTIONS = frozenset({"section", "article", "main"})
_NO_ZONE = frozenset({"body", "html"})
_ZONES = (
    ("footer", re.compile(r"(^|[\s_-])(footer|colophon|bottom-?bar)", re.I)),
    ("nav", re.compile(r"(^|[\s_-])(nav|navbar|menu|navigation|breadcrumb)([\s_-]|$)", re.I)),
    ("header", re.compile(r"(^|[\s_-])(site-?header|page-?header|top-?bar|masthead|header)([\s_-]|$)", re.I)),
    ("aside", re.compile(r"(^|[\s_-])(sidebar|aside)([\s_-]|$)", re.I)),
)


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    text: str
    scope: int  # the section, article, … that it heads
    zone: str
    place: int


class Headings:
    """zones[i] and in_force[i] for each element i of the outline."""

    __slots__ = ("in_force", "outline", "zones")

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.zones: list[str] = []
        self.in_force: list[tuple[Heading, ...]] = []
        self._fill()

    def _fill(self) -> None:
        zones, in_force, parents = self.zones, self.in_force, self.outline.parents
        scopes: list[int] = []
        is_in_section: list[bool] = []
        now: tuple[Heading, ...] = ()
        for here, tag in enumerate(self.outline.tags):
            parent, name = parents[here], tag.name
            zone, scope, sectioned = "main", 0, False
            if parent != NONE:
                zone, scope = zones[parent], (parent if self.outline.tags[parent].name in _SCOPES else scopes[parent])
                sectioned = is_in_section[parent] or self.outline.tags[parent].name in _SECTIONS
            # a footer holds all that is in it
            own = None if name in _NO_ZONE or zone == "footer" else _own_zone(tag)
            # <header> inside a section is that section's own heading block, not the page's
            zones.append(own if own and not (own == "header" and sectioned) else zone)
            scopes.append(scope)
            is_in_section.append(sectioned)
            if (level := self._level(here, tag)) and (text := self.outline.text(here, MAX_HEADING_CHARS)):
                heading = Heading(level, text, scope, zones[here], here)
                now = (*(h for h in now if h.level < level), heading)
            in_force.append(now)

    def _level(self, here: int, tag: Tag) -> int | None:
        name = tag.name
        if level := _LEVELS.get(name):
            return level
        if name in _TITLE_TAGS and (classes := tag.get("class")) and _names_title(_joined(classes)[:MAX_NAME_CHARS]):
            # a title holds words only; a block with that class that holds the whole section is no title
            is_small = self.outline.ends[here] - here <= MAX_ELEMENTS_IN_TITLE
            text = self.outline.text(here, MAX_HEADING_CHARS + 1) if is_small else ""
            if 0 < len(text) <= MAX_HEADING_CHARS and self.outline.inside(here, *_NO_TITLE_HOLDS) == NONE:
                return _TITLE_LEVEL
        parent = self.outline.parents[here]
        if name in _BOLD_TAGS and parent != NONE and self.outline.tags[parent].name in _BOLD_PARENTS:
            if self.outline.links[here] != NONE or self.outline.ends[here] - here > MAX_ELEMENTS_IN_TITLE:
                return None
            text = self.outline.text(here, MAX_BOLD_CHARS + 1)
            if (
                0 < len(text) <= MAX_BOLD_CHARS
                and self.outline.text(parent, MAX_BOLD_CHARS + 1) == text
                and self.outline.inside(here, "a") == NONE
            ):
                return _BOLD_LEVEL
        return None


def _own_zone(tag: Tag) -> str | None:
    name = tag.name
    if name in ("footer", "nav", "header", "aside"):
        return name
    attributes = tag.attrs
    if not attributes:
        return None
    names = [_joined(value) for key in ("class", "id", "role") if (value := attributes.get(key))]
    return _named_zone(" ".join(names)[:MAX_NAME_CHARS]) if names else None


def _joined(value: str | list[str]) -> str:
    return value if isinstance(value, str) else " ".join(value)


@lru_cache(maxsize=20_000)
def _named_zone(names: str) -> str | None:
    return next((zone for zone, pattern in _ZONES if pattern.search(names)), None)


@lru_cache(maxsize=20_000)
def _names_title(classes: str) -> bool:
    return _TITLE_CLASS.search(classes) is not None
