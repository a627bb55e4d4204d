"""Kinds of logos that fall apart easily: parallel stripes, thin lines, drawings in one colour against many."""

from __future__ import annotations

import numpy as np
import pytest
from drawings import draw_mark, encode, lay_on, scaled
from PIL import Image, ImageDraw, ImageFont

from matcher import LogoMatcher
from matcher.brands.official_logos import make_official_logo

Rgb = tuple[int, int, int]


def striped(word: str, ink: Rgb, bars: int = 8) -> Image.Image:
    """Letters made of thin parallel bars."""
    font = ImageFont.load_default(size=200)
    left, top, right, bottom = font.getbbox(word, stroke_width=8)
    image = Image.new("RGBA", (int(right - left), int(bottom - top)), (*ink, 0))
    ImageDraw.Draw(image).text((-left, -top), word, font=font, fill=(*ink, 255), stroke_width=8)
    pixels = np.array(image)
    step = pixels.shape[0] / bars
    for bar in range(bars):
        pixels[round((bar + 0.6) * step) : round((bar + 1) * step), :, 3] = 0
    return Image.fromarray(pixels)


def thin(word: str, ink: Rgb) -> Image.Image:
    """A wordmark of hairlines."""
    font = ImageFont.load_default(size=400)
    left, top, right, bottom = (int(side) for side in font.getbbox(word))
    outline = Image.new("L", (right - left + 20, bottom - top + 20))
    ImageDraw.Draw(outline).text((10 - left, 10 - top), word, font=font, fill=0, stroke_width=2, stroke_fill=255)
    image = Image.new("RGBA", outline.size, (*ink, 0))
    image.putalpha(outline)
    return image.crop(image.getbbox())


def in_two_colours(first: Rgb, second: Rgb) -> Image.Image:
    """An emblem whose halves have their own colours, on transparency."""
    image = Image.new("RGBA", (220, 200))
    pen = ImageDraw.Draw(image)
    pen.pieslice((0, 0, 160, 199), 90, 270, fill=(*first, 255))
    pen.polygon([(90, 0), (219, 60), (150, 100), (219, 140), (90, 199)], fill=(*second, 255))
    pen.ellipse((40, 70, 80, 110), fill=(255, 255, 255, 0))
    return image


def in_strong_and_pale(strong: Rgb, pale: Rgb) -> Image.Image:
    """A pale head with strong eyes, mouth and hair, which in one colour is its outline."""
    image = Image.new("RGBA", (240, 220))
    pen = ImageDraw.Draw(image)
    pen.polygon([(30, 90), (80, 30), (200, 50), (235, 120), (180, 205), (90, 215), (10, 160)], fill=(*pale, 255))
    pen.polygon([(60, 55), (85, 0), (120, 25), (150, 4), (170, 50)], fill=(*strong, 255))
    pen.ellipse((75, 90, 105, 125), fill=(*strong, 255))
    pen.ellipse((150, 95, 180, 130), fill=(*strong, 255))
    pen.rectangle((85, 160, 165, 175), fill=(*strong, 255))
    pen.rectangle((113, 120, 127, 150), fill=(*strong, 255))
    return image


@pytest.fixture(scope="module")
def matcher() -> LogoMatcher:
    drawings = {
        "striped": striped("KLB", (20, 60, 160)),
        "thin": thin("velora", (20, 20, 20)),
        "one-colour": in_two_colours((0, 0, 0), (0, 0, 0)),
        "pale": in_strong_and_pale((20, 60, 160), (250, 220, 120)),
        "other": draw_mark("kestrel"),
    }
    return LogoMatcher([make_official_logo(name, f"{name}.png", encode(image)) for name, image in drawings.items()])


def brands_of(matcher: LogoMatcher, image: Image.Image) -> list[str]:
    return [match.brand for match in matcher.match(encode(image)).matches]


@pytest.mark.parametrize("width", [300, 120, 64])
@pytest.mark.parametrize(("ink", "ground"), [((20, 60, 160), (255, 255, 255)), ((255, 255, 255), (10, 20, 60))])
def test_stripes_do_not_fall_apart(matcher: LogoMatcher, width: int, ink: Rgb, ground: Rgb) -> None:
    logo = scaled(striped("KLB", ink), width)
    assert brands_of(matcher, lay_on(logo, ground, 16)) == ["striped"]


def test_stripes_beside_others_on_a_wall_are_found(matcher: LogoMatcher) -> None:
    wall = Image.new("RGB", (700, 160), "white")
    for x, logo in ((30, striped("KLB", (20, 60, 160))), (380, draw_mark("kestrel"))):
        small = scaled(logo, 240)
        wall.paste(small, (x, 80 - small.height // 2), small)
    assert sorted(brands_of(matcher, wall)) == ["other", "striped"]


@pytest.mark.parametrize("width", [480, 200, 110])
def test_hairlines_are_found_even_where_they_fade(matcher: LogoMatcher, width: int) -> None:
    assert brands_of(matcher, lay_on(scaled(thin("velora", (20, 20, 20)), width), (255, 255, 255), 12)) == ["thin"]


@pytest.mark.parametrize("colours", [((200, 30, 30), (250, 180, 0)), ((0, 90, 160), (0, 160, 90))])
@pytest.mark.parametrize("ground", [(255, 255, 255), (24, 24, 24)])
def test_an_official_file_of_one_colour_finds_the_coloured_logo(
    matcher: LogoMatcher, colours: tuple[Rgb, Rgb], ground: Rgb
) -> None:
    assert brands_of(matcher, lay_on(scaled(in_two_colours(*colours), 140), ground, 12)) == ["one-colour"]


@pytest.mark.parametrize(("ink", "ground"), [((0, 0, 0), (255, 255, 255)), ((255, 255, 255), (20, 30, 60))])
def test_a_logo_of_strong_and_pale_colours_is_found_in_one_colour(matcher: LogoMatcher, ink: Rgb, ground: Rgb) -> None:
    (match,) = matcher.match(encode(lay_on(scaled(in_strong_and_pale(ink, ink), 140), ground, 12))).matches
    assert match.brand == "pale"
    assert match.score > 0.85  # .74 where only the coloured drawing is known


def test_a_logo_that_is_a_tile_has_no_silhouette_and_is_found_as_it_is() -> None:
    tile = Image.new("RGBA", (240, 160), (20, 60, 160, 255))
    tile.putpixel((0, 0), (20, 60, 160, 0))
    mark = scaled(draw_mark("varro", (255, 255, 255)), 180)
    tile.alpha_composite(mark, (30, 80 - mark.height // 2))
    matcher = LogoMatcher([make_official_logo("tile", "tile.png", encode(tile))])
    assert brands_of(matcher, lay_on(tile, (255, 255, 255), 20)) == ["tile"]


@pytest.mark.parametrize("stretch", [1.6, 1 / 1.6])
@pytest.mark.parametrize("name", ["kestrel", "sable", "halyard"])
def test_a_stretched_logo_is_found_and_the_stretch_is_told(name: str, stretch: float) -> None:
    mark = draw_mark(name)
    matcher = LogoMatcher([make_official_logo(name, f"{name}.png", encode(mark))])
    wide = mark.resize((round(200 * stretch), round(200 * mark.height / mark.width)), Image.Resampling.LANCZOS)
    (match,) = matcher.match(encode(lay_on(wide, (255, 255, 255), 15))).matches
    assert match.transform.aspect_change == pytest.approx(stretch, rel=0.05)


@pytest.mark.parametrize(("width", "height", "mark_px"), [(1200, 90, 70), (2400, 160, 120)])
def test_a_small_mark_on_a_long_white_strip_is_found(
    matcher: LogoMatcher, width: int, height: int, mark_px: int
) -> None:
    strip = Image.new("RGB", (width, height), "white")
    mark = scaled(draw_mark("kestrel"), mark_px)
    strip.paste(mark, (width // 2, (height - mark.height) // 2), mark)
    assert brands_of(matcher, strip) == ["other"]
