"""Tests of the first look: what the whole picture decides, and what must still be searched."""

from __future__ import annotations

import numpy as np
from drawings import BRAND_NAMES, NAVY, Colour, draw_mark, draw_wall, encode, scaled
from PIL import Image, ImageDraw

from matcher import LogoMatcher, Recognition, Refusal
from matcher.brands.official_logos import make_official_logo
from matcher.decoding.decode import Picture, decode_image
from matcher.first_look import look_first, see_all, shrink_picture
from matcher.looking.features import extract_all
from matcher.looking.normalize import flatten_on_all
from matcher.looking.regions import find_regions


def on_ground(mark: Image.Image, size: tuple[int, int], at: tuple[int, int], ground: str = "white") -> Image.Image:
    picture = Image.new("RGB", size, ground)
    picture.paste(mark, at, mark)
    return picture


def brands_in(recognition: Recognition) -> list[str]:
    return sorted(match.brand for match in (*recognition.matches, *recognition.perhaps))


def picture_of(image: Image.Image) -> Picture:
    picture = decode_image(encode(image))
    assert not isinstance(picture, Refusal)
    return picture


def draw_open_frame(size: int = 400, ink: Colour = NAVY) -> Image.Image:
    """A mark with much empty room in it: two corners of a frame, and a bar."""
    image = Image.new("RGBA", (size, size), (*ink, 0))
    pen = ImageDraw.Draw(image)
    pen.line((20, size - 60, 20, 20, size // 2, 20), fill=(*ink, 255), width=36)
    pen.line((size - 20, 80, size - 20, size - 20, 120, size - 20), fill=(*ink, 255), width=36)
    pen.rectangle((70, 70, 120, 190), fill=(*ink, 255))
    return image.crop(image.getbbox())


def draw_banner(width: int = 420, height: int = 240, ink: Colour = (40, 90, 200)) -> Image.Image:
    """A mark with much even ink: a filled arrow with a notch."""
    image = Image.new("RGBA", (width, height), (*ink, 0))
    points = [(0, 0), (width - 90, 0), (width, height // 2), (width - 90, height), (0, height), (60, height // 3)]
    ImageDraw.Draw(image).polygon(points, fill=(*ink, 255))
    return image


def test_a_picture_of_one_mark_is_decided_by_the_whole_of_it(matcher: LogoMatcher) -> None:
    picture = on_ground(scaled(draw_mark("orrery"), 220), (260, 120), (20, 20))
    recognition = matcher.match(encode(picture))
    assert brands_in(recognition) == ["orrery"]
    assert len(see_all(picture_of(picture)).regions) > 1
    (whole,) = recognition.hashes  # no region was searched for
    assert whole.box == recognition.matches[0].region


def test_a_second_brands_small_mark_in_an_empty_corner_is_found() -> None:
    small = scaled(draw_mark("tandem"), 110)
    frame = draw_open_frame()
    files = {"frame": frame, "tandem": draw_mark("tandem")}
    matcher = LogoMatcher([make_official_logo(name, f"{name}.png", encode(mark)) for name, mark in files.items()])
    alone = on_ground(frame, (460, 460), (30, 30))
    assert len(matcher.match(encode(alone)).hashes) == 1
    both = alone.copy()
    both.paste(small, (200, 200), small)
    assert brands_in(matcher.match(encode(both))) == ["frame", "tandem"]


def test_a_second_brands_mark_on_the_even_ink_of_the_first_is_found() -> None:
    banner, dark = draw_banner(), scaled(draw_mark("tandem", (0, 0, 0)), 200)
    files = {"banner": banner, "tandem": draw_mark("tandem")}
    matcher = LogoMatcher([make_official_logo(name, f"{name}.png", encode(mark)) for name, mark in files.items()])
    alone = on_ground(banner, (460, 280), (20, 20))
    assert len(matcher.match(encode(alone)).hashes) == 1
    both = alone.copy()
    both.paste(dark, (110, 110), dark)
    assert brands_in(matcher.match(encode(both))) == ["banner", "tandem"]


def test_a_drawing_with_another_brands_mark_in_it_decides_nothing() -> None:
    lock_up = Image.new("RGBA", (420, 220), (*NAVY, 0))
    lock_up.alpha_composite(scaled(draw_mark("varro"), 380), (10, 10))
    lock_up.alpha_composite(scaled(draw_mark("tandem"), 260), (10, 140))
    lock_up = lock_up.crop(lock_up.getbbox())
    files = {"alliance": lock_up, "tandem": draw_mark("tandem")}
    matcher = LogoMatcher([make_official_logo(name, f"{name}.png", encode(mark)) for name, mark in files.items()])
    assert brands_in(matcher.match(encode(on_ground(lock_up, (460, 260), (20, 20))))) == ["alliance", "tandem"]
    without = LogoMatcher([make_official_logo("alliance", "alliance.png", encode(lock_up))])
    assert len(without.match(encode(on_ground(lock_up, (460, 260), (20, 20)))).hashes) == 1


def test_a_wall_is_searched(matcher: LogoMatcher) -> None:
    wall, places = draw_wall()
    assert set(brands_in(matcher.match(encode(wall)))) == set(places) == set(BRAND_NAMES)


def test_looking_on_gives_the_regions_and_features_of_a_whole_search() -> None:
    picture = picture_of(draw_wall(BRAND_NAMES[:6])[0])
    expected = find_regions(flatten_on_all(picture.pixels))
    seen = look_first(picture).look_on()
    assert [region.box for region in seen.regions] == [region.box for region in expected]
    for ours, theirs in zip(seen.features, extract_all([region.ink for region in expected]), strict=True):
        assert np.array_equal(ours.square, theirs.square)
        assert np.array_equal(ours.edge_cells, theirs.edge_cells)
        assert np.array_equal(ours.edge_bits, theirs.edge_bits)


def test_a_picture_without_ink_has_no_regions() -> None:
    first = look_first(picture_of(Image.new("RGB", (90, 60), "white")))
    assert first.image.regions == []
    assert see_all(first.image.picture).regions == []


def test_a_drawing_is_shrunk_to_the_sizes_that_pages_show_and_never_enlarged() -> None:
    sizes = [max(picture.pixels.shape) for picture in shrink_picture(encode(draw_open_frame(200)))]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == draw_open_frame(200).width
    assert sizes[-1] == 32
    assert list(shrink_picture(b"no picture")) == []
