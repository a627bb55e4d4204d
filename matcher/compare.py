"""The second, closer comparison: regions against official templates, each with its own margin.

Score = 0.35 ink correlation + 0.65 edge correlation - a penalty for another aspect, measured above the
template's margin (how well drawings that are nobody's logo do on it) and scaled so that an exact copy has 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matcher import thresholds
from matcher.features import Features
from matcher.index import measure_distances, pack_bits


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeatureTable:
    """Features of many regions as arrays: ink and edges float32 (n, 1024), words uint64 (n, 4), log_aspects
    (n,)."""

    ink: np.ndarray
    edges: np.ndarray
    words: np.ndarray
    log_aspects: np.ndarray


def tabulate(features: Sequence[Features]) -> FeatureTable:
    """One table of many features; the sequence must not be empty."""
    return FeatureTable(
        ink=np.stack([f.ink for f in features]),
        edges=np.stack([f.edges for f in features]),
        words=pack_bits(np.stack([f.edge_bits for f in features])),
        log_aspects=np.array([f.log_aspect for f in features], np.float32),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoreTable:
    """Each region against each template. scores: float32 (regions, templates), 1 = the same drawing, -1 = not
    on the short-list. distances: int32, edge-hash bits."""

    scores: np.ndarray
    distances: np.ndarray


class TemplateSet:
    """Official templates, ready to be compared with."""

    def __init__(self, templates: Sequence[Features], cohort: Sequence[Features]) -> None:
        self._table = tabulate(templates)
        self.margins = _measure_margins(self._table, tabulate(cohort))
        self._spreads = np.maximum(thresholds.MIN_SPREAD, 1 - self.margins)

    def compare(self, regions: Sequence[Features]) -> ScoreTable:
        """Scores of all regions; the short-list by edge hash comes first."""
        table = tabulate(regions)
        distances = measure_distances(table.words, self._table.words)
        raw = _raw_scores(table, self._table, thresholds.ASPECT_WEIGHT)
        scores = (raw - self.margins) / self._spreads
        scores[distances > thresholds.SHORTLIST_DISTANCE_BITS] = -1
        scores[:, self.margins > thresholds.MAX_MARGIN] = -1
        return ScoreTable(scores=scores.clip(-1, 1), distances=distances)


def _raw_scores(regions: FeatureTable, templates: FeatureTable, aspect_weight: float) -> np.ndarray:
    ink, edges = regions.ink @ templates.ink.T, regions.edges @ templates.edges.T
    stretch = np.abs(regions.log_aspects[:, None] - templates.log_aspects[None, :])
    penalty = aspect_weight * np.maximum(0, stretch - thresholds.ASPECT_FREE)
    return np.asarray(thresholds.NCC_WEIGHT * ink + thresholds.EDGE_WEIGHT * edges - penalty)


def _measure_margins(templates: FeatureTable, cohort: FeatureTable) -> np.ndarray:
    """Mean of each template's best cohort scores: float32 (templates,), 0..1."""
    scores = _raw_scores(cohort, templates, thresholds.MARGIN_ASPECT_WEIGHT)
    count = max(1, round(thresholds.MARGIN_TOP_SHARE * len(scores)))
    best = np.partition(scores, len(scores) - count, axis=0)[-count:]
    return np.asarray(best.mean(axis=0).clip(0, 1))
