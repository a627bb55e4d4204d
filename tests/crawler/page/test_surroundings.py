"""The section that an element stands in, with the words that say so."""

from __future__ import annotations

import pytest

from crawler.page.page import parse_page
from crawler.page.surroundings import PageSections, Surroundings
from ledger.vocabulary import SectionKind


def around_image(lexicon, html: str) -> Surroundings:
    document = parse_page(html.encode(), "http://v.example/", "text/html; charset=utf-8")
    place = next(place for place, tag in enumerate(document.outline.tags) if tag.name == "img")
    return PageSections(document, lexicon).around(place)


@pytest.mark.parametrize(
    ("html", "kind", "reason"),
    [
        ("<h2>Our partners</h2><img>", SectionKind.PARTNERS, "heading “Our partners”"),
        (
            "<h2>Welcome</h2><div class=partner-logos><img></div>",
            SectionKind.PARTNERS,
            "class “partner-logos” of <div>",
        ),
        # a row of social icons under a heading of partners is still one
        (
            "<h2>Our partners</h2><div class=social-links><img></div>",
            SectionKind.SOCIAL,
            "class “social-links” of <div>",
        ),
        ("<h2>Welcome</h2><img>", SectionKind.NONE, None),
    ],
)
def test_the_kind_of_a_section_has_its_reason(lexicon, html, kind, reason):
    around = around_image(lexicon, html)
    assert around.section_kind is kind
    assert around.section_reasons == (() if reason is None else (reason,))


def test_a_heading_of_the_footer_says_nothing_of_the_page(lexicon):
    around = around_image(lexicon, "<footer><h3>Partners</h3></footer><main><h2>Jobs</h2><img></main>")
    assert around.heading == "Jobs"
