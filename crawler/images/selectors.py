"""Selectors → the elements of a page that they hit, asked through cssselect2.

1. Drop the selectors whose classes and ids do not all stand in the page: asking those costs and gives nothing.
2. Mirror the page for cssselect2, from the outline: element i of one is element i of the other, made when asked for.
3. Ask at each element only the selectors that may end there.

Sheets are hostile: the steps along ancestors and siblings that all questions of a page take are counted, and the
questions end when they are spent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from xml.etree import ElementTree as ET

import tinycss2
from bs4.element import NavigableString
from cssselect2 import ElementWrapper, SelectorError, compile_selector_list
from cssselect2.compiler import CompiledSelector

from crawler.page.outline import NONE, Outline

MAX_SELECTOR_CHARS = 500
MAX_DEPTH = 256  # elements that lie deeper are asked nothing; the deepest of the corpus lies at 34
MAX_STEPS = 1_000_000  # of a page, about a second; the costliest page of the corpus takes 9,000
MAX_QUESTIONS = 500_000  # selectors asked at elements
MAX_PARTS = 2_000  # selectors of a page that may hit
_NAMES = re.compile(r"[.#]-?[A-Za-z_][\w-]*")
_STATE = re.compile(
    r"::?(before|after|first-letter|first-line|hover|focus|active|visited|focus-within|focus-visible|marker)\b"
)
_HOVER = re.compile(r":(hover|focus|active|focus-within|focus-visible)\b")


@dataclass(frozen=True, slots=True)
class Part:
    """One selector of a list, as it can be asked."""

    text: str  # without states and pseudo-elements
    is_state: bool  # the rule counts only under the pointer, or when the element has the focus


class _TooCostlyError(Exception):
    pass


@dataclass(slots=True)
class _Spent:
    steps: int = 0
    questions: int = 0

    def count(self, steps: int) -> None:
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise _TooCostlyError


class _Element(ElementWrapper):  # type: ignore[misc]  # cssselect2 has no types
    """An element as cssselect2 asks it, each step along the tree counted; its xml.etree side is made when asked for."""

    def __init__(self, mirror: _Mirror, here: int, parent: _Element | None, previous: _Element | None) -> None:
        self.mirror = mirror
        self.here = here
        self.parent = parent
        self.previous = previous
        self.index = mirror.places[here]
        self.in_html_document = True
        self.transport_content_language = None
        tag = mirror.outline.tags[here]
        classes = tag.get("class") or ()
        self.local_name = tag.name
        self.namespace_url = ""
        self.id = tag.get("id")
        self.classes = frozenset(classes.split() if isinstance(classes, str) else classes)

    @cached_property
    def etree_element(self) -> ET.Element:
        return self.mirror.element(self.here)

    @cached_property
    def etree_children(self) -> list[ET.Element]:
        return self.mirror.children_of(self.here)

    @property
    def etree_siblings(self) -> list[ET.Element]:
        siblings = self.mirror.children_of(self.mirror.outline.parents[self.here])
        self.mirror.spent.count(len(siblings))
        return siblings

    @property
    def ancestors(self) -> Iterator[_Element]:
        element = self.parent
        while element is not None:
            self.mirror.spent.count(1)
            yield element
            element = element.parent

    @property
    def previous_siblings(self) -> Iterator[_Element]:
        element = self.previous
        while element is not None:
            self.mirror.spent.count(1)
            yield element
            element = element.previous

    def iter_children(self) -> Iterator[_Element]:
        for here in self.mirror.children.get(self.here, ()):
            self.mirror.spent.count(1)
            yield self.mirror.wrapper(here)


@dataclass(slots=True)
class _Mirror:
    """The page as cssselect2 sees it, made from the outline: element i of one is element i of the other."""

    outline: Outline
    spent: _Spent
    places: list[int] = field(default_factory=list)  # among the siblings
    wrappers: dict[int, _Element] = field(default_factory=dict)
    children: dict[int, list[int]] = field(default_factory=dict)
    _elements: dict[int, ET.Element] = field(default_factory=dict)
    _children: dict[int, list[ET.Element]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for here, parent in enumerate(self.outline.parents):
            siblings = self.children.setdefault(parent, [])
            self.places.append(len(siblings))
            siblings.append(here)

    def element(self, here: int) -> ET.Element:
        """Return an element with its attributes and a sign whether it has words of its own; children are apart."""
        if here not in self._elements:
            tag = self.outline.tags[here]
            made = ET.Element(
                tag.name,
                {name: value if isinstance(value, str) else " ".join(value or ()) for name, value in tag.attrs.items()},
            )
            made.text = "…" if any(type(child) is NavigableString for child in tag.contents) else None
            self._elements[here] = made
        return self._elements[here]

    def children_of(self, parent: int) -> list[ET.Element]:
        if parent not in self._children:
            self._children[parent] = [self.element(here) for here in self.children.get(parent, ())]
        return self._children[parent]

    def wrapper(self, here: int) -> _Element:
        """Return the element as a wrapper; its parent and its elder siblings are there as well."""
        missing = [here]
        while (parent := self.outline.parents[missing[-1]]) not in self.wrappers and parent != NONE:
            missing.append(parent)
        for place in reversed(missing):
            self._wrap(place)
        return self.wrappers[here]

    def _wrap(self, here: int) -> None:
        parent = self.outline.parents[here]
        siblings, place = self.children[parent], self.places[here]
        first = place
        while first >= 0 and siblings[first] not in self.wrappers:
            first -= 1
        previous = self.wrappers[siblings[first]] if first >= 0 else None
        above = self.wrappers[parent] if parent != NONE else None
        for index in range(first + 1, place + 1):
            made = _Element(self, siblings[index], above, previous)
            self.wrappers[siblings[index]] = previous = made


def parts_that_may_hit(selector: str, names: frozenset[str]) -> Iterator[Part]:
    """Yield the selectors of a list whose classes and ids all stand in the page (names: `.class`, `#id`)."""
    if len(selector) > MAX_SELECTOR_CHARS * 20:
        return
    for part in [selector] if "(" in selector else selector.split(","):
        plain = _STATE.sub("", part).strip()
        if not plain:
            plain = "*" if part.strip() else ""
        if (
            plain
            and len(plain) <= MAX_SELECTOR_CHARS
            and ("(" in part or "\\" in part or all(name in names for name in _NAMES.findall(plain)))
        ):
            yield Part(plain, _HOVER.search(part) is not None)


def names_in(outline: Outline) -> frozenset[str]:
    """Return every class and id of a page, as `.class` and `#id`."""
    names: set[str] = set()
    for tag in outline.tags:
        attributes = tag.attrs
        if attributes:
            if classes := attributes.get("class"):
                names.update(["." + name for name in (classes.split() if isinstance(classes, str) else classes)])
            if identifier := attributes.get("id"):
                names.add(f"#{identifier}")
    return frozenset(names)


def find_elements(outline: Outline, parts: Iterable[Part]) -> list[list[int]]:
    """Return for each selector the elements that it hits, in reading order. Selectors for other engines hit nothing."""
    tried = list(parts)[:MAX_PARTS]
    hits: list[list[int]] = [[] for _ in tried]
    by_end: dict[str, list[tuple[int, CompiledSelector]]] = {}
    for number, part in enumerate(tried):
        for compiled in _compiled(part.text):
            by_end.setdefault(_end_of(compiled), []).append((number, compiled))
    if not by_end:
        return hits
    spent = _Spent()
    mirror = _Mirror(outline, spent)
    try:
        for here, tag in enumerate(outline.tags):
            if outline.depths[here] > MAX_DEPTH:
                continue
            attributes = tag.attrs
            ends = [tag.name, "*"]
            if attributes:
                classes = attributes.get("class") or ()
                ends += ["." + name for name in (classes.split() if isinstance(classes, str) else classes)]
                ends.append(f"#{attributes.get('id')}")
            for end in dict.fromkeys(ends):
                for number, compiled in by_end.get(end, ()):
                    spent.questions += 1
                    if spent.questions > MAX_QUESTIONS:
                        raise _TooCostlyError
                    if compiled.test(mirror.wrapper(here)) and hits[number][-1:] != [here]:
                        hits[number].append(here)
    except _TooCostlyError:
        pass  # what was found counts; a sheet of this kind is there to keep readers busy
    return hits


def _end_of(compiled: CompiledSelector) -> str:
    if compiled.id is not None:
        return f"#{compiled.id}"
    if compiled.class_name is not None:
        return f".{compiled.class_name}"
    return str(compiled.lower_local_name) if compiled.lower_local_name is not None else "*"


@lru_cache(maxsize=20_000)  # many pages share one sheet
def _compiled(selector: str) -> tuple[CompiledSelector, ...]:
    try:
        tokens = tinycss2.parse_component_value_list(selector, skip_comments=True)
        compiled = compile_selector_list(tokens)
    except (SelectorError, RecursionError, SyntaxError, MemoryError, ValueError):
        return ()
    return tuple(
        alternative for alternative in compiled if not alternative.never_matches and alternative.pseudo_element is None
    )
