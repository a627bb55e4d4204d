"""Pieces of ink, and how they belong together: boxes joined by and by across the smallest gaps.

Each join is a candidate: letters become words, words and an icon a lock-up, lock-ups a row of a wall. So there are
fewer than twice as many candidates as pieces, whatever the layout; rows need not be straight.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.cluster.hierarchy import linkage  # type: ignore[import-untyped]  # scipy has no type stubs
from scipy.ndimage import find_objects  # type: ignore[import-untyped]  # scipy has no type stubs

from matcher import thresholds

_Edges = tuple[int, int, int, int]  # left, top, right, bottom: of a few boxes Python is done before numpy has begun

_LAST_JOINS = 5  # among the last so many groups every run of neighbours is a candidate too


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pieces:
    """Connected ink. boxes: int (n, 4), left, top, right, bottom. labels: int32 (height, width); numbers (n,) are the
    pieces' labels in it."""

    boxes: np.ndarray
    labels: np.ndarray
    numbers: np.ndarray

    def mask(self, index: int) -> np.ndarray:
        """The piece inside its box: bool (height, width)."""
        left, top, right, bottom = self.boxes[index].tolist()
        return np.asarray(self.labels[top:bottom, left:right] == self.numbers[index])


def find_pieces(inked: np.ndarray, *, least_px: int = thresholds.MIN_PIECE_PX) -> Pieces:
    """Connected ink of at least so many px, at most thresholds.MAX_PIECES of them: the largest boxes.

    inked: uint8 (height, width), not 0 where ink is present.
    """
    pieces = label_pieces(inked, connectivity=8)
    boxes, labels = pieces.boxes, pieces.labels
    kept = np.flatnonzero(_are_large(boxes, labels, least_px))
    if len(kept) > thresholds.MAX_PIECES:
        areas = (boxes[kept, 2:] - boxes[kept, :2]).prod(axis=1)
        kept = kept[np.sort(np.argsort(-areas, kind="stable")[: thresholds.MAX_PIECES])]
    return Pieces(boxes=boxes[kept], labels=labels, numbers=kept + 1)


def label_pieces(inked: np.ndarray, *, connectivity: int) -> Pieces:
    """All connected parts of what is not 0 in uint8 (height, width)."""
    # OpenCV's own statistics cost three times the labelling: they add up what nobody asks for
    count, labels = cv2.connectedComponents(inked, connectivity=connectivity)
    places = find_objects(labels, count - 1)
    boxes = np.array([(x.start, y.start, x.stop, y.stop) for y, x in places], np.int32).reshape(-1, 4)
    return Pieces(boxes=boxes, labels=labels, numbers=np.arange(1, count))


def _are_large(boxes: np.ndarray, labels: np.ndarray, least_px: int) -> np.ndarray:
    """Which pieces have so many px, and 3 px on their longer side: bool (n,). boxes: of all labels from 1 on.

    A connected piece has a px at least in each row and each column of its box, so only small ones have to be counted.
    """
    sides = boxes[:, 2:] - boxes[:, :2]
    longer = sides.max(axis=1, initial=0)
    are_large = longer >= max(3, least_px)
    unsure = (longer >= 3) & ~are_large & (sides.prod(axis=1) >= least_px)
    for index in np.flatnonzero(unsure).tolist():
        left, top, right, bottom = boxes[index].tolist()
        are_large[index] = np.count_nonzero(labels[top:bottom, left:right] == index + 1) >= least_px
    return np.asarray(are_large)


def join_pieces(boxes: np.ndarray) -> np.ndarray:
    """Boxes of all groups of pieces that are nearer to each other than to the rest: int (m, 4), each once.

    boxes: int (n, 4). Single linkage; single pieces are groups too.
    """
    count = len(boxes)
    if count < 2:
        return boxes
    joins = linkage(_gaps(boxes), "single")[:, :2].astype(np.int64).tolist()
    groups: list[_Edges] = [(left, top, right, bottom) for left, top, right, bottom in boxes.tolist()]
    for a, b in joins:
        groups.append(_around(groups[a], groups[b]))
    return np.array(sorted({*groups, *_runs(groups, joins, count)}))


def measure_gaps(groups: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Distance of each group, int (m, 4), to the nearest box, int (n, 4), outside it; inf if there is none.

    Frames around the group do not count, nor boxes much smaller than it: a ® or small print stands close to many marks.
    """
    left, top, right, bottom = boxes.astype(np.float64).T
    group_left, group_top, group_right, group_bottom = groups.astype(np.float64).T[..., None]
    across = np.maximum(left - group_right, group_left - right)
    down = np.maximum(top - group_bottom, group_top - bottom)
    gaps = np.hypot(np.maximum(0, across), np.maximum(0, down))
    is_inside = (left >= group_left) & (top >= group_top) & (right <= group_right) & (bottom <= group_bottom)
    is_around = (left <= group_left) & (top <= group_top) & (right >= group_right) & (bottom >= group_bottom)
    sizes, sides = (boxes[:, 2:] - boxes[:, :2]).max(axis=1), (groups[:, 2:] - groups[:, :2]).min(axis=1)
    gaps[is_inside | is_around | (sizes[None, :] < thresholds.CROWDING_SIDE_SHARE * sides[:, None])] = np.inf
    return np.asarray(gaps.min(axis=1, initial=np.inf))


def _gaps(boxes: np.ndarray) -> np.ndarray:
    """Distance between the edges of each two boxes, in the order that scipy wants."""
    first, second = _list_pairs(len(boxes))
    a, b = boxes[first].astype(np.float64), boxes[second].astype(np.float64)
    across, down = np.maximum(0, np.maximum(a[:, :2] - b[:, 2:], b[:, :2] - a[:, 2:])).T
    return np.asarray(np.hypot(across, down))


@functools.lru_cache(maxsize=64)
def _list_pairs(count: int) -> tuple[np.ndarray, np.ndarray]:
    return np.triu_indices(count, 1)


def _runs(groups: Sequence[_Edges], joins: Sequence[Sequence[int]], count: int) -> Iterator[_Edges]:
    """Neighbours among the last few groups: a gap inside a lock-up may be wider than the one beside it."""
    for left in range(3, min(_LAST_JOINS, count) + 1):
        made = 2 * count - left  # groups that exist when so many are left
        joined = {number for pair in joins[: count - left] for number in pair}
        alive = [groups[number] for number in range(made) if number not in joined]
        for axis in (0, 1):
            yield from _join_neighbours(sorted(alive, key=lambda box: box[axis] + box[axis + 2]))


def _join_neighbours(ordered: Sequence[_Edges]) -> Iterator[_Edges]:
    """Every run of two and more, but not all of them."""
    for first, around in enumerate(ordered):
        for other in ordered[first + 1 : first + len(ordered) - 1]:
            around = _around(around, other)  # noqa: PLW2901  # it grows by one neighbour each time
            yield around


def _around(a: _Edges, b: _Edges) -> _Edges:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])
