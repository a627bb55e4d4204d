"""An official file → the features that stand for its drawing."""

from __future__ import annotations

import functools

from ledger.vocabulary import RefusalReason
from matcher import thresholds
from matcher.decode import decode_image
from matcher.features import Features, extract_all
from matcher.normalize import (
    DARK_GROUND,
    WHITE_GROUND,
    Flattened,
    extract_ink,
    flatten_alpha,
    flatten_on,
    is_opaque,
)
from matcher.refusals import Refusal, refuse_blank
from matcher.regions import find_mark


@functools.lru_cache(maxsize=4096)
def describe_mark(content: bytes) -> tuple[Features, ...] | Refusal:
    """Features of an official drawing: the whole, and what stands on its tile if it has one.

    A transparent drawing is described on white and on dark, since pages show it on either and its light or
    dark parts then vanish. Remembered: a set of logos is checked when it is read and used right after.
    """
    picture = decode_image(content)
    if isinstance(picture, Refusal):
        return picture
    first = flatten_alpha(picture.pixels)
    blank = refuse_blank(extract_ink(first.rgb, first.backgrounds[0].colour))
    if blank:
        return blank
    marks = _describe(first)
    if not is_opaque(picture.pixels):
        for level in (WHITE_GROUND, DARK_GROUND):
            flat = flatten_on(picture.pixels, level)
            if refuse_blank(extract_ink(flat.rgb, flat.backgrounds[0].colour)) is None:
                marks += [new for new in _describe(flat) if not any(_is_same(new, old) for old in marks)]
    if not marks:
        return Refusal(reason=RefusalReason.TOO_SMALL, detail="the drawing itself is only a few pixels")
    return tuple(marks)


def _describe(flat: Flattened) -> list[Features]:
    regions = find_mark(flat)
    drawings = [r for r in regions if float(r.ink.mean()) < 255 * thresholds.SOLID_INK]
    return extract_all([region.ink for region in drawings or regions[:1]])


def _is_same(a: Features, b: Features) -> bool:
    alike = float(a.edges @ b.edges) > thresholds.SAME_TEMPLATE and float(a.ink @ b.ink) > thresholds.SAME_TEMPLATE
    return alike and abs(a.log_aspect - b.log_aspect) < thresholds.ASPECT_FREE
