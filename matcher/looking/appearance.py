"""What a drawing looks like where it stands: its colours, its size, and what it stands on."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from matcher import thresholds
from matcher.looking.features import INNER_PX, PAD_PX

_RGB_PX = INNER_PX // 2  # colours need less detail than edges


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Appearance:
    """Colours and size of a drawing.

    rgb: uint8 (28, 28, 3), stretched to a square. width_px, height_px: of its box in the source file. ground_lightness: L*
    (CIE L*a*b*) of what it stands on; None for a transparent file.
    """

    rgb: np.ndarray
    width_px: float
    height_px: float
    ground_lightness: float | None


def see_appearance(
    pixels: np.ndarray, ground: np.ndarray | None, square: np.ndarray, size_px: tuple[float, float]
) -> Appearance:
    """Appearance of a box of a picture.

    pixels: uint8 (height, width, 4), the box. ground: colour laid under transparency, None for an opaque file. square: ink of
    the box, uint8 (64, 64). size_px: width and height of the box in the source file.
    """
    rgba = cv2.resize(pixels, (_RGB_PX, _RGB_PX), interpolation=cv2.INTER_AREA)
    share = rgba[..., 3:].astype(np.float32) / 255
    under = np.full(3, 255, np.uint8) if ground is None else ground
    rgb = (rgba[..., :3] * share + under * (1 - share) + 0.5).astype(np.uint8)
    return Appearance(
        rgb=rgb,
        width_px=size_px[0],
        height_px=size_px[1],
        ground_lightness=_find_lightness(rgb, square) if ground is None else None,
    )


def _find_lightness(rgb: np.ndarray, square: np.ndarray) -> float | None:
    """Mean L* where there is no ink."""
    ink = cv2.resize(square[PAD_PX:-PAD_PX, PAD_PX:-PAD_PX], (_RGB_PX, _RGB_PX), interpolation=cv2.INTER_AREA)
    bare = ink < thresholds.INK_PRESENT // 2
    lightness = cv2.cvtColor((rgb / 255).astype(np.float32), cv2.COLOR_RGB2LAB)[..., 0]
    return float(lightness[bare].mean()) if bare.any() else None
