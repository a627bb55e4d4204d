"""What a logo may stand on besides the picture's own background: tiles, discs and cards, plates in a photograph, and
no ground at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from matcher import thresholds
from matcher.looking.gradients import level_gradient
from matcher.looking.grouping import Pieces, label_pieces
from matcher.looking.normalize import most_frequent_colour

_COLOUR_BINS = 32  # a side of the colour cube


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """An area of one colour that something stands on.

    x, y: where rgb, uint8 (height, width, 3), lies in the picture. outline: uint8 (height, width), 255 inside; None = all
    of rgb. share: part of its border that has the colour, 0..1. is_levelled: rgb had a gradient, which was taken out.
    """

    x: int
    y: int
    rgb: np.ndarray
    colour: np.ndarray
    outline: np.ndarray | None
    share: float
    is_levelled: bool = False


def ground_inside(ground: Ground, pieces: Pieces, index: int) -> Ground | None:
    """The ground that a piece of ink is for what stands on it, its gradient taken out if it has one; None if the piece does not
    fill its outline."""
    left, top, right, bottom = pieces.boxes[index].tolist()
    outline = _fill_outline(pieces.mask(index), thresholds.TILE_FILL, thresholds.TILE_SOLIDITY)
    if outline is None:
        return None
    inset = max(2, round(min(right - left, bottom - top) * thresholds.TILE_INSET_SHARE))
    inside = _erode(outline, inset)
    rgb = ground.rgb[top:bottom, left:right]
    is_band = (inside > 0) & (_erode(inside, inset) == 0)
    band = rgb[is_band]
    if not len(band):
        return None
    border = most_frequent_colour(band)
    levelled = level_gradient(rgb, is_band) if border.share < thresholds.EVEN_BAND_SHARE else None
    if levelled is not None:
        rgb, border = levelled, most_frequent_colour(levelled[is_band])
    return Ground(
        x=ground.x + left,
        y=ground.y + top,
        rgb=rgb,
        colour=border.colour,
        outline=inside,
        share=border.share,
        is_levelled=levelled is not None,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EvenAreas:
    """Connected parts of a picture whose neighbouring pixels hardly differ.

    rgb: uint8 (height, width, 3), the picture. steps: uint8 (height, width), largest difference of each pixel to its
    neighbours. areas: all of them.
    """

    rgb: np.ndarray
    steps: np.ndarray
    areas: Pieces


def find_even_areas(rgb: np.ndarray) -> EvenAreas:
    """Even areas of a picture, whatever their size."""
    red, green, blue = cv2.split(cv2.morphologyEx(rgb, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)))
    steps = np.asarray(cv2.max(cv2.max(red, green), blue))
    is_even = cv2.threshold(steps, thresholds.PLATE_STEP_LEVELS, 1, cv2.THRESH_BINARY_INV)[1]
    return EvenAreas(rgb=rgb, steps=steps, areas=label_pieces(is_even, connectivity=4))


def find_plates(even: EvenAreas) -> Iterator[Ground]:
    """Even areas that fill their outline, the largest first: cards and tiles on an uneven ground."""
    height, width = even.steps.shape
    sides = even.areas.boxes[:, 2:] - even.areas.boxes[:, :2]
    box_px = sides.prod(axis=1)
    may_be = (box_px >= thresholds.PLATE_LEAST_SHARE * width * height) & (box_px < 0.98 * width * height)
    may_be &= sides.min(axis=1, initial=width + height) >= thresholds.MIN_TILE_SHORT_PX
    plates = [(index, even.areas.mask(index)) for index in np.flatnonzero(may_be).tolist()]
    filled = [(index, mask, px) for index, mask in plates if (px := np.count_nonzero(mask)) >= 0.25 * mask.size]
    filled.sort(key=lambda plate: -plate[2])
    for index, mask, _ in filled[: thresholds.MAX_PLATES]:
        outline = _fill_outline(mask, thresholds.PLATE_FILL, thresholds.PLATE_SOLIDITY)
        if outline is not None:
            left, top, right, bottom = even.areas.boxes[index].tolist()
            part = even.rgb[top:bottom, left:right]
            colour = np.array(cv2.mean(part, mask.view(np.uint8))[:3]).round().astype(np.uint8)
            yield Ground(x=left, y=top, rgb=part, colour=colour, outline=outline, share=1.0)


def find_frequent_colours(rgb: np.ndarray) -> Iterator[np.ndarray]:
    """Masks, uint8 0 or 255, of colours that many pixels share and that are rare at the border.

    A photograph spreads over many colours, a logo has few: each pixel is judged by how frequent its colour is
    (histogram back-projection: Swain and Ballard, Color indexing, 1991).
    """
    height, width = rgb.shape[:2]
    coarse = (rgb >> 3).astype(np.int32)
    bins = coarse[..., 0] << 10 | coarse[..., 1] << 5 | coarse[..., 2]
    px = max(2, round(thresholds.LAYER_RING_SHARE * min(height, width)))
    ring = np.concatenate([side.ravel() for side in (bins[:px], bins[-px:], bins[:, :px], bins[:, -px:])])
    everywhere, at_border = _colour_shares(bins.ravel()), _colour_shares(ring)
    for least in thresholds.LAYER_LEAST_SHARES:
        is_mark = (everywhere > least) & (at_border < thresholds.LAYER_BORDER_RATIO * everywhere)
        mask = is_mark.ravel()[bins].view(np.uint8) * np.uint8(255)
        share = cv2.countNonZero(mask) / mask.size
        if thresholds.LAYER_REGION_SHARE / 2 < share < 0.8:
            yield np.asarray(cv2.medianBlur(mask, 3)) if min(height, width) > 60 else mask


def find_drawn_areas(even: EvenAreas) -> np.ndarray:
    """Mask, uint8 0 or 255, of areas inside the picture that are even and have a sharp border: what is drawn, not taken.

    Areas that lie along the picture's border belong to the photograph.
    """
    height, width = even.steps.shape
    labels, count = even.areas.labels, len(even.areas.boxes) + 1
    least_px = max(thresholds.EVEN_LEAST_PX, thresholds.LAYER_PIECE_SHARE * height * width)
    may_be = np.bincount(labels.ravel(), minlength=count) >= least_px
    may_be[0] = False
    ring = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    may_be &= np.bincount(ring, minlength=count) < thresholds.EVEN_BORDER_SHARE * (height + width)
    # the px beside an area: its label, grown by two
    grown = cv2.dilate(np.where(may_be[labels], labels, 0).astype(np.float32), np.ones((5, 5), np.uint8)).astype(
        np.int32
    )
    beside = (grown > 0) & (labels == 0)
    owners = grown[beside]
    edge = np.bincount(owners, weights=even.steps[beside], minlength=count) / np.maximum(
        1, np.bincount(owners, minlength=count)
    )
    is_drawn = may_be & (edge >= thresholds.EVEN_EDGE_LEVELS)
    mask = is_drawn[labels].view(np.uint8) * np.uint8(255)
    return np.asarray(cv2.dilate(mask, np.ones((3, 3), np.uint8)))


def _colour_shares(bins: np.ndarray) -> np.ndarray:
    """Share of pixels whose colour is a bin's or a neighbour's: float32 (32, 32, 32)."""
    counts = np.bincount(bins, minlength=_COLOUR_BINS**3).astype(np.float32).reshape((_COLOUR_BINS,) * 3)
    for axis in range(3):  # sums of whole numbers: exact in any order
        own, together = np.moveaxis(counts, axis, 0), counts.copy()
        sums = np.moveaxis(together, axis, 0)
        sums[1:] += own[:-1]
        sums[:-1] += own[1:]
        counts = together
    return np.asarray(counts / len(bins))


def _fill_outline(mask: np.ndarray, least_fill: float, least_solidity: float) -> np.ndarray | None:
    """The outer outline of a piece, filled: uint8 (height, width), 0 or 255; None if it fills too little of its box or
    is not convex enough to be a ground."""
    height, width = mask.shape
    framed = np.zeros((height + 2, width + 2), np.uint8)
    framed[1:-1, 1:-1] = mask
    contours, _ = cv2.findContours(framed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    contour = max(contours, key=cv2.contourArea)
    area = cv2.contourArea(contour)
    if area < least_fill * width * height or area < least_solidity * cv2.contourArea(cv2.convexHull(contour)):
        return None
    framed[:] = 0
    cv2.drawContours(framed, [contour], -1, 255, cv2.FILLED)
    return framed[1:-1, 1:-1].copy()


def fill_outlines(mask: np.ndarray) -> np.ndarray:
    """The mask with small gaps closed and everything inside its outer outlines filled: uint8 0 or 255."""
    side = max(3, 2 * (min(mask.shape) // thresholds.CLOSED_GAP_DIVISOR) + 1)
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    filled = np.zeros_like(mask)
    cv2.drawContours(filled, contours, -1, 255, cv2.FILLED)
    return np.asarray(cv2.dilate(filled, np.ones((3, 3), np.uint8)))


def _erode(mask: np.ndarray, px: int) -> np.ndarray:
    kernel = np.ones((2 * px + 1, 2 * px + 1), np.uint8)
    return np.asarray(cv2.erode(mask, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0))
