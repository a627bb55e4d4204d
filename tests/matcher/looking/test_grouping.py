from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from matcher.looking.grouping import find_pieces, join_pieces, measure_gaps


@pytest.mark.parametrize("density", [0.1, 0.3, 0.5])
@pytest.mark.parametrize("least_px", [1, 6, 8])
def test_pieces_are_those_of_opencvs_statistics(density: float, least_px: int) -> None:
    for seed in range(5):
        inked = (np.random.default_rng(seed).random((30, 40)) < density).astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(inked, connectivity=8)
        x, y, width, height, area = stats[1:].T
        boxes = np.stack([x, y, x + width, y + height], axis=1)
        kept = np.flatnonzero((area >= least_px) & (np.maximum(width, height) >= 3))
        pieces = find_pieces(inked, least_px=least_px)
        assert pieces.boxes.tolist() == boxes[kept].tolist()
        assert pieces.numbers.tolist() == (kept + 1).tolist()
        assert (pieces.labels == labels).all()


def test_empty_picture_has_no_pieces() -> None:
    assert len(find_pieces(np.zeros((20, 20), np.uint8)).boxes) == 0


def test_near_pieces_are_joined_first_and_single_ones_stay() -> None:
    left, middle, right = (0, 0, 10, 10), (12, 0, 20, 10), (60, 0, 70, 10)
    groups = {tuple(group) for group in join_pieces(np.array([left, middle, right])).tolist()}
    assert groups >= {left, middle, right, (0, 0, 20, 10), (0, 0, 70, 10)}


def test_a_run_of_neighbours_is_a_group_even_if_the_gap_inside_is_the_wider_one() -> None:
    icon, word, strange = (0, 0, 10, 10), (18, 0, 60, 10), (65, 0, 75, 10)
    assert [0, 0, 60, 10] in join_pieces(np.array([icon, word, strange])).tolist()


def test_gap_is_the_distance_to_the_nearest_box_outside() -> None:
    boxes = np.array([(0, 0, 10, 10), (13, 14, 20, 20), (2, 2, 4, 4)])
    gaps = measure_gaps(np.array([(0, 0, 10, 10), (13, 14, 20, 20), (0, 0, 20, 20)]), boxes)
    assert gaps.tolist() == [5, 5, math.inf]
