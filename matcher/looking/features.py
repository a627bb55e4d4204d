"""A region's ink → numbers that can be compared: its shape at 32x32 px, where its edges run, its aspect.

The region is stretched to a square, so that size is gone and aspect is one number beside it. The square is
padded with background before gradients are taken: without, the outline of a tightly cropped mark is lost.

What is compared is the descriptor that is made of them (matcher/looking/descriptor.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from matcher.looking.descriptor import Shapes

INNER_PX, PAD_PX = 56, 4
SQUARE_PX = INNER_PX + 2 * PAD_PX
_GAP_PX = 8  # above, between and below the squares of one strip, so that no filter mixes them or finds another border
_STEP_PX = SQUARE_PX + _GAP_PX
_STRIP_SQUARES = 16  # with more of them in one strip the maps fall out of the second-level cache
INK_SIDE_PX = 32
_EDGE_CELLS, _HASH_CELLS = 16, 8
_HASH_STEPS = 16  # cells that differ by less count as equal: a bit must not hang on the last digit


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """What is compared of one region.

    square: uint8 (64, 64), the ink stretched, with 4 px of background around. ink_picture: uint8 (32, 32). soft_ink: the
    same, blurred. edge_cells: float32 (16, 16, 4). edge_bits: bool (256,). log_aspect: ln(width / height). long_px: the
    region's longer side, in working px.
    """

    square: np.ndarray
    ink_picture: np.ndarray
    soft_ink: np.ndarray
    edge_cells: np.ndarray
    edge_bits: np.ndarray
    log_aspect: float
    long_px: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measurements:
    """What is measured of n regions, before they are described.

    squares: uint8 (n, 64, 64). pictures: uint8 (n, 32, 32). soft_inks: the same, blurred. edge_cells: float32
    (n, 16, 16, 4). edge_bits: bool (n, 256).
    """

    squares: np.ndarray
    pictures: np.ndarray
    soft_inks: np.ndarray
    edge_cells: np.ndarray
    edge_bits: np.ndarray

    @property
    def shapes(self) -> Shapes:
        """What a descriptor looks at."""
        return Shapes(squares=self.squares, soft_inks=self.soft_inks, edge_cells=self.edge_cells)


def extract_features(ink: np.ndarray) -> Features:
    """Features of one region. ink: uint8 (height, width), scaled and trimmed, 0 = background."""
    return extract_all([ink])[0]


def extract_all(inks: Sequence[np.ndarray]) -> list[Features]:
    """Features of many regions at once. They are not described yet: most regions are like no official logo."""
    if not len(inks):
        return []
    squares = stretch_to_squares(inks)
    measured = measure_squares(squares)
    return [
        Features(
            square=squares[number],
            ink_picture=measured.pictures[number],
            soft_ink=measured.soft_inks[number],
            edge_cells=measured.edge_cells[number],
            edge_bits=measured.edge_bits[number],
            log_aspect=math.log(ink.shape[1] / ink.shape[0]),
            long_px=max(ink.shape),
        )
        for number, ink in enumerate(inks)
    ]


def shapes_of(features: Sequence[Features]) -> Shapes:
    """What a descriptor looks at of regions; the sequence must not be empty."""
    return Shapes(
        squares=[f.square for f in features],
        soft_inks=np.stack([f.soft_ink for f in features]),
        edge_cells=np.stack([f.edge_cells for f in features]),
    )


def stretch_to_squares(inks: Sequence[np.ndarray]) -> np.ndarray:
    """Regions stretched to squares with background around them: uint8 (n, 64, 64)."""
    squares = np.zeros((len(inks), SQUARE_PX, SQUARE_PX), np.uint8)
    for square, ink in zip(squares, inks, strict=True):
        shrinks = max(ink.shape) > INNER_PX
        square[PAD_PX:-PAD_PX, PAD_PX:-PAD_PX] = cv2.resize(
            ink, (INNER_PX, INNER_PX), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        )
    return squares


def measure_squares(squares: np.ndarray) -> Measurements:
    """Shape and edges of squares, uint8 (n, 64, 64)."""
    parts = [_measure_strip(squares[at : at + _STRIP_SQUARES]) for at in range(0, len(squares), _STRIP_SQUARES)]
    if len(parts) == 1:
        return parts[0]
    return Measurements(
        squares=squares,
        pictures=np.concatenate([part.pictures for part in parts]),
        soft_inks=np.concatenate([part.soft_inks for part in parts]),
        edge_cells=np.concatenate([part.edge_cells for part in parts]),
        edge_bits=np.concatenate([part.edge_bits for part in parts]),
    )


def _measure_strip(squares: np.ndarray) -> Measurements:
    """The same of a few squares: they lie in one tall strip, so each filter runs once, not once a square."""
    count = len(squares)
    strip = np.zeros((_GAP_PX + count * _STEP_PX, SQUARE_PX), np.uint8)
    strip[_GAP_PX:].reshape(count, _STEP_PX, SQUARE_PX)[:, :SQUARE_PX] = squares
    pictures = _pool(strip, SQUARE_PX // INK_SIDE_PX)
    cells = _blur(_pool_orientations(find_edges(strip), SQUARE_PX // _EDGE_CELLS), 0.7)
    coarse = _tiles(_pool(cells, _EDGE_CELLS // _HASH_CELLS), _HASH_CELLS, count)
    coarse = np.rint(coarse * _HASH_STEPS).transpose(0, 3, 1, 2).reshape(count, -1, _HASH_CELLS**2)
    ordered = np.sort(coarse, axis=2)
    middle = _HASH_CELLS**2 // 2
    medians = (ordered[:, :, middle - 1 : middle] + ordered[:, :, middle : middle + 1]) / 2  # np.median minds NaN
    bits = (coarse > medians).reshape(count, -1)
    return Measurements(
        squares=squares,
        pictures=_tiles(pictures, INK_SIDE_PX, count),
        soft_inks=_tiles(_blur(pictures, 0.7), INK_SIDE_PX, count),
        edge_cells=_tiles(cells, _EDGE_CELLS, count),
        edge_bits=bits,
    )


def blurred_copy(ink: np.ndarray, long_px: int) -> np.ndarray:
    """A region's ink as if its longer side had been so many px; the region itself if it is smaller."""
    height, width = ink.shape
    zoom = long_px / max(height, width)
    if zoom >= 1:
        return ink
    size = (max(3, round(width * zoom)), max(3, round(height * zoom)))
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edges:
    """Edges in the double angle, in which opposite directions are one: float32 (height, width) each.

    upright: > 0 where an edge stands, < 0 where it lies. diagonal: > 0 where it falls to the right, < 0 where it rises.
    """

    upright: np.ndarray
    diagonal: np.ndarray


def find_edges(ink: np.ndarray) -> Edges:
    """Edges of ink, uint8 (height, width), longer the stronger they are."""
    smooth = _blur(ink, 0)
    gx: np.ndarray = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, borderType=cv2.BORDER_CONSTANT)
    gy: np.ndarray = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, borderType=cv2.BORDER_CONSTANT)
    length: np.ndarray = cv2.sqrt(gx * gx + gy * gy)
    length += np.float32(1e-3)
    length *= cv2.sqrt(length)  # halves the exponent of the gradient: faint edges count too
    weight = np.divide(np.float32(1), length, out=length)
    upright = gx + gy
    upright *= gx - gy
    upright *= weight
    gx *= 2
    gx *= gy
    gx *= weight
    return Edges(upright=upright, diagonal=gx)


def _pool_orientations(edges: Edges, side: int) -> np.ndarray:
    """Mean strength of the edges of four unsigned orientations in squares of that many pixels a side: float32 (height /
    side, width / side, 4). One orientation after the other: all four at once fall out of the cache."""
    signed = (edges.upright, -edges.upright, edges.diagonal, -edges.diagonal)
    return cv2.merge([_pool(cv2.threshold(orientation, 0, 0, cv2.THRESH_TOZERO)[1], side) for orientation in signed])


def _pool(maps: np.ndarray, side: int) -> np.ndarray:
    """Means of squares of that many pixels a side: (height, width, n) → (height / side, width / side, n)."""
    size = (maps.shape[1] // side, maps.shape[0] // side)
    return np.asarray(cv2.resize(maps, size, interpolation=cv2.INTER_AREA))


def _blur(strip: np.ndarray, sigma: float) -> np.ndarray:
    # zeros beyond the border, as between the canvases: the first and the last must not differ from the others
    return np.asarray(cv2.GaussianBlur(strip, (3, 3), sigma, borderType=cv2.BORDER_CONSTANT))


def _tiles(strip: np.ndarray, side: int, count: int) -> np.ndarray:
    """The regions' squares out of a strip: (count, side, side, …)."""
    first = strip.shape[0] - count * (step := _STEP_PX * side // SQUARE_PX)
    return strip[first:].reshape(count, step, side, *strip.shape[2:])[:, :side]
