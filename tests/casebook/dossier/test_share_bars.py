"""Bars that are divided by kind: as long as their numbers, told apart without colours, and silent to a screen reader."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from casebook.dossier.coverage import OUTCOMES
from casebook.dossier.report import Pages
from casebook.dossier.share_bars import NOT_JUDGED, TEXTURES, draw_share_bar, draw_swatch
from ledger.vocabulary import VerdictKind


def parts_of(svg: str) -> list[etree._Element]:
    return [shape for shape in etree.fromstring(svg) if shape.tag == "rect"]


def test_parts_are_as_long_as_their_numbers_and_fill_their_share_of_the_whole():
    bar = draw_share_bar("b", {"no-authorisation": 6, "lapsed": 0, "authorised": 2}, 16)
    assert [(part.get("x"), part.get("width")) for part in parts_of(bar)] == [("0.00%", "37.50%"), ("37.50%", "12.50%")]
    assert etree.fromstring(bar).get("aria-hidden") == "true"


def test_a_number_stands_where_it_has_room():
    numbers = etree.fromstring(draw_share_bar("b", {"lapsed": 1, "undetermined": 1_200}, 1_201)).iter("text")
    assert [number.text for number in numbers] == ["1,200"]


def test_a_bar_of_nothing_has_no_parts():
    assert parts_of(draw_share_bar("b", {}, 0)) == []
    assert parts_of(draw_share_bar("b", {"lapsed": 0}, 0)) == []


def test_every_verdict_and_every_outcome_has_a_texture_of_its_own():
    assert TEXTURES.keys() == {*VerdictKind, NOT_JUDGED, *OUTCOMES}
    for kinds in ([*VerdictKind, NOT_JUDGED], OUTCOMES):
        looks = [(TEXTURES[kind].is_dark, TEXTURES[kind].strokes, TEXTURES[kind].stroke_width) for kind in kinds]
        assert len(set(looks)) == len(looks), "told apart without colours"


def test_textures_of_two_bars_of_a_page_have_names_of_their_own():
    page = (
        draw_share_bar("one", {"lapsed": 1}, 1)
        + draw_share_bar("two", {"lapsed": 1}, 1)
        + draw_swatch("three", "lapsed")
    )
    names = re.findall(r' id="([^"]+)"', page)
    assert names == ["one-lapsed", "two-lapsed", "three"]
    assert re.findall(r"url\(#([^)]+)\)", page) == names


@pytest.mark.parametrize("kind", VerdictKind)
def test_colours_on_paper_are_those_of_the_pages_in_light_mode(kind):
    style = Pages().style
    (name,) = re.findall(rf"\.{kind}\b[^{{}}]*{{ color: var\((--[a-z]+)\)", style)
    assert re.search(rf"{name}: (#[0-9a-f]+)", style)[1] == TEXTURES[kind].colour
