"""Drawing files that hold many symbols → the one symbol that a page shows, as a file of its own.

`<svg><use href="sprite.svg#acme">` shows one symbol of a file. The file itself draws nothing, or all of its symbols: judged as a
whole it would say that the page shows what it does not. So it is read with the page, as style sheets are.

Reads: an outline, the text of the files. Gives: their addresses, and drawings.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from urllib.parse import urldefrag

from lxml import etree

from crawler.images.inline_svg import MAX_SVG_CHARS
from crawler.page.outline import NONE
from crawler.page.page import Document, attribute

MAX_SPRITES = 4  # files of a page
MAX_BROUGHT = 60  # elements that a symbol needs besides: gradients, clips, further symbols
_SVG = "http://www.w3.org/2000/svg"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_PAINTED = re.compile(r"url\(\s*['\"]?#([^'\")\s]+)")
_NUMBERS = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?", re.I)


def sprite_urls(document: Document) -> list[str]:
    """Return the drawing files that a page shows parts of by fragment, absolute, each once, at most MAX_SPRITES."""
    urls: dict[str, None] = {}
    outline = document.outline
    for place, tag in enumerate(outline.tags):
        if tag.name != "use" or outline.svgs[place] == NONE:
            continue
        file, fragment = urldefrag(attribute(tag, "href") or attribute(tag, "xlink:href") or "")
        if file and fragment and (url := document.absolute(file)) and url != document.url:
            urls[url] = None
    return list(urls)[:MAX_SPRITES]


def is_drawing(text: str) -> bool:
    """Tell a drawing from a style sheet by how it begins."""
    return text.lstrip("\ufeff \t\r\n")[:1] == "<"


def cut_symbol(text: str, fragment: str, view_box: str | None) -> bytes | None:
    """Return the part of a drawing file that a fragment names, with all that it needs, or None when it has none such.

    view_box: of the `<svg>` that shows it, for parts that say none of their own.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True, remove_comments=True
    )
    try:
        root = etree.fromstring(text.lstrip("\ufeff \t\r\n").encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root is None or not isinstance(root.tag, str):
        return None
    by_id: dict[str, etree._Element] = {}
    for element in root.iter(etree.Element):
        if name := element.get("id"):
            by_id.setdefault(name, element)
    target = by_id.get(fragment)
    if target is None or target is root:
        return None
    size = _size(target.get("viewBox")) or _size(view_box) or _size(root.get("viewBox"))
    drawing = etree.fromstring(f'<svg xmlns="{_SVG}" xmlns:xlink="http://www.w3.org/1999/xlink"/>')
    if size:
        drawing.set("viewBox", f"0 0 {size[0]:g} {size[1]:g}")
    for style in root.iter(f"{{{_SVG}}}style"):
        drawing.append(copy.deepcopy(style))
    defs = etree.SubElement(drawing, f"{{{_SVG}}}defs")
    for element in _needed(target, by_id):
        defs.append(copy.deepcopy(element))
    etree.SubElement(drawing, f"{{{_SVG}}}use", {_XLINK_HREF: f"#{fragment}"})
    content: bytes = etree.tostring(drawing, encoding="utf-8")
    return content if len(content) <= MAX_SVG_CHARS else None


def _needed(target: etree._Element, by_id: dict[str, etree._Element]) -> Iterable[etree._Element]:
    """The element itself, and all that it and they refer to in the file, none of them inside another one."""
    chosen = [target]
    for element in chosen:  # grows while it is read
        for inner in element.iter(etree.Element):
            for name in _names_in(inner):
                found = by_id.get(name)
                if found is None or len(chosen) > MAX_BROUGHT or any(found is c or _holds(c, found) for c in chosen):
                    continue
                if not _holds(found, target):  # what holds the symbol itself would draw it twice, or without end
                    chosen.append(found)
    return chosen


def _names_in(element: etree._Element) -> Iterable[str]:
    for name, value in element.attrib.items():
        if str(name).endswith("href") and str(value).startswith("#"):
            yield str(value)[1:]
        elif "url(" in str(value):
            yield from _PAINTED.findall(str(value)[:1_000])


def _holds(outer: etree._Element, inner: etree._Element) -> bool:
    return any(above is outer for above in inner.iterancestors())


def _size(view_box: str | None) -> tuple[float, float] | None:
    numbers = [float(number) for number in _NUMBERS.findall((view_box or "")[:200])]
    return (numbers[2], numbers[3]) if len(numbers) == 4 and numbers[2] > 0 and numbers[3] > 0 else None
