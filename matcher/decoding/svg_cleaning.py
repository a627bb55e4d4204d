"""Makes a stranger's SVG safe to render and gives it a size.

The renderer reads local files named in href, dies on deep nesting and on a 1:1,000,000 aspect, and follows
what a DTD says. So only a copy goes there: no entities but the texts that the file itself defines, no scripts, no styles that load, no reference but
`#fragment` and raster `data:` images, and a width and height that we chose.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from dataclasses import dataclass

from lxml import etree

from ledger.vocabulary import RefusalReason
from matcher import thresholds
from matcher.decoding.refusals import Refusal, refuse_aspect
from matcher.decoding.svg_entities import put_in_entities
from matcher.decoding.svg_motion import moves, reveal, settle_motion
from matcher.decoding.svg_nesting import put_in_drawings
from matcher.decoding.svg_text import as_utf8

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_REMOVED = {"script", "foreignobject", "iframe", "object", "embed", "audio", "video", "handler", "listener"}
_SAFE_HREF = re.compile(r"\s*(#|data:image/(png|jpe?g|gif|webp)[;,])", re.IGNORECASE)
_FOREIGN_URL = re.compile(r"url\(\s*+['\"]?\s*+(?!#)[^)]*\)?", re.IGNORECASE)
_AT_IMPORT = re.compile(r"@import[^;]*;?", re.IGNORECASE)
_LENGTH = re.compile(r"\s*\+?([0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?)\s*(px|pt|pc|mm|cm|in|em|rem|ex)?\s*$", re.IGNORECASE)
_PX_PER_UNIT = {
    "px": 1.0,
    "pt": 96 / 72,
    "pc": 16.0,
    "mm": 96 / 25.4,
    "cm": 96 / 2.54,
    "in": 96.0,
    "em": 16.0,
    "rem": 16.0,
    "ex": 8.0,
}
_PARSED_BYTES = 32_000  # fed at once: what may be parsed past a limit
_MAX_LENGTH_CHARS = 64  # a length is a number and a unit; the patterns above take quadratic time on long digits
_BROWSER_SIZE_PX = (300.0, 150.0)  # CSS 2.1 section 10.3.2: a replaced element without any size


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanSvg:
    """An SVG that may go to the renderer, with the size that its author gave it."""

    content: bytes
    width_px: float
    height_px: float


def clean_svg(content: bytes, *, is_revealed: bool = False) -> CleanSvg | Refusal:
    """Copy of an SVG without anything that loads, runs or explodes, sized to thresholds.SVG_SIDE_PX.

    content: SVG or gzip-compressed SVG (svgz). is_revealed: without what hides shapes until they move.
    """
    if content[:2] == b"\x1f\x8b":
        unpacked = _unpack(content)
        if isinstance(unpacked, Refusal):
            return unpacked
        content = unpacked
    if len(content) > thresholds.MAX_SVG_BYTES:
        detail = f"SVG of {len(content)} bytes is over the limit of {thresholds.MAX_SVG_BYTES}"
        return Refusal(reason=RefusalReason.TOO_MANY_BYTES, detail=detail)
    if content.count(b"=") > thresholds.MAX_SVG_ATTRIBUTES:  # one element of them is parsed as a whole, into 100 MB
        detail = f"SVG of over {thresholds.MAX_SVG_ATTRIBUTES} attributes"
        return Refusal(reason=RefusalReason.DEGENERATE, detail=detail)
    plain = put_in_entities(as_utf8(content))
    if isinstance(plain, Refusal):
        return plain
    root = _parse(plain)
    if isinstance(root, Refusal):
        return root
    if etree.QName(root).localname != "svg":
        return Refusal(reason=RefusalReason.UNKNOWN_FORMAT, detail="XML, but its root element is not svg")
    if b"data:image/svg" in plain:
        put_in_drawings(root, _parse)
        refusal = _refuse_shape(sum(1 for _ in root.iter()), 0, 0, 0)
        if refusal:
            return refusal
    if moves(plain):
        settle_motion(root)
        if is_revealed:
            reveal(root)
    return _clean_tree(root)


def _unpack(content: bytes) -> bytes | Refusal:
    """Unpacked svgz; reads one byte over the limit at most, so a gzip bomb costs no memory."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            unpacked = packed.read(thresholds.MAX_SVG_BYTES + 1)
    except (OSError, EOFError, zlib.error) as e:
        return Refusal(reason=RefusalReason.BROKEN, detail=f"svgz does not unpack: {e}")
    if unpacked[:2] == b"\x1f\x8b":
        return Refusal(reason=RefusalReason.BROKEN, detail="gzip inside gzip")
    return unpacked


def _parse(content: bytes) -> etree._Element | Refusal:
    """Root of an SVG; stops where a limit is passed, as 4 MB may hold a million elements, which cost 100 MB and
    a second."""
    parser = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    elements, attributes, depth = 0, 0, 0
    try:
        for start in range(0, len(content), _PARSED_BYTES):
            parser.feed(content[start : start + _PARSED_BYTES])
            for event, element in parser.read_events():
                if event == "end" or not isinstance(element, etree._Element):
                    depth -= 1
                    continue
                own_attributes = len(element.attrib)
                elements, attributes, depth = elements + 1, attributes + own_attributes, depth + 1
                refusal = _refuse_shape(elements, attributes, own_attributes, depth)
                if refusal:
                    return refusal
        root: etree._Element = parser.close()
    except (etree.XMLSyntaxError, ValueError) as e:
        return Refusal(reason=RefusalReason.BROKEN, detail=f"SVG does not parse: {e}"[:300])
    return root


def _refuse_shape(elements: int, attributes: int, own_attributes: int, depth: int) -> Refusal | None:
    if depth > thresholds.MAX_SVG_DEPTH:
        detail = f"SVG nested over {thresholds.MAX_SVG_DEPTH} deep"
    elif elements > thresholds.MAX_SVG_ELEMENTS:
        detail = f"SVG of over {thresholds.MAX_SVG_ELEMENTS} elements"
    elif attributes > thresholds.MAX_SVG_ATTRIBUTES:
        detail = f"SVG of over {thresholds.MAX_SVG_ATTRIBUTES} attributes"
    elif own_attributes > thresholds.MAX_SVG_OWN_ATTRIBUTES:  # each that is removed is looked for among all
        detail = f"SVG element of over {thresholds.MAX_SVG_OWN_ATTRIBUTES} attributes"
    else:
        return None
    return Refusal(reason=RefusalReason.DEGENERATE, detail=detail)


def _clean_tree(root: etree._Element) -> CleanSvg | Refusal:
    for element in list(root.iter()):
        if not isinstance(element.tag, str) or etree.QName(element).localname.lower() in _REMOVED:
            parent = element.getparent()
            if parent is not None:
                parent.remove(element)
            continue
        _clean_attributes(element)
        if etree.QName(element).localname.lower() == "style" and element.text:
            element.text = _FOREIGN_URL.sub("none", _AT_IMPORT.sub("", element.text))
    width, height, view_box = _find_size(root)
    if not (0 < width <= thresholds.MAX_SVG_SIDE_PX and 0 < height <= thresholds.MAX_SVG_SIDE_PX):
        detail = (
            f"SVG of size {width:g}x{height:g} px; both sides must be over 0 and at most {thresholds.MAX_SVG_SIDE_PX}"
        )
        return Refusal(reason=RefusalReason.DEGENERATE, detail=detail)
    refusal = refuse_aspect(width, height)
    if refusal:
        return refusal
    zoom = thresholds.SVG_SIDE_PX / max(width, height)
    root.set("width", f"{max(1.0, width * zoom):.3f}")
    root.set("height", f"{max(1.0, height * zoom):.3f}")
    root.set("viewBox", view_box)
    if not isinstance(root.tag, str) or not root.tag.startswith("{"):
        return _with_namespace(root, width, height)
    return CleanSvg(content=etree.tostring(root, encoding="utf-8"), width_px=width, height_px=height)


def _with_namespace(root: etree._Element, width: float, height: float) -> CleanSvg:
    """Inline SVG cut out of HTML has no xmlns; browsers draw it, the renderer asks for it."""
    for element in root.iter():
        if not str(element.tag).startswith("{"):
            element.tag = _SVG + element.tag
    return CleanSvg(content=etree.tostring(root, encoding="utf-8"), width_px=width, height_px=height)


def _clean_attributes(element: etree._Element) -> None:
    for name, value in [(str(name), str(value)) for name, value in element.attrib.items()]:
        local = name.rsplit("}", 1)[-1].lower()
        if local.startswith("on") or local in {"base", "src"} or (local == "href" and not _SAFE_HREF.match(value)):
            del element.attrib[name]
        elif "url(" in value.lower():
            element.attrib[name] = _FOREIGN_URL.sub("none", value)


def _find_size(root: etree._Element) -> tuple[float, float, str]:  # width, height, viewBox belong together
    """Width and height in px as a browser would lay the picture out, and a viewBox that fits them."""
    view_box = root.get("viewBox", "")[: 4 * _MAX_LENGTH_CHARS]
    box = [float(n) for n in re.findall(r"[-+]?[0-9]*\.?[0-9]+(?:e[-+]?[0-9]+)?", view_box, re.IGNORECASE)]
    has_box = len(box) == 4 and box[2] > 0 and box[3] > 0
    width, height = _read_length(root.get("width")), _read_length(root.get("height"))
    if has_box:
        aspect = box[2] / box[3]
        width, height = width or (height or box[3]) * aspect, height or (width or box[2]) / aspect
        return width, height, " ".join(f"{n:.9g}" for n in box)
    width, height = width or _BROWSER_SIZE_PX[0], height or _BROWSER_SIZE_PX[1]
    return width, height, f"0 0 {width:g} {height:g}"


def _read_length(text: str | None) -> float:
    """Length in px; 0 if there is none or it is relative (a percentage says nothing about the picture)."""
    match = _LENGTH.match((text or "")[:_MAX_LENGTH_CHARS])
    if match is None:
        return 0.0
    return min(float(match[1]) * _PX_PER_UNIT[(match[2] or "px").lower()], 1e10)
