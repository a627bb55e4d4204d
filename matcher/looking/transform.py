"""How an official drawing became what was found: size, stretch, turn, what is cut off, and what became of its colours.

Geometry comes from the map between the two squares (alignment.py) and the sizes of both boxes; colours are compared in a
grid of cells after that map, each weighted by the ink that both have there.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ledger.vocabulary import Recolouring
from matcher import thresholds
from matcher.looking.alignment import Alignment, move_square
from matcher.looking.appearance import Appearance
from matcher.looking.compare import Template
from matcher.looking.features import INNER_PX, PAD_PX, SQUARE_PX, Features

_CELLS = 7
_CELL_PX = INNER_PX // _CELLS


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """From the official drawing to what was found.

    scale: found px per official px, mean of both sides. aspect_change: > 1 wider, < 1 narrower than official.
    rotation_degrees: > 0 clockwise. cut_…: shares of the official sides that are not shown, 0..1. colour_difference: mean
    distance in CIE L*a*b* (CIE 1976), 2 is just visible, 100 is black against white. is_inverted: light instead of dark or the
    reverse; None where the official file is transparent and of middling lightness. frame: of an animation, from 1; a picture that
    stands still has one.
    """

    scale: float
    aspect_change: float
    rotation_degrees: float
    cut_left: float
    cut_top: float
    cut_right: float
    cut_bottom: float
    colour_difference: float
    recolouring: Recolouring
    is_inverted: bool | None
    frame: int = 1


def measure_transform(template: Template, region: Features, found: Appearance, alignment: Alignment) -> Transform:
    """How an official drawing became what was found in a region. alignment: of the region on the template."""
    official = template.appearance
    across, down = (
        np.array([found.width_px * x / official_px, found.height_px * y / official_px])
        for (x, y), official_px in zip(alignment.matrix[:, :2].T, (official.width_px, official.height_px), strict=True)
    )
    left, top, right, bottom = alignment.shown
    lab, ink = (move_square(seen, alignment.matrix) for seen in (_to_lab(found), region.square))
    before, after = _average_official(template), _average(lab, ink)
    weights = np.minimum(before.weights, after.weights)
    total = max(1e-6, float(weights.sum()))
    difference = float((np.linalg.norm(before.lab - after.lab, axis=1) * weights).sum() / total)
    colour_before, colour_after = ((seen.lab * weights[:, None]).sum(axis=0) / total for seen in (before, after))
    is_changed = difference > thresholds.RECOLOURED_DIFFERENCE
    return Transform(
        scale=round(math.sqrt(math.hypot(*across) * math.hypot(*down)), 4),
        aspect_change=round(math.hypot(*across) / math.hypot(*down), 4),
        rotation_degrees=round(math.degrees(math.atan2(across[1] - down[0], across[0] + down[1])), 2),
        cut_left=round(left, 3),
        cut_top=round(top, 3),
        cut_right=round(1 - right, 3),
        cut_bottom=round(1 - bottom, 3),
        colour_difference=round(difference, 1),
        recolouring=_name_recolouring(before, after, weights) if is_changed else Recolouring.NONE,
        is_inverted=_is_inverted(official, found, colour_before, colour_after) if is_changed else False,
    )


def describe_transform(transform: Transform) -> tuple[str, ...]:
    """The transform in words for a reader, what is as in the official file left out but for the size."""
    phrases = [f"{transform.scale:.0%} of the official file's size"]
    stretch = transform.aspect_change - 1
    if abs(stretch) > thresholds.TOLD_STRETCH:
        phrases.append(f"stretched: {abs(stretch):.0%} {'wider' if stretch > 0 else 'narrower'} than official")
    if abs(transform.rotation_degrees) > thresholds.TOLD_DEGREES:
        way = "clockwise" if transform.rotation_degrees > 0 else "anticlockwise"
        phrases.append(f"turned by {abs(transform.rotation_degrees):.1f}° {way}")
    cuts = {
        "left": transform.cut_left,
        "top": transform.cut_top,
        "right": transform.cut_right,
        "bottom": transform.cut_bottom,
    }
    cut_sides = [f"{share:.0%} at the {side}" for side, share in cuts.items() if share > thresholds.TOLD_CUT]
    if cut_sides:
        phrases.append("cut off: " + ", ".join(cut_sides))
    if transform.recolouring is Recolouring.GREY:
        phrases.append("in grey instead of the official colours")
    elif transform.recolouring is Recolouring.OTHER:
        phrases.append(f"in other colours than official (difference {transform.colour_difference:.0f} of 100)")
    if transform.is_inverted:
        phrases.append("light where the official file is dark, or the reverse")
    if transform.frame > 1:
        phrases.append(f"in frame {transform.frame} of an animation")
    return tuple(phrases)


def read_transform(stored: Mapping[str, Any]) -> Transform | None:
    """Transform as it stands in the database; None for a match from before it was measured."""
    if not stored:
        return None
    return Transform(**{**stored, "recolouring": Recolouring(stored["recolouring"])})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Cells:
    """Mean colours of the ink in cells: lab float32 (n, 3), weights float32 (n,), 0..1 of a cell."""

    lab: np.ndarray
    weights: np.ndarray


def _to_lab(appearance: Appearance) -> np.ndarray:
    """CIE L*a*b*, stretched as the square of its ink: float32 (64, 64, 3)."""
    inner = cv2.resize(appearance.rgb, (INNER_PX, INNER_PX), interpolation=cv2.INTER_LINEAR)
    lab = np.zeros((SQUARE_PX, SQUARE_PX, 3), np.float32)
    lab[PAD_PX:-PAD_PX, PAD_PX:-PAD_PX] = cv2.cvtColor((inner / 255).astype(np.float32), cv2.COLOR_RGB2LAB)
    return lab


@functools.lru_cache(maxsize=256)  # what a site shows, it shows often
def _average_official(template: Template) -> _Cells:
    return _average(_to_lab(template.appearance), template.features.square)


def _average(lab: np.ndarray, ink: np.ndarray) -> _Cells:
    weight = ink[PAD_PX:-PAD_PX, PAD_PX:-PAD_PX].astype(np.float32) / 255
    weight = weight**2  # soft edges are half ground
    shape = (_CELLS, _CELL_PX, _CELLS, _CELL_PX)
    sums = weight.reshape(shape).sum(axis=(1, 3)).ravel()
    inner = lab[PAD_PX:-PAD_PX, PAD_PX:-PAD_PX] * weight[..., None]
    colours = inner.reshape(*shape, 3).sum(axis=(1, 3)).reshape(-1, 3)
    return _Cells(lab=colours / np.maximum(sums, 1e-6)[:, None], weights=sums / _CELL_PX**2)


def _name_recolouring(before: _Cells, after: _Cells, weights: np.ndarray) -> Recolouring:
    total = max(1e-6, float(weights.sum()))
    chroma_before, chroma_after = (
        float((np.hypot(seen.lab[:, 1], seen.lab[:, 2]) * weights).sum() / total) for seen in (before, after)
    )
    if chroma_before > thresholds.COLOURED_CHROMA and chroma_after < thresholds.GREY_CHROMA:
        return Recolouring.GREY
    return Recolouring.OTHER


def _is_inverted(official: Appearance, found: Appearance, before: np.ndarray, after: np.ndarray) -> bool | None:
    if official.ground_lightness is not None:
        was_light = float(before[0]) > official.ground_lightness
    elif abs(float(before[0]) - 50) > thresholds.MIDDLING_LIGHTNESS:
        was_light = float(before[0]) > 50
    else:
        return None
    is_light = float(after[0]) > (50.0 if found.ground_lightness is None else found.ground_lightness)
    return was_light != is_light
