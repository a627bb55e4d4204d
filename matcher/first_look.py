"""The first look at a picture: at the whole of it, before regions are searched in it.

Most pictures that show an official logo show nothing else. Where the whole is surely one official drawing, the search is not made;
else it goes on from there, and nothing is done twice.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from matcher import thresholds
from matcher.decoding.decode import Picture, decode_image
from matcher.decoding.refusals import Refusal
from matcher.looking.alignment import move_square
from matcher.looking.candidates import Candidate, SeenImage
from matcher.looking.compare import Template
from matcher.looking.features import INNER_PX, PAD_PX, SQUARE_PX, extract_all
from matcher.looking.normalize import flatten_on_all
from matcher.looking.regions import Region, order_regions, search_regions


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FirstLook:
    """A picture of which only the whole was looked at. image: with that one region, or none; rest: what is still to be found."""

    image: SeenImage
    rest: Iterator[Region]

    def look_on(self) -> SeenImage:
        """The same picture with all its regions. To be called once."""
        first, *others = order_regions([*self.image.regions, *self.rest])
        features = extract_all([region.ink for region in others])
        return replace(self.image, regions=[first, *others], features=[*self.image.features, *features])


def look_first(picture: Picture) -> FirstLook:
    flats = flatten_on_all(picture.pixels)
    rest = search_regions(flats)
    whole = [region for region in (next(rest, None),) if region is not None]
    image = SeenImage(
        picture=picture, flat=flats[0], regions=whole, features=extract_all([region.ink for region in whole])
    )
    return FirstLook(image=image, rest=rest)


def see_all(picture: Picture) -> SeenImage:
    """A picture with all its regions."""
    first = look_first(picture)
    return first.look_on() if first.image.regions else first.image


def shrink_picture(content: bytes) -> Iterator[Picture]:
    """A picture in the sizes that web pages show; none if it is refused. What is drawn small inside it is known at one size and
    not at another."""
    picture = decode_image(content)
    if isinstance(picture, Refusal):
        return
    height, width = picture.pixels.shape[:2]
    for zoom in sorted({min(1.0, long_px / max(height, width)) for long_px in thresholds.SHOWN_LONG_PX}, reverse=True):
        size = (max(1, round(width * zoom)), max(1, round(height * zoom)))
        pixels = np.asarray(cv2.resize(picture.pixels, size, interpolation=cv2.INTER_AREA))
        yield replace(picture, pixels=pixels, scale=picture.scale * zoom)


def is_explained(template: Template, whole: SeenImage, candidate: Candidate) -> bool:
    """Whether a picture is so much like an official drawing that nothing else can be in it. candidate: for its whole.

    Another mark in it would be ink where the drawing has none near by, or none where it has much, or, where both inks are strong,
    a step between colours where the drawing is even.
    """
    left, top, right, bottom = candidate.alignment.shown
    if candidate.score < thresholds.WHOLE_PICTURE_SCORE or (right - left) * (bottom - top) < thresholds.WHOLE_SHARE:
        return False
    features, matrix = whole.features[candidate.region], candidate.alignment.matrix
    if features.long_px > thresholds.LARGE_PICTURE_PX:
        return False
    # in a small picture soft edges are wide on the square, and so is all that may be another mark
    drawn = _measure_drawn(template, 5 if features.long_px <= thresholds.SMALL_PICTURE_PX else 3)
    ink = move_square(features.square, matrix)
    if _most(cv2.subtract(ink, drawn.most)) > thresholds.EXTRA_INK_LEVELS:
        return False
    if _most(cv2.subtract(drawn.least, ink)) > thresholds.MISSING_INK_LEVELS:
        return False
    box = whole.regions[candidate.region].box
    colours = _stretch_colours(whole.flat.rgb[box.y : box.y + box.height, box.x : box.x + box.width])
    moved = cv2.warpAffine(
        colours,
        matrix,
        (SQUARE_PX, SQUARE_PX),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return _most(cv2.bitwise_and(_find_steps(moved), drawn.even)) <= thresholds.COLOUR_STEP_LEVELS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Drawn:
    """What an official drawing has near each place: uint8 (64, 64) each. most, least: ink in a small window; even: 255 where neither
    ink nor colours change within three px, else 0."""

    most: np.ndarray
    least: np.ndarray
    even: np.ndarray


@functools.lru_cache(maxsize=256)  # 12 kB each; what a site shows, it shows often
def _measure_drawn(template: Template, window_px: int) -> _Drawn:
    square = template.features.square
    near, far = np.ones((window_px, window_px), np.uint8), np.ones((7, 7), np.uint8)
    steps = cv2.dilate(_find_steps(_stretch_colours(template.appearance.rgb)), np.ones((3, 3), np.uint8))
    is_even = cv2.morphologyEx(square, cv2.MORPH_GRADIENT, far) <= thresholds.EVEN_INK_LEVELS
    is_even &= steps <= thresholds.EVEN_COLOUR_LEVELS
    even = np.zeros_like(square)
    inner = slice(PAD_PX, -PAD_PX)
    even[inner, inner] = np.where(is_even[inner, inner], np.uint8(255), np.uint8(0))
    return _Drawn(most=np.asarray(cv2.dilate(square, near)), least=np.asarray(cv2.erode(square, near)), even=even)


def _stretch_colours(rgb: np.ndarray) -> np.ndarray:
    """A box of a picture as the square of its ink lies, its border drawn out: uint8 (64, 64, 3)."""
    way = cv2.INTER_AREA if max(rgb.shape[:2]) > INNER_PX else cv2.INTER_LINEAR
    inner = cv2.resize(rgb, (INNER_PX, INNER_PX), interpolation=way)
    return np.asarray(cv2.copyMakeBorder(inner, PAD_PX, PAD_PX, PAD_PX, PAD_PX, cv2.BORDER_REPLICATE))


def _find_steps(colours: np.ndarray) -> np.ndarray:
    """Largest difference of a channel between each pixel's neighbours: uint8 (height, width)."""
    red, green, blue = cv2.split(cv2.morphologyEx(colours, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)))
    return np.asarray(cv2.max(cv2.max(red, green), blue))


def _most(levels: np.ndarray) -> int:
    return int(cv2.minMaxLoc(levels)[1])
