"""Where in a picture a logo may be: the whole, and the parts into which its empty space or its colours cut
it.

1. The whole picture, trimmed to its ink.
2. Pieces of ink, joined by and by across the smallest gaps (walls, lock-ups, text beside a mark): matcher/looking/grouping.py.
3. A piece that fills its outline (a tile, a card, a disc, a shield) is a ground of its own: look at what stands on it.
4. On an uneven ground: plates of one colour and what stands on them; in photographs the colours that are more
   frequent inside than at the border: matcher/looking/grounds.py.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from matcher import thresholds
from matcher.looking.grounds import (
    Ground,
    fill_outlines,
    find_drawn_areas,
    find_even_areas,
    find_frequent_colours,
    find_plates,
    ground_inside,
)
from matcher.looking.grouping import Pieces, find_pieces, join_pieces, measure_gaps
from matcher.looking.normalize import Flattened, extract_ink, is_other_colour, scale_ink
from matcher.looking.picture_box import Box

_MAX_GROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Region:
    """A part of a picture that may be a logo. ink: uint8, scaled, trimmed; box: in working px; depth: grounds
    around it. isolation: distance to the nearest other ink, as a share of its own shorter side; letters cut from a word
    have little."""

    box: Box
    ink: np.ndarray
    depth: int
    isolation: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sheet:
    """What stands on a ground. ink: uint8 (height, width), scaled. inked: the same shape, 1 where ink is present, else 0.
    depth: grounds around it, this one not counted."""

    ground: Ground
    ink: np.ndarray
    inked: np.ndarray
    depth: int

    @property
    def whole(self) -> Region | None:
        """All of the ink; None if too little is there."""
        x, y, width, height = cv2.boundingRect(self.inked)
        return self.cut(x, y, x + width, y + height, math.inf)

    def cut(self, left: int, top: int, right: int, bottom: int, gap_px: float) -> Region | None:
        """Region of a rectangle whose sides all touch ink; None if it is too small or too narrow. gap_px: to the nearest
        other ink."""
        width, height = right - left, bottom - top
        if max(width, height) < thresholds.MIN_REGION_LONG_PX:
            return None
        if min(width, height) < min(thresholds.MIN_REGION_SHORT_PX, *self.ink.shape):
            return None
        if max(width, height) > thresholds.MAX_ASPECT * min(width, height):
            return None
        box = Box(x=self.ground.x + left, y=self.ground.y + top, width=width, height=height)
        return Region(
            box=box, ink=self.ink[top:bottom, left:right], depth=self.depth, isolation=gap_px / min(width, height)
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mark:
    """A region of an official drawing. is_even: what it stands on has one colour all around."""

    region: Region
    is_even: bool


def find_regions(flats: Sequence[Flattened]) -> list[Region]:
    """Regions of a picture, the whole first, then the largest first; empty if there is no ink.

    flats: one or more ways to lay the picture on a ground (normalize.flatten_on_all).
    """
    return order_regions(list(search_regions(flats)))


def search_regions(flats: Sequence[Flattened]) -> Iterator[Region]:
    """The same, one after the other as they are found: the whole first, and nothing else is searched before it is taken."""
    found = set[tuple[Box, int]]()  # one box on two backgrounds is two regions: the mark and its gaps
    for region in itertools.chain.from_iterable(map(_look_everywhere, flats)):
        darkness = int(cv2.mean(region.ink)[0])
        if found and (_is_small(region.box, flats[0]) or darkness > 255 * thresholds.SOLID_INK):
            continue
        if (region.box, darkness) in found:
            continue
        found.add((region.box, darkness))
        yield region
        if len(found) >= thresholds.MAX_REGIONS:
            return


def order_regions(found: Sequence[Region]) -> list[Region]:
    """The first, then the others, largest first."""
    return [*found[:1], *sorted(found[1:], key=lambda r: -r.box.width * r.box.height)]


def find_mark(flat: Flattened) -> list[Mark]:
    """Regions that stand for an official drawing: the whole, and what stands on its tile or disc if it has one.

    Parts are left out on purpose: icons and words cut from lock-ups match strangers' icons and words.
    """
    outer = flat.backgrounds[0].colour
    ground: Ground | None = Ground(x=0, y=0, rgb=flat.rgb, colour=outer, outline=None, share=1.0)
    marks: list[Mark] = []
    while ground is not None and len(marks) < _MAX_GROUNDS:
        sheet = _lay_out(ground, len(marks))
        region = sheet.whole
        if region is None:
            break
        is_even = ground.share >= thresholds.EVEN_BAND_SHARE and not ground.is_levelled
        marks.append(Mark(region=region, is_even=is_even))
        ground = _main_tile(ground, find_pieces(sheet.inked), region.box)
        # through a ring or a bubble the page is seen: what stands in it is anyone's without it
        if ground is not None and not is_other_colour(ground.colour, outer):
            break
    return marks


def _main_tile(ground: Ground, pieces: Pieces, around: Box) -> Ground | None:
    """The ground that a mark's one large piece is, if it covers nearly all of the mark."""
    if not len(pieces.boxes):
        return None
    largest = int((pieces.boxes[:, 2:] - pieces.boxes[:, :2]).prod(axis=1).argmax())
    left, top, right, bottom = pieces.boxes[largest].tolist()
    share = thresholds.MAIN_TILE_SHARE
    if right - left < share * around.width or bottom - top < share * around.height:
        return None
    return ground_inside(ground, pieces, largest)


@dataclass(slots=True)
class _Effort:
    """Pixels of grounds that may still be looked at: a hundred frames in each other make a hundred thousand grounds."""

    left_px: float

    def allows(self, px: int) -> bool:
        self.left_px -= px
        return self.left_px >= 0


def _look_everywhere(flat: Flattened) -> Iterator[Region]:
    backgrounds = flat.backgrounds
    effort = _Effort(thresholds.MAX_GROUND_AREAS * flat.rgb.shape[0] * flat.rgb.shape[1])
    for background in backgrounds:
        ground = Ground(x=0, y=0, rgb=flat.rgb, colour=background.colour, outline=None, share=backgrounds[0].share)
        yield from _look_on(ground, 0, effort)
    is_uneven = backgrounds[0].even_share < thresholds.EVEN_RING_SHARE
    if backgrounds[0].share >= thresholds.PLATE_RING_SHARE and not is_uneven:
        return
    even = find_even_areas(flat.rgb)
    for plate in find_plates(even):
        yield from _look_on(plate, 1, effort)
    if backgrounds[0].share < thresholds.PHOTO_RING_SHARE or is_uneven:
        ink = scale_ink(extract_ink(flat.rgb, backgrounds[0].colour))
        for layer in (*find_frequent_colours(flat.rgb), find_drawn_areas(even)):
            yield from _look_at_layer(layer, ink)


def _look_on(ground: Ground, depth: int, effort: _Effort) -> Iterator[Region]:
    """Regions of what stands on a ground."""
    sheet = _lay_out(ground, depth)
    whole = sheet.whole
    if whole is None:
        return
    yield whole
    pieces = find_pieces(sheet.inked)
    yield from _cut_groups(sheet, pieces)
    if depth == _MAX_GROUNDS:
        return
    for number, (left, top, right, bottom) in enumerate(pieces.boxes.tolist()):
        size = (right - left, bottom - top)
        if min(size) < thresholds.MIN_TILE_SHORT_PX or max(size) < thresholds.MIN_PART_LONG_PX:
            continue
        if max(size) > thresholds.MAX_TILE_ASPECT * min(size):
            continue
        inside = ground_inside(ground, pieces, number) if effort.allows(size[0] * size[1]) else None
        if inside is not None:
            yield from _look_on(inside, depth + 1, effort)


def _look_at_layer(layer: np.ndarray, ink: np.ndarray) -> Iterator[Region]:
    """Regions of a mask of what may be drawn, twice: as the mask has it, and the ink inside its outlines, which knows the
    drawing's own colours. ink: of the whole picture, on its uneven ground."""
    height, width = layer.shape
    pieces = find_pieces(layer, least_px=max(8, int(thresholds.LAYER_PIECE_SHARE * height * width)))
    if not len(pieces.boxes):
        return
    is_kept = np.zeros(int(pieces.labels.max()) + 1, np.uint8)
    is_kept[pieces.numbers] = 255
    clean = cv2.bitwise_and(layer, is_kept[pieces.labels])
    inside = cv2.bitwise_and(ink, fill_outlines(clean))
    for drawn in (clean, inside):
        ground = Ground(x=0, y=0, rgb=drawn, colour=np.zeros(3, np.uint8), outline=None, share=0.0)
        sheet = _Sheet(ground=ground, ink=drawn, inked=_find_inked(drawn), depth=1)
        for region in _cut_groups(sheet, pieces):
            if region.box.width * region.box.height >= thresholds.LAYER_REGION_SHARE * width * height:
                yield region


def _cut_groups(sheet: _Sheet, pieces: Pieces) -> Iterator[Region]:
    """Regions of all groups of pieces that are near each other."""
    groups = join_pieces(pieces.boxes)
    groups = groups[(groups[:, 2:] - groups[:, :2]).max(axis=1, initial=0) >= thresholds.MIN_PART_LONG_PX]
    # on an uneven ground what is near may be the photograph
    is_even = sheet.ground.share >= thresholds.PHOTO_RING_SHARE
    gaps = measure_gaps(groups, pieces.boxes).tolist() if is_even else itertools.repeat(math.inf)
    for (left, top, right, bottom), gap in zip(groups.tolist(), gaps, strict=False):
        region = sheet.cut(left, top, right, bottom, gap)
        if region is not None:
            yield region


def _lay_out(ground: Ground, depth: int) -> _Sheet:
    ink = scale_ink(extract_ink(ground.rgb, ground.colour))
    if ground.outline is not None:
        ink = np.asarray(cv2.bitwise_and(ink, ground.outline))
    return _Sheet(ground=ground, ink=ink, inked=_find_inked(ink), depth=depth)


def _find_inked(ink: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.threshold(ink, thresholds.INK_PRESENT, 1, cv2.THRESH_BINARY)[1])


def _is_small(box: Box, flat: Flattened) -> bool:
    is_large = max(flat.rgb.shape) >= thresholds.LARGE_LONG_PX
    least_px = thresholds.LARGE_PART_LONG_PX if is_large else thresholds.MIN_PART_LONG_PX
    return max(box.width, box.height) < least_px
