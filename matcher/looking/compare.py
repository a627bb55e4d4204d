"""The second, closer comparison: regions against official templates, each with its own margin.

Likeness = cosine of the descriptors - a penalty for another aspect. Score = likeness above the template's margin (how
well drawings that are nobody's logo do on it), scaled so that an exact copy has 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matcher import thresholds
from matcher.looking.appearance import Appearance
from matcher.looking.chosen_descriptor import chosen_descriptor, describe_all
from matcher.looking.descriptor import Drawings
from matcher.looking.features import Features
from matcher.looking.hash_index import measure_distances, pack_bits

_FEW_ROWS = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeatureTable:
    """Described regions as arrays: descriptors float32 (n, d), log_aspects (n,), long_px (n,)."""

    descriptors: np.ndarray
    log_aspects: np.ndarray
    long_px: np.ndarray

    @property
    def short_px(self) -> np.ndarray:
        """Shorter sides, float (n,)."""
        return np.asarray(self.long_px * np.exp(-np.abs(self.log_aspects)))


def tabulate(features: Sequence[Features]) -> FeatureTable:
    """One table of many features; the sequence must not be empty."""
    return FeatureTable(
        descriptors=describe_all(features),
        log_aspects=np.array([f.log_aspect for f in features], np.float32),
        long_px=np.array([f.long_px for f in features]),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Template:
    """One drawing that stands for an official logo.

    appearance: of the drawing in its file. descriptors: float32 (n, d), of the drawing sharp and then blurred, as alignment.py
    blurs it. margin: how well nobody's drawings do on it, 0..1. attainable: how well true copies do on it, 1 but for tiny
    ones. stranger_scores: of the strangers that are most like it. blur_margins: margins of the drawing and of its blurred
    copies (alignment.py). largest_px: longer side of the largest region that it is compared
    with (a blurred copy is for small ones); None: any.
    """

    features: Features
    appearance: Appearance
    descriptors: np.ndarray
    margin: float
    attainable: float
    stranger_scores: np.ndarray
    blur_margins: tuple[float, ...]
    largest_px: int | None

    def count_strangers(self, score: float) -> int:
        """How many of the cohort's strangers have that first score at least; thresholds.COUNTED_STRANGERS = so many or
        more."""
        return int((self.stranger_scores >= score).sum())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoreTable:
    """Each region against each template. scores: float32 (regions, templates), 1 = the same drawing, -1 = not
    on the short-list. distances: int32, edge-hash bits. descriptors: of the regions on the short-list, by number."""

    scores: np.ndarray
    distances: np.ndarray
    descriptors: Mapping[int, np.ndarray]


class TemplateSet:
    """Official templates, ready to be compared with."""

    def __init__(self, templates: Sequence[Template]) -> None:
        self._words = _pack_edges([template.features for template in templates])
        self._drawings = Drawings(
            descriptors=np.stack([template.descriptors[0] for template in templates]),
            log_aspects=np.array([template.features.log_aspect for template in templates], np.float32),
        )
        self.margins = np.array([template.margin for template in templates], np.float32)
        self._attainable = np.array([template.attainable for template in templates], np.float32)
        self._largest_px = np.array([template.largest_px or np.iinfo(np.int32).max for template in templates])

    def least_distance_bits(self, region: Features) -> int:
        """Edge-hash bits between a region and the template that is nearest to it."""
        return int(measure_distances(_pack_edges([region]), self._words).min())

    def compare(self, regions: Sequence[Features]) -> ScoreTable:
        """Scores of all regions; the short-list by edge hash comes first, and only what is on it is described."""
        distances = measure_distances(_pack_edges(regions), self._words)
        is_listed = (distances <= thresholds.SHORTLIST_DISTANCE_BITS) & (self.margins <= thresholds.MAX_MARGIN)
        is_listed &= np.array([region.long_px for region in regions])[:, None] <= self._largest_px
        scores = np.full(distances.shape, -1, np.float32)
        listed, near = np.flatnonzero(is_listed.any(axis=1)), np.flatnonzero(is_listed.any(axis=0))
        if not len(listed):
            return ScoreTable(scores=scores, distances=distances, descriptors={})
        table = tabulate([regions[number] for number in listed.tolist()])
        drawings = Drawings(descriptors=self._drawings.descriptors[near], log_aspects=self._drawings.log_aspects[near])
        found = score_likeness(measure_likeness(table, drawings), self.margins[near], self._attainable[near])
        cells = np.ix_(listed, near)
        scores[cells] = np.where(is_listed[cells], found.clip(-1, 1), np.float32(-1))
        descriptors = dict(zip(listed.tolist(), table.descriptors, strict=True))
        return ScoreTable(scores=scores, distances=distances, descriptors=descriptors)


def _pack_edges(features: Sequence[Features]) -> np.ndarray:
    return pack_bits(np.stack([f.edge_bits for f in features]))


def score_likeness(likeness: np.ndarray, margins: np.ndarray, attainable: np.ndarray | float) -> np.ndarray:
    """Likeness above the margins, scaled so that the best that a true copy attains has 1."""
    return np.asarray((likeness - margins) / np.maximum(thresholds.MIN_SPREAD, attainable - margins))


def measure_margins(drawings: Drawings) -> np.ndarray:
    """Mean likeness of each drawing to the members of the cohort that it likes best: float32 (n,), 0..1."""
    likeness = _compare_drawings(drawings, chosen_descriptor().members, thresholds.MARGIN_ASPECT_WEIGHT)
    best = _largest(likeness, max(1, round(thresholds.MARGIN_TOP_SHARE * likeness.shape[1])))
    return np.asarray(best.mean(axis=1).clip(0, 1))


def score_strangers(drawings: Drawings, margins: np.ndarray, attainable: np.ndarray) -> np.ndarray:
    """Scores of the strangers that are most like each drawing: float32 (n, thresholds.COUNTED_STRANGERS), unordered."""
    likeness = _compare_drawings(drawings, chosen_descriptor().strangers, thresholds.ASPECT_WEIGHT)
    best = _largest(likeness, thresholds.COUNTED_STRANGERS)
    return score_likeness(best, margins[:, None], attainable[:, None])


def _compare_drawings(drawings: Drawings, others: Drawings, aspect_weight: float) -> np.ndarray:
    stretch = np.abs(drawings.log_aspects[:, None] - others.log_aspects[None, :])
    penalty = aspect_weight * np.maximum(0, stretch - thresholds.ASPECT_FREE)
    return np.asarray(_multiply(drawings.descriptors, others.descriptors) - penalty)


def _multiply(few: np.ndarray, many: np.ndarray) -> np.ndarray:
    """few @ many.T. Of two or three rows BLAS makes a product of matrices that takes twice as long as row by row."""
    return np.stack([many @ row for row in few]) if len(few) <= _FEW_ROWS else np.asarray(few @ many.T)


def _largest(rows: np.ndarray, count: int) -> np.ndarray:
    return np.partition(rows, rows.shape[1] - count, axis=1)[:, -count:]


def measure_likeness(
    table: FeatureTable, drawings: Drawings, *, aspect_weight: float = thresholds.ASPECT_WEIGHT
) -> np.ndarray:
    """Cosine less the penalty for another aspect: float32 (regions, drawings)."""
    stretch = np.abs(table.log_aspects[:, None] - drawings.log_aspects[None, :])
    # a tiny region's sides are whole px: 24x5 may be 24x4 or 24x6
    free = thresholds.ASPECT_FREE + thresholds.ASPECT_PX / table.short_px
    penalty = aspect_weight * np.maximum(0, stretch - free[:, None])
    return np.asarray(table.descriptors @ drawings.descriptors.T - penalty)
