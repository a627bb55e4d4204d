from __future__ import annotations

import numpy as np
import pytest
from drawings import NAVY, draw_mark, encode, lay_on
from PIL import Image

from matcher import Refusal, thresholds
from matcher.alignment import Pair, align_all
from matcher.compare import Template
from matcher.features import extract_features
from matcher.marks import describe_mark
from matcher.normalize import extract_ink, scale_ink


def template_of(image: Image.Image) -> Template:
    marks = describe_mark(encode(image))
    assert not isinstance(marks, Refusal)
    return marks[0]


def pair(template: Template, ink: np.ndarray) -> Pair:
    region = extract_features(ink)
    return Pair(template=template, region=region, descriptor=region.descriptor)


def ink_of(name: str) -> np.ndarray:
    ink = scale_ink(extract_ink(np.asarray(lay_on(draw_mark(name, NAVY), (255, 255, 255))), np.full(3, 255, np.uint8)))
    rows, columns = (np.flatnonzero((ink > thresholds.INK_PRESENT).any(axis=axis)) for axis in (1, 0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def test_the_same_drawing_needs_no_map_and_scores_one() -> None:
    (alignment,) = align_all([pair(template_of(draw_mark("kestrel")), ink_of("kestrel"))])
    assert alignment.matrix.tolist() == [[1, 0, 0], [0, 1, 0]]
    assert alignment.shown == (0, 0, 1, 1)
    assert alignment.score == pytest.approx(1, abs=0.05)


def test_a_drawing_cut_off_on_one_side_is_compared_where_it_is_shown() -> None:
    ink = ink_of("kestrel")
    (alignment,) = align_all([pair(template_of(draw_mark("kestrel")), ink[:, : round(0.95 * ink.shape[1])])])
    left, top, right, bottom = alignment.shown
    assert (left, top, bottom) == pytest.approx((0, 0, 1), abs=0.03)
    assert 0.93 < right < 0.99
    assert alignment.score > thresholds.ACCEPT_SCORE


def test_an_alignment_does_not_depend_on_the_others_of_its_image() -> None:
    template, ink = template_of(draw_mark("kestrel")), ink_of("kestrel")
    parts = [ink, ink[:, : round(0.9 * ink.shape[1])], ink[: round(0.93 * ink.shape[0])], ink_of("ombra")]
    pairs = [pair(template, part) for part in parts]
    for together, one in zip(align_all(pairs), pairs, strict=True):
        assert align_all([one])[0].score == pytest.approx(together.score, abs=1e-5)
