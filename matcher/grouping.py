"""Pieces of ink, and how they belong together: boxes joined by and by across the smallest gaps.

Each join is a candidate: letters become words, words and an icon a lock-up, lock-ups a row of a wall. So there are
fewer than twice as many candidates as pieces, whatever the layout; rows need not be straight.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.cluster.hierarchy import linkage  # type: ignore[import-untyped]  # scipy has no type stubs

from matcher import thresholds

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


def find_pieces(ink: np.ndarray, *, least_px: int = thresholds.MIN_PIECE_PX) -> Pieces:
    """Connected ink of at least so many px, at most thresholds.MAX_PIECES of them: the largest boxes.

    ink: uint8 (height, width), scaled.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        (ink > thresholds.INK_PRESENT).view(np.uint8), connectivity=8
    )
    stats = stats[1:]  # the first is the background
    kept = np.flatnonzero((stats[:, cv2.CC_STAT_AREA] >= least_px) & (stats[:, 2:4].max(axis=1) >= 3))
    if len(kept) > thresholds.MAX_PIECES:
        areas = stats[kept, cv2.CC_STAT_WIDTH] * stats[kept, cv2.CC_STAT_HEIGHT]
        kept = kept[np.sort(np.argsort(-areas, kind="stable")[: thresholds.MAX_PIECES])]
    corners = stats[kept, :2]
    return Pieces(boxes=np.hstack([corners, corners + stats[kept, 2:4]]), labels=labels, numbers=kept + 1)


def join_pieces(boxes: np.ndarray) -> np.ndarray:
    """Boxes of all groups of pieces that are nearer to each other than to the rest: int (m, 4), each once.

    boxes: int (n, 4). Single linkage; single pieces are groups too.
    """
    count = len(boxes)
    if count < 2:
        return boxes
    joins = linkage(_gaps(boxes), "single")[:, :2].astype(np.int64)
    groups = np.empty((2 * count - 1, 4), np.int64)
    groups[:count] = boxes
    for number, (a, b) in enumerate(joins.tolist(), start=count):
        groups[number] = _around(groups[[a, b]])
    return np.unique(np.concatenate([groups, *_runs(groups, joins, count)]), axis=0)


def measure_gaps(groups: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Distance of each group, int (m, 4), to the nearest box, int (n, 4), outside it; inf if there is none.

    Frames around the group do not count, nor boxes much smaller than it: a ® or small print stands close to many marks.
    """
    across = np.maximum(boxes[None, :, 0] - groups[:, None, 2], groups[:, None, 0] - boxes[None, :, 2])
    down = np.maximum(boxes[None, :, 1] - groups[:, None, 3], groups[:, None, 1] - boxes[None, :, 3])
    gaps = np.hypot(np.maximum(0, across), np.maximum(0, down))
    starts, ends = boxes[:, :2] - groups[:, None, :2], boxes[:, 2:] - groups[:, None, 2:]
    is_inside, is_around = (((starts >= 0) & (ends <= 0)).all(axis=2), ((starts <= 0) & (ends >= 0)).all(axis=2))
    sizes, sides = (boxes[:, 2:] - boxes[:, :2]).max(axis=1), (groups[:, 2:] - groups[:, :2]).min(axis=1)
    gaps[is_inside | is_around | (sizes[None, :] < thresholds.CROWDING_SIDE_SHARE * sides[:, None])] = np.inf
    return np.asarray(gaps.min(axis=1, initial=np.inf))


def _gaps(boxes: np.ndarray) -> np.ndarray:
    """Distance between the edges of each two boxes, in the order that scipy wants."""
    across = np.maximum(boxes[:, None, 0] - boxes[None, :, 2], boxes[None, :, 0] - boxes[:, None, 2])
    down = np.maximum(boxes[:, None, 1] - boxes[None, :, 3], boxes[None, :, 1] - boxes[:, None, 3])
    gaps = np.hypot(np.maximum(0, across), np.maximum(0, down))
    return np.asarray(gaps[np.triu_indices(len(boxes), 1)])


def _runs(groups: np.ndarray, joins: np.ndarray, count: int) -> list[np.ndarray]:
    """Neighbours among the last few groups: a gap inside a lock-up may be wider than the one beside it."""
    runs = []
    for left in range(3, min(_LAST_JOINS, count) + 1):
        made = 2 * count - left  # groups that exist when so many are left
        joined = set(joins[: count - left].ravel().tolist())
        alive = groups[[number for number in range(made) if number not in joined]]
        for axis in (0, 1):
            ordered = alive[np.argsort(alive[:, axis] + alive[:, axis + 2], kind="stable")]
            runs += [
                _around(ordered[first : first + length])[None]
                for length in range(2, left)
                for first in range(left - length + 1)
            ]
    return runs


def _around(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])
