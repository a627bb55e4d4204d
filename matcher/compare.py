"""The second, closer comparison: regions against official templates, each with its own margin.

Likeness = cosine of the descriptors - a penalty for another aspect. Score = likeness above the template's margin (how
well drawings that are nobody's logo do on it), scaled so that an exact copy has 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matcher import thresholds
from matcher.cohort import Cohort, load_cohort
from matcher.features import Features
from matcher.index import measure_distances, pack_bits


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeatureTable:
    """Features of many regions as arrays: descriptors float32 (n, d), words uint64 (n, 4), log_aspects (n,), long_px
    (n,)."""

    descriptors: np.ndarray
    words: np.ndarray
    log_aspects: np.ndarray
    long_px: np.ndarray


def tabulate(features: Sequence[Features]) -> FeatureTable:
    """One table of many features; the sequence must not be empty."""
    return FeatureTable(
        descriptors=np.stack([f.descriptor for f in features]),
        words=pack_bits(np.stack([f.edge_bits for f in features])),
        log_aspects=np.array([f.log_aspect for f in features], np.float32),
        long_px=np.array([f.long_px for f in features]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One drawing that stands for an official logo.

    margin: how well nobody's drawings do on it, 0..1. largest_px: longer side of the largest region that it is compared
    with (a blurred copy is for small ones); None: any.
    """

    features: Features
    margin: float
    largest_px: int | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoreTable:
    """Each region against each template. scores: float32 (regions, templates), 1 = the same drawing, -1 = not
    on the short-list. distances: int32, edge-hash bits."""

    scores: np.ndarray
    distances: np.ndarray


class TemplateSet:
    """Official templates, ready to be compared with."""

    def __init__(self, templates: Sequence[Template]) -> None:
        self._table = tabulate([template.features for template in templates])
        self.margins = np.array([template.margin for template in templates], np.float32)
        self._spreads = np.maximum(thresholds.MIN_SPREAD, 1 - self.margins)
        self._largest_px = np.array([template.largest_px or np.iinfo(np.int32).max for template in templates])

    def compare(self, regions: Sequence[Features]) -> ScoreTable:
        """Scores of all regions; the short-list by edge hash comes first."""
        table = tabulate(regions)
        distances = measure_distances(table.words, self._table.words)
        likeness = _likeness(table, self._table.descriptors, self._table.log_aspects, thresholds.ASPECT_WEIGHT)
        scores = (likeness - self.margins) / self._spreads
        scores[distances > thresholds.SHORTLIST_DISTANCE_BITS] = -1
        scores[table.long_px[:, None] > self._largest_px[None, :]] = -1
        scores[:, self.margins > thresholds.MAX_MARGIN] = -1
        return ScoreTable(scores=scores.clip(-1, 1), distances=distances)


def measure_margins(features: Sequence[Features], cohort: Cohort | None = None) -> np.ndarray:
    """Mean likeness of each drawing to the members of the cohort that it likes best: float32 (n,), 0..1."""
    strangers = cohort or load_cohort()
    likeness = _likeness(tabulate(features), strangers.members, strangers.log_aspects, thresholds.MARGIN_ASPECT_WEIGHT)
    count = max(1, round(thresholds.MARGIN_TOP_SHARE * likeness.shape[1]))
    best = np.partition(likeness, likeness.shape[1] - count, axis=1)[:, -count:]
    return np.asarray(best.mean(axis=1).clip(0, 1))


def _likeness(
    table: FeatureTable, descriptors: np.ndarray, log_aspects: np.ndarray, aspect_weight: float
) -> np.ndarray:
    stretch = np.abs(table.log_aspects[:, None] - log_aspects[None, :])
    penalty = aspect_weight * np.maximum(0, stretch - thresholds.ASPECT_FREE)
    return np.asarray(table.descriptors @ descriptors.T - penalty)
