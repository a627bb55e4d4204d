"""Regions are compared with official drawings, each with its own margin.

Tests: matcher/looking/chosen_descriptor.py, matcher/looking/cohort.py, matcher/looking/descriptor.py,
matcher/looking/features.py.
"""

from __future__ import annotations

import numpy as np
import pytest
from drawings import BRAND_NAMES, draw_mark, encode, scaled
from PIL import Image, ImageDraw, ImageFont

from matcher import Refusal, thresholds
from matcher.looking.chosen_descriptor import describe_all
from matcher.looking.cohort import join_shapes, load_cohort
from matcher.looking.compare import Template, TemplateSet
from matcher.looking.features import extract_all, extract_features, measure_squares
from matcher.looking.normalize import flatten_alpha
from matcher.looking.regions import find_regions
from matcher.looking.templates import describe_mark


def templates_of(image: Image.Image) -> tuple[Template, ...]:
    marks = describe_mark(encode(image))
    assert not isinstance(marks, Refusal)
    return marks


def template_of(image: Image.Image) -> Template:
    return templates_of(image)[0]


def disc(width: int, height: int) -> Image.Image:
    image = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(image).ellipse((4, 4, width - 5, height - 5), fill="black")
    return image


def test_same_drawing_scores_one_and_another_less_than_accepted() -> None:
    templates = [template_of(draw_mark(name)) for name in BRAND_NAMES[:4]]
    table = TemplateSet(templates).compare([template.features for template in templates])
    assert np.allclose(np.diag(table.scores), 1, atol=1e-3)
    assert np.diag(table.distances).tolist() == [0] * 4
    assert (table.scores - 9 * np.eye(4)).max() < thresholds.ACCEPT_SCORE


def test_disc_has_a_larger_margin_than_a_drawing_with_detail() -> None:
    plain, detailed = template_of(disc(90, 90)), template_of(draw_mark("kestrel"))
    assert plain.margin > thresholds.MAX_MARGIN > detailed.margin + 0.2


def test_plain_disc_recognises_nothing_not_even_itself() -> None:
    plain = template_of(disc(90, 90))
    assert TemplateSet([plain]).compare([plain.features]).scores.tolist() == [[-1.0]]


def test_another_aspect_lowers_the_score() -> None:
    mark = draw_mark("kestrel")
    squeezed, stretched = (
        mark.resize((mark.width, mark.height * 2)),
        mark.resize((mark.width, mark.height * 21 // 20)),
    )
    regions = [template_of(stretched).features, template_of(squeezed).features]
    scores = TemplateSet([template_of(mark)]).compare(regions).scores[:, 0]
    assert scores[0] > 0.9
    assert scores[1] < scores[0] - 0.2


def test_what_is_not_on_the_short_list_is_not_compared() -> None:
    other = [template_of(draw_mark(name)).features for name in BRAND_NAMES[1:]]
    table = TemplateSet([template_of(draw_mark(BRAND_NAMES[0]))]).compare(other)
    far = table.distances > thresholds.SHORTLIST_DISTANCE_BITS
    assert far.any()
    assert (table.scores[far] == -1).all()


def test_blurred_copies_are_compared_with_small_regions_only() -> None:
    templates = templates_of(draw_mark("kestrel"))
    sizes = [template.largest_px for template in templates if template.largest_px is not None]
    assert sizes == [largest for _, largest in thresholds.SMALL_SIDES_PX]
    region = templates[0].features
    assert region.long_px > max(sizes)
    scores = TemplateSet(templates).compare([region]).scores[0]
    assert [score == -1 for score in scores] == [template.largest_px is not None for template in templates]


def test_tiny_logo_is_recognised_by_its_blurred_copy() -> None:
    mark = draw_mark("kestrel")
    region = find_regions([flatten_alpha(np.asarray(scaled(mark, 28)))])[0]
    sharp, *blurred = templates_of(mark)
    features = extract_features(region.ink)
    best = TemplateSet(blurred).compare([features]).scores.max()
    assert best > TemplateSet([sharp]).compare([features]).scores.max()
    assert best > thresholds.ACCEPT_SCORE


def test_transparent_drawing_is_not_known_by_the_half_that_is_left_on_dark() -> None:
    image = Image.new("RGBA", (200, 80))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 10, 60, 70), fill=(230, 40, 40, 255))
    pen.text((70, 0), "halyard", font=ImageFont.load_default(size=44), fill=(0, 0, 0, 255))
    widths = {round(float(np.exp(t.features.log_aspect)), 1) for t in templates_of(image) if t.largest_px is None}
    assert len(widths) == 1, "the red square alone would match every red square"


def test_features_do_not_depend_on_the_company_they_are_taken_in() -> None:
    random = np.random.default_rng(5)
    inks = [random.integers(0, 256, size, np.uint8) for size in ((20, 80), (56, 56), (200, 31), (5, 12))]
    for alone, together in zip(map(extract_features, inks), extract_all(inks), strict=True):
        assert (alone.edge_bits == together.edge_bits).all()
        assert np.allclose(describe_all([alone]), describe_all([together]), atol=1e-5)


def test_measurements_do_not_depend_on_the_company_even_of_ink_at_the_border() -> None:
    squares = np.random.default_rng(5).integers(0, 256, (18, 64, 64), np.uint8)
    together = measure_squares(squares)
    for number, square in enumerate(squares):
        alone = measure_squares(square[None])
        assert (alone.edge_bits[0] == together.edge_bits[number]).all()
        assert np.allclose(join_shapes(alone.shapes)[0], join_shapes(together.shapes)[number], atol=1e-6)


def test_cohort_is_large_and_its_drawings_have_length_one() -> None:
    cohort = load_cohort()
    for drawings in (cohort.members, cohort.strangers):
        assert len(drawings.descriptors) == len(drawings.log_aspects) > 10_000
        assert np.allclose(np.linalg.norm(drawings.descriptors, axis=1), 1, atol=1e-3)
        assert cohort.projection.shape == (len(cohort.mean), drawings.descriptors.shape[1])


def test_margin_is_the_mean_of_what_the_nearest_members_reach() -> None:
    template = template_of(draw_mark("kestrel"))
    members = load_cohort().members
    stretch = np.maximum(0, np.abs(members.log_aspects - template.features.log_aspect) - thresholds.ASPECT_FREE)
    likeness = members.descriptors @ describe_all([template.features])[0] - thresholds.MARGIN_ASPECT_WEIGHT * stretch
    count = round(thresholds.MARGIN_TOP_SHARE * len(likeness))
    assert template.margin == pytest.approx(float(np.sort(likeness)[-count:].mean()), abs=1e-5)


def test_a_stranger_counts_if_it_has_the_score_that_was_found() -> None:
    template = template_of(draw_mark("kestrel"))
    scores = np.sort(template.stranger_scores)[::-1]
    assert len(scores) == thresholds.COUNTED_STRANGERS
    assert template.count_strangers(1.0) == 0
    assert template.count_strangers(float(scores[4])) >= 5
    assert template.count_strangers(-1.0) == thresholds.COUNTED_STRANGERS


def test_the_best_that_a_tiny_copy_attains_counts_as_the_same_drawing() -> None:
    sharp, *small = templates_of(draw_mark("kestrel"))
    assert sharp.attainable == 1
    assert all(0.5 < template.attainable <= 1 for template in small)
