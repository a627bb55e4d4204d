"""A region is laid on the drawing that it may show.

Tests: matcher/looking/templates.py.
"""

from __future__ import annotations

import numpy as np
import pytest
from drawings import BRAND_NAMES, draw_mark, encode, lay_on
from PIL import Image, ImageDraw, ImageFilter

from matcher import LogoMatcher, Refusal, thresholds
from matcher.looking.alignment import Alignment, Pair, align_all
from matcher.looking.chosen_descriptor import describe_all
from matcher.looking.compare import Template
from matcher.looking.features import Features, extract_features
from matcher.looking.normalize import flatten_alpha
from matcher.looking.regions import find_regions
from matcher.looking.templates import describe_mark


def template_of(name: str) -> Template:
    marks = describe_mark(encode(draw_mark(name)))
    assert not isinstance(marks, Refusal)
    return marks[0]


def region_of(image: Image.Image) -> Features:
    regions = find_regions([flatten_alpha(np.asarray(image.convert("RGBA")))])
    return extract_features(regions[0].ink)


def align(template: Template, region: Features) -> Alignment:
    (alignment,) = align_all([Pair(template=template, region=region, descriptor=describe_all([region])[0])])
    return alignment


@pytest.mark.parametrize("name", BRAND_NAMES[:4])
def test_the_same_drawing_scores_one(name: str) -> None:
    alignment = align(template_of(name), region_of(draw_mark(name)))
    assert alignment.score == pytest.approx(1, abs=0.02)
    assert alignment.shown == pytest.approx((0, 0, 1, 1), abs=0.01)


def test_a_crop_scores_as_the_drawing_once_it_is_laid_on_it() -> None:
    mark = lay_on(draw_mark("kestrel"), (255, 255, 255))
    cropped = mark.crop((mark.width // 12, mark.height // 14, mark.width, mark.height))
    alignment = align(template_of("kestrel"), region_of(cropped))
    assert alignment.score > thresholds.ACCEPT_SCORE
    assert alignment.shown[0] == pytest.approx(1 / 12, abs=0.03)


def test_a_blurred_copy_is_compared_with_a_blurred_drawing() -> None:
    soft = lay_on(draw_mark("sable"), (255, 255, 255), 12).filter(ImageFilter.GaussianBlur(4))
    assert align(template_of("sable"), region_of(soft)).score > thresholds.ACCEPT_SCORE


def test_another_drawing_does_not_become_alike_by_being_moved() -> None:
    for name in BRAND_NAMES[1:]:
        assert align(template_of("kestrel"), region_of(draw_mark(name))).score < thresholds.PERHAPS_SCORE


def test_half_of_a_drawing_is_not_the_drawing() -> None:
    mark = lay_on(draw_mark("kestrel"), (255, 255, 255))
    half = mark.crop((mark.width // 2, 0, mark.width, mark.height))
    assert align(template_of("kestrel"), region_of(half)).score < thresholds.ACCEPT_SCORE


def test_letters_that_stand_close_on_both_sides_count_less(matcher: LogoMatcher) -> None:
    mark = draw_mark("kestrel")
    alone, crowded = (Image.new("RGB", (mark.width + 200, mark.height + 80), "white") for _ in range(2))
    for page in (alone, crowded):
        page.paste(mark, (100, 40), mark)
    crowded.paste((16, 42, 110), (100 + mark.width + 3, 40, 160 + mark.width, 40 + mark.height))
    scores = [matcher.best_scores(encode(page))["kestrel"] for page in (alone, crowded)]
    assert scores[1] < scores[0] - 0.5 * thresholds.ISOLATION_WEIGHT


def test_an_alignment_does_not_depend_on_the_others_of_its_image() -> None:
    template, page = template_of("kestrel"), lay_on(draw_mark("kestrel"), (255, 255, 255))
    parts = [
        page,
        page.crop((0, 0, round(0.9 * page.width), page.height)),
        page.crop((0, 0, page.width, round(0.93 * page.height))),
        draw_mark("ombra"),
    ]
    regions = [region_of(part) for part in parts]
    together = align_all([Pair(template=template, region=r, descriptor=describe_all([r])[0]) for r in regions])
    for one, region in zip(together, regions, strict=True):
        assert align(template, region).score == pytest.approx(one.score, abs=1e-5)


def test_a_drawing_that_lacks_one_sign_of_the_official_one_scores_less() -> None:
    whole = draw_mark("kestrel")
    without = whole.copy()
    left = round(without.width * 0.82)
    without.paste((0, 0, 0, 0), (left, 0, without.width, without.height))
    kept = Image.new("RGBA", whole.size)
    kept.paste(without, (0, 0))
    ImageDraw.Draw(kept).rectangle((whole.width - 4, 0, whole.width - 1, whole.height - 1), fill=(16, 42, 110, 255))
    same, lacking = (align(template_of("kestrel"), region_of(drawing)) for drawing in (whole, kept))
    assert same.residue < thresholds.RESIDUE_FREE < lacking.residue
    assert lacking.score < same.score
