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

_LUMINANCE = (0.299, 0.587, 0.114)
_LEVELS = np.arange(256, dtype=np.uint8)
WHITE_GROUND, DARK_GROUND = 255, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """The colour that a picture stands on. share: part of the pixels that were asked which have it, 0..1; even_share: which
    have it nearly exactly, a photograph's do not."""

    colour: np.ndarray
    share: float
    even_share: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flattened:
    """rgb: uint8 (height, width, 3). ground: the colour that was laid under transparency; None if there was
    none."""

    rgb: np.ndarray
    ground: np.ndarray | None

    @property
    def backgrounds(self) -> list[Background]:
        """What the drawing may stand on: known where there was transparency, else estimated."""
        return (
            estimate_backgrounds(self.rgb)
            if self.ground is None
            else [Background(colour=self.ground, share=1.0, even_share=1.0)]
        )


def flatten_alpha(pixels: np.ndarray) -> Flattened:
    """Opaque RGB: transparency on a ground that the drawing stands out from.

    pixels: uint8 (height, width, 4), straight alpha. A white logo made for a dark page vanishes on white, and
    the page's own colour is unknown here.
    """
    if is_opaque(pixels):
        return Flattened(rgb=clear_checkerboard(cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB)), ground=None)
    *channels, alpha = (channel.astype(np.float64).ravel() for channel in cv2.split(pixels))
    light = sum(part * float(channel @ alpha) for part, channel in zip(_LUMINANCE, channels, strict=True))
    is_light = light > thresholds.LIGHT_LUMINANCE * float(alpha.sum())
    return flatten_on(pixels, DARK_GROUND if is_light else WHITE_GROUND)


def flatten_on_all(pixels: np.ndarray) -> list[Flattened]:
    """As flatten_alpha; a drawing that has both light and dark parts on white and on dark: either may be its ground."""
    first = flatten_alpha(pixels)
    if first.ground is None:
        return [first]
    is_drawn = pixels[..., 3] > 127
    red, green, blue, _ = cv2.split(pixels)
    light = cv2.min(cv2.min(red, green), blue) > thresholds.LIGHT_LEVEL
    drawn_px = np.count_nonzero(is_drawn)
    share = np.count_nonzero(light & is_drawn) / drawn_px if drawn_px else 0.0
    if not thresholds.MIXED_LIGHT_SHARE < share < 1 - thresholds.MIXED_LIGHT_SHARE:
        return [first]
    other = DARK_GROUND if int(first.ground[0]) == WHITE_GROUND else WHITE_GROUND
    return [first, flatten_on(pixels, other)]


def flatten_on(pixels: np.ndarray, level: int) -> Flattened:
    """Opaque RGB with transparency on a grey ground of that level."""
    *channels, alpha = cv2.split(pixels)  # numpy is slow along an axis of 3
    share = alpha.astype(np.float32) / 255
    ground = level * (1 - share)
    rgb = np.asarray(cv2.merge([(channel * share + ground + 0.5).astype(np.uint8) for channel in channels]))
    return Flattened(rgb=rgb, ground=np.full(3, level, np.uint8))


def is_opaque(pixels: np.ndarray) -> bool:
    return bool(cv2.minMaxLoc(cv2.extractChannel(pixels, 3))[0] == 255) if pixels.size else True


def clear_checkerboard(rgb: np.ndarray) -> np.ndarray:
    """The picture with the two greys of a baked-in checkerboard made one; the same array if it has none.

    Drawing programs show transparency so, and screenshots of them end up on web pages. rgb: uint8 (height, width, 3).
    """
    if min(rgb.shape[:2]) < thresholds.CHECKED_LEAST_PX:
        return rgb
    # a few px inside: checks at the very border may be cut to nothing
    ring = _split(np.concatenate([rgb[2], rgb[-3], rgb[:, 2], rgb[:, -3]]))
    levels = ring.max(axis=0).astype(np.int32)
    is_grey = levels - ring.min(axis=0) <= thresholds.CHECKED_TINT_LEVELS
    light = int(np.bincount(levels[is_grey] >> 2, minlength=64).argmax()) << 2 if is_grey.any() else 0
    others = levels[is_grey & (np.abs(levels - light) > thresholds.CHECKED_STEPS[0])]
    if not len(others):
        return rgb
    other = int(np.bincount(others >> 2).argmax()) << 2
    low, high = sorted((light, other))
    least, most = thresholds.CHECKED_STEPS
    if not least <= high - low <= most:
        return rgb
    is_low, is_high = ((np.abs(levels - level) <= least) & is_grey for level in (low, high))
    shares = is_low.mean(), is_high.mean()
    # along a side the greys take turns; a grey mark that touches the border has one run of it
    turns = np.count_nonzero(np.diff(is_low.astype(np.int8)))
    if (
        min(shares) < thresholds.CHECKED_LEAST_SHARE
        or sum(shares) < thresholds.CHECKED_SHARE
        or turns < thresholds.CHECKED_TURNS
    ):
        return rgb
    red, green, blue = cv2.split(rgb)
    brightest, darkest = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    is_check = (brightest <= high + least) & (darkest >= low - least)
    is_check &= brightest - darkest <= thresholds.CHECKED_TINT_LEVELS
    cleared = rgb.copy()
    cleared[is_check] = high
    return cleared


def estimate_backgrounds(rgb: np.ndarray) -> list[Background]:
    """Most frequent colour of the border ring, in bins of 16 levels; a second one if that may be the mark's
    own colour.

    A tightly cropped mark touches the border, so its colour may be as frequent there as the background's.
    """
    height, width = rgb.shape[:2]
    px = 2 if min(height, width) >= 24 else 1
    sides = (rgb[:px], rgb[-px:], rgb[:, :px], rgb[:, -px:])
    ring = np.concatenate([side.reshape(-1, 3) for side in sides])
    first = most_frequent_colour(ring)
    if first.share >= thresholds.SURE_RING_SHARE:
        return [first]
    rest = ring[~_are_near(_split(ring), first.colour, 2 * thresholds.RING_MATCH_LEVELS)]
    if not len(rest):
        return [first]
    second = most_frequent_colour(rest)
    share = second.share * len(rest) / len(ring)
    if share < thresholds.SECOND_RING_SHARE:
        return [first]
    return [first, Background(colour=second.colour, share=share, even_share=share * second.even_share / second.share)]


def most_frequent_colour(pixels: np.ndarray) -> Background:
    """The colour most of some pixels have, give or take thresholds.RING_MATCH_LEVELS. pixels: uint8 (n, 3), n > 0."""
    channels = _split(pixels)
    coarse = channels >> 4
    bins = coarse[0].astype(np.uint16) << 8 | coarse[1] << 4 | coarse[2]
    are_most = bins == np.bincount(bins).argmax()
    levels = channels.astype(np.float64)
    centre = levels @ are_most / np.count_nonzero(are_most)
    are_near = _are_near(channels, centre, thresholds.RING_MATCH_LEVELS)
    count = np.count_nonzero(are_near)
    colour = np.round(levels @ are_near / count).astype(np.uint8)
    even = np.count_nonzero(_are_near(channels, colour, thresholds.EVEN_MATCH_LEVELS))
    return Background(colour=colour, share=count / len(pixels), even_share=even / len(pixels))


def _split(pixels: np.ndarray) -> np.ndarray:
    """Channels one after the other, (3, n): numpy is slow along an axis of 3."""
    return np.ascontiguousarray(pixels.T)


def _are_near(channels: np.ndarray, colour: np.ndarray, levels: int) -> np.ndarray:
    """Which pixels differ from a colour by so many levels at most: bool (n,). One look-up for each level, not for each
    pixel's difference."""
    red, green, blue = np.abs(_LEVELS - colour.astype(np.float32)[:, None]) <= levels
    return np.asarray(red[channels[0]] & green[channels[1]] & blue[channels[2]])


def is_other_colour(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two colours differ so much that one can be drawn on the other."""
    return int(np.abs(a.astype(np.int32) - b.astype(np.int32)).max()) > thresholds.DRAWN_LEVELS


def extract_ink(rgb: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Largest channel difference of each pixel to a colour: uint8 (height, width), 0 = background, not yet
    scaled."""
    scalar = (*(float(level) for level in colour), 0.0)
    difference = cv2.absdiff(rgb, scalar)  # type: ignore[call-overload]  # OpenCV takes a scalar; its stubs do not know
    red, green, blue = cv2.split(difference)
    return np.asarray(cv2.max(cv2.max(red, green), blue))


def scale_ink(ink: np.ndarray) -> np.ndarray:
    """Ink stretched to 0..255: strong colours weigh nearly alike, a pale logo is lifted.

    Beyond INK_CLIP_LEVELS the curve goes on, flatter: a dark stripe on a blue shape must not vanish.
    """
    strongest = int(cv2.minMaxLoc(ink)[1]) if ink.size else 0
    if strongest < thresholds.INK_CLIP_LEVELS:
        return np.asarray(cv2.convertScaleAbs(ink, alpha=255 / max(thresholds.MIN_GREY_SPAN, strongest)))
    return np.asarray(cv2.LUT(ink, _CURVE))


_CURVE = (
    np.interp(np.arange(256), [0, thresholds.INK_CLIP_LEVELS, 255], [0, thresholds.INK_KNEE, 255])
    .round()
    .astype(np.uint8)
)
