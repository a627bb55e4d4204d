"""How an official drawing became what was found.

Tests: matcher/looking/appearance.py.
"""

from __future__ import annotations

from dataclasses import asdict

import pytest
from drawings import NAVY, draw_mark, encode, lay_on, scaled
from PIL import Image

from ledger.vocabulary import Recolouring
from matcher import LogoMatcher, Transform
from matcher.looking.transform import describe_transform, read_transform


def transform_of(matcher: LogoMatcher, image: Image.Image) -> Transform:
    (match,) = matcher.match(encode(image)).matches
    return match.transform


def test_the_official_file_itself_is_shown_as_it_is(matcher: LogoMatcher) -> None:
    transform = transform_of(matcher, draw_mark("kestrel"))
    assert transform.scale == pytest.approx(1, abs=0.01)
    assert transform.aspect_change == pytest.approx(1, abs=0.01)
    assert abs(transform.rotation_degrees) < 0.3
    assert max(transform.cut_left, transform.cut_top, transform.cut_right, transform.cut_bottom) < 0.02
    assert transform.colour_difference < 5
    assert (transform.recolouring, transform.is_inverted) == (Recolouring.NONE, False)


@pytest.mark.parametrize("zoom", [0.4, 1.7])
def test_scale_is_found_px_per_official_px(matcher: LogoMatcher, zoom: float) -> None:
    mark = draw_mark("tandem")
    transform = transform_of(matcher, lay_on(scaled(mark, round(mark.width * zoom)), (255, 255, 255), 20))
    assert transform.scale == pytest.approx(zoom, rel=0.05)


@pytest.mark.parametrize("stretch", [0.85, 1.15])
def test_a_stretched_logo_says_by_how_much(matcher: LogoMatcher, stretch: float) -> None:
    mark = draw_mark("sable")
    transform = transform_of(matcher, mark.resize((round(mark.width * stretch), mark.height)))
    assert transform.aspect_change == pytest.approx(stretch, rel=0.03)
    assert any("stretched" in phrase for phrase in describe_transform(transform))


@pytest.mark.parametrize("degrees", [-3, 3])
def test_a_turned_logo_says_which_way(matcher: LogoMatcher, degrees: int) -> None:
    turned = draw_mark("varro").rotate(-degrees, Image.Resampling.BICUBIC, expand=True)  # Pillow turns anticlockwise
    transform = transform_of(matcher, lay_on(turned, (255, 255, 255), 10))
    assert transform.rotation_degrees == pytest.approx(degrees, abs=1.2)


def test_a_cropped_logo_says_where_it_is_cut(matcher: LogoMatcher) -> None:
    mark = lay_on(draw_mark("ombra"), (255, 255, 255))
    cut = round(0.08 * mark.width)
    transform = transform_of(matcher, mark.crop((cut, 0, mark.width, mark.height)))
    assert transform.cut_left == pytest.approx(0.08, abs=0.03)
    assert max(transform.cut_top, transform.cut_right, transform.cut_bottom) < 0.03


def test_grey_other_colours_and_inversion_are_told_apart(matcher: LogoMatcher) -> None:
    on_white = lay_on(draw_mark("kestrel", NAVY), (255, 255, 255), 6)
    grey = transform_of(matcher, on_white.convert("L").convert("RGB"))
    red = transform_of(matcher, lay_on(draw_mark("kestrel", (200, 20, 20)), (255, 255, 255), 6))
    white = transform_of(matcher, lay_on(draw_mark("kestrel", (255, 255, 255)), (0, 0, 0), 6))
    assert (grey.recolouring, grey.is_inverted) == (Recolouring.GREY, False)
    assert (red.recolouring, red.is_inverted) == (Recolouring.OTHER, False)
    assert (white.recolouring, white.is_inverted) == (Recolouring.GREY, True)
    assert min(white.colour_difference, red.colour_difference) > 40


def test_what_was_stored_is_read_back(matcher: LogoMatcher) -> None:
    transform = transform_of(matcher, draw_mark("kestrel"))
    assert read_transform(asdict(transform)) == transform
    assert read_transform({}) is None


def test_a_logo_that_is_shown_as_it_is_is_described_by_its_size_alone(matcher: LogoMatcher) -> None:
    assert describe_transform(transform_of(matcher, draw_mark("kestrel"))) == ("100% of the official file's size",)
