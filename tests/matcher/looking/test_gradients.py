"""A smooth gradient under a mark is taken out; what is no gradient is left alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawings import Colour, draw_mark, encode, lay_on, scaled
from PIL import Image, ImageDraw

from matcher import LogoMatcher
from matcher.looking.gradients import level_gradient
from matcher.looking.normalize import flatten_alpha
from matcher.looking.regions import find_mark

EVERYWHERE = np.ones((120, 200), bool)
GRADIENTS: list[tuple[Colour, Colour]] = [((20, 60, 160), (200, 40, 160)), ((250, 120, 20), (220, 20, 60))]


def draw_gradient(start: Colour, end: Colour, size: tuple[int, int] = (200, 120), *, turned: float = 0.6) -> np.ndarray:
    width, height = size
    share = turned * np.linspace(0, 1, width)[None, :, None] + (1 - turned) * np.linspace(0, 1, height)[:, None, None]
    return np.asarray((np.array(start) * (1 - share) + np.array(end) * share).astype(np.uint8))


def draw_tile(start: Colour, end: Colour, name: str = "kestrel") -> Image.Image:
    tile = Image.fromarray(draw_gradient(start, end, (300, 200))).convert("RGBA")
    shape = Image.new("L", tile.size)
    ImageDraw.Draw(shape).rounded_rectangle((0, 0, 299, 199), 30, fill=255)
    tile.putalpha(shape)
    mark = scaled(draw_mark(name, (255, 255, 255)), 230)
    tile.alpha_composite(mark, (35, 100 - mark.height // 2))
    return tile


@pytest.mark.parametrize(("start", "end"), GRADIENTS)
@pytest.mark.parametrize("turned", [0.0, 0.6, 1.0])
def test_a_gradient_becomes_one_colour(start: Colour, end: Colour, turned: float) -> None:
    levelled = level_gradient(draw_gradient(start, end, turned=turned), EVERYWHERE)
    assert levelled is not None
    assert np.ptp(levelled.reshape(-1, 3), axis=0).max() <= 4


def test_what_stands_on_a_gradient_stays_and_does_not_bend_the_fit() -> None:
    rgb = draw_gradient((20, 60, 160), (200, 40, 160))
    rgb[:30, :60] = 255
    levelled = level_gradient(rgb, EVERYWHERE)
    assert levelled is not None
    assert np.ptp(levelled[40:].reshape(-1, 3), axis=0).max() <= 12
    assert int(levelled[:30, :60, 0].min()) - int(levelled[40:, :, 0].max()) > 60


def test_a_photograph_and_too_few_px_are_no_gradient() -> None:
    coarse = np.random.default_rng(3).integers(0, 255, (9, 12, 3)).astype(np.uint8)
    assert level_gradient(cv2.resize(coarse, (200, 120), interpolation=cv2.INTER_CUBIC), EVERYWHERE) is None
    few = np.zeros_like(EVERYWHERE)
    few[0, :10] = True
    assert level_gradient(draw_gradient(*GRADIENTS[0]), few) is None


@pytest.mark.parametrize(("start", "end"), GRADIENTS)
def test_a_white_mark_on_a_gradient_tile_is_found(matcher: LogoMatcher, start: Colour, end: Colour) -> None:
    tile = draw_tile(start, end)
    for picture in (tile, lay_on(tile, (255, 255, 255), 20)):
        assert [match.brand for match in matcher.match(encode(picture)).matches] == ["kestrel"]


def test_a_sign_on_an_official_gradient_tile_does_not_count_without_its_tile() -> None:
    """A handset or a bell is anyone's."""
    marks = find_mark(flatten_alpha(np.asarray(draw_tile(*GRADIENTS[0]))))
    assert [mark.is_even for mark in marks] == [True, False]
