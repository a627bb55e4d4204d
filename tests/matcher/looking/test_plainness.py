"""A mark that many drawings resemble is a match only in its colours, and shown large."""

from __future__ import annotations

import pytest
from drawings import Colour, draw_mark, encode, lay_on
from PIL import Image, ImageDraw

from ledger.vocabulary import PerhapsReason
from matcher import LogoMatcher, Refusal, thresholds
from matcher.brands.official_logos import make_official_logo
from matcher.looking.compare import Template
from matcher.looking.plainness import count_hues, is_plain
from matcher.looking.templates import describe_mark

BLUE: Colour = (20, 110, 230)
FOUR: tuple[Colour, ...] = ((230, 80, 40), (130, 190, 20), (20, 160, 240), (250, 190, 20))


def draw_bolt(ink: Colour = BLUE, side: int = 200) -> Image.Image:
    image = Image.new("RGBA", (side, side), (*ink, 0))
    points = [(0.62, 0.02), (0.2, 0.56), (0.46, 0.56), (0.38, 0.98), (0.8, 0.44), (0.54, 0.44)]
    ImageDraw.Draw(image).polygon([(x * side, y * side) for x, y in points], fill=(*ink, 255))
    return image.crop(image.getbbox())


def draw_squares(inks: tuple[Colour, ...] = FOUR, side: int = 200) -> Image.Image:
    image = Image.new("RGBA", (side, side))
    pen, part = ImageDraw.Draw(image), 0.47 * side
    for ink, (x, y) in zip(inks, ((0, 0), (1, 0), (0, 1), (1, 1)), strict=True):
        left, top = x * (side - part), y * (side - part)
        pen.rectangle((left, top, left + part, top + part), fill=(*ink, 255))
    return image


def template_of(image: Image.Image) -> Template:
    templates = describe_mark(encode(image))
    assert not isinstance(templates, Refusal)
    return templates[0]


@pytest.fixture(scope="module")
def plain_matcher() -> LogoMatcher:
    return LogoMatcher(
        [make_official_logo(name, f"{name}.png", encode(mark)) for name, mark in
         {"bolt": draw_bolt(), "squares": draw_squares(), "kestrel": draw_mark("kestrel")}.items()]
    )  # fmt: skip


def place(mark: Image.Image, width: int, page: tuple[int, int]) -> Image.Image:
    """A mark beside a large stranger, so that it is not all that the picture shows."""
    picture = Image.new("RGB", page, "white")
    small = mark.resize((width, round(mark.height * width / mark.width)), Image.Resampling.LANCZOS)
    picture.paste(small, (12, 12), small)
    stranger = draw_mark("grindle", (90, 90, 90))
    picture.paste(stranger, (page[0] - stranger.width - 10, page[1] - stranger.height - 10), stranger)
    return picture


def reasons(matcher: LogoMatcher, picture: Image.Image) -> list[tuple[str, PerhapsReason | None]]:
    recognition = matcher.match(encode(picture))
    return [(match.brand, match.why_perhaps) for match in (*recognition.matches, *recognition.perhaps)]


def test_a_bolt_and_four_squares_are_plain_and_a_mark_with_detail_is_not() -> None:
    assert is_plain(template_of(draw_bolt()))
    assert is_plain(template_of(draw_squares()))
    assert not is_plain(template_of(draw_mark("kestrel")))


@pytest.mark.parametrize(
    ("mark", "hues"),
    [(draw_bolt(), 1), (draw_bolt((30, 30, 30)), 0), (draw_bolt((240, 240, 240)), 0), (draw_squares(), 4)],
)
def test_hues_are_counted_and_black_white_and_grey_are_none(mark: Image.Image, hues: int) -> None:
    template = template_of(mark)
    assert count_hues(template.appearance, template.features.square) == hues


def test_a_plain_mark_in_its_colour_is_a_match_where_it_is_all_that_is_shown(plain_matcher: LogoMatcher) -> None:
    assert reasons(plain_matcher, lay_on(draw_bolt(), (255, 255, 255), 60)) == [("bolt", None)]


@pytest.mark.parametrize("ink", [(30, 30, 30), (230, 60, 40)])
def test_a_plain_mark_in_another_colour_is_perhaps(plain_matcher: LogoMatcher, ink: Colour) -> None:
    assert reasons(plain_matcher, lay_on(draw_bolt(ink), (255, 255, 255), 20)) == [("bolt", PerhapsReason.PLAIN)]


def test_a_small_plain_mark_of_one_colour_in_a_picture_is_perhaps(plain_matcher: LogoMatcher) -> None:
    picture = place(draw_bolt(), 60, (500, 400))
    assert reasons(plain_matcher, picture) == [("bolt", PerhapsReason.PLAIN)]


@pytest.mark.parametrize(("width", "why"), [(120, None), (32, PerhapsReason.PLAIN)])
def test_a_plain_mark_of_many_colours_needs_less_room(
    plain_matcher: LogoMatcher, width: int, why: PerhapsReason | None
) -> None:
    assert reasons(plain_matcher, place(draw_squares(), width, (500, 400))) == [("squares", why)]
    grey = tuple((level, level, level) for level in (110, 150, 120, 170))
    assert reasons(plain_matcher, place(draw_squares(grey), width, (500, 400))) in (
        [("squares", PerhapsReason.PLAIN)],
        [("squares", PerhapsReason.LOW_SCORE)],
    )


def test_a_brand_is_matched_by_the_lock_up_that_holds_its_plain_mark() -> None:
    lock_up = Image.new("RGBA", (620, 120))
    lock_up.alpha_composite(draw_bolt((40, 40, 40), 120), (10, 0))
    lock_up.alpha_composite(draw_mark("sable"), (150, 15))
    files = {"icon.png": draw_bolt((40, 40, 40)), "lock-up.png": lock_up.crop(lock_up.getbbox())}
    matcher = LogoMatcher([make_official_logo("bolt", name, encode(mark)) for name, mark in files.items()])
    (match,) = matcher.match(encode(lay_on(files["lock-up.png"], (255, 255, 255), 15))).matches
    assert (match.official_logo, match.why_perhaps) == ("lock-up.png", None)
    assert reasons(matcher, lay_on(files["icon.png"], (255, 255, 255), 15)) == [("bolt", PerhapsReason.PLAIN)]


def test_what_speaks_for_a_plain_mark_has_numbers_in_order() -> None:
    assert 0 < thresholds.PLAIN_SHARE_MANY_HUES < thresholds.PLAIN_SHARE < 1
