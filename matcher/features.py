"""A region's ink → numbers that can be compared: its shape at 32x32 px, where its edges run, its aspect.

The region is stretched to a square, so that size is gone and aspect is one number beside it. The square is
padded with background before gradients are taken: without, the outline of a tightly cropped mark is lost.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

_INNER_PX, _PAD_PX = 56, 4
_CANVAS_PX = _INNER_PX + 2 * _PAD_PX
_STEP_PX = _CANVAS_PX + 8  # canvases of one strip, kept apart so that no filter mixes them
INK_SIDE_PX = 32
_EDGE_CELLS, _HASH_CELLS = 16, 8
_HASH_STEPS = 16  # cells that differ by less count as equal: a bit must not hang on the last digit


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """What is compared of one region.

    ink_picture: uint8 (32, 32). ink: float32 (1024,), mean 0, length 1. edges: float32 (1024,), 4 unsigned
    orientations x 16 x 16, mean 0, length 1. edge_bits: bool (256,). log_aspect: ln(width / height).
    """

    ink_picture: np.ndarray
    ink: np.ndarray
    edges: np.ndarray
    edge_bits: np.ndarray
    log_aspect: float


def extract_features(ink: np.ndarray) -> Features:
    """Features of one region. ink: uint8 (height, width), scaled and trimmed, 0 = background."""
    return extract_all([ink])[0]


def extract_all(inks: Sequence[np.ndarray]) -> list[Features]:
    """Features of many regions at once: all of them lie in one tall strip, so each filter runs once, not once
    a region."""
    count = len(inks)
    if not count:
        return []
    strip = np.zeros((count * _STEP_PX, _CANVAS_PX), np.uint8)
    for number, ink in enumerate(inks):
        top = number * _STEP_PX + _PAD_PX
        strip[top : top + _INNER_PX, _PAD_PX : _PAD_PX + _INNER_PX] = _squared(ink)
    pictures = cv2.resize(strip, (INK_SIDE_PX, count * _STEP_PX // 2), interpolation=cv2.INTER_AREA)
    shapes = _normalise(_tiles(_blur(pictures, 0.7), INK_SIDE_PX, count))
    cells = _blur(_pool(_orientation_maps(strip), _CANVAS_PX // _EDGE_CELLS), 0.7)
    coarse = _tiles(_pool(cells, _EDGE_CELLS // _HASH_CELLS), _HASH_CELLS, count)
    coarse = np.rint(coarse * _HASH_STEPS)
    bits = (coarse > np.median(coarse, axis=(1, 2), keepdims=True)).transpose(0, 3, 1, 2).reshape(count, -1)
    edges = _normalise(_tiles(cells, _EDGE_CELLS, count).transpose(0, 3, 1, 2))
    pictures = _tiles(pictures, INK_SIDE_PX, count)
    return [
        Features(
            ink_picture=pictures[number],
            ink=shapes[number],
            edges=edges[number],
            edge_bits=bits[number],
            log_aspect=math.log(ink.shape[1] / ink.shape[0]),
        )
        for number, ink in enumerate(inks)
    ]


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
    # square roots and quotients, not powers: these are rounded alike wherever in memory a value lies
    length = np.sqrt(gx * gx + gy * gy) + np.float32(1e-3)
    weight = 1 / (length * np.sqrt(length))  # halves the exponent of the gradient: faint edges count too
    upright, diagonal = (gx * gx - gy * gy) * weight, 2 * gx * gy * weight
    return np.stack([upright, -upright, diagonal, -diagonal], axis=-1).clip(0)


def _pool(maps: np.ndarray, side: int) -> np.ndarray:
    """Means of squares of that many pixels a side: (height, width, n) → (height / side, width / side, n)."""
    height, width, depth = maps.shape
    return np.asarray(maps.reshape(height // side, side, width // side, side, depth).mean(axis=(1, 3)))


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
