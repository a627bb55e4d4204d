"""Where in a picture a logo may be: the whole, and the parts into which its empty space or its colours cut
it.

1. The whole picture, trimmed to its ink.
2. On an even ground: cut along the widest empty rows or columns, again and again (walls, lock-ups, text
beside a mark).
   Neighbouring parts are also taken together, since the gap inside a lock-up may be wider than the one beside
   it.
3. A part with four inked sides is a tile or a card: look at what stands on it.
4. On an uneven ground: plates of one colour, and what stands on them; in photographs each of the main colours
alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from matcher import thresholds
from matcher.normalize import Background, Flattened, estimate_backgrounds, extract_ink, is_framed, scale_ink

_LAYERS = 5
_SAMPLE_SIDE_PX = 96
_MAX_FRAMES = 3
_MAX_RUN_PARTS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle; x and y of its upper left corner. In px of whatever picture the owner says."""

    x: int
    y: int
    width: int
    height: int

    def moved(self, x: int, y: int) -> Box:
        return Box(x=self.x + x, y=self.y + y, width=self.width, height=self.height)

    def scaled_to_source(self, scale: float, width_px: int, height_px: int) -> Box:
        """The same rectangle in a source picture of that size. scale: working px per source px."""
        x, y = min(width_px - 1, int(self.x / scale)), min(height_px - 1, int(self.y / scale))
        right, bottom = round((self.x + self.width) / scale), round((self.y + self.height) / scale)
        return Box(x=x, y=y, width=max(1, min(width_px, right) - x), height=max(1, min(height_px, bottom) - y))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Region:
    """A part of a picture that may be a logo. ink: uint8, scaled, trimmed; box: in working px; depth: frames
    around it."""

    box: Box
    ink: np.ndarray
    depth: int


def find_regions(flat: Flattened) -> list[Region]:
    """Regions of a flattened picture, the whole first, then the largest first; empty if there is no ink."""
    height, width = flat.rgb.shape[:2]
    found: dict[tuple[Box, int], Region] = {}  # one box on two backgrounds is two regions: the mark and its gaps
    for region in _look_at(flat.rgb, Box(x=0, y=0, width=width, height=height), 0, flat.backgrounds):
        if found and _is_no_mark(region):
            continue
        found.setdefault((region.box, int(region.ink.mean())), region)
        if len(found) >= 2 * thresholds.MAX_REGIONS:
            break
    regions = list(found.values())
    rest = sorted(regions[1:], key=lambda r: -r.box.width * r.box.height)
    return regions[:1] + rest[: thresholds.MAX_REGIONS - 1]


def _is_no_mark(region: Region) -> bool:
    """A few letters of a word, or a filled box: a button, a tile whose drawing is looked at by itself."""
    is_small = max(region.box.width, region.box.height) < thresholds.MIN_PART_LONG_PX
    return is_small or float(region.ink.mean()) > 255 * thresholds.SOLID_INK


def find_mark(flat: Flattened) -> list[Region]:
    """Regions that stand for an official drawing: the whole, and what stands on its tile if it has one.

    Parts are left out on purpose: icons and words cut from lock-ups match strangers' icons and words.
    """
    height, width = flat.rgb.shape[:2]
    box, marks = Box(x=0, y=0, width=width, height=height), list[Region]()
    backgrounds = flat.backgrounds
    for depth in range(_MAX_FRAMES):
        ink = scale_ink(extract_ink(_crop(flat.rgb, box), backgrounds[0].colour))
        region = _trim(ink, Box(x=0, y=0, width=box.width, height=box.height), box, depth)
        if region is None:
            break
        marks.append(region)
        box = _inside(region.box)
        if not is_framed(region.ink) or min(box.width, box.height) < thresholds.MIN_REGION_LONG_PX:
            break
        backgrounds = estimate_backgrounds(_crop(flat.rgb, box))
    return marks


def _look_at(rgb: np.ndarray, box: Box, depth: int, backgrounds: list[Background]) -> Iterator[Region]:
    """Regions inside a box of the picture, on each background that the box may have."""
    part = _crop(rgb, box)
    for background in backgrounds:
        ink = scale_ink(extract_ink(part, background.colour))
        whole = _trim(ink, Box(x=0, y=0, width=box.width, height=box.height), box, depth)
        if whole is None:
            continue
        yield whole
        framed = [whole] if is_framed(whole.ink) else []
        if background.share >= thresholds.CUT_RING_SHARE:
            for cut in _cut(ink > thresholds.INK_PRESENT):
                region = _trim(ink, cut, box, depth)
                if region is None:
                    continue
                yield region
                if is_framed(region.ink):
                    framed.append(region)
        for region in framed if depth < _MAX_FRAMES else ():
            inner = _inside(region.box)
            if min(inner.width, inner.height) >= thresholds.MIN_REGION_LONG_PX:
                yield from _look_at(rgb, inner, depth + 1, estimate_backgrounds(_crop(rgb, inner)))
    if depth == 0 and backgrounds[0].share < thresholds.PLATE_RING_SHARE:
        yield from _look_by_colour(rgb, with_layers=backgrounds[0].share < thresholds.LAYER_RING_SHARE)


def _crop(rgb: np.ndarray, box: Box) -> np.ndarray:
    return rgb[box.y : box.y + box.height, box.x : box.x + box.width]


def _inside(box: Box) -> Box:
    inset = max(2, round(min(box.width, box.height) * thresholds.FRAME_INSET_SHARE))
    return Box(x=box.x + inset, y=box.y + inset, width=box.width - 2 * inset, height=box.height - 2 * inset)


def _trim(ink: np.ndarray, cut: Box, origin: Box, depth: int) -> Region | None:
    """Region of the ink inside a cut; None if too little is there. origin: where the ink map lies in the
    picture."""
    part = ink[cut.y : cut.y + cut.height, cut.x : cut.x + cut.width]
    x, y, width, height = cv2.boundingRect((part > thresholds.INK_PRESENT).view(np.uint8))
    if max(width, height) < thresholds.MIN_REGION_LONG_PX or min(width, height) < min(
        thresholds.MIN_REGION_SHORT_PX, *ink.shape
    ):
        return None
    if max(width, height) > thresholds.MAX_ASPECT * min(width, height):
        return None
    box = Box(x=cut.x + x + origin.x, y=cut.y + y + origin.y, width=width, height=height)
    return Region(box=box, ink=part[y : y + height, x : x + width], depth=depth)


def _cut(mask: np.ndarray) -> list[Box]:
    """Parts of an ink mask by recursive cuts along its widest empty rows or columns, and runs of neighbouring
    parts."""
    height, width = mask.shape
    boxes: list[Box] = []
    todo = [(Box(x=0, y=0, width=width, height=height), 0)]
    while todo and len(boxes) < thresholds.MAX_REGIONS:
        box, depth = todo.pop(0)
        part = mask[box.y : box.y + box.height, box.x : box.x + box.width]
        columns, rows = np.asarray(part.any(axis=0)), np.asarray(part.any(axis=1))
        across, down = _gaps(columns), _gaps(rows)
        widest_across, widest_down = _widest(across), _widest(down)
        widest = max(widest_across, widest_down)
        inked = min(int(columns.sum()), int(rows.sum()))
        if widest < max(2, thresholds.MIN_GAP_SHARE * inked):
            continue
        is_across = widest_across >= widest_down
        cuts = [g for g in (across if is_across else down) if g[1] - g[0] >= 0.5 * widest]
        parts = _split(box, cuts, is_across=is_across)
        boxes += _runs(parts)
        if depth < thresholds.MAX_CUT_DEPTH:
            todo += [(p, depth + 1) for p in parts if max(p.width, p.height) >= thresholds.MIN_REGION_LONG_PX]
    return boxes


def _gaps(inked: np.ndarray) -> np.ndarray:
    """Empty stretches between inked ones: int (n, 2), start and end."""
    places = np.flatnonzero(inked)
    if len(places) < 2:
        return np.empty((0, 2), np.int64)
    before = np.flatnonzero(np.diff(places) > 1)
    return np.stack([places[before] + 1, places[before + 1]], axis=1)


def _widest(gaps: np.ndarray) -> int:
    return int((gaps[:, 1] - gaps[:, 0]).max(initial=0))


def _split(box: Box, cuts: list[np.ndarray], *, is_across: bool) -> list[Box]:
    length = box.width if is_across else box.height
    edges = [0, *(int((start + end) // 2) for start, end in cuts), length]
    parts = []
    for start, end in itertools.pairwise(edges):
        if is_across:
            parts.append(Box(x=box.x + start, y=box.y, width=end - start, height=box.height))
        else:
            parts.append(Box(x=box.x, y=box.y + start, width=box.width, height=end - start))
    return parts


def _runs(parts: list[Box]) -> list[Box]:
    """Single parts and runs of neighbours, but not all of them together (that is the parent)."""
    longest = len(parts) - 1 if len(parts) <= _MAX_RUN_PARTS else 2
    runs = []
    for length in range(1, longest + 1):
        for first in range(len(parts) - length + 1):
            a, b = parts[first], parts[first + length - 1]
            runs.append(Box(x=a.x, y=a.y, width=b.x + b.width - a.x, height=b.y + b.height - a.y))
    return runs


def _look_by_colour(rgb: np.ndarray, *, with_layers: bool) -> Iterator[Region]:
    """Plates of one colour and what stands on them; with_layers: also each main colour's own shapes."""
    height, width = rgb.shape[:2]
    labels = _quantise(rgb)
    least = 0.02 * width * height
    for layer in range(_LAYERS):
        mask = (labels == layer).view(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
        for x, y, w, h, area in stats[1:count].tolist():
            if w * h >= least and area >= 0.45 * w * h and w * h < 0.95 * width * height:
                box = Box(x=x, y=y, width=w, height=h)
                if min(w, h) >= thresholds.MIN_REGION_LONG_PX:
                    yield from _look_at(rgb, box, 1, estimate_backgrounds(_crop(rgb, box)))
        if with_layers:
            yield from _layer_regions(mask, least)


def _layer_regions(mask: np.ndarray, least: float) -> Iterator[Region]:
    ink = mask * np.uint8(255)
    whole = Box(x=0, y=0, width=mask.shape[1], height=mask.shape[0])
    reach = max(3, round(0.02 * max(mask.shape)))
    near = cv2.dilate(
        cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)), np.ones((reach, reach), np.uint8)
    )
    count, _, stats, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
    for x, y, w, h, _area in stats[1:count].tolist():
        if w * h >= least:
            region = _trim(ink, Box(x=x, y=y, width=w, height=h), whole, 1)
            if region is not None:
                yield region


def _quantise(rgb: np.ndarray) -> np.ndarray:
    """Label 0..4 of the nearest of five main colours (k-means in Lab) for each pixel."""
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)
    height, width = lab.shape[:2]
    zoom = min(1.0, _SAMPLE_SIDE_PX / max(height, width))
    sample = cv2.resize(lab, (max(1, int(width * zoom)), max(1, int(height * zoom))), interpolation=cv2.INTER_NEAREST)
    points = sample.reshape(-1, 3).astype(np.float32)
    if len(points) < _LAYERS:
        return np.zeros((height, width), np.int32)
    cv2.setRNGSeed(1)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 12, 1.0)
    _, _, centres = cv2.kmeans(points, _LAYERS, np.empty((0,), np.int32), stop, 1, cv2.KMEANS_PP_CENTERS)
    flat = lab.reshape(-1, 3).astype(np.float32)
    distances = (centres**2).sum(axis=1)[None, :] - 2 * flat @ centres.T
    return np.asarray(distances.argmin(axis=1).reshape(height, width))
