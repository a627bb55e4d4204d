"""How well official logos do: each problem has one set that has it, and the good set has none.

Tests: matcher/legibility.py.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from drawings import draw_mark, encode, lay_on
from PIL import Image, ImageDraw

from matcher import LogoMatcher
from matcher.brand_check import BrandCheck, check_brands
from matcher.brands.official_logos import load_brands, make_official_logo
from matcher.legibility import WIDTHS_PX, measure_smallest_width

TODAY = dt.date(2026, 11, 23)


def ring(width: int) -> bytes:
    """A ring; one of 70 px is a disc."""
    picture = Image.new("RGBA", (160, 160), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((10, 10, 150, 150), outline="#123c7a", width=width)
    return encode(picture)


def make_brand(folder: Path, toml: str = "", **logos: bytes) -> None:
    (folder / "logos").mkdir(parents=True)
    (folder / "brand.toml").write_text(f'name = "{folder.name}"\n{toml}', encoding="utf-8")
    for name, content in logos.items():
        (folder / "logos" / f"{name.replace('_', '-')}.png").write_bytes(content)


def check(folder: Path, *chosen: str) -> BrandCheck:
    return check_brands(load_brands(folder), chosen, folder=folder, today=TODAY)


def told(checked: BrandCheck) -> list[str]:
    return [str(problem) for problem in checked.problems]


def test_a_good_set_has_no_problem_and_is_measured(tmp_path: Path) -> None:
    make_brand(
        tmp_path / "kestrel", main=encode(draw_mark("kestrel")), white=encode(draw_mark("kestrel", (255, 255, 255)))
    )
    make_brand(tmp_path / "ombra", main=encode(draw_mark("ombra")))
    checked = check(tmp_path, "kestrel")
    assert told(checked) == []
    assert [(logo.brand, logo.file) for logo in checked.logos] == [("kestrel", "main.png"), ("kestrel", "white.png")]
    for logo in checked.logos:
        assert 0.2 < logo.distinctiveness <= 1
        assert logo.smallest_width_px is not None
        assert 12 <= logo.smallest_width_px <= 80
        assert logo.neighbour is None or logo.neighbour.brand == "ombra"
    assert [suggestion.split(";")[0] for suggestion in checked.suggestions] == [
        "kestrel: every current logo has a name beside its icon",
        "kestrel: no logo is mono, stacked",
        "kestrel: no logo is retired",
    ]


@pytest.mark.parametrize(
    ("toml", "logos", "expected"),
    [
        ("", {"main": ring(70)}, "main.png: expected a drawing that strangers' marks do not resemble, got a plain shape"),
        ("", {"a": encode(draw_mark("kestrel")), "b": encode(draw_mark("kestrel"), compress_level=1)}, "b.png: expected each drawing once, got the drawing of a.png"),
        ("", {"a": encode(draw_mark("kestrel")), "b": encode(draw_mark("kestrel"))}, "b.png: expected each drawing once, got the bytes of a.png"),
        ("", {"main": encode(draw_mark("kestrel")), "flat": encode(lay_on(draw_mark("kestrel"), (255, 255, 255), 30))}, "got the drawing of flat.png"),
        ("", {"kestrel_until_2019": encode(draw_mark("kestrel"))}, "expected a logo that is valid on 2026-11-23, got retired ones only"),
        ("", {"kestrel_old": encode(draw_mark("kestrel"))}, "kestrel-old.png: expected the date on which it was retired"),
        ("", {"main": encode(draw_mark("kestrel")), "theirs": encode(draw_mark("ombra"))}, "theirs.png: expected a drawing of this brand only, got one that is taken for ombra/main.png"),
    ],
    ids=["plain", "recoded", "equal bytes", "with and without ground", "all retired", "old without a date", "another's"],
)  # fmt: skip
def test_each_problem_is_told(tmp_path: Path, toml: str, logos: dict[str, bytes], expected: str) -> None:
    make_brand(tmp_path / "kestrel", toml, **logos)
    make_brand(tmp_path / "ombra", main=encode(draw_mark("ombra")))
    problems = told(check(tmp_path, "kestrel"))
    assert any(expected in problem for problem in problems), problems
    assert all(problem.startswith("kestrel/") for problem in problems)
    assert len(problems) == 1


def test_a_white_and_a_dark_copy_are_two_drawings(tmp_path: Path) -> None:
    make_brand(tmp_path / "k", a=encode(draw_mark("kestrel")), b=encode(draw_mark("kestrel", (255, 255, 255))))
    assert told(check(tmp_path, "k")) == []


def test_the_smallest_width_is_where_recognition_ends() -> None:
    logo = make_official_logo("kestrel", "kestrel.png", encode(draw_mark("kestrel")))
    matcher = LogoMatcher([logo])
    smallest = measure_smallest_width(matcher, logo)
    assert smallest in WIDTHS_PX
    stranger = make_official_logo("stranger", "s.png", encode(draw_mark("varro")))
    assert measure_smallest_width(matcher, stranger) is None


def test_what_is_nearly_a_plain_shape_is_told_as_weak(tmp_path: Path) -> None:
    make_brand(tmp_path / "k", main=ring(6))
    checked = check(tmp_path, "k")
    assert told(checked) == []
    assert checked.logos[0].is_weak
    assert any("k/logos/main.png: nearly a plain shape" in suggestion for suggestion in checked.suggestions)


def test_a_hexagon_is_weak_because_strangers_have_it_too(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (200, 200))
    ImageDraw.Draw(picture).polygon([(100, 0), (187, 50), (187, 150), (100, 200), (13, 150), (13, 50)], fill="#123c7a")
    make_brand(tmp_path / "k", main=encode(picture))
    (logo,) = check(tmp_path, "k").logos
    assert logo.strangers > 20
    assert logo.is_weak or logo.is_plain


@pytest.mark.parametrize("name", ["icon", "emblem"])
def test_an_icon_as_a_file_of_its_own_and_a_retired_logo_are_not_asked_for_again(tmp_path: Path, name: str) -> None:
    whole = draw_mark("kestrel")
    files = {"main": encode(whole), name: encode(whole.crop((0, 0, whole.height, whole.height)))}
    make_brand(tmp_path / "kestrel", **files, kestrel_until_2019=encode(draw_mark("varro")))
    suggestions = check(tmp_path, "kestrel").suggestions
    assert not any("beside its icon" in suggestion or "no logo is retired" in suggestion for suggestion in suggestions)
