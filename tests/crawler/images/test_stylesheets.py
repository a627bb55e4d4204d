"""Style sheets of a page: which are asked for, in what order rules count. Images in them are in test_sightings.py."""

from __future__ import annotations

import pytest

from crawler.images.stylesheets import (
    MAX_SHEETS,
    Sheet,
    decode_sheet,
    find_styled_images,
    imported_urls,
    sheet_urls,
)
from crawler.page.page import Document

URL = "http://v.example/p/"


def test_sheets_for_screens_are_asked_for_once():
    html = (
        "<link rel=stylesheet href=a.css><link rel=stylesheet href=a.css><link rel='alternate' href=b.css>"
        "<link rel=stylesheet media=print href=c.css>"
    )
    assert sheet_urls(Document(URL, html)) == [f"{URL}a.css"]
    many = "".join(f"<link rel=stylesheet href={n}.css>" for n in range(MAX_SHEETS + 5))
    assert len(sheet_urls(Document(URL, many))) == MAX_SHEETS


def test_sheets_that_are_turned_on_when_they_have_come_are_asked_for():
    html = (
        "<link rel=preload as=style href=a.css onload=\"this.rel='stylesheet'\"><link rel=preload as=font href=b.woff>"
        "<link rel=stylesheet media=print href=c.css onload=\"this.media='all'\"><link rel=preload as=style href=d.css>"
    )
    assert sheet_urls(Document(URL, html)) == [f"{URL}a.css", f"{URL}c.css"]


def test_a_sheet_is_read_in_whatever_charset():
    assert decode_sheet("@charset 'utf-8'; .ü{}".encode()).endswith(".ü{}")
    assert ".a" in decode_sheet(b"\xff.a{}")


def shown(html: str, *sheets: Sheet) -> list[str]:
    images = find_styled_images(Document(URL, html), sheets)
    return [image.url for styled in images.values() for image in styled]


def test_an_address_in_a_sheet_is_relative_to_the_sheet():
    sheet = Sheet("http://cdn.example/css/s.css", ".a{background:url(../x.png)}")
    assert shown("<i class=a></i>", sheet) == ["http://cdn.example/x.png"]


def test_a_variable_holds_what_the_nearest_element_says():
    html = "<style>.a{background:var(--logo)}</style><div style='--logo:url(x.png)'><i class=a></i></div>"
    assert shown(html) == [f"{URL}x.png"]


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("@import 'a.css';", ["a.css"]),
        ('@import "a.css" screen and (min-width: 4px);', ["a.css"]),
        ("@import url(a.css);@import url( 'b.css' ) layer(x);", ["a.css", "b.css"]),
        ("@charset 'utf-8';@layer a, b;\n@IMPORT URL(a.css) supports(display: grid);", ["a.css"]),
        ("@import url(a.css)", ["a.css"]),
        ("@import 'a.css' print;@import 'b.css' screen, print;", ["b.css"]),
        ("/* @import 'a.css'; */", []),
        (".x{}@import 'a.css';", []),  # behind a rule it is none
        ("@import 'data:text/css,x';@import '';", []),
    ],
)
def test_a_sheet_names_those_that_it_imports(text, paths):
    assert imported_urls(text, f"{URL}s.css") == [f"{URL}{path}" for path in paths]


def test_a_block_of_the_page_imports_too():
    assert sheet_urls(Document(URL, "<style>@import 'a.css';</style>")) == [f"{URL}a.css"]
