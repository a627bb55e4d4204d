"""The pieces of figures in SVG that the application and the report draw: a picture with its title, shapes, words.

Whatever stands in a figure, a vendor's name too, is escaped by ElementTree.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from markupsafe import Markup
from rich.cells import cell_len, set_cell_size

from casebook.files.tables import plain

FULL_WIDTH = 560  # units of a figure; its page says how large it is shown


def begin_svg(
    identity: str, title: str, summary: str, height: float, *, width: int = FULL_WIDTH, kind: str = "chart"
) -> ET.Element:
    """Return an empty figure that is a picture to a screen reader. identity: of its title and summary in the page."""
    svg = ET.Element(
        "svg",
        {
            "viewBox": f"0 0 {width} {height:g}", "role": "img", "class": kind,
            "aria-labelledby": f"{identity}-title {identity}-summary",
        },
    )  # fmt: skip
    ET.SubElement(svg, "title", {"id": f"{identity}-title"}).text = plain(title)
    ET.SubElement(svg, "desc", {"id": f"{identity}-summary"}).text = plain(summary)
    return svg


def begin_silent_svg(kind: str, height_px: int, *, width: str = "100%") -> ET.Element:
    """Return an empty figure that a screen reader passes over, because the words beside it say the same.

    Lengths in it are shares of its width, so that lines and words keep their size on a narrow screen.
    """
    return ET.Element(
        "svg",
        {"class": kind, "width": width, "height": str(height_px), "aria-hidden": "true", "focusable": "false"},
    )


def add_shape(parent: ET.Element, tag: str, **attributes: object) -> ET.Element:
    """Add a shape; names of attributes with a dash are given in a dict."""
    return ET.SubElement(parent, tag, {name: str(value) for name, value in attributes.items()})


def add_text(svg: ET.Element, x: float, y: float, text: str, anchor: str) -> None:
    """Add words. anchor: start, middle or end, of which x is the place."""
    ET.SubElement(svg, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}).text = plain(text)


def shorten_label(name: str, cells: int) -> str:
    """Return a name that fits into so many cells of a fixed font; a sign of Chinese takes two."""
    return name if cell_len(name) <= cells else f"{set_cell_size(name, cells - 1).rstrip()}…"


def write_svg(svg: ET.Element) -> Markup:
    """Return a figure as it stands in a page."""
    return Markup(ET.tostring(svg, encoding="unicode", short_empty_elements=False))  # noqa: S704  # escaped by ElementTree
