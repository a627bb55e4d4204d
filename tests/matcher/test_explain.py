from __future__ import annotations

import io

import numpy as np
import pytest
from drawings import draw_mark, draw_wall, encode, lay_on
from PIL import Image

from matcher import Box, LogoMatcher, Refusal
from matcher.explain import HEIGHT_PX, WHOLE_SIDE_PX, Comparison, compare_pictures


def open_png(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    assert image.format == "PNG"
    return image.convert("RGB")


def compared(official: bytes, found: bytes, region: Box) -> Comparison:
    pictures = compare_pictures(official, found, region)
    assert isinstance(pictures, Comparison)
    return pictures


def test_match_in_a_wall_is_shown_at_the_scale_of_the_official_logo(matcher: LogoMatcher) -> None:
    wall = encode(draw_wall()[0])
    match = next(m for m in matcher.match(wall).matches if m.brand == "sable")
    pictures = compared(encode(draw_mark("sable")), wall, match.region)
    official, found = open_png(pictures.official_png), open_png(pictures.found_png)
    assert max(official.height, found.height) <= HEIGHT_PX
    assert abs(official.width - found.width) < 0.05 * official.width
    assert open_png(pictures.overlay_png).size == found.size
    assert max(open_png(pictures.whole_png).size) == WHOLE_SIDE_PX


def test_overlay_of_equal_logos_has_hardly_any_red_or_cyan() -> None:
    file = encode(draw_mark("kestrel"))
    mark = draw_mark("kestrel")
    overlay = np.asarray(
        open_png(compared(file, file, Box(x=0, y=0, width=mark.width, height=mark.height)).overlay_png)
    )
    assert np.abs(overlay[..., 0].astype(int) - overlay[..., 1]).mean() < 4
    other = np.asarray(
        open_png(compared(file, encode(draw_mark("ombra")), Box(x=0, y=0, width=200, height=90)).overlay_png)
    )
    assert np.abs(other[..., 0].astype(int) - other[..., 1]).mean() > 20


def test_white_logo_on_transparency_is_visible() -> None:
    mark = draw_mark("kestrel", (255, 255, 255))
    found = open_png(
        compared(encode(mark), encode(mark), Box(x=0, y=0, width=mark.width, height=mark.height)).found_png
    )
    levels = np.asarray(found)
    assert levels.max() == 255
    assert (levels < 220).mean() > 0.3


def test_svg_logos_are_shown_too() -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><path d="M2 2h30v9h-30z"/></svg>'
    assert open_png(compared(svg, svg, Box(x=2, y=2, width=30, height=9)).official_png).width > 100


@pytest.mark.parametrize(
    "region",
    [
        Box(x=-5, y=-5, width=9999, height=9999),
        Box(x=500, y=500, width=1, height=1),
        Box(x=0, y=0, width=0, height=0),
    ],
)
def test_region_outside_the_image_is_cut_to_it(region: Box) -> None:
    file = encode(lay_on(draw_mark("kestrel"), (255, 255, 255), 5))
    assert open_png(compared(file, file, region).whole_png).width > 100


def test_broken_file_gives_the_refusal() -> None:
    good = encode(draw_mark("kestrel"))
    assert isinstance(compare_pictures(good, b"", Box(x=0, y=0, width=9, height=9)), Refusal)
    assert isinstance(compare_pictures(b"<html>", good, Box(x=0, y=0, width=9, height=9)), Refusal)
