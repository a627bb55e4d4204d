"""Official marks shown otherwise than their brand allows: outdated, stretched, turned, cropped, recoloured, too small, crowded.

A finding of its own kind: a true partner may show a wrong mark. It says what was measured and what is allowed; what can't
be measured (how large a page shows an image that no browser drew) gives no finding.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ledger.vocabulary import LogoVariant, MarkMisuse, Recolouring
from matcher.brands.usage import UsageRules, read_usage
from matcher.looking.picture_box import Box
from matcher.looking.transform import Transform, read_transform

# Above what layout and scaling do by themselves; chosen on the differences that transform.py measures on official files
# drawn at 24 to 400 px (stretch up to .03 or a pixel of the shorter side, turn up to 1°, cut up to .03)
MAX_STRETCH = 0.06
STRETCH_PX = 2.0
MAX_TURN_DEGREES = 3.0
MAX_CUT = 0.06
MIN_NEIGHBOUR_SHARE = 0.05  # of the mark's area: less is a speck, not something that crowds it
_GREYS = frozenset({"#000000", "#ffffff"})
_ONE_COLOUR = frozenset({LogoVariant.WHITE, LogoVariant.MONO})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMark:
    """A matched mark as it is shown. Boxes in px of the image; page_box: in px of the page, if a browser drew it."""

    variant: LogoVariant
    valid_until: str | None
    seen_on: str
    usage: str  # JSON of official_logos.usage
    transform: str  # JSON of logo_matches.transform
    box: Box
    neighbours: Sequence[Box]  # other inked regions of the image
    page_box: Sequence[float] | None
    image_width_px: int | None
    has_one_colour_variant: bool  # the official set allows a white or a one-colour drawing


@dataclass(frozen=True, slots=True, kw_only=True)
class Misuse:
    """One rule of a brand's guide that a shown mark breaks."""

    kind: MarkMisuse
    measured: str
    allowed: str


def find_misuse(mark: ShownMark) -> Iterator[Misuse]:
    """Yield what is shown otherwise than allowed, from the measured transform and the brand's usage rules."""
    if mark.valid_until and mark.valid_until <= mark.seen_on:
        yield Misuse(
            kind=MarkMisuse.OUTDATED, measured=f"shown on {mark.seen_on}", allowed=f"in use until {mark.valid_until}"
        )
    rules = read_usage(mark.usage)
    transform = read_transform(json.loads(mark.transform))
    if transform is not None:
        yield from _find_distortion(mark, transform)
        yield from _find_recolouring(mark, rules, transform)
    yield from _find_too_small(mark, rules)
    yield from _find_crowding(mark, rules)


def _find_distortion(mark: ShownMark, transform: Transform) -> Iterator[Misuse]:
    stretch = abs(transform.aspect_change - 1)
    if stretch > max(MAX_STRETCH, STRETCH_PX / max(1, min(mark.box.width, mark.box.height))):
        way = "wider" if transform.aspect_change > 1 else "narrower"
        yield Misuse(
            kind=MarkMisuse.STRETCHED, measured=f"{stretch:.0%} {way}", allowed="the official drawing's proportions"
        )
    if abs(transform.rotation_degrees) > MAX_TURN_DEGREES:
        yield Misuse(
            kind=MarkMisuse.TURNED,
            measured=f"turned by {transform.rotation_degrees:+.1f}°, clockwise is +",
            allowed="upright as in the official drawing",
        )
    cuts = {
        "left": transform.cut_left, "top": transform.cut_top, "right": transform.cut_right, "bottom": transform.cut_bottom,
    }  # fmt: skip
    sides = [f"{share:.0%} at the {side}" for side, share in cuts.items() if share > MAX_CUT]
    if sides:
        yield Misuse(kind=MarkMisuse.CROPPED, measured=", ".join(sides) + " cut off", allowed="the whole drawing")


def _find_recolouring(mark: ShownMark, rules: UsageRules, transform: Transform) -> Iterator[Misuse]:
    # recognition is blind to colour, and the drawing that it names may be the black one of a set: only where the guide says
    # which colours are allowed, and the drawing is a coloured one, do other colours mean anything
    if transform.recolouring is Recolouring.NONE or not rules.allowed_colours or mark.variant in _ONE_COLOUR:
        return
    if transform.recolouring is Recolouring.GREY and (mark.has_one_colour_variant or _GREYS & {*rules.allowed_colours}):
        return
    colours = "in grey" if transform.recolouring is Recolouring.GREY else "in other colours"
    yield Misuse(
        kind=MarkMisuse.RECOLOURED,
        measured=f"{colours}, difference {transform.colour_difference:.0f} of 100 in CIE L*a*b*",
        allowed=f"in {', '.join(rules.allowed_colours)}",
    )


def _find_too_small(mark: ShownMark, rules: UsageRules) -> Iterator[Misuse]:
    if mark.page_box is None or not mark.image_width_px:
        return
    px_per_px = mark.page_box[2] / mark.image_width_px
    for side, shown, least in (
        ("wide", mark.box.width * px_per_px, rules.min_width_px),
        ("high", mark.box.height * px_per_px, rules.min_height_px),
    ):
        if least and round(shown) < least:
            yield Misuse(
                kind=MarkMisuse.TOO_SMALL, measured=f"{shown:.0f} px {side} on the page", allowed=f"at least {least} px"
            )
            return


def _find_crowding(mark: ShownMark, rules: UsageRules) -> Iterator[Misuse]:
    # beside an icon stands the brand's own name, as in its lock-up
    if not rules.clear_space or mark.variant is LogoVariant.ICON:
        return
    least = rules.clear_space * mark.box.height
    area = mark.box.width * mark.box.height
    gaps = [
        gap
        for other in mark.neighbours
        if other.width * other.height >= MIN_NEIGHBOUR_SHARE * area and (gap := _gap(mark.box, other)) is not None
    ]
    if gaps and min(gaps) < least:
        yield Misuse(
            kind=MarkMisuse.CROWDED,
            measured=f"{min(gaps)} px to the next drawing in the image",
            allowed=f"{least:.0f} px clear ({rules.clear_space:g} of its height)",
        )


def _gap(one: Box, other: Box) -> int | None:
    """Px between two boxes; None when they overlap: then they are parts of one drawing."""
    across = max(one.x - other.x - other.width, other.x - one.x - one.width)
    down = max(one.y - other.y - other.height, other.y - one.y - one.height)
    gap = max(across, down)
    return gap if gap >= 0 else None
