"""A part of one logo that resembles another brand's logo is no match with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from drawings import draw_mark, encode, lay_on
from PIL import Image, ImageDraw

from ledger.typed_texts import OfficialLogoId
from ledger.vocabulary import MatchStrength, PerhapsReason
from matcher import Box, LogoMatch, LogoMatcher
from matcher.brands.official_logos import make_official_logo
from matcher.nesting import doubt_inner_matches


@pytest.fixture(scope="module")
def found(matcher: LogoMatcher) -> LogoMatch:
    """A sure match."""
    (match,) = matcher.match(encode(draw_mark("kestrel"))).matches
    return match


def at(match: LogoMatch, brand: str, score: float, box: tuple[int, int, int, int]) -> LogoMatch:
    x, y, width, height = box
    return replace(match, brand=brand, score=score, region=Box(x=x, y=y, width=width, height=height))


def shows_nothing(official_logo_id: OfficialLogoId, brand: str) -> bool:
    return False


def shows_all(official_logo_id: OfficialLogoId, brand: str) -> bool:
    return True


OUTER = (10, 10, 200, 80)


@pytest.mark.parametrize("box", [(12, 20, 50, 50), OUTER, (10, 10, 190, 84), (180, 20, 33, 33)])
def test_a_match_inside_a_better_one_of_another_brand_is_perhaps(
    found: LogoMatch, box: tuple[int, int, int, int]
) -> None:
    outer, inner = at(found, "varro", 0.95, OUTER), at(found, "sable", 0.8, box)
    kept, doubted = doubt_inner_matches([outer, inner], shows_nothing)
    assert kept == outer
    assert (doubted.strength, doubted.why_perhaps) == (MatchStrength.PERHAPS, PerhapsReason.INSIDE_OTHER_BRAND)
    assert doubted.inside_brand == "varro"


@pytest.mark.parametrize("box", [(300, 20, 50, 50), (180, 20, 60, 60), (0, 0, 400, 200)])
def test_a_match_beside_across_or_around_a_better_one_stays(found: LogoMatch, box: tuple[int, int, int, int]) -> None:
    matches = (at(found, "varro", 0.95, OUTER), at(found, "sable", 0.8, box))
    assert doubt_inner_matches(matches, shows_nothing) == matches


def test_a_match_inside_one_that_is_no_better_stays(found: LogoMatch) -> None:
    matches = (at(found, "varro", 0.8, OUTER), at(found, "sable", 0.79, (12, 20, 50, 50)))
    assert doubt_inner_matches(matches, shows_nothing) == matches


def test_a_match_inside_a_perhaps_or_in_the_same_brand_stays(found: LogoMatch) -> None:
    inner = at(found, "sable", 0.8, (12, 20, 50, 50))
    perhaps = replace(at(found, "varro", 0.95, OUTER), why_perhaps=PerhapsReason.IN_PASSING)
    assert doubt_inner_matches([perhaps, inner], shows_nothing)[1] == inner
    assert doubt_inner_matches([at(found, "sable", 0.95, OUTER), inner], shows_nothing)[1] == inner


def test_a_match_inside_an_official_drawing_that_shows_its_brand_stays(found: LogoMatch) -> None:
    matches = (at(found, "varro", 0.95, OUTER), at(found, "sable", 0.8, (12, 20, 50, 50)))
    assert doubt_inner_matches(matches, shows_all) == matches


def test_a_product_whose_logo_holds_its_makers_logo_shows_both() -> None:
    maker, product = draw_mark("sable"), Image.new("RGBA", (620, 130), (0, 0, 0, 0))
    product.alpha_composite(maker, (0, (130 - maker.height) // 2))
    product.alpha_composite(draw_mark("orrery", (150, 30, 30)), (maker.width + 14, 20))
    pen = ImageDraw.Draw(product)
    pen.line((0, 126, product.width, 126), fill=(16, 42, 110, 255), width=6)
    matcher = LogoMatcher(
        [
            make_official_logo("maker", "maker.png", encode(maker)),
            make_official_logo("product", "product.png", encode(product)),
        ]
    )
    recognition = matcher.match(encode(lay_on(product, (255, 255, 255), 20)))
    assert sorted(match.brand for match in recognition.matches) == ["maker", "product"]
