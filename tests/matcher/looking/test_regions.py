"""Where in a picture a logo may be.

Tests: matcher/looking/grounds.py, matcher/looking/picture_box.py.
"""

from __future__ import annotations

import time

import cv2
import numpy as np
import pytest
from drawings import BRAND_NAMES, NAVY, draw_mark, draw_wall, lay_on, scaled
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from matcher import thresholds
from matcher.looking.normalize import flatten_alpha
from matcher.looking.picture_box import Box
from matcher.looking.regions import Region, find_mark, find_regions


def regions_of(image: Image.Image) -> list[Region]:
    return find_regions([flatten_alpha(np.asarray(image.convert("RGBA")))])


def test_whole_picture_comes_first_trimmed_to_its_ink() -> None:
    image = lay_on(draw_mark("kestrel"), (255, 255, 255), 30)
    box = regions_of(image)[0].box
    assert (box.x, box.y) == (30, 30)
    assert abs(box.width - image.width + 60) <= 1


def test_every_cell_of_a_wall_is_a_region() -> None:
    wall, places = draw_wall()
    boxes = [region.box for region in regions_of(wall)]
    for x, y, width, height in places.values():
        assert any(abs(b.x - x) + abs(b.y - y) + abs(b.width - width) + abs(b.height - height) <= 8 for b in boxes)


def test_text_beside_a_mark_is_cut_off() -> None:
    mark = draw_mark("kestrel")
    image = Image.new("RGB", (mark.width + 300, mark.height), "white")
    image.paste(mark, (0, 0), mark)
    ImageDraw.Draw(image).text((mark.width + 60, 30), "Authorised Reseller", fill="black")
    assert any(abs(r.box.width - mark.width) <= 2 and r.box.x == 0 for r in regions_of(image))


def test_plate_in_a_photograph_is_looked_at() -> None:
    noise = np.random.default_rng(2).integers(0, 256, (300, 400, 3), np.uint8)
    image = Image.fromarray(noise)
    mark = draw_mark("sable")
    image.paste(lay_on(mark, (255, 255, 255), 20), (20, 60))
    expected = Box(x=40, y=80, width=mark.width, height=mark.height)
    assert any(abs(r.box.x - expected.x) + abs(r.box.width - expected.width) <= 4 for r in regions_of(image))


@pytest.mark.parametrize(
    ("image", "count"), [(Image.new("RGB", (60, 60), "white"), 0), (Image.new("RGBA", (60, 60)), 0)]
)
def test_empty_picture_has_no_region(image: Image.Image, count: int) -> None:
    assert len(regions_of(image)) == count


def test_official_tile_gives_the_tile_and_what_stands_on_it() -> None:
    tile = lay_on(draw_mark("kestrel", (255, 255, 255)), NAVY, 40)
    on_white = Image.new("RGB", (tile.width + 20, tile.height + 20), "white")
    on_white.paste(tile, (10, 10))
    whole, inner = find_mark(flatten_alpha(np.asarray(on_white.convert("RGBA"))))
    assert (whole.region.box.width, whole.region.box.height) == tile.size
    assert inner.region.box.width < tile.width - 60
    assert inner.is_even


def test_what_stands_in_a_disc_is_a_region() -> None:
    image = Image.new("RGB", (200, 200), "white")
    pen = ImageDraw.Draw(image)
    pen.ellipse((20, 20, 180, 180), fill=NAVY)
    pen.polygon((90, 60, 130, 100, 90, 140), fill="white")
    inner = [r for r in regions_of(image) if r.depth == 1]
    assert any(abs(r.box.x - 90) <= 2 and abs(r.box.width - 41) <= 3 for r in inner)


def test_drawing_of_many_colours_has_no_even_border() -> None:
    image = Image.new("RGB", (200, 200), "white")
    pen = ImageDraw.Draw(image)
    for quarter, colour in enumerate(("red", "green", "blue", "black")):
        pen.pieslice((20, 20, 180, 180), 90 * quarter, 90 * quarter + 90, fill=colour)
    marks = find_mark(flatten_alpha(np.asarray(image.convert("RGBA"))))
    assert not any(mark.is_even for mark in marks[1:])


def test_rows_of_a_wall_need_not_be_straight() -> None:
    wall = Image.new("RGB", (900, 400), "white")
    places = []
    for number, name in enumerate(BRAND_NAMES[:6]):
        logo = scaled(draw_mark(name), 150)
        x, y = 20 + number % 3 * 290, 30 + number // 3 * 160 + 45 * (number % 3)
        wall.paste(logo, (x, y), logo)
        places.append((x, y, logo.width, logo.height))
    boxes = [region.box for region in regions_of(wall)]
    for x, y, width, height in places:
        assert any(abs(b.x - x) + abs(b.y - y) + abs(b.width - width) + abs(b.height - height) <= 8 for b in boxes)


@given(st.integers(0, 2**32 - 1), st.integers(1, 90), st.integers(1, 90))
def test_any_picture_has_few_regions_that_lie_inside_it(seed: int, width: int, height: int) -> None:
    random = np.random.default_rng(seed)
    pixels = (random.random((height, width, 4)) > 0.7).astype(np.uint8) * 255
    regions = find_regions([flatten_alpha(pixels)])
    assert len(regions) <= thresholds.MAX_REGIONS
    for region in regions:
        assert region.box.x >= 0
        assert region.box.x + region.box.width <= width
        assert region.box.y + region.box.height <= height
        assert region.ink.shape == (region.box.height, region.box.width)


@pytest.mark.parametrize("scale", [1.0, 0.3, 2.5])
def test_source_boxes_stay_inside_the_source(scale: float) -> None:
    box = Box(x=0, y=0, width=round(100 * scale), height=round(50 * scale)).scaled_to_source(scale, 100, 50)
    assert box == Box(x=0, y=0, width=100, height=50)


def test_tightly_cropped_mark_is_seen_on_either_of_its_two_colours() -> None:
    image = Image.new("RGB", (60, 80), "white")
    image.paste((0, 0, 80), (0, 0, 32, 80))
    image.paste((0, 0, 80), (0, 0, 60, 20))
    image.paste((255, 255, 255), (58, 0, 60, 2))
    image.paste((255, 255, 255), (0, 78, 2, 80))
    image.paste((0, 0, 80), (58, 78, 60, 80))
    whole = [r for r in regions_of(image) if (r.box.width, r.box.height) == image.size and r.depth == 0]
    assert len(whole) == 2
    assert abs(sum(float(region.ink.mean()) for region in whole) - 255) < 2


def checkered(width: int, height: int, square_px: int = 12) -> Image.Image:
    rows, columns = np.indices((height, width)) // square_px
    return Image.fromarray(np.where((rows + columns) % 2, 255, 204).astype(np.uint8)).convert("RGB")


def test_a_baked_in_checkerboard_is_the_ground_and_no_drawing() -> None:
    page, mark = checkered(400, 240), draw_mark("kestrel")
    page.paste(mark, (40, 70), mark)
    box = regions_of(page)[0].box
    assert abs(box.x - 40) + abs(box.y - 70) + abs(box.width - mark.width) + abs(box.height - mark.height) <= 8


def test_a_grey_drawing_is_no_checkerboard() -> None:
    page = Image.new("RGB", (300, 200), (255, 255, 255))
    ImageDraw.Draw(page).rectangle((0, 60, 299, 140), fill=(204, 204, 204))
    assert any(region.box.height in range(78, 84) for region in regions_of(page))


def test_logo_of_two_colours_on_a_photograph_is_one_region() -> None:
    slow = np.random.default_rng(4).normal(0, 1, (6, 8, 3)).astype(np.float32)
    ground = (cv2.resize(slow, (400, 300), interpolation=cv2.INTER_CUBIC) * 45 + 128).clip(0, 255).astype(np.uint8)
    image = Image.fromarray(ground)
    pen = ImageDraw.Draw(image)
    pen.rectangle((120, 100, 170, 180), fill=(255, 140, 0))
    pen.rectangle((180, 100, 260, 180), fill=(0, 60, 160))
    assert any(
        abs(r.box.x - 120) + abs(r.box.y - 100) + abs(r.box.width - 141) + abs(r.box.height - 81) <= 8
        for r in regions_of(image)
    )


def test_a_drawing_of_many_colours_on_a_dark_photograph_keeps_its_colours() -> None:
    noise = np.random.default_rng(6).normal(0, 1, (40, 60, 1)).astype(np.float32)
    ground = (cv2.resize(noise, (360, 260), interpolation=cv2.INTER_CUBIC) * 14 + 60).clip(0, 255).astype(np.uint8)
    image = Image.fromarray(np.repeat(ground[..., None], 3, axis=2))
    pen = ImageDraw.Draw(image)
    pen.rectangle((120, 80, 240, 180), fill=(40, 110, 220))
    pen.ellipse((150, 100, 210, 160), fill=(250, 250, 250))
    regions = [r for r in regions_of(image) if abs(r.box.width - 121) + abs(r.box.height - 101) <= 12]
    assert any(float(np.ptp(r.ink[40:60, 20:100].astype(int))) > 30 for r in regions), (
        "the disc must stand out from the tile"
    )


def test_frames_in_each_other_end_before_all_of_them_were_looked_into() -> None:
    """Each frame is a ground for all frames inside it: sixty of them would be looked into thirty thousand times."""
    ring = np.abs(np.indices((1200, 1200)) - 600).max(axis=0)
    started = time.process_time()
    assert regions_of(Image.fromarray(((ring // 10 % 2) * 255).astype(np.uint8)))
    assert time.process_time() - started < 6, "without a limit it takes over 12 s"
