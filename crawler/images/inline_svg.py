"""Inline SVG of a page → a file of its own: names as SVG spells them, `<use>` brought along."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bs4 import Tag
from bs4.dammit import EntitySubstitution
from bs4.element import NavigableString, PageElement

from crawler.page.outline import NONE, Outline
from crawler.page.page import attribute

MAX_SVG_CHARS = 400_000  # the largest inline logo of the corpus has 61 kB
MAX_USES = 20
MAX_PAGE_CHARS = 8_000_000  # of all drawings of a page
MAX_ELEMENTS = 5_000  # of a drawing that are searched for uses
# HTML parsers fold names to lower case; the HTML standard ("adjust SVG attributes") names those to restore.
_NAMES = """
attributeName attributeType baseFrequency baseProfile calcMode clipPathUnits diffuseConstant edgeMode
filterUnits glyphRef gradientTransform gradientUnits kernelMatrix kernelUnitLength keyPoints keySplines
keyTimes lengthAdjust limitingConeAngle markerHeight markerUnits markerWidth maskContentUnits maskUnits
numOctaves pathLength patternContentUnits patternTransform patternUnits pointsAtX pointsAtY pointsAtZ
preserveAlpha preserveAspectRatio primitiveUnits refX refY repeatCount repeatDur requiredExtensions
requiredFeatures specularConstant specularExponent spreadMethod startOffset stdDeviation stitchTiles
surfaceScale systemLanguage tableValues targetX targetY textLength viewBox viewTarget xChannelSelector
yChannelSelector zoomAndPan altGlyph animateColor animateMotion animateTransform clipPath feBlend
feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap
feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feImage feMerge feMergeNode
feMorphology feOffset fePointLight feSpecularLighting feSpotLight feTile feTurbulence foreignObject
linearGradient radialGradient textPath
"""
_BY_LOWER = {name.lower(): name for name in _NAMES.split()}


_VOID = frozenset(
    [
        "area",
        "base",
        "basefont",
        "bgsound",
        "br",
        "col",
        "command",
        "embed",
        "frame",
        "hr",
        "image",
        "img",
        "input",
        "keygen",
        "link",
        "meta",
        "param",
        "source",
        "spacer",
        "track",
        "wbr",
    ]
)
_DRAWS = frozenset({"path", "polygon", "rect", "circle", "g", "image", "text"})
_BOX = re.compile(r"data-box-[0-9a-f]{16}(-words)?")
_PAINTED = re.compile(r"url\(\s*['\"]?#([^'\")\s]+)")


class SvgWriter:
    """Writes the drawings of one page; what it has written is counted, so that one symbol used 50,000 times ends."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.chars_left = MAX_PAGE_CHARS

    def write(self, place: int) -> bytes | None:
        """Return an inline `<svg>` as a file in UTF-8, or None when it, or all of the page's, is too large.

        What `<use href="#id">` and `url(#id)` name elsewhere in the page is put into the file's own `<defs>`.
        """
        if self.chars_left <= 0:
            return None
        outline = self.outline
        svg = outline.tags[place]
        brought: dict[str, int] = {}
        attributes = dict(svg.attrs)
        waiting = [place]
        while waiting and len(brought) <= MAX_USES:
            for name in self._used_names(waiting.pop(0)):
                target = outline.by_id.get(name, NONE)
                if target == NONE or name in brought or outline.holds(place, target) or outline.svgs[target] == NONE:
                    continue
                if outline.holds(target, place) or len(brought) > MAX_USES:
                    continue
                brought[name] = target
                waiting.append(target)
                box = outline.tags[target].get("viewbox")
                if outline.tags[target].name == "symbol" and not attributes.get("viewbox") and box:
                    attributes["viewbox"] = box
        attributes["xmlns"] = "http://www.w3.org/2000/svg"
        attributes["xmlns:xlink"] = "http://www.w3.org/1999/xlink"
        parts = ["<svg", *_attributes(attributes), ">"]
        room = [min(MAX_SVG_CHARS, self.chars_left)]
        for target in reversed(brought.values()):
            parts.append("<defs>")
            _write(outline.tags[target], parts, room)
            parts.append("</defs>")
        for child in svg.contents:
            _write(child, parts, room)
        parts.append("</svg>")
        text = "".join(parts)
        self.chars_left -= len(text)
        return None if room[0] < 0 or len(text) > MAX_SVG_CHARS else text.encode("utf-8", "replace")

    def _used_names(self, place: int) -> list[str]:
        names: list[str] = []
        for tag in self.outline.tags[place : min(self.outline.ends[place], place + MAX_ELEMENTS)]:
            if tag.name == "use" and (reference := _href(tag) or "").startswith("#"):
                names.append(reference[1:])
            for value in tag.attrs.values():
                if isinstance(value, str) and "url(" in value:
                    names += _PAINTED.findall(value[:1_000])
        return names

    def is_use(self, place: int) -> bool:
        """Tell an `<svg>` that only points at a symbol from one that draws itself."""
        names = {tag.name for tag in self.outline.tags[place + 1 : self.outline.ends[place]]}
        return "use" in names and not names & _DRAWS

    def external_use(self, place: int) -> str | None:
        """Return the file that a `<use>` points at, when it is not the page itself."""
        for tag in self.outline.tags[place + 1 : min(self.outline.ends[place], place + MAX_ELEMENTS)]:
            if tag.name == "use" and (reference := _href(tag)) and not reference.startswith("#"):
                return reference
        return None


def _write(root: PageElement, parts: list[str], room: list[int]) -> None:
    pending: list[PageElement | str] = [root]
    while pending and room[0] >= 0:
        step = pending.pop()
        if isinstance(step, Tag):
            name = _BY_LOWER.get(step.name, step.name)
            begin = "".join(["<", name, *_attributes(step.attrs)])
            room[0] -= len(begin)
            if step.name in _VOID and not step.contents:
                parts.append(begin + "/>")
                continue
            parts.append(begin + ">")
            pending.append(f"</{name}>")
            pending += reversed(step.contents)
        elif isinstance(step, NavigableString):
            parts.append(step.output_ready(formatter="minimal"))
            room[0] -= len(parts[-1])
        elif isinstance(step, str):
            parts.append(step)


def _attributes(attributes: Mapping[str, object]) -> Iterator[str]:
    named = {_BY_LOWER.get(name, name): value for name, value in attributes.items()}
    for name, value in sorted(named.items()):
        if _BOX.fullmatch(name):  # of a page that a browser drew (crawler/drawing/browser.py): another name each time
            continue
        text = " ".join(value) if isinstance(value, list) else str("" if value is None else value)
        yield f" {name}={EntitySubstitution.quoted_attribute_value(EntitySubstitution.substitute_xml(text))}"


def _href(tag: Tag) -> str | None:
    return attribute(tag, "href") or attribute(tag, "xlink:href")
