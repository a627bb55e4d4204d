"""Pixels become ink, whatever the colours and the ground.

Tests: matcher/decoding/refusals.py.
"""

from __future__ import annotations

import numpy as np
import pytest
from drawings import draw_mark, lay_on
from PIL import Image

from matcher import thresholds
from matcher.decoding.refusals import refuse_blank, refuse_size
from matcher.looking.normalize import estimate_backgrounds, extract_ink, flatten_alpha, scale_ink


@pytest.mark.parametrize(("level", "ground"), [(0, 255), (149, 255), (152, 24), (255, 24)])
def test_transparency_gets_a_ground_that_contrasts(level: int, ground: int) -> None:
    pixels = np.zeros((10, 10, 4), np.uint8)
    pixels[4:6, 4:6] = (level, level, level, 255)
    flat = flatten_alpha(pixels)
    assert flat.ground is not None
    assert flat.ground.tolist() == [ground] * 3
    assert flat.rgb[0, 0].tolist() == [ground] * 3


def test_opaque_picture_is_left_alone() -> None:
    pixels = np.full((5, 5, 4), 255, np.uint8)
    assert flatten_alpha(pixels).ground is None


def test_background_is_the_ring_whatever_the_middle_shows() -> None:
    image = Image.new("RGB", (50, 50), (250, 240, 10))
    image.paste((0, 0, 0), (5, 5, 45, 45))
    (background,) = estimate_backgrounds(np.asarray(image))
    assert background.colour.tolist() == [250, 240, 10]
    assert background.share == 1


def test_tightly_cropped_mark_gives_two_backgrounds() -> None:
    image = Image.new("RGB", (50, 50), "white")
    image.paste((0, 0, 80), (0, 0, 30, 50))
    assert sorted(b.colour.tolist() for b in estimate_backgrounds(np.asarray(image))) == [
        [0, 0, 80],
        [255, 255, 255],
    ]


def test_ink_is_the_same_for_a_mark_and_its_negative() -> None:
    mark = draw_mark("kestrel", (0, 0, 0))
    rgb = np.asarray(lay_on(mark, (255, 255, 255)))
    black_on_white = extract_ink(rgb, np.full(3, 255, np.uint8))
    white_on_black = extract_ink(255 - rgb, np.zeros(3, np.uint8))
    assert (black_on_white == white_on_black).all()


def test_pale_ink_is_lifted_and_strong_ink_weighs_nearly_alike() -> None:
    pale, strong = np.array([[0, 20]], np.uint8), np.array([[0, thresholds.INK_CLIP_LEVELS, 255]], np.uint8)
    assert scale_ink(pale).tolist() == [[0, 255]]
    assert scale_ink(strong).tolist() == [[0, thresholds.INK_KNEE, 255]]


@pytest.mark.parametrize(
    ("span", "is_refused"), [(thresholds.MIN_GREY_SPAN - 1, True), (thresholds.MIN_GREY_SPAN, False)]
)
def test_blank_is_refused_on_one_side_of_the_threshold(span: int, is_refused: bool) -> None:
    assert (refuse_blank(np.array([[0, span]], np.uint8)) is not None) == is_refused


@pytest.mark.parametrize(
    ("width", "height", "is_refused"),
    [
        (16, 4, False),
        (15, 15, True),
        (16, 3, True),
        (400, 10, False),
        (401, 10, True),
        (5000, 5000, False),
        (5001, 5000, True),
    ],
)
def test_sizes_are_refused_on_one_side_of_each_threshold(width: int, height: int, is_refused: bool) -> None:
    assert (refuse_size(width, height) is not None) == is_refused
