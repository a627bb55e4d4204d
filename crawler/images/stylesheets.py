"""Style sheets → the images that they show, only where a selector hits an element of the page.

Reads: an outline, the page's own `<style>` blocks and style attributes, the sheets that it links to.

1. Read the rules that say something of images (image_rules.py), and ask which elements they hit (selectors.py).
2. Lay the rules of one element over each other, the style attribute last: images, place in a sprite, size.
3. Put in what variables hold, from the element itself or the nearest one around it that sets them.
4. Cut the box out of a sprite: what shows of an image that is moved under a window of known size.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin

from bs4 import Tag

from crawler.images.image_rules import (
    MAX_SHEET_BYTES,
    ImageRule,
    RuleImage,
    image_variables,
    read_declarations,
    read_image_rules,
)
from crawler.images.selectors import Part, find_elements, names_in, parts_that_may_hit
from crawler.images.sprite_files import is_drawing, sprite_urls
from crawler.page.outline import NONE, Outline
from crawler.page.page import Document, attribute
from ledger.vocabulary import FoundBy

MAX_SHEETS = 12
MAX_IMPORT_CHARS = 20_000
MAX_HITS = 60  # elements per rule: a bullet's picture is no logo
MAX_VARIABLE_CLIMB = 64
MAX_STYLE_ATTRIBUTES = 5_000
_FOUND_BY = {"background": FoundBy.CSS_BACKGROUND, "content": FoundBy.CSS_CONTENT, "mask": FoundBy.CSS_MASK}
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.S)
_IMPORT = re.compile(
    r"@import\s*(?:url\(\s*(?:[\"']([^\"'\n]{1,2000})[\"']|([^\s\"')]{1,2000}))\s*\)|[\"']([^\"'\n]{1,2000})[\"'])([^;]{0,500})(?:;|$)",
    re.I,
)
_PRINT = re.compile(r"(?:only\s+)?print\b[^,]*", re.I)
Box = tuple[int, int, int, int]  # x, y, width, height in px of the image


@dataclass(frozen=True, slots=True)
class Sheet:
    """A style sheet as text and the URL that its references are relative to."""

    url: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StyledImage:
    """An image that a style shows at an element."""

    url: str  # absolute, or a data: URI
    found_by: FoundBy
    box: Box | None = None
    is_state: bool = False  # shown only under the pointer, or with the focus


@dataclass(slots=True)
class _Style:
    """What all rules say of one element."""

    images: list[tuple[RuleImage, str, bool, bool]] = field(default_factory=list)  # with base URL, inline, state
    variables: dict[str, tuple[str, str]] = field(default_factory=dict)  # name → reference, base URL
    set_inline: set[str] = field(default_factory=set)
    lengths: dict[str, float] = field(default_factory=dict)
    is_scaled: bool = False

    def lay(self, rule: ImageRule, base: str, *, is_inline: bool = False, is_state: bool = False) -> None:
        for image in rule.images:
            if image.kind.startswith("--"):
                self.variables[image.kind] = (image.reference, base)
                if is_inline:
                    self.set_inline.add(image.kind)
            else:
                self.images.append((image, base, is_inline, is_state))
        if not is_state:
            for name in ("x", "y", "width", "height"):
                if (length := getattr(rule, name)) is not None:
                    self.lengths[name] = length
            self.is_scaled = self.is_scaled or rule.is_scaled

    @property
    def box(self) -> Box | None:
        """The part of a sprite that shows, or None where the image is not moved under a window of known size."""
        x, y = self.lengths.get("x"), self.lengths.get("y")
        width, height = self.lengths.get("width"), self.lengths.get("height")
        if self.is_scaled or x is None or y is None or not width or not height or x > 0 or y > 0:
            return None
        return (round(-x), round(-y), round(width), round(height))


def sheet_urls(document: Document) -> list[str]:
    """Return the style sheets that a page links to, absolute, each once, at most MAX_SHEETS."""
    urls: dict[str, None] = {}
    for link in document.soup.find_all("link", href=True):
        if isinstance(link, Tag) and _is_sheet(link) and (url := document.absolute(attribute(link, "href"))):
            urls[url] = None
    for block in document.outline.tags:
        if block.name == "style" and (text := block.get_text()):
            urls |= dict.fromkeys(imported_urls(text, document.base_url))
    return list(urls)[:MAX_SHEETS]


def _is_sheet(link: Tag) -> bool:
    """Tell a style sheet for screens: also one that is loaded ahead or for print, and turned on when it has come."""
    rel, turned_on = (attribute(link, "rel") or "").lower().split(), attribute(link, "onload") or ""
    if "stylesheet" in rel:
        return (attribute(link, "media") or "") != "print" or "media" in turned_on
    return "preload" in rel and (attribute(link, "as") or "").lower() == "style" and "rel" in turned_on


def part_urls(document: Document) -> list[str]:
    """Return the files that a page is read with: its style sheets, and the drawings that it shows parts of."""
    return list(dict.fromkeys([*sheet_urls(document), *sprite_urls(document)]))


def imported_urls(text: str, base_url: str) -> list[str]:
    """Return the style sheets that a style sheet imports, absolute: plain, in a layer, or on a condition other than print."""
    head = _COMMENT.sub("", text[:MAX_IMPORT_CHARS]) if "@" in text[:MAX_IMPORT_CHARS] else ""
    rules, _, _ = head.partition("{")  # imports stand before all rules
    urls = []
    for match in _IMPORT.finditer(rules):
        url = urljoin_or_none(base_url, next(filter(None, match.groups()[:3]), ""))
        if url and url.startswith(("http://", "https://")) and not _PRINT.fullmatch(match[4].strip()):
            urls.append(url.partition("#")[0])
    return urls


def decode_sheet(content: bytes) -> str:
    """Return a style sheet's text; bytes that are no UTF-8 are read as Latin-1, selectors are ASCII anyway."""
    content = content[:MAX_SHEET_BYTES]
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def find_styled_images(document: Document, sheets: Iterable[Sheet]) -> dict[int, list[StyledImage]]:
    """Return the images that styles show, by the element (its place in the outline) that shows them."""
    outline = document.outline
    styles: dict[int, _Style] = {}
    used: set[str] = set()
    inline = [(here, read_declarations(style)) for here, style in _style_attributes(outline)]
    set_inline = frozenset(image.kind for _, rule in inline for image in rule.images if image.kind.startswith("--"))
    linked = (sheet for sheet in sheets if not is_drawing(sheet.text))
    for hit in _hits(document, [*_own_sheets(document), *linked], set_inline):
        used.update(image.variable for image in hit.rule.images if image.variable)
        for here in hit.elements:
            styles.setdefault(here, _Style()).lay(hit.rule, hit.base, is_state=hit.part.is_state)
    for here, rule in inline:
        used.update(image.variable for image in rule.images if image.variable)
        if rule.images or here in styles:
            styles.setdefault(here, _Style()).lay(rule, document.base_url, is_inline=True)
    return {here: list(_shown(document, here, styles, used)) for here in sorted(styles)}


def _own_sheets(document: Document) -> list[Sheet]:
    blocks = [tag for tag in document.outline.tags if tag.name == "style"]
    return [Sheet(document.base_url, tag.get_text()) for tag in blocks[:200]]


def _style_attributes(outline: Outline) -> Iterator[tuple[int, str]]:
    count = 0
    for here, tag in enumerate(outline.tags):
        style = tag.attrs.get("style") if tag.attrs else None
        if style and isinstance(style, str) and ("(" in style or "background-position" in style):
            count += 1
            if count > MAX_STYLE_ATTRIBUTES:
                return
            yield here, style


@dataclass(frozen=True, slots=True)
class _Hit:
    rule: ImageRule
    base: str
    part: Part
    elements: list[int]


def _hits(document: Document, sheets: list[Sheet], set_inline: frozenset[str]) -> list[_Hit]:
    names: frozenset[str] | None = None
    candidates: list[tuple[ImageRule, str, Part]] = []
    variables = frozenset[str]().union(*(image_variables(sheet.text) for sheet in sheets), set_inline)
    for sheet in sheets:
        rules = read_image_rules(sheet.text, variables)
        if rules and names is None:
            names = names_in(document.outline)
        candidates += [
            (rule, sheet.url, part)
            for rule in rules
            for part in parts_that_may_hit(rule.selector, names or frozenset())
        ]
    hits = find_elements(document.outline, [part for _, _, part in candidates])
    return [
        _Hit(*candidate, elements[:MAX_HITS]) for candidate, elements in zip(candidates, hits, strict=False) if elements
    ]


def _shown(document: Document, here: int, styles: dict[int, _Style], used: set[str]) -> Iterator[StyledImage]:
    style = styles[here]
    seen: set[str] = set()
    # a variable that no rule asks for is one that a script or an unread sheet may ask for: it counts where it is set
    waiting = [
        (RuleImage("background", reference), base, name in style.set_inline, False)
        for name, (reference, base) in style.variables.items()
        if name not in used
    ]
    for image, base, is_inline, is_state in [*style.images, *waiting]:
        reference, origin = image.reference, base
        if image.variable:
            reference, origin = _value_of(document.outline, here, image.variable, styles) or ("", "")
        url = reference if reference[:5].lower() == "data:" else document.absolute(urljoin_or_none(origin, reference))
        if url and url not in seen:
            seen.add(url)
            found_by = FoundBy.INLINE_STYLE if is_inline else _FOUND_BY[image.kind]
            yield StyledImage(url=url, found_by=found_by, box=style.box, is_state=is_state)


def _value_of(outline: Outline, here: int, name: str, styles: dict[int, _Style]) -> tuple[str, str] | None:
    for _ in range(MAX_VARIABLE_CLIMB):
        if here == NONE:
            break
        if (style := styles.get(here)) and (value := style.variables.get(name)):
            return value
        here = outline.parents[here]
    return None


def urljoin_or_none(base: str, reference: str) -> str | None:
    """Return a reference of a style sheet as a URL, or None when it is none."""
    try:
        return urljoin(base, reference) if reference else None
    except ValueError:
        return None
