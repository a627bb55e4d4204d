"""The closer look at one candidate: a region is laid on an official drawing, then judged where both have something.

1. Find the affine map that makes their inks agree best (enhanced correlation: Evangelidis and Psarakis 2008). What a
   box cut off, a small turn or a shift then no longer counts as a difference.
2. Cut both to the part of the drawing that the region shows.
3. Describe both anew, the drawing also blurred, and score that as compare.py does: a cut drawing has its own margin.
4. Add how much better the edges agree than the inks do: of two plain blobs the inks agree and the edges do not.
5. Take off what the place where the inks differ most shows: of two drawings that have all but one sign in common, that sign.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from matcher import thresholds
from matcher.looking.chosen_descriptor import chosen_descriptor
from matcher.looking.compare import FeatureTable, Template, measure_likeness, measure_margins, score_likeness
from matcher.looking.descriptor import Drawings
from matcher.looking.features import INNER_PX, PAD_PX, SQUARE_PX, Features, find_edges, measure_squares

_STOP = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, thresholds.ALIGN_STEPS, 1e-3)
_IDENTITY = np.eye(2, 3, dtype=np.float32)
_EVERYWHERE = np.full((SQUARE_PX, SQUARE_PX), 255, np.uint8)
_CELL_PX = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alignment:
    """How a region lies on an official drawing.

    score: 0..1, 1 = the same drawing. matrix: float32 (2, 3), point of the official square → point of the region's.
    shown: left, top, right, bottom of the part of the drawing that the region shows, shares of its sides.
    ink_agreement, edge_agreement: correlations, -1..1, after the map. residue: ink (0..1) by which the two differ where they
    differ most.
    """

    score: float
    matrix: np.ndarray
    shown: tuple[float, float, float, float]
    ink_agreement: float
    edge_agreement: float
    residue: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pair:
    """A region and the drawing that it is a candidate for. descriptor: of the region, float32 (d,)."""

    template: Template
    region: Features
    descriptor: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Laid:
    """A pair after the map. moved: the region's square as it lies on the official one. shown: see Alignment."""

    pair: Pair
    matrix: np.ndarray
    moved: np.ndarray
    shown: tuple[float, float, float, float]

    @property
    def area(self) -> float:
        left, top, right, bottom = self.shown
        return (right - left) * (bottom - top)

    @property
    def edges_px(self) -> tuple[int, int, int, int]:
        left, top, right, bottom = (PAD_PX + round(side * INNER_PX) for side in self.shown)
        return left, top, right, bottom

    @property
    def is_cut(self) -> bool:
        left, top, right, bottom = self.edges_px
        return (right - left) * (bottom - top) < thresholds.WHOLE_SHARE * INNER_PX**2


def align_all(pairs: Sequence[Pair]) -> list[Alignment]:
    """Lay each region on its drawing. What is described anew is described together: a wall has many pairs."""
    laid = [_lay(pair) for pair in pairs]
    shown = [number for number, laid_pair in enumerate(laid) if laid_pair.area >= thresholds.LEAST_SHOWN_SHARE]
    likeness = dict(zip(shown, _score_shown([laid[number] for number in shown]), strict=True))
    return [_compare(laid_pair, likeness.get(number)) for number, laid_pair in enumerate(laid)]


def _compare(laid: _Laid, likeness: float | None) -> Alignment:
    """likeness: None if too little of the drawing is shown."""
    template = laid.pair.template
    ink_agreement = _correlate(template.features.square, laid.moved)
    edge_agreement = _compare_edges(template, laid.moved)
    residue = _find_residue(laid)
    score = -1.0
    if likeness is not None:
        score = likeness + thresholds.EDGES_OVER_INK_WEIGHT * (edge_agreement - ink_agreement)
        score -= thresholds.RESIDUE_WEIGHT * max(0.0, residue - thresholds.RESIDUE_FREE)
    return Alignment(
        score=min(1.0, max(-1.0, score)),
        matrix=laid.matrix,
        shown=laid.shown,
        ink_agreement=ink_agreement,
        edge_agreement=edge_agreement,
        residue=residue,
    )


def _find_residue(laid: _Laid) -> float:
    """Largest difference of the two inks, 0..1, over the part that the region shows and a little beyond."""
    difference = cv2.subtract(laid.pair.template.features.square, laid.moved, dtype=cv2.CV_32F)
    if laid.is_cut:
        left, top, right, bottom = laid.edges_px
        beyond = PAD_PX // 2
        shown = np.zeros_like(difference)
        window = np.s_[top - beyond : bottom + beyond, left - beyond : right + beyond]
        shown[window] = difference[window]
        difference = shown
    return float(cv2.norm(blurred(difference, thresholds.RESIDUE_BLUR_PX), cv2.NORM_INF)) / 255


def _lay(pair: Pair) -> _Laid:
    found = pair.region.square
    matrix = find_map(pair.template.features.square, found)
    moved = found if matrix is _IDENTITY else move_square(found, matrix)
    return _Laid(pair=pair, matrix=matrix, moved=moved, shown=_find_shown(matrix))


def find_map(official: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Affine map from the official square to the found one; the identity where none is better, or it goes too far."""
    unmoved = _correlate(official, found)
    if unmoved >= 1 - thresholds.LEAST_ALIGN_GAIN:  # no map can gain enough
        return _IDENTITY
    try:
        start = _IDENTITY.copy()  # OpenCV writes into it
        _, matrix = cv2.findTransformECC(
            official, found, start, cv2.MOTION_AFFINE, _STOP, _EVERYWHERE, thresholds.ALIGN_BLUR_PX
        )
    except cv2.error:  # no convergence: they have nothing in common
        return _IDENTITY
    turn = np.abs(matrix[:, :2] - _IDENTITY[:, :2])
    if max(turn[0, 0], turn[1, 1]) > thresholds.MAX_STRETCH or max(turn[0, 1], turn[1, 0]) > thresholds.MAX_SHEAR:
        return _IDENTITY
    gain = _correlate(official, move_square(found, matrix)) - unmoved
    return np.asarray(matrix) if gain > thresholds.LEAST_ALIGN_GAIN else _IDENTITY


def move_square(square: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """A square, (64, 64, …), as it lies on the official one. matrix: see Alignment."""
    return np.asarray(
        cv2.warpAffine(square, matrix, (SQUARE_PX, SQUARE_PX), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    )


def _find_shown(matrix: np.ndarray) -> tuple[float, float, float, float]:
    if matrix is _IDENTITY:
        return 0.0, 0.0, 1.0, 1.0
    back = cv2.invertAffineTransform(matrix)
    low, high = float(PAD_PX), float(PAD_PX + INNER_PX)
    middle = (low + high) / 2
    sides = back @ np.array([[low, middle, 1], [middle, low, 1], [high, middle, 1], [middle, high, 1]]).T
    found = (sides[0, 0], sides[1, 1], sides[0, 2], sides[1, 3])
    left, top, right, bottom = (min(1.0, max(0.0, (float(side) - low) / INNER_PX)) for side in found)
    return left, top, max(left, right), max(top, bottom)


def _score_shown(laid: Sequence[_Laid]) -> list[float]:
    """Scores where both have something."""
    squares = [_cut_squares(laid_pair) for laid_pair in laid]
    drawn = [square for each in squares for square in each]
    described = chosen_descriptor().describe(measure_squares(np.stack(drawn)).shapes) if drawn else np.empty((0, 0))
    ends = np.cumsum([len(each) for each in squares])
    return [
        _score(laid_pair, described[end - len(each) : end])
        for laid_pair, each, end in zip(laid, squares, ends, strict=True)
    ]


def _cut_squares(laid: _Laid) -> list[np.ndarray]:
    """Squares that must be described: the region's where it moved; first the drawing's, sharp and blurred, where it is
    cut."""
    if laid.matrix is _IDENTITY:
        return []
    if not laid.is_cut:
        return [_square(laid.moved[PAD_PX:-PAD_PX, PAD_PX:-PAD_PX])]
    left, top, right, bottom = laid.edges_px
    official = laid.pair.template.features.square[top:bottom, left:right]
    return [*blur_part(official), _square(laid.moved[top:bottom, left:right])]


def _score(laid: _Laid, described: np.ndarray) -> float:
    """described: descriptors of _cut_squares."""
    template, region = laid.pair.template, laid.pair.region
    left, top, right, bottom = laid.edges_px
    cut = math.log((right - left) / (bottom - top)) if laid.is_cut else 0.0
    stretch = math.log(math.hypot(*laid.matrix[:, 0]) / math.hypot(*laid.matrix[:, 1]))
    shapes = Drawings(
        descriptors=described[:-1] if laid.is_cut else template.descriptors,
        log_aspects=np.full(len(template.descriptors), template.features.log_aspect + cut, np.float32),
    )
    table = FeatureTable(
        descriptors=described[-1:] if len(described) else laid.pair.descriptor[None],
        log_aspects=np.array([region.log_aspect + stretch + cut], np.float32),
        long_px=np.array([region.long_px]),
    )
    likeness = measure_likeness(table, shapes, aspect_weight=thresholds.LAID_ASPECT_WEIGHT)[0]
    if laid.is_cut and likeness.max() < thresholds.CUT_LIKENESS:
        return 0.0  # its margins would cost most of the look, and could not make it a match
    margins = measure_margins(shapes) if laid.is_cut else np.array(template.blur_margins, np.float32)
    return float(score_likeness(likeness, margins, template.attainable).max())


def blurred(square: np.ndarray, px: float) -> np.ndarray:
    """A square blurred by a Gaussian of that many px."""
    return np.asarray(cv2.GaussianBlur(square, (0, 0), px))


def blur_part(part: np.ndarray) -> list[np.ndarray]:
    """Squares of a part of an official square: as it is, then blurred by each of thresholds.ALIGN_BLURS_PX."""
    return [_square(part), *(_square(blurred(part, px)) for px in thresholds.ALIGN_BLURS_PX)]


def _square(part: np.ndarray) -> np.ndarray:
    square = np.zeros((SQUARE_PX, SQUARE_PX), np.uint8)
    inner = part if part.shape == (INNER_PX, INNER_PX) else cv2.resize(part, (INNER_PX, INNER_PX))
    square[PAD_PX:-PAD_PX, PAD_PX:-PAD_PX] = inner
    return square


def _correlate(a: np.ndarray, b: np.ndarray) -> float:
    """Normalised cross-correlation of two squares, -1..1; 0 if one of them is even."""
    total_a, total_b, count = cv2.sumElems(a)[0], cv2.sumElems(b)[0], a.size
    own_a, own_b = cv2.norm(a, cv2.NORM_L2SQR), cv2.norm(b, cv2.NORM_L2SQR)
    spread_a, spread_b = count * own_a - total_a**2, count * own_b - total_b**2
    if not spread_a or not spread_b:
        return 0.0
    together = (own_a + own_b - cv2.norm(a, b, cv2.NORM_L2SQR)) / 2  # all of it exact: sums of whole numbers
    return float((count * together - total_a * total_b) / math.sqrt(spread_a * spread_b))


def _compare_edges(template: Template, moved: np.ndarray) -> float:
    """Mean agreement of the edges in cells of 16 px, each weighted by how much edge either has there: -1..1."""
    a, b = _soften_official(template), _soften(moved)
    together = _sum_cells((a * b).sum(axis=0))
    own, other = _sum_cells((a * a).sum(axis=0)), _sum_cells((b * b).sum(axis=0))
    agreement = together / np.sqrt(own * other + 1e-3 * (own + other) + 1e-9)
    weights = np.sqrt(own) + np.sqrt(other)
    return float((weights * agreement).sum() / (weights.sum() + 1e-9))


@functools.lru_cache(maxsize=256)  # 32 kB each; what a site shows, it shows often
def _soften_official(template: Template) -> np.ndarray:
    return _soften(template.features.square)


def _soften(square: np.ndarray) -> np.ndarray:
    """Edges, blurred so that one px beside it is still the same edge: float32 (2, 64, 64)."""
    edges = find_edges(square)
    return np.stack([cv2.GaussianBlur(edges.upright, (5, 5), 0), cv2.GaussianBlur(edges.diagonal, (5, 5), 0)])


def _sum_cells(values: np.ndarray) -> np.ndarray:
    cells = SQUARE_PX // _CELL_PX
    return np.asarray(values.reshape(cells, _CELL_PX, cells, _CELL_PX).sum(axis=(1, 3)))
