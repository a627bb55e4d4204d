"""A region's ink → numbers that can be compared: its shape at 32x32 px, where its edges run, its aspect.

The region is stretched to a square, so that size is gone and aspect is one number beside it. The square is
padded with background before gradients are taken: without, the outline of a tightly cropped mark is lost.

What is compared is the descriptor: shape and edges seen from the background cohort (matcher/cohort.py), along the
directions in which drawings differ from each other more than from their own copies on web pages (linear discriminant
analysis: Fisher 1936).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from matcher import thresholds
from matcher.cohort import load_cohort

_INNER_PX, _PAD_PX = 56, 4
_CANVAS_PX = _INNER_PX + 2 * _PAD_PX
_STEP_PX = _CANVAS_PX + 8  # canvases of one strip, kept apart so that no filter mixes them
INK_SIDE_PX = 32
_EDGE_CELLS, _HASH_CELLS = 16, 8
_HASH_STEPS = 16  # cells that differ by less count as equal: a bit must not hang on the last digit


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """What is compared of one region.

    ink_picture: uint8 (32, 32). descriptor: float32 (n,), length 1. edge_bits: bool (256,). log_aspect:
    ln(width / height). long_px: the region's longer side, in working px.
    """

    ink_picture: np.ndarray
    descriptor: np.ndarray
    edge_bits: np.ndarray
    log_aspect: float
    long_px: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measurements:
    """What is measured of n regions, before it is seen from the cohort.

    pictures: uint8 (n, 32, 32). shapes: float32 (n, 2048), ink and edges, each of mean 0. edge_bits: bool (n, 256).
    """

    pictures: np.ndarray
    shapes: np.ndarray
    edge_bits: np.ndarray


def extract_features(ink: np.ndarray) -> Features:
    """Features of one region. ink: uint8 (height, width), scaled and trimmed, 0 = background."""
    return extract_all([ink])[0]


def extract_all(inks: Sequence[np.ndarray]) -> list[Features]:
    """Features of many regions at once."""
    if not len(inks):
        return []
    measured = measure(inks)
    descriptors = load_cohort().describe(measured.shapes)
    return [
        Features(
            ink_picture=measured.pictures[number],
            descriptor=descriptors[number],
            edge_bits=measured.edge_bits[number],
            log_aspect=math.log(ink.shape[1] / ink.shape[0]),
            long_px=max(ink.shape),
        )
        for number, ink in enumerate(inks)
    ]


def measure(inks: Sequence[np.ndarray]) -> Measurements:
    """Shape and edges of regions: all of them lie in one tall strip, so each filter runs once, not once a region."""
    count = len(inks)
    strip = np.zeros((count * _STEP_PX, _CANVAS_PX), np.uint8)
    for number, ink in enumerate(inks):
        top = number * _STEP_PX + _PAD_PX
        strip[top : top + _INNER_PX, _PAD_PX : _PAD_PX + _INNER_PX] = _squared(ink)
    pictures = cv2.resize(strip, (INK_SIDE_PX, count * _STEP_PX // 2), interpolation=cv2.INTER_AREA)
    ink_shapes = _normalise(_tiles(_blur(pictures, 0.7), INK_SIDE_PX, count))
    cells = _blur(_pool(_orientation_maps(strip), _CANVAS_PX // _EDGE_CELLS), 0.7)
    coarse = _tiles(_pool(cells, _EDGE_CELLS // _HASH_CELLS), _HASH_CELLS, count)
    coarse = np.rint(coarse * _HASH_STEPS)
    bits = (coarse > np.median(coarse, axis=(1, 2), keepdims=True)).transpose(0, 3, 1, 2).reshape(count, -1)
    edge_shapes = _normalise(_tiles(cells, _EDGE_CELLS, count).transpose(0, 3, 1, 2))
    weights = math.sqrt(thresholds.NCC_WEIGHT), math.sqrt(thresholds.EDGE_WEIGHT)
    return Measurements(
        pictures=_tiles(pictures, INK_SIDE_PX, count),
        shapes=np.hstack([weights[0] * ink_shapes, weights[1] * edge_shapes]).astype(np.float32),
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


def _squared(ink: np.ndarray) -> np.ndarray:
    height, width = ink.shape
    shrinks = width > _INNER_PX or height > _INNER_PX
    return np.asarray(
        cv2.resize(ink, (_INNER_PX, _INNER_PX), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    )


def _orientation_maps(strip: np.ndarray) -> np.ndarray:
    """Strength of the edges of four unsigned orientations at each pixel: float32 (height, width, 4)."""
    smooth = _blur(strip, 0)
    gx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, borderType=cv2.BORDER_CONSTANT)
    gy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, borderType=cv2.BORDER_CONSTANT)
    length = cv2.sqrt(gx * gx + gy * gy) + np.float32(1e-3)
    weight = 1 / (length * cv2.sqrt(length))  # halves the exponent of the gradient: faint edges count too
    upright, diagonal = (gx + gy) * (gx - gy) * weight, 2 * gx * gy * weight
    signed = cv2.merge([upright, -upright, diagonal, -diagonal])
    return np.asarray(cv2.threshold(signed, 0, 0, cv2.THRESH_TOZERO)[1])


def _pool(maps: np.ndarray, side: int) -> np.ndarray:
    """Means of squares of that many pixels a side: (height, width, n) → (height / side, width / side, n)."""
    size = (maps.shape[1] // side, maps.shape[0] // side)
    return np.asarray(cv2.resize(maps, size, interpolation=cv2.INTER_AREA))


def _blur(strip: np.ndarray, sigma: float) -> np.ndarray:
    # zeros beyond the border, as between the canvases: the first and the last must not differ from the others
    return np.asarray(cv2.GaussianBlur(strip, (3, 3), sigma, borderType=cv2.BORDER_CONSTANT))


def _tiles(strip: np.ndarray, side: int, count: int) -> np.ndarray:
    """The regions' squares out of a strip: (count, side, side, …)."""
    tiles = strip.reshape(count, strip.shape[0] // count, side, *strip.shape[2:])
    return tiles[:, :side]


def _normalise(values: np.ndarray) -> np.ndarray:
    """Rows of mean 0 and length 1: float32 (n, rest)."""
    rows = values.reshape(len(values), -1).astype(np.float32)
    rows -= rows.mean(axis=1, keepdims=True)
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    return np.asarray(rows / np.maximum(lengths, 1e-6))
