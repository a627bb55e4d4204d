"""An inline drawing as a file of its own; how many and how large they may be. More of it is in test_sightings.py."""

from __future__ import annotations

from bs4 import BeautifulSoup
from lxml import etree

from crawler.images.inline_svg import MAX_SVG_CHARS, SvgWriter
from crawler.page.outline import Outline


def writer(html: str) -> tuple[SvgWriter, list[int]]:
    made = Outline(BeautifulSoup(html, "lxml"))
    return SvgWriter(made), [place for place, tag in enumerate(made.tags) if tag.name == "svg"]


def test_a_drawing_becomes_a_file_that_a_strict_parser_reads():
    made, (place,) = writer(
        "<svg viewBox='0 0 9 9' onload=x()><lineargradient id=g></lineargradient><path d=M0&amp;></svg>"
    )
    content = made.write(place)
    assert content is not None
    root = etree.fromstring(content)
    assert root.get("viewBox") == "0 0 9 9"
    assert root.find("{*}linearGradient") is not None


def test_what_a_drawing_uses_elsewhere_is_brought_along_once():
    made, places = writer(
        "<svg><symbol id=s viewBox='0 0 4 4'><path/></symbol></svg><svg><use href='#s'/><use href='#s'/></svg>"
    )
    content = made.write(places[1])
    assert content is not None
    assert content.count(b"<symbol") == 1
    assert b'viewBox="0 0 4 4"' in content
    assert made.is_use(places[1])
    assert not made.is_use(places[0])


def test_a_use_of_another_file_names_it():
    made, (place,) = writer("<svg><use href='/sprite.svg#acme'/></svg>")
    assert made.external_use(place) == "/sprite.svg#acme"


def test_a_drawing_that_is_too_large_is_none():
    made, (place,) = writer(f"<svg><path d='{'M0 ' * MAX_SVG_CHARS}'/></svg>")
    assert made.write(place) is None
