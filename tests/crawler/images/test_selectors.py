"""Selectors hit the elements that soupsieve, the other engine, says they hit; and a hostile sheet ends."""

from __future__ import annotations

import time

import pytest

from crawler.images.selectors import Part, find_elements, names_in, parts_that_may_hit
from crawler.page.page import parse_page

PAGE = """<html lang="de"><body class="home"><div id="top" class="wrap logo-wall"><ul><li class="logo acme"><a href="/x"><i></i></a></li>
<li class="logo"><b title="Acme &amp; Co"></b></li><li></li></ul><p>text<span class="logo"></span></p></div>
<svg viewBox="0 0 1 1"><path class="logo"/></svg><table><tr><td class="LOGO"></td></tr></table></body></html>"""


def document(html: str = PAGE):
    return parse_page(html.encode(), "http://vendor.example/", "text/html; charset=utf-8")


@pytest.mark.parametrize(
    "selector",
    [
        ".logo",
        "li",
        "LI.logo",
        "#top",
        "div#top.wrap .acme",
        "ul > li",
        "li + li",
        "li ~ li",
        ".logo-wall li:nth-child(2)",
        "li:first-child a > i",
        "li:not(.logo)",
        "[title]",
        'b[title="Acme & Co"]',
        "a[href^='/']",
        ":is(.acme, .home) i",
        "*",
        "td.LOGO",
        "li:last-of-type",
        "li:empty",
        ":root",
        "ul:has(.acme)",
    ],
)
def test_a_selector_hits_what_the_other_engine_says(selector):
    page = document()
    elements = find_elements(page.outline, [Part(selector, is_state=False)])[0]
    assert [page.outline.tags[here] for here in elements] == page.soup.select(selector)


def test_selectors_for_other_engines_hit_nothing():
    page = document()
    for selector in ("::-webkit-scrollbar", "li:frobnicate", "li >", "{", "a:nth-child(", "é|x", ":has("):
        assert find_elements(page.outline, [Part(selector, is_state=False)]) == [[]]


def test_only_selectors_whose_names_stand_in_the_page_are_asked():
    names = names_in(document().outline)
    asked = list(parts_that_may_hit(".logo:hover::before, .gone, #top .acme, #nowhere i, ::before", names))
    assert asked == [Part(".logo", is_state=True), Part("#top .acme", is_state=False), Part("*", is_state=False)]


@pytest.mark.parametrize(
    ("html", "selectors"),
    [
        ("<i class='a b'>" + "<b class='a b'>" * 20_000, [".b .a .b .a .b .x .a"]),
        ("<p class=x></p>" + "<i class='a b'></i>" * 30_000, [".b ~ .a ~ .b ~ .q ~ .a", ".a ~ .b ~ #z ~ i"]),
        ("<i class=a></i>" * 30_000, ["i:nth-last-of-type(3n)", "i:last-of-type", ":has(b b)", "i:nth-child(7 of .a)"]),
        ("<i class=a></i>" * 5_000, [f"i.a:not(.x{n})" for n in range(50_000)]),
        ("<div class=a>" * 100 + "<i>", ["".join(".a " for _ in range(100)) + "b i"]),
    ],
)
def test_a_hostile_sheet_ends_in_bounded_time(html, selectors):
    page = document(html)
    assert page.outline.tags
    begin = time.process_time()
    find_elements(page.outline, [Part(selector, is_state=False) for selector in selectors])
    assert time.process_time() - begin < 30
