"""Style sheets → background images, only where the selector hits an element of the page.

The selectors are asked through Beautiful Soup's own engine, on the tree that the other images come from.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from urllib.parse import urljoin

import tinycss2
from bs4 import BeautifulSoup, Tag
from soupsieve import SelectorSyntaxError

from crawler.page import Document, attribute

MAX_SHEETS = 12
MAX_SHEET_BYTES = 1_000_000
MAX_RULES = 400  # with an image; the largest style sheet of the corpus has 96
MAX_HITS = 60  # elements per rule: a bullet's picture is no logo
_NAMES = re.compile(r"[.#]-?[A-Za-z_][\w-]*")
_STATE = re.compile(
    r"::?(before|after|first-letter|first-line|hover|focus|active|visited|focus-within|focus-visible)\b"
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A style sheet as text and the URL that its references are relative to."""

    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Background:
    """A background image and one element that shows it."""

    url: str
    element: Tag


def sheet_urls(document: Document) -> list[str]:
    """Return the style sheets that a page links to, absolute, each once, at most MAX_SHEETS."""
    urls: dict[str, None] = {}
    for link in document.soup.find_all("link", href=True):
        if not isinstance(link, Tag) or "stylesheet" not in (attribute(link, "rel") or "").lower().split():
            continue
        url = document.absolute(attribute(link, "href"))
        if url and (attribute(link, "media") or "") != "print":
            urls[url] = None
    return list(urls)[:MAX_SHEETS]


def decode_sheet(content: bytes) -> str:
    """Return a style sheet's text; bytes that are no UTF-8 are read as Latin-1, selectors are ASCII anyway."""
    content = content[:MAX_SHEET_BYTES]
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def find_backgrounds(document: Document, sheets: Iterable[Sheet]) -> list[Background]:
    """Return the background images of a page: of its own `<style>` blocks and of the given sheets."""
    own = [
        Sheet(document.base_url, style.get_text())
        for style in document.soup.find_all("style")
        if isinstance(style, Tag)
    ]
    found: list[Background] = []
    names = _names_in(document.soup)
    for sheet in [*own, *sheets]:
        for selector, references in _image_rules(sheet.text):
            elements = [
                element for part in _parts_that_may_hit(selector, names) for element in _select(document.soup, part)
            ]
            for reference in references:
                url = reference if reference.startswith("data:") else document.absolute(urljoin(sheet.url, reference))
                found += [Background(url, element) for element in elements] if url else []
    return found


def urls_in_declarations(text: str) -> list[str]:
    """Return what `url(…)` and `image-set(…)` name in a style attribute or declaration list."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        declarations = tinycss2.parse_blocks_contents(text[:20_000], skip_comments=True, skip_whitespace=True)
    return list(_urls_of(declarations))


def _urls_of(declarations: Iterable[object]) -> Iterator[str]:
    for declaration in declarations:
        if getattr(declaration, "type", "") != "declaration":
            continue
        name = declaration.lower_name  # type: ignore[attr-defined]  # tinycss2 has no types
        if name in (
            "background",
            "background-image",
            "content",
            "mask-image",
            "mask",
            "-webkit-mask-image",
        ) or name.startswith("--"):
            yield from _urls_in(declaration.value)  # type: ignore[attr-defined]


def _urls_in(tokens: Iterable[object]) -> Iterator[str]:
    for token in tokens:
        kind = getattr(token, "type", "")
        if kind == "url":
            yield str(token.value)  # type: ignore[attr-defined]
        elif kind == "function":
            name, arguments = token.lower_name, token.arguments  # type: ignore[attr-defined]
            if name == "url":
                yield from (str(a.value) for a in arguments if a.type == "string")
            elif name in ("image-set", "-webkit-image-set", "cross-fade"):
                yield from (str(a.value) for a in arguments if a.type == "string")
                yield from _urls_in(arguments)


@lru_cache(maxsize=64)  # many vendors share one framework's sheet; a sheet has at most MAX_SHEET_BYTES
def _image_rules(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(islice(_read_image_rules(text), MAX_RULES))


def _read_image_rules(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    if "url(" not in text and "image-set(" not in text:
        return
    pending: list[object] = list(
        tinycss2.parse_stylesheet(text[:MAX_SHEET_BYTES], skip_comments=True, skip_whitespace=True)
    )
    while pending:
        rule = pending.pop(0)
        kind = getattr(rule, "type", "")
        if kind == "at-rule" and rule.content and rule.lower_at_keyword in ("media", "supports", "layer"):  # type: ignore[attr-defined]
            if "print" not in tinycss2.serialize(rule.prelude):  # type: ignore[attr-defined]
                pending[:0] = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)  # type: ignore[attr-defined]
        elif kind == "qualified-rule":
            declarations = tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True)  # type: ignore[attr-defined]
            references = [url for url in _urls_of(declarations) if url and not url.startswith("#")]
            if references:
                yield tinycss2.serialize(rule.prelude).strip(), tuple(references)  # type: ignore[attr-defined]


def _names_in(soup: BeautifulSoup) -> frozenset[str]:
    names: set[str] = set()
    for tag in soup.find_all(True):
        if isinstance(tag, Tag):
            names.update(f".{name}" for name in (attribute(tag, "class") or "").split())
            names.add(f"#{attribute(tag, 'id')}")
    return frozenset(names)


def _parts_that_may_hit(selector: str, names: frozenset[str]) -> Iterator[str]:
    """Yield the selectors of a list whose classes and ids all stand in the page: asking the others costs and gives nothing."""
    for part in [selector] if "(" in selector else selector.split(","):
        plain = _STATE.sub("", part).strip()
        if plain and ("(" in part or "\\" in part or all(name in names for name in _NAMES.findall(plain))):
            yield plain


def _select(soup: BeautifulSoup, selector: str) -> list[Tag]:
    if len(selector) > 500:
        return []
    try:
        return list(soup.select(selector, limit=MAX_HITS))
    except (SelectorSyntaxError, NotImplementedError, ValueError):
        return []  # a selector for another engine (::-webkit-…): no browser-independent element
