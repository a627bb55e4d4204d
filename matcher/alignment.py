"""The closer look at one candidate: a region is laid on an official drawing, then judged where both have something.

1. Find the affine map that makes their inks agree best (enhanced correlation: Evangelidis and Psarakis 2008). What a
   box cut off, a small turn or a shift then no longer counts as a difference.
2. Cut both to the part of the drawing that the region shows.
3. Describe both anew, the drawing also blurred, and score that as compare.py does: a cut drawing has its own margin.
4. Add how much better the edges agree than the inks do: of two plain blobs the inks agree and the edges do not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from matcher import thresholds
from matcher.cohort import Drawings, load_cohort
from matcher.compare import FeatureTable, Template, measure_likeness, measure_margins, score_likeness
from matcher.features import INNER_PX, PAD_PX, SQUARE_PX, Features, find_edges, measure_squares

_STOP = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, thresholds.ALIGN_STEPS, 1e-3)
_IDENTITY = np.eye(2, 3, dtype=np.float32)
_EVERYWHERE = np.full((SQUARE_PX, SQUARE_PX), 255, np.uint8)
_CELL_PX = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alignment:
    """How a region lies on an official drawing.

    score: 0..1, 1 = the same drawing. matrix: float32 (2, 3), point of the official square → point of the region's.
    shown: left, top, right, bottom of the part of the drawing that the region shows, shares of its sides.
    ink_agreement, edge_agreement: correlations, -1..1, after the map.
    """

    score: float
    matrix: np.ndarray
    shown: tuple[float, float, float, float]
    ink_agreement: float
    edge_agreement: float


def align(template: Template, region: Features) -> Alignment:
    """Lay a region on the drawing that it is a candidate for."""
    official, found = template.features.square, region.square
    matrix = find_map(official, found)
    moved = found if matrix is _IDENTITY else _move(found, matrix)
    shown = _find_shown(matrix)
    ink_agreement, edge_agreement = _correlate(official, moved), _compare_edges(official, moved)
    left, top, right, bottom = shown
    if (right - left) * (bottom - top) < thresholds.LEAST_SHOWN_SHARE:
        score = -1.0
    else:
        likeness = _score_shown(template, region, matrix, moved, shown)
        score = likeness + thresholds.EDGES_OVER_INK_WEIGHT * (edge_agreement - ink_agreement)
    return Alignment(
        score=min(1.0, max(-1.0, score)),
        matrix=matrix,
        shown=shown,
        ink_agreement=ink_agreement,
        edge_agreement=edge_agreement,
    )


def find_map(official: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Affine map from the official square to the found one; the identity where none is better, or it goes too far."""
    try:
        start = _IDENTITY.copy()  # OpenCV writes into it
        _, matrix = cv2.findTransformECC(
            official, found, start, cv2.MOTION_AFFINE, _STOP, _EVERYWHERE, thresholds.ALIGN_BLUR_PX
        )
    except cv2.error:  # no convergence: they have nothing in common
        return _IDENTITY
    turn = matrix[:, :2] - _IDENTITY[:, :2]
    limits = np.array([[thresholds.MAX_STRETCH, thresholds.MAX_SHEAR], [thresholds.MAX_SHEAR, thresholds.MAX_STRETCH]])
    if (np.abs(turn) > limits).any():
        return _IDENTITY
    gain = _correlate(official, _move(found, matrix)) - _correlate(official, found)
    return np.asarray(matrix) if gain > thresholds.LEAST_ALIGN_GAIN else _IDENTITY


def _move(square: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """A square as it lies on the official one."""
    return np.asarray(
        cv2.warpAffine(square, matrix, (SQUARE_PX, SQUARE_PX), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    )


def _find_shown(matrix: np.ndarray) -> tuple[float, float, float, float]:
    back = cv2.invertAffineTransform(matrix)
    low, high = float(PAD_PX), float(PAD_PX + INNER_PX)
    middle = (low + high) / 2
    sides = back @ np.array([[low, middle, 1], [middle, low, 1], [high, middle, 1], [middle, high, 1]]).T
    found = (sides[0, 0], sides[1, 1], sides[0, 2], sides[1, 3])
    left, top, right, bottom = (min(1.0, max(0.0, (float(side) - low) / INNER_PX)) for side in found)
    return left, top, max(left, right), max(top, bottom)


def _score_shown(
    template: Template,
    region: Features,
    matrix: np.ndarray,
    moved: np.ndarray,
    shown: tuple[float, float, float, float],
) -> float:
    left, top, right, bottom = (PAD_PX + round(side * INNER_PX) for side in shown)
    is_cut = (right - left) * (bottom - top) < thresholds.WHOLE_SHARE * INNER_PX**2
    if not is_cut:
        left = top = PAD_PX
        right = bottom = PAD_PX + INNER_PX
    cut = math.log((right - left) / (bottom - top))
    stretch = math.log(math.hypot(*matrix[:, 0]) / math.hypot(*matrix[:, 1]))
    official = template.features.square[top:bottom, left:right]
    drawings = [_square(official), *(_square(blurred(official, px)) for px in thresholds.ALIGN_BLURS_PX)]
    measured = measure_squares(np.stack([*drawings, _square(moved[top:bottom, left:right])]))
    descriptors = load_cohort().describe(measured.shapes)
    shapes = Drawings(
        descriptors=descriptors[:-1],
        log_aspects=np.full(len(drawings), template.features.log_aspect + cut, np.float32),
    )
    table = FeatureTable(
        descriptors=descriptors[-1:],
        words=np.empty((1, 0), np.uint64),
        log_aspects=np.array([region.log_aspect + stretch + cut], np.float32),
        long_px=np.array([region.long_px]),
    )
    likeness = measure_likeness(table, shapes)[0]
    margins = measure_margins(shapes) if is_cut else np.array(template.blur_margins, np.float32)
    return float(score_likeness(likeness, margins, template.attainable).max())


def blurred(square: np.ndarray, px: float) -> np.ndarray:
    """A square blurred by a Gaussian of that many px."""
    return np.asarray(cv2.GaussianBlur(square, (0, 0), px))


def _square(part: np.ndarray) -> np.ndarray:
    inner = part if part.shape == (INNER_PX, INNER_PX) else cv2.resize(part, (INNER_PX, INNER_PX))
    return np.asarray(cv2.copyMakeBorder(inner, PAD_PX, PAD_PX, PAD_PX, PAD_PX, cv2.BORDER_CONSTANT, value=0))


def _correlate(a: np.ndarray, b: np.ndarray) -> float:
    """Normalised cross-correlation of two squares, -1..1; 0 if one of them is even."""
    return float(cv2.matchTemplate(a, b, cv2.TM_CCOEFF_NORMED)[0, 0])


def _compare_edges(official: np.ndarray, moved: np.ndarray) -> float:
    """Mean agreement of the edges in cells of 16 px, each weighted by how much edge either has there: -1..1."""
    a, b = (_soften(square) for square in (official, moved))
    together = _sum_cells((a * b).sum(axis=0))
    own, other = _sum_cells((a * a).sum(axis=0)), _sum_cells((b * b).sum(axis=0))
    agreement = together / np.sqrt(own * other + 1e-3 * (own + other) + 1e-9)
    weights = np.sqrt(own) + np.sqrt(other)
    return float((weights * agreement).sum() / (weights.sum() + 1e-9))


def _soften(square: np.ndarray) -> np.ndarray:
    """Edges, blurred so that one px beside it is still the same edge: float32 (2, 64, 64)."""
    edges = find_edges(square)
    return np.stack([cv2.GaussianBlur(edges.upright, (5, 5), 0), cv2.GaussianBlur(edges.diagonal, (5, 5), 0)])


def _sum_cells(values: np.ndarray) -> np.ndarray:
    cells = SQUARE_PX // _CELL_PX
    return np.asarray(values.reshape(cells, _CELL_PX, cells, _CELL_PX).sum(axis=(1, 3)))
