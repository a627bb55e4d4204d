"""Matches that lie in a better match of another brand: a part of one logo that resembles another logo is not that logo.

1. A match lies in another one if nearly all of its region does, or if both regions are nearly the same.
2. It is a perhaps if the other one is a match of another brand and clearly better.
3. It stays a match if the other brand's official drawing itself shows this brand: both are there, then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ledger.typed_texts import OfficialLogoId
from ledger.vocabulary import PerhapsReason
from matcher import thresholds
from matcher.looking.picture_box import Box
from matcher.recognition import LogoMatch


def doubt_inner_matches(
    matches: Sequence[LogoMatch], shows: Callable[[OfficialLogoId, str], bool]
) -> tuple[LogoMatch, ...]:
    """The matches of one picture, in their order; those inside a better one of another brand are perhaps.

    shows: whether an official logo's own drawing shows a brand.
    """
    judged = []
    for match in matches:
        around = [other for other in matches if _is_better_around(other, match)]
        outer = max(around, key=lambda other: other.score, default=None)
        if outer is not None and not shows(outer.official_logo_id, match.brand):
            judged.append(
                replace(match, why_perhaps=PerhapsReason.INSIDE_OTHER_BRAND, inside_brand=outer.brand),
            )
        else:
            judged.append(match)
    return tuple(judged)


def _is_better_around(outer: LogoMatch, inner: LogoMatch) -> bool:
    if outer.why_perhaps is not None or outer.brand == inner.brand:
        return False
    return outer.score > inner.score + thresholds.EQUAL_SCORES and _lies_in(inner.region, outer.region)


def _lies_in(inner: Box, outer: Box) -> bool:
    common = _common_px(inner, outer)
    inner_px, outer_px = inner.width * inner.height, outer.width * outer.height
    if common >= thresholds.SAME_REGION_SHARE * (inner_px + outer_px - common):
        return True
    return common >= thresholds.INSIDE_SHARE * inner_px


def _common_px(a: Box, b: Box) -> int:
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    return max(0, width) * max(0, height)
