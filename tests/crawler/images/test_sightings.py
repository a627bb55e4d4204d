"""Every way that a page embeds an image is found, with the technique and what stands around it.

Tests: crawler/images/sightings.py, crawler/images/embedded.py, crawler/images/image_addresses.py, crawler/images/inline_svg.py.
"""

from __future__ import annotations

import pytest

from crawler.images.sightings import PageImages, best_candidate, extract_sightings
from crawler.images.stylesheets import Sheet
from crawler.page.page import parse_page
from ledger.vocabulary import FoundBy, SectionKind

URL = "http://vendor.example/de/partner.html"


def sight(lexicon, html: str, *sheets: Sheet) -> PageImages:
    document = parse_page(html.encode(), URL, "text/html; charset=utf-8")
    return extract_sightings(document, sheets, lexicon, page_id="P", visit_id="V")


@pytest.mark.parametrize(
    ("html", "found_by", "path"),
    [
        ('<img src="a.png">', FoundBy.IMG, "/de/a.png"),
        ('<img src="../../../a.png">', FoundBy.IMG, "/a.png"),
        ('<img srcset="s.png 300w, m.png 640w, l.png 1600w">', FoundBy.SRCSET, "/de/m.png"),
        ('<img data-src="lazy.png">', FoundBy.LAZY, "/de/lazy.png"),
        ('<img data-lazy-srcset="x.webp 400w">', FoundBy.LAZY, "/de/x.webp"),
        ('<div data-background-image="bg.jpg"></div>', FoundBy.LAZY, "/de/bg.jpg"),
        ('<picture><source srcset="p.avif"></picture>', FoundBy.PICTURE, "/de/p.avif"),
        ('<noscript><img src="n.png"></noscript>', FoundBy.NOSCRIPT, "/de/n.png"),
        ('<div style="background: #fff url(&quot;i.png&quot;) no-repeat"></div>', FoundBy.INLINE_STYLE, "/de/i.png"),
        ('<table><tr><td background="t.gif"></td></tr></table>', FoundBy.INLINE_STYLE, "/de/t.gif"),
        ('<object data="o.svg" type="image/svg+xml"></object>', FoundBy.OBJECT, "/de/o.svg"),
        ('<embed src="e.svg">', FoundBy.EMBED, "/de/e.svg"),
        ('<form><input type="image" src="b.png"></form>', FoundBy.INPUT_IMAGE, "/de/b.png"),
        ('<video poster="v.jpg"></video>', FoundBy.VIDEO_POSTER, "/de/v.jpg"),
        ('<svg><use href="sprite.svg#acme"></use></svg>', FoundBy.SVG_USE, "/de/sprite.svg"),
        ('<svg viewBox="0 0 9 9"><image href="s.png"></image></svg>', FoundBy.SVG_IMAGE, "/de/s.png"),
    ],
)
def test_each_way_of_embedding_is_found(lexicon, html, found_by, path):
    sightings = sight(lexicon, f"<html><body>{html}</body></html>").sightings
    assert (found_by, f"http://vendor.example{path}") in [(s.found_by, s.image_url) for s in sightings]


def test_inline_svg_becomes_a_file_with_its_names_restored(lexicon):
    images = sight(
        lexicon,
        '<svg viewBox="0 0 8 8"><linearGradient id="g"></linearGradient><path fill="url(#g)" d="M0 0h8v8z"/></svg>',
    )
    assert [s.found_by for s in images.sightings] == [FoundBy.INLINE_SVG]
    content = images.inline_images[0].content.decode()
    assert 'viewBox="0 0 8 8"' in content
    assert "<linearGradient" in content
    assert 'xmlns="http://www.w3.org/2000/svg"' in content


def test_a_symbol_that_use_names_is_brought_along(lexicon):
    images = sight(
        lexicon,
        '<svg style="display:none"><symbol id="acme" viewBox="0 0 5 5"><path d="M0 0h5v5z"/></symbol></svg><svg><use href="#acme"></use></svg>',
    )
    assert [s.found_by for s in images.sightings] == [FoundBy.SVG_USE]
    assert b"M0 0h5v5z" in images.inline_images[0].content


def test_a_data_uri_is_kept_with_its_bytes(lexicon):
    images = sight(lexicon, '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">')
    assert images.sightings[0].found_by is FoundBy.DATA_URI
    assert images.inline_images[0].content.startswith(b"GIF89a")


def test_a_placeholder_and_the_real_image_are_both_sighted(lexicon):
    html = '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" data-src="real.png"><noscript><img src="real.png"></noscript>'
    assert [s.found_by for s in sight(lexicon, html).sightings] == [FoundBy.DATA_URI, FoundBy.LAZY, FoundBy.NOSCRIPT]


def test_a_style_sheet_counts_only_where_its_selector_hits(lexicon):
    sheet = Sheet(
        "http://vendor.example/css/s.css",
        ".logo.acme { background-image: url(../img/acme.png) } .gone { background: url(x.png) }",
    )
    sightings = sight(lexicon, '<h2>Unsere Partner</h2><div class="logo acme"></div>', sheet).sightings
    assert [(s.found_by, s.image_url) for s in sightings] == [
        (FoundBy.CSS_BACKGROUND, "http://vendor.example/img/acme.png")
    ]
    assert sightings[0].heading == "Unsere Partner"


def test_rules_inside_media_queries_count_and_print_rules_do_not(lexicon):
    sheet = Sheet(
        URL,
        "@media (min-width: 1px) { .a:hover::before { background: url(a.png) } } @media print { .a { background: url(p.png) } }",
    )
    assert [s.image_url for s in sight(lexicon, '<i class="a"></i>', sheet).sightings] == [
        "http://vendor.example/de/a.png"
    ]


def test_ordinals_count_each_technique_from_nought(lexicon):
    sightings = sight(lexicon, '<img src="a.png"><div style="background:url(b.png)"></div><img src="c.png">').sightings
    assert [(s.found_by, s.ordinal) for s in sightings] == [
        (FoundBy.IMG, 0),
        (FoundBy.INLINE_STYLE, 0),
        (FoundBy.IMG, 1),
    ]


def test_surroundings_stand_in_the_row(lexicon):
    html = (
        '<h1>About us</h1><section><h2>Our Partners</h2><a href="https://acme.example/x"><img src="a.png" alt="Acme" title="T"></a>'
        "<p>since 2014</p></section>"
    )
    sighting = sight(lexicon, html).sightings[0]
    assert (sighting.alt, sighting.title, sighting.link_url) == ("Acme", "T", "https://acme.example/x")
    assert sighting.heading_trail == ("About us", "Our Partners")
    assert sighting.section_kind is SectionKind.PARTNERS
    assert sighting.nearby_text == "Our Partners since 2014" or sighting.nearby_text is None


def test_a_heading_of_one_section_says_nothing_of_the_next(lexicon):
    html = (
        '<section><h2>Our partners</h2></section><section><img src="a.png"></section><footer><img src="b.png"></footer>'
    )
    assert [s.section_kind for s in sight(lexicon, html).sightings] == [SectionKind.NONE, SectionKind.NONE]


def test_a_row_of_social_icons_stays_one_under_a_heading_of_partners(lexicon):
    html = '<main><h2>Our partners</h2><div class="social-links"><a href="https://acme.example/v"><img src="a.png"></a></div></main>'
    assert sight(lexicon, html).sightings[0].section_kind is SectionKind.SOCIAL


@pytest.mark.parametrize(
    ("srcset", "best"),
    [
        ("a.png 1x, b.png 2x", "b.png"),
        ("a.png 320w, b.png 2000w", "a.png"),
        ("big.png 1200w, bigger.png 2400w", "big.png"),
        ("one.png", "one.png"),
        ("data:image/png;base64,AA==,iVBO 1x, b.png 3x", "data:image/png;base64,AA==,iVBO"),
        ("", None),
        (" , ,", None),
    ],
)
def test_the_best_candidate_is_the_widest_up_to_800_px(srcset, best):
    assert best_candidate(srcset) == best


def test_reading_twice_gives_the_same_records(lexicon):
    html = '<h2>Partners</h2><img src="a.png"><svg><path d="M0 0h9"/></svg>'
    assert sight(lexicon, html) == sight(lexicon, html)


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 20_000 + '<img src="a.png">',
        '<img src="http://[::1">' + '<img src="javascript:alert(1)">' + '<img src="//">',
        "<style>" + "a{" * 5_000 + "background:url(x.png)",
        '<svg><use href="#a"></use></svg><svg id="a"><use href="#a"></use></svg>',
        '<img srcset="' + "a.png 1w, " * 5_000 + '">',
        "<img src='\x00\ud83d'>".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    ],
)
def test_hostile_markup_is_read_to_its_end(lexicon, html):
    assert isinstance(sight(lexicon, html), PageImages)
