"""Pixels → ink: how much each pixel differs from the background, whatever the colours are.

Ink does not know black on white from white on black or from blue on yellow, so one official drawing serves
for all the recolourings that web pages make.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from matcher import thresholds

cv2.setNumThreads(1)  # many small pictures: threads of OpenCV would only wait for each other

_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
WHITE_GROUND, DARK_GROUND = 255, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """The colour that a picture stands on. share: part of the border ring that has it, 0..1."""

    colour: np.ndarray
    share: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flattened:
    """rgb: uint8 (height, width, 3). ground: the colour that was laid under transparency; None if there was
    none."""

    rgb: np.ndarray
    ground: np.ndarray | None

    @property
    def backgrounds(self) -> list[Background]:
        """What the drawing may stand on: known where there was transparency, else estimated."""
        return estimate_backgrounds(self.rgb) if self.ground is None else [Background(colour=self.ground, share=1.0)]


def flatten_alpha(pixels: np.ndarray) -> Flattened:
    """Opaque RGB: transparency on a ground that the drawing stands out from.

    pixels: uint8 (height, width, 4), straight alpha. A white logo made for a dark page vanishes on white, and
    the page's own colour is unknown here.
    """
    if is_opaque(pixels):
        return Flattened(rgb=np.ascontiguousarray(pixels[..., :3]), ground=None)
    weight = pixels[..., 3].astype(np.float32)
    total = float(weight.sum())
    luminance = float((pixels[..., :3].astype(np.float32) @ _LUMINANCE * weight).sum()) / total if total else 0.0
    return flatten_on(pixels, DARK_GROUND if luminance > thresholds.LIGHT_LUMINANCE else WHITE_GROUND)


def flatten_on(pixels: np.ndarray, level: int) -> Flattened:
    """Opaque RGB with transparency on a grey ground of that level."""
    share = pixels[..., 3:].astype(np.float32) / 255
    rgb = (pixels[..., :3] * share + level * (1 - share) + 0.5).astype(np.uint8)
    return Flattened(rgb=rgb, ground=np.full(3, level, np.uint8))


def is_opaque(pixels: np.ndarray) -> bool:
    return bool(pixels[..., 3].min(initial=255) == 255)


def estimate_backgrounds(rgb: np.ndarray) -> list[Background]:
    """Most frequent colour of the border ring, in bins of 16 levels; a second one if that may be the mark's
    own colour.

    A tightly cropped mark touches the border, so its colour may be as frequent there as the background's.
    """
    height, width = rgb.shape[:2]
    px = 2 if min(height, width) >= 24 else 1
    sides = (rgb[:px], rgb[-px:], rgb[:, :px], rgb[:, -px:])
    ring = np.concatenate([side.reshape(-1, 3) for side in sides]).astype(np.int32)
    first = _most_frequent(ring, len(ring))
    if first.share >= thresholds.SURE_RING_SHARE:
        return [first]
    rest = ring[np.abs(ring - first.colour).max(axis=1) > 2 * thresholds.RING_MATCH_LEVELS]
    second = _most_frequent(rest, len(ring)) if len(rest) else None
    return [first, second] if second and second.share >= thresholds.SECOND_RING_SHARE else [first]


def _most_frequent(ring: np.ndarray, total: int) -> Background:
    bins = (ring[:, 0] >> 4) << 8 | (ring[:, 1] >> 4) << 4 | ring[:, 2] >> 4
    mode = np.bincount(bins).argmax()
    colour = ring[bins == mode].mean(axis=0)
    near = np.abs(ring - colour).max(axis=1) <= thresholds.RING_MATCH_LEVELS
    return Background(colour=np.round(ring[near].mean(axis=0)).astype(np.uint8), share=float(near.sum()) / total)


def extract_ink(rgb: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Largest channel difference of each pixel to a colour: uint8 (height, width), 0 = background, not yet
    scaled."""
    difference = cv2.absdiff(rgb, np.broadcast_to(colour, rgb.shape))
    return np.asarray(cv2.max(cv2.max(difference[..., 0], difference[..., 1]), difference[..., 2]))


def scale_ink(ink: np.ndarray) -> np.ndarray:
    """Ink stretched to 0..255: strong colours are clipped alike, a pale logo is lifted."""
    full = min(thresholds.INK_CLIP_LEVELS, max(thresholds.MIN_GREY_SPAN, int(ink.max(initial=0))))
    return np.asarray(cv2.convertScaleAbs(ink, alpha=255 / full))


def is_framed(ink: np.ndarray) -> bool:
    """Whether all four sides of a trimmed region are inked: a frame, a tile, a card.

    ink: scaled, trimmed to the mark.
    """
    # a thin rounded frame does not lie in the very first row of its box, so the best of three counts
    reach = 3 if min(ink.shape) >= 24 else 1
    inked = ink > thresholds.INK_PRESENT
    sides = (inked[:reach], inked[-reach:], inked[:, :reach].T, inked[:, -reach:].T)
    return all(float(side.mean(axis=1).max()) > thresholds.FRAMED_SIDE_SHARE for side in sides)
