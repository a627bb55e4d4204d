"""Refusals: pictures that we decline to judge, each with its reason, and the checks that need only sizes or
ink."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ledger.vocabulary import RefusalReason
from matcher import thresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a picture was not judged; a value, because one bad picture must never end a crawl."""

    reason: RefusalReason
    detail: str

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


def refuse_size(width_px: int, height_px: int) -> Refusal | None:
    """Refusal for a picture that is too large to decode, too small to show a logo, or a sliver; None if it is
    fine."""
    if width_px < 1 or height_px < 1:
        return Refusal(reason=RefusalReason.DEGENERATE, detail=f"size {width_px}x{height_px} px has an empty side")
    if width_px * height_px > thresholds.MAX_PIXELS:
        detail = f"{width_px}x{height_px} px is over the limit of {thresholds.MAX_PIXELS} pixels"
        return Refusal(reason=RefusalReason.TOO_MANY_PIXELS, detail=detail)
    if (
        max(width_px, height_px) < thresholds.MIN_LONG_SIDE_PX
        or min(width_px, height_px) < thresholds.MIN_SHORT_SIDE_PX
    ):
        detail = (
            f"{width_px}x{height_px} px; a logo needs {thresholds.MIN_LONG_SIDE_PX} px "
            f"by {thresholds.MIN_SHORT_SIDE_PX} px at least"
        )
        return Refusal(reason=RefusalReason.TOO_SMALL, detail=detail)
    return refuse_aspect(width_px, height_px)


def refuse_aspect(width: float, height: float) -> Refusal | None:
    """Refusal for a sliver (a rule, a gradient strip); None if the aspect can be a logo's."""
    aspect = max(width, height) / min(width, height)
    if aspect > thresholds.MAX_ASPECT:
        detail = f"aspect {aspect:.0f}:1 is over the limit of {thresholds.MAX_ASPECT}:1"
        return Refusal(reason=RefusalReason.DEGENERATE, detail=detail)
    return None


def refuse_blank(ink: np.ndarray) -> Refusal | None:
    """Refusal for a picture of one colour.

    ink: uint8 (height, width), 0 = background (normalize.extract_ink).
    """
    darkest = int(ink.max(initial=0))
    if darkest < thresholds.MIN_GREY_SPAN:
        detail = f"levels differ by {darkest} at most; {thresholds.MIN_GREY_SPAN} are needed"
        return Refusal(reason=RefusalReason.BLANK, detail=detail)
    return None
