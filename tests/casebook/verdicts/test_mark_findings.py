"""A mark shown otherwise than its brand allows, both sides of each threshold."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from casebook.verdicts.mark_findings import ShownMark, find_misuse
from ledger.vocabulary import LogoVariant, MarkMisuse, Recolouring
from matcher.looking.picture_box import Box
from matcher.looking.transform import Transform

PLAIN = Transform(
    scale=0.5, aspect_change=1.0, rotation_degrees=0.0, cut_left=0.0, cut_top=0.0, cut_right=0.0, cut_bottom=0.0,
    colour_difference=2.0, recolouring=Recolouring.NONE, is_inverted=False,
)  # fmt: skip
MARK = ShownMark(
    variant=LogoVariant.COLOUR, valid_until=None, seen_on="2026-11-23", usage="{}", transform="{}",
    box=Box(x=0, y=0, width=200, height=80), neighbours=(), page_box=None, image_width_px=200, has_one_colour_variant=False,
)  # fmt: skip
COLOURS = json.dumps({"allowed_colours": ["#123c7a"]})
WITH_BLACK = json.dumps({"allowed_colours": ["#123c7a", "#000000"]})
CLEAR = json.dumps({"clear_space": 0.25})


def kinds(change: dict[str, object], **transform: object) -> set[MarkMisuse]:
    shown = replace(MARK, transform=json.dumps(asdict(replace(PLAIN, **transform))), **change)
    return {misuse.kind for misuse in find_misuse(shown)}


@pytest.mark.parametrize(
    ("transform", "found"),
    [
        ({}, set()),
        ({"aspect_change": 1.05}, set()),
        ({"aspect_change": 1.08}, {MarkMisuse.STRETCHED}),
        ({"aspect_change": 0.9}, {MarkMisuse.STRETCHED}),
        ({"rotation_degrees": -2.0}, set()),
        ({"rotation_degrees": -5.0}, {MarkMisuse.TURNED}),
        ({"cut_left": 0.05}, set()),
        ({"cut_left": 0.1, "cut_bottom": 0.2}, {MarkMisuse.CROPPED}),
    ],
)
def test_distortion(transform, found):
    assert kinds({}, **transform) == found


def test_a_small_mark_may_be_a_pixel_wider():
    small = {"box": Box(x=0, y=0, width=40, height=16)}
    assert kinds(small, aspect_change=1.1) == set()
    assert kinds(small, aspect_change=1.2) == {MarkMisuse.STRETCHED}


@pytest.mark.parametrize(
    ("usage", "change", "recolouring", "is_found"),
    [
        ("{}", {}, Recolouring.OTHER, False),  # no guide says which colours are allowed
        (COLOURS, {}, Recolouring.OTHER, True),
        (COLOURS, {}, Recolouring.NONE, False),
        (COLOURS, {"variant": LogoVariant.MONO}, Recolouring.OTHER, False),
        (COLOURS, {}, Recolouring.GREY, True),
        (COLOURS, {"has_one_colour_variant": True}, Recolouring.GREY, False),
        (WITH_BLACK, {}, Recolouring.GREY, False),
    ],
)
def test_colours(usage, change, recolouring, is_found):
    found = kinds({"usage": usage, **change}, recolouring=recolouring, colour_difference=50.0)
    assert found == ({MarkMisuse.RECOLOURED} if is_found else set())


@pytest.mark.parametrize(("width_px", "is_found"), [(100, False), (99, True), (None, False)])
def test_size_on_the_page_where_a_browser_measured_it(width_px, is_found):
    box = None if width_px is None else (0, 0, width_px, 40)
    found = kinds({"usage": json.dumps({"min_width_px": 100}), "page_box": box})
    assert found == ({MarkMisuse.TOO_SMALL} if is_found else set())


@pytest.mark.parametrize(
    ("other", "is_found"),
    [
        (Box(x=219, y=0, width=60, height=60), True),
        (Box(x=220, y=0, width=60, height=60), False),  # a quarter of 80 px
        (Box(x=205, y=0, width=8, height=8), False),  # a speck
        (Box(x=10, y=10, width=60, height=60), False),  # a part of the mark itself
        (Box(x=0, y=90, width=200, height=80), True),
    ],
)
def test_clear_space(other, is_found):
    assert kinds({"usage": CLEAR, "neighbours": (other,)}) == ({MarkMisuse.CROWDED} if is_found else set())
    assert kinds({"usage": CLEAR, "neighbours": (other,), "variant": LogoVariant.ICON}) == set()


def test_an_outdated_mark_is_told_even_when_it_was_never_measured():
    (misuse,) = find_misuse(replace(MARK, valid_until="2021-03-01"))
    assert (misuse.kind, misuse.allowed) == (MarkMisuse.OUTDATED, "in use until 2021-03-01")
    assert list(find_misuse(replace(MARK, valid_until="2026-11-24"))) == []
