"""Which headings stand above an element, and which part of the page it is in."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from crawler.page.headings import Headings
from crawler.page.outline import Outline


def around_image(html: str) -> tuple[list[str], str]:
    """The headings in force at the page's <img>, and its zone."""
    made = Outline(BeautifulSoup(html, "lxml"))
    headings = Headings(made)
    place = next(place for place, tag in enumerate(made.tags) if tag.name == "img")
    return [heading.text for heading in headings.in_force[place]], headings.zones[place]


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        ("<h1>Company</h1><h2>News</h2><h2>Partners</h2><img>", ["Company", "Partners"]),
        ("<h2>Partners</h2><h1>Jobs</h1><img>", ["Jobs"]),
        ("<div class=section-title>Partners</div><img>", ["Partners"]),
        ("<div class=title><p>Partners</p></div><img>", []),  # a block with a title's class that holds a section
        ("<p><b>Partners</b></p><img>", ["Partners"]),
        ("<p><b>Partners</b> of ours</p><img>", []),  # a bold word in a sentence
        ("<p><b><a href=x>Partners</a></b></p><img>", []),  # a link of a menu
        ("<h2></h2><img>", []),
    ],
)
def test_headings_are_elements_titles_and_bold_lines(html, texts):
    assert around_image(f"<body>{html}</body>")[0] == texts


@pytest.mark.parametrize(
    ("html", "zone"),
    [
        ("<main><img></main>", "main"),
        ("<footer><div class=nav><img></div></footer>", "footer"),
        ("<div class=main-nav><img></div>", "nav"),
        ("<header><img></header>", "header"),
        ("<section><header><img></header></section>", "main"),  # that section's own heading block
        ("<div id=sidebar><img></div>", "aside"),
        ("<div class=navigator><img></div>", "main"),
    ],
)
def test_zones_are_told_by_element_and_name(html, zone):
    assert around_image(html)[1] == zone
