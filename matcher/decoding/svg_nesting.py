"""Drawings inside a drawing: an image that is itself an SVG, written into a `data:` address, is put in its place.

The renderer loads nothing, so that such an image would be left out; page builders wrap logos so. Only the first level is put in: what
an inner drawing loads is taken away with all other addresses (svg_cleaning.py).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from lxml import etree

from matcher.decoding.refusals import Refusal
from matcher.decoding.svg_text import as_utf8

_HREFS = ("href", "{http://www.w3.org/1999/xlink}href")
_ADDRESS = re.compile(r"\s*data:image/svg\+xml((?:;[^,;]{0,60}){0,4}),", re.IGNORECASE)
_PLACE = ("x", "y", "width", "height", "preserveAspectRatio")
_MOST_DRAWINGS = 8


def put_in_drawings(root: etree._Element, parse: Callable[[bytes], etree._Element | Refusal]) -> None:
    """Replace images that are SVG by what they draw. parse: reads one, within the limits of a file. What it refuses stays an
    image, which draws nothing."""
    images = [element for element in root.iter() if isinstance(element.tag, str) and _name(element) == "image"]
    drawings = [(image, content) for image in images if (content := _read_drawing(image)) is not None]
    for image, content in drawings[:_MOST_DRAWINGS]:
        drawing, parent = parse(as_utf8(content)), image.getparent()
        if isinstance(drawing, Refusal) or parent is None or _name(drawing) != "svg":
            continue
        _place(drawing, image)
        parent.replace(image, drawing)


def _place(drawing: etree._Element, image: etree._Element) -> None:
    """Give a drawing the place, the effects and what follows of the image that it replaces."""
    if drawing.get("viewBox") is None and drawing.get("width") and drawing.get("height"):
        sides = [re.sub(r"[^0-9.]", "", drawing.get(side, "")[:40]) for side in ("width", "height")]
        if all(sides):
            drawing.set("viewBox", f"0 0 {sides[0]} {sides[1]}")
    for name in _PLACE:
        value = image.get(name)
        if value is not None:
            drawing.set(name, value)
        elif name in {"width", "height"}:
            drawing.attrib.pop(name, "")
    for name in ("transform", "opacity", "style", "class"):
        value = image.get(name)
        if value is not None:
            drawing.set(name, value)
    drawing.tail = image.tail


def _read_drawing(image: etree._Element) -> bytes | None:
    address = next((value for name in _HREFS if (value := image.get(name)) is not None), "")
    match = _ADDRESS.match(address)
    if match is None:
        return None
    body = address[match.end() :]
    if ";base64" not in match[1].lower():
        return unquote_to_bytes(body)
    try:
        return base64.b64decode(unquote_to_bytes(body), validate=False)
    except (binascii.Error, ValueError):
        return None


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname.lower()
