"""Bars that are divided by verdict, or by what came of looking: colour and texture tell the parts apart, and the words beside say the same.

A texture for each part, so that a bar can be read on paper without colours: dark ones are what nothing allows, or what could not be looked at;
half dark ones what a person has to decide; light ones the rest. On screens colours are those of report.css, by the part's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from markupsafe import Markup

from casebook.files.figures import add_shape, add_text, begin_silent_svg, write_svg
from ledger.vocabulary import VerdictKind

NOT_JUDGED = "none"
_HEIGHT_PX, _TILE_PX = 26, 8
_PAPER, _INK = "#fff", "#1c2430"
_DIGIT_SHARE, _PLATE_SHARE = (
    2.4,
    3.0,
)  # percent of a bar 330 px wide, as on a phone: of a digit, and of what stands around it
_DIGIT_PX, _PLATE_PX = 8, 8
_RISING, _FALLING = "M-2 2L2 -2M0 8L8 0M6 10L10 6", "M-2 6L2 10M0 0L8 8M6 -2L10 2"
_UPRIGHT, _LEVEL, _DOT = "M2 0V8M6 0V8", "M0 2H8M0 6H8", "M3 4h2"
_RED, _AMBER, _VIOLET, _GREEN, _GREY = "#a61b1b", "#855600", "#6b2fa0", "#17683a", "#56606c"


@dataclass(frozen=True, slots=True, kw_only=True)
class Texture:
    """How one part looks. colour: on paper, as report.css has it in light mode; strokes: a path in a tile of 8 by 8; None: an even ground."""

    colour: str
    is_dark: bool
    strokes: str | None = None
    stroke_width: float = 1.5


TEXTURES: Mapping[str, Texture] = {
    VerdictKind.NO_AUTHORISATION: Texture(colour=_RED, is_dark=True),
    VerdictKind.LAPSED: Texture(colour=_RED, is_dark=True, strokes=_RISING),
    VerdictKind.NOT_YET: Texture(colour=_RED, is_dark=True, strokes=_DOT, stroke_width=2),
    VerdictKind.EXCEEDS_GRANT: Texture(colour=_AMBER, is_dark=True, strokes=_UPRIGHT),
    VerdictKind.TEMPLATE: Texture(colour=_AMBER, is_dark=False, strokes=_LEVEL),
    VerdictKind.GROUP_MEMBER: Texture(colour=_VIOLET, is_dark=False, strokes=_RISING + _FALLING, stroke_width=1.2),
    VerdictKind.UNDETERMINED: Texture(colour=_VIOLET, is_dark=False, strokes=_FALLING, stroke_width=1.2),
    VerdictKind.AUTHORISED: Texture(colour=_GREEN, is_dark=False),
    VerdictKind.DISCLAIMED: Texture(colour=_GREY, is_dark=False, strokes=_DOT, stroke_width=1.2),
    VerdictKind.NOT_A_PARTNERSHIP_CLAIM: Texture(colour=_GREY, is_dark=False, strokes="M0 4H8", stroke_width=0.7),
    VerdictKind.OWN_PROPERTY: Texture(colour=_GREY, is_dark=False, strokes="M4 0V8", stroke_width=0.7),
    NOT_JUDGED: Texture(colour=_GREY, is_dark=False, strokes=_RISING, stroke_width=0.7),
    "looked": Texture(colour=_GREEN, is_dark=False),
    "looked-in-part": Texture(colour=_AMBER, is_dark=False, strokes=_RISING),
    "could-not-look": Texture(colour=_GREY, is_dark=True),
    "running": Texture(colour=_GREY, is_dark=False, strokes=_DOT, stroke_width=1.2),
    "pending": Texture(colour=_GREY, is_dark=False, strokes="M0 4H8", stroke_width=0.7),
}


def draw_share_bar(identity: str, parts: Mapping[str, int], whole: int) -> Markup:
    """Return a bar of parts, in their order. identity: in the page; whole: the number that would fill the width.

    A number stands in each part that has room for it, on a narrow screen too. Nothing in it is said to a screen reader.
    """
    svg = begin_silent_svg("bar", _HEIGHT_PX)
    defs = add_shape(svg, "defs")
    begin = 0.0
    for kind, count in parts.items():
        share = 100 * count / whole if whole else 0.0
        if not share:
            continue
        _add_part(svg, defs, f"{identity}-{kind}", kind, begin, share)
        if share >= _PLATE_SHARE + _DIGIT_SHARE * len(f"{count:,}"):
            _add_number(svg, begin + share / 2, f"{count:,}")
        begin += share
    return write_svg(svg)


def draw_swatch(identity: str, kind: str) -> Markup:
    """Return the small square of a legend."""
    svg = begin_silent_svg("swatch", 16, width="22")
    _add_part(svg, add_shape(svg, "defs"), identity, kind, 0, 100, height_px=16)
    return write_svg(svg)


def _add_part(
    svg: ET.Element,
    defs: ET.Element,
    identity: str,
    kind: str,
    begin: float,
    share: float,
    *,
    height_px: int = _HEIGHT_PX,
) -> None:
    texture = TEXTURES[kind]
    colour = {"class": kind, "color": texture.colour}  # the class outdoes the attribute, which is all that a PDF knows
    fill = {"fill": "currentColor"} if texture.is_dark else {"fill": _PAPER, "class": f"{kind} ground"}
    place = {"x": f"{begin:.2f}%", "y": "1", "width": f"{share:.2f}%", "height": str(height_px - 2)}
    if texture.strokes:
        tile = {"id": identity, "width": str(_TILE_PX), "height": str(_TILE_PX), "patternUnits": "userSpaceOnUse"}
        pattern = add_shape(defs, "pattern", **tile)
        add_shape(pattern, "rect", width=_TILE_PX, height=_TILE_PX, **(colour | fill))
        strokes = {"stroke": _PAPER, "class": "line"} if texture.is_dark else {"stroke": "currentColor", **colour}
        add_shape(pattern, "path", d=texture.strokes, fill="none", **strokes, **{"stroke-width": texture.stroke_width})
        fill = {"fill": f"url(#{identity})"}
    add_shape(svg, "rect", **(colour | place | fill), stroke="currentColor")


def _add_number(svg: ET.Element, middle: float, number: str) -> None:
    """A number on a plate of its own, so that no texture runs through it."""
    place = add_shape(svg, "svg", x=f"{middle:.2f}%", y=0, width=1, height=_HEIGHT_PX, overflow="visible")
    width = _PLATE_PX + _DIGIT_PX * len(number)
    plate = {"class": "plate", "fill": _PAPER}
    add_shape(place, "rect", x=-width / 2, y=5, width=width, height=_HEIGHT_PX - 10, rx=3, **plate)
    add_text(place, 0, 17.5, number, "middle")
    place[-1].attrib.update(
        {"class": "number", "fill": _INK, "font-size": "13", "font-family": "Liberation Sans, Arial, sans-serif"}
    )
