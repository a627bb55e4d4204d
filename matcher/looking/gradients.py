"""Gradients: a tile or disc whose colour changes smoothly is made even, so that what stands on it stands out as from one colour.

The colour is fitted over the place by a polynomial of second degree (least squares), then again and again without what lies far
off: where the mark touches the edge. That covers what style sheets and drawing programs draw: linear gradients between two colours, and
wide radial ones.
"""

from __future__ import annotations

import cv2
import numpy as np

from matcher import thresholds

_MOST_SAMPLES = 600
_NARROWER = (8, 4, 2)  # of the levels that count as near, round by round


def level_gradient(rgb: np.ndarray, where: np.ndarray) -> np.ndarray | None:
    """The picture with its gradient taken out, uint8 (height, width, 3); None if no smooth gradient fits.

    where: bool (height, width), the px from which the gradient is known: the band inside a tile's edge.
    """
    ys, xs = np.nonzero(where)
    if len(ys) < thresholds.LEAST_GRADIENT_PX:
        return None
    step = -(-len(ys) // _MOST_SAMPLES)
    ys, xs = ys[::step], xs[::step]
    height, width = rgb.shape[:2]
    terms, levels = _terms(xs / width, ys / height), rgb[ys, xs].astype(np.float64)
    weights = np.linalg.lstsq(terms, levels, rcond=None)[0]
    for most in _NARROWER:
        are_near = _are_near(terms @ weights, levels, most * thresholds.GRADIENT_MATCH_LEVELS)
        if are_near.sum() < thresholds.LEAST_GRADIENT_PX:
            return None
        weights = np.linalg.lstsq(terms[are_near], levels[are_near], rcond=None)[0]
    fitted = terms @ weights
    if _are_near(fitted, levels, thresholds.GRADIENT_MATCH_LEVELS).mean() < thresholds.EVEN_BAND_SHARE:
        return None
    x = np.arange(width, dtype=np.float32)[None, :, None] / width
    y = np.arange(height, dtype=np.float32)[:, None, None] / height
    even, right, low, right_twice, both, low_twice = weights.astype(np.float32)
    field = (even + right * x + right_twice * x * x) + (low * y + low_twice * y * y) + both * x * y
    middle = tuple(float(level) for level in fitted.mean(axis=0))
    levelled = cv2.add(cv2.subtract(rgb, field, dtype=cv2.CV_32F), (*middle, 0.0))  # type: ignore[call-overload]  # as extract_ink
    return np.asarray(levelled.clip(0, 255).round().astype(np.uint8))


def _terms(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)


def _are_near(fitted: np.ndarray, levels: np.ndarray, most: int) -> np.ndarray:
    return np.asarray(np.abs(fitted - levels).max(axis=1) <= most)
