from __future__ import annotations

import numpy as np
from drawings import BRAND_NAMES, draw_mark, encode
from PIL import Image, ImageDraw

from matcher import Refusal, thresholds
from matcher.cohort import background_features
from matcher.compare import TemplateSet
from matcher.features import Features, extract_all, extract_features
from matcher.marks import describe_mark


def features_of(image: Image.Image) -> Features:
    marks = describe_mark(encode(image))
    assert not isinstance(marks, Refusal)
    return marks[0]


def stripe_picture(width: int, height: int) -> Image.Image:
    image = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(image).ellipse((4, 4, width - 5, height - 5), fill="black")
    return image


def test_same_drawing_scores_one_and_another_less_than_accepted() -> None:
    features = [features_of(draw_mark(name)) for name in BRAND_NAMES[:4]]
    table = TemplateSet(features, background_features()).compare(features)
    assert np.allclose(np.diag(table.scores), 1, atol=1e-3)
    assert np.diag(table.distances).tolist() == [0] * 4
    assert (table.scores - 9 * np.eye(4)).max() < thresholds.ACCEPT_SCORE


def test_disc_has_a_larger_margin_than_a_drawing_with_detail() -> None:
    templates = TemplateSet(
        [features_of(stripe_picture(90, 90)), features_of(draw_mark("kestrel"))], background_features()
    )
    assert templates.margins[0] > templates.margins[1] + 0.2


def test_another_aspect_lowers_the_score() -> None:
    mark = draw_mark("kestrel")
    squeezed, stretched = (
        mark.resize((mark.width, mark.height * 2)),
        mark.resize((mark.width, mark.height * 21 // 20)),
    )
    templates = TemplateSet([features_of(mark)], background_features())
    scores = templates.compare([features_of(stretched), features_of(squeezed)]).scores[:, 0]
    assert scores[0] > thresholds.ACCEPT_SCORE > scores[1]


def test_what_is_not_on_the_short_list_is_not_compared() -> None:
    templates = TemplateSet([features_of(draw_mark("kestrel"))], background_features())
    table = templates.compare(background_features())
    far = table.distances > thresholds.SHORTLIST_DISTANCE_BITS
    assert far.any()
    assert (table.scores[far] == -1).all()


def test_features_do_not_depend_on_the_company_they_are_taken_in() -> None:
    random = np.random.default_rng(5)
    inks = [random.integers(0, 256, size, np.uint8) for size in ((20, 80), (56, 56), (200, 31), (5, 12))]
    for alone, together in zip(map(extract_features, inks), extract_all(inks), strict=True):
        assert (alone.edge_bits == together.edge_bits).all()
        assert np.allclose(alone.edges, together.edges, atol=1e-6)
        assert np.allclose(alone.ink, together.ink, atol=1e-6)


def test_background_cohort_is_large_and_the_same_every_time() -> None:
    first = background_features()
    background_features.cache_clear()
    again = background_features()
    assert len(first) > 700
    assert all((a.edge_bits == b.edge_bits).all() for a, b in zip(first, again, strict=True))
