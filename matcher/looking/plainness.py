"""Plain marks: what several drawings of nobody's resemble, such as a bolt, a bubble, a hexagon or a stack of layers.

Such a mark says little alone. It is a match only where something speaks for it that a stranger's sign rarely has: the brand's own
colours, on what is shown large. Of a mark in many colours less has to be seen than of one in a single colour; a black one has no
colour that would say anything.
"""

from __future__ import annotations

import cv2
import numpy as np

from ledger.vocabulary import Recolouring
from matcher import thresholds
from matcher.looking.appearance import Appearance
from matcher.looking.compare import Template
from matcher.looking.features import INNER_PX, PAD_PX
from matcher.looking.transform import Transform

_HUE_SECTORS = 12


def is_plain(template: Template) -> bool:
    """Whether so many of the cohort's strangers look like the drawing that it says little alone."""
    return template.count_strangers(thresholds.LOOK_ALIKE_SCORE) >= thresholds.PLAIN_STRANGERS


def is_backed(template: Template, transform: Transform | None, share: float) -> bool:
    """Whether the colours and the size of what was found speak for a plain mark.

    transform: how the drawing became what was found; None if that was not measured. share: of the picture, 0..1; 1 for all
    that the picture shows.
    """
    if transform is None or transform.recolouring is not Recolouring.NONE or transform.is_inverted:
        return False
    hues = count_hues(template.appearance, template.features.square)
    if hues >= thresholds.MANY_HUES:
        return share >= thresholds.PLAIN_SHARE_MANY_HUES
    return hues > 0 and share >= thresholds.PLAIN_SHARE


def count_hues(appearance: Appearance, square: np.ndarray) -> int:
    """How many hues a drawing has, of twelve; black, white and grey are none. square: its ink, uint8 (64, 64)."""
    height, width = appearance.rgb.shape[:2]
    inner = square[PAD_PX : PAD_PX + INNER_PX, PAD_PX : PAD_PX + INNER_PX]
    inked = cv2.resize(inner, (width, height), interpolation=cv2.INTER_AREA) > thresholds.INK_PRESENT
    lab = cv2.cvtColor((appearance.rgb / 255).astype(np.float32), cv2.COLOR_RGB2LAB)[inked]
    a, b = lab[:, 1], lab[:, 2]
    is_coloured = np.hypot(a, b) > thresholds.COLOURED_CHROMA
    turns = np.arctan2(b[is_coloured], a[is_coloured]) / (2 * np.pi) % 1
    counts = np.bincount((turns * _HUE_SECTORS).astype(np.int64) % _HUE_SECTORS, minlength=_HUE_SECTORS)
    return int((counts >= max(1.0, thresholds.HUE_SHARE * len(lab))).sum())
