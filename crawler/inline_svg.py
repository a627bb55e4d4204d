"""Inline SVG of a page → a file of its own: names as SVG spells them, `<use>` brought along."""

from __future__ import annotations

import copy
import re

from bs4 import BeautifulSoup, Tag

from crawler.page import attribute

MAX_SVG_CHARS = 400_000  # the largest inline logo of the corpus has 61 kB
MAX_USES = 20
# HTML parsers fold names to lower case; the HTML standard ("adjust SVG attributes") names those to restore.
_NAMES = [
    "attributeName",
    "attributeType",
    "baseFrequency",
    "baseProfile",
    "calcMode",
    "clipPathUnits",
    "diffuseConstant",
    "edgeMode",
    "filterUnits",
    "glyphRef",
    "gradientTransform",
    "gradientUnits",
    "kernelMatrix",
    "kernelUnitLength",
    "keyPoints",
    "keySplines",
    "keyTimes",
    "lengthAdjust",
    "limitingConeAngle",
    "markerHeight",
    "markerUnits",
    "markerWidth",
    "maskContentUnits",
    "maskUnits",
    "numOctaves",
    "pathLength",
    "patternContentUnits",
    "patternTransform",
    "patternUnits",
    "pointsAtX",
    "pointsAtY",
    "pointsAtZ",
    "preserveAlpha",
    "preserveAspectRatio",
    "primitiveUnits",
    "refX",
    "refY",
    "repeatCount",
    "repeatDur",
    "requiredExtensions",
    "requiredFeatures",
    "specularConstant",
    "specularExponent",
    "spreadMethod",
    "startOffset",
    "stdDeviation",
    "stitchTiles",
    "surfaceScale",
    "systemLanguage",
    "tableValues",
    "targetX",
    "targetY",
    "textLength",
    "viewBox",
    "viewTarget",
    "xChannelSelector",
    "yChannelSelector",
    "zoomAndPan",
    "altGlyph",
    "animateColor",
    "animateMotion",
    "animateTransform",
    "clipPath",
    "feBlend",
    "feColorMatrix",
    "feComponentTransfer",
    "feComposite",
    "feConvolveMatrix",
    "feDiffuseLighting",
    "feDisplacementMap",
    "feDistantLight",
    "feDropShadow",
    "feFlood",
    "feFuncA",
    "feFuncB",
    "feFuncG",
    "feFuncR",
    "feGaussianBlur",
    "feImage",
    "feMerge",
    "feMergeNode",
    "feMorphology",
    "feOffset",
    "fePointLight",
    "feSpecularLighting",
    "feSpotLight",
    "feTile",
    "feTurbulence",
    "foreignObject",
    "glyphRef",
    "linearGradient",
    "radialGradient",
    "textPath",
]
_BY_LOWER = {name.lower(): name for name in _NAMES}


def write_svg(svg: Tag, soup: BeautifulSoup) -> bytes | None:
    """Return an inline `<svg>` as a file in UTF-8, or None when it is larger than MAX_SVG_CHARS.

    What `<use href="#id">` names elsewhere in the page is put into the file's own `<defs>`.
    """
    picture = copy.copy(svg)
    inside = {attribute(tag, "id") for tag in picture.find_all(id=True)}
    for name in _used_names(picture):
        if name in inside or len(inside) > MAX_USES:
            continue
        target = soup.find(id=name)
        if isinstance(target, Tag) and target.name not in ("html", "body") and target is not svg:
            defs = soup.new_tag("defs")
            defs.append(copy.copy(target))
            picture.insert(0, defs)
            inside.add(name)
            if target.name == "symbol" and not attribute(picture, "viewbox") and attribute(target, "viewbox"):
                picture["viewbox"] = attribute(target, "viewbox") or ""
    for tag in [picture, *picture.find_all(True)]:
        _restore_names(tag)
    picture["xmlns"] = "http://www.w3.org/2000/svg"
    picture["xmlns:xlink"] = "http://www.w3.org/1999/xlink"
    text = picture.decode(formatter="minimal")
    return None if len(text) > MAX_SVG_CHARS else text.encode("utf-8", "replace")


def is_use(svg: Tag) -> bool:
    """Tell an `<svg>` that only points at a symbol from one that draws itself."""
    return svg.find("use") is not None and svg.find(["path", "polygon", "rect", "circle", "g", "image", "text"]) is None


def external_use(svg: Tag) -> str | None:
    """Return the file that a `<use>` points at, when it is not the page itself."""
    for use in svg.find_all("use"):
        if isinstance(use, Tag) and (reference := _href(use)) and not reference.startswith("#"):
            return reference
    return None


def _used_names(svg: Tag) -> list[str]:
    uses = [_href(use) or "" for use in svg.find_all("use") if isinstance(use, Tag)]
    painted = re.findall(r"url\(\s*['\"]?#([^'\")\s]+)", str(svg)[:MAX_SVG_CHARS])
    return [use[1:] for use in uses if use.startswith("#")] + painted


def _href(tag: Tag) -> str | None:
    return attribute(tag, "href") or attribute(tag, "xlink:href")


def _restore_names(tag: Tag) -> None:
    tag.name = _BY_LOWER.get(tag.name, tag.name)
    for name in list(tag.attrs):
        if (wanted := _BY_LOWER.get(name)) and wanted != name:
            tag.attrs[wanted] = tag.attrs.pop(name)
