"""The grey and the colour file of one logo, and a placeholder with its image, are one logo to later stages."""

from __future__ import annotations

import pytest

from crawler.images.sightings import extract_sightings
from crawler.images.stylesheets import Sheet
from crawler.page.page import parse_page


def groups(lexicon, body: str, css: str = "") -> list[str | None]:
    document = parse_page(
        f"<html><body>{body}</body></html>".encode(), "https://v.example/p", "text/html; charset=utf-8"
    )
    sheets = [Sheet("https://v.example/s.css", css)] if css else []
    return [s.twin_group for s in extract_sightings(document, sheets, lexicon, page_id="P", visit_id="V").sightings]


@pytest.mark.parametrize(
    "body",
    [
        '<a href="/x"><img src="acme.png"><img src="acme-hover.png"></a>',
        '<li><img src="acme_bw.png" class="img-bw"><img src="acme_color.png"></li>',
        '<li><img src="acme-grey-300x200.png"><img src="acme.svg"></li>',
        '<img src="a.png" srcset="b.png 700w">',
        '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" data-src="acme.png">',
        '<div><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><noscript><img src="acme.png"></noscript></div>',
        '<picture><source srcset="a.webp" type="image/webp"><img src="a.png"></picture>',
    ],
)
def test_twins_share_a_group(lexicon, body):
    found = groups(lexicon, body)
    assert len(found) == 2
    assert found[0] is not None
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "body",
    [
        '<a href="/x"><img src="acme.png"><img src="veltrana.png"></a>',
        '<li><img src="acme.png"></li><li><img src="acme-hover.png"></li>',
        '<a href="/x"><img src="acme.png"></a><a href="/y"><img src="acme-grey.png"></a>',
        '<img src="acme.png"><p></p><div><img src="acme.png"></div>',
        '<p><img src="1.png"><img src="2.png"></p>',
        '<div style="background:url(pattern.png), url(acme.png)"></div>',
    ],
)
def test_different_logos_share_none(lexicon, body):
    assert groups(lexicon, body) == [None, None]


def test_a_hover_rule_shows_the_twin(lexicon):
    css = ".acme{background:url(one.png)} .acme:hover{background:url(two.png)} .b{background:url(three.png)}"
    one, two, three = groups(lexicon, '<i class="acme"></i><i class="b"></i>', css)
    assert one == two
    assert (one is None, three) == (False, None)


def test_groups_are_the_same_at_each_reading(lexicon):
    body = '<a href="/x"><img src="acme.png"><img src="acme-hover.png"></a>' * 3
    assert groups(lexicon, body) == groups(lexicon, body)
    assert len(set(groups(lexicon, body))) == 3


def test_a_row_of_many_is_a_row_of_different_logos(lexicon):
    body = "<p>" + "".join(f'<img src="acme-{n}.png"><img src="acme-{n}-h.png">' for n in range(9)) + "</p>"
    assert set(groups(lexicon, body)) == {None}
