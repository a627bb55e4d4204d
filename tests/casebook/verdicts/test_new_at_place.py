"""What stands where a claim stood: nothing but what was read, or something that may show it."""

from __future__ import annotations

import pytest

from casebook.verdicts.new_at_place import ClaimPlace, find_new_at_place
from crawler.page.page import Document, parse_page

ABOVE, BELOW = "<p>We plan and look after networks.</p>", "<p>Call us, or visit the office near the harbour.</p>"
LOGO, SENTENCE = '<img src="/i/q7.png" alt="">', "Quayside is a reseller of Acme."
OTHERS = '<div class="logo"><img src="/i/b1.png"></div>'


def page(place: str, *, after: str = "") -> Document:
    html = f"<title>Partners</title><body><main><h1>Our partners</h1>{ABOVE}{place}{BELOW}</main><footer>Quayside</footer>{after}"
    return parse_page(html.encode(), "https://vendor.example/partners", "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ('<iframe src="/wall.html"></iframe>', "<iframe>"),
        ("<script>fill()</script>", "<script>"),
        ("<partner-wall></partner-wall>", "<partner-wall>"),
        ('<esi:include src="/x">', "<esi:include>"),
        ('<div id="wall"></div>', "an empty <div id=wall>"),
        ('<p data-i18n="claim"></p>', "an empty <p data-i18n>"),
        ("<img class=lazy>", "an image without an address"),
        ('<p>See our <a href="/line-card.pdf">line card</a></p>', "a document is linked"),
        ("<p>{{ partner.name }}</p>", "{{ partner.name }}"),
        ("<p>[logo_wall id=3]</p>", "[logo_wall id=3]"),
        ("<b>Warning</b>: file_get_contents(/x.svg)", "Warning"),
        ("<p>The partners could not be loaded.</p>", "could not be loaded"),
        ("<p>Loading…</p>", "Loading"),
        ("<p>Please accept marketing cookies to view this content.</p>", "accept marketing cookies"),
        ("<p>Please log in to see our partners.</p>", "log in"),
        ("<button>Load more</button>", "Load more"),
    ],
)
def test_what_may_show_it_is_told(place, said):
    for was, claim in ((LOGO, ClaimPlace(picture="i/q7.png")), (f"<p>{SENTENCE}</p>", ClaimPlace(sentence=SENTENCE))):
        found = find_new_at_place(page(was + OTHERS), page(place + OTHERS), claim)
        assert found is not None
        assert said in found


@pytest.mark.parametrize(
    "place",
    [
        "",
        "<p>We work with makers of all kinds.</p>",
        '<img src="/i/other.png" alt="Other">',
        '<div class="clearfix"></div>',
        "<div></div><br><hr>",
        '<p>Ask <a href="/contact">us</a>.</p>',
    ],
)
def test_words_and_pictures_that_were_read_hide_nothing(place):
    assert find_new_at_place(page(LOGO + OTHERS), page(place + OTHERS), ClaimPlace(picture="i/q7.png")) is None


def test_what_is_new_elsewhere_hides_nothing():
    chat = '<div id="chat"></div><script src="/chat.js"></script><iframe src="https://tags.example/x"></iframe>'
    assert find_new_at_place(page(LOGO), page("", after=chat), ClaimPlace(picture="i/q7.png")) is None
    assert find_new_at_place(page(LOGO + chat), page(chat), ClaimPlace(picture="i/q7.png")) is None


def test_a_list_that_became_empty_may_be_filled():
    full, empty = f'<ul id="titles"><li>{SENTENCE}</li></ul>', '<ul id="titles"></ul>'
    assert "an empty <ul id=titles>" in (
        find_new_at_place(page(full), page(empty), ClaimPlace(sentence=SENTENCE)) or ""
    )


def test_an_empty_element_may_be_what_a_sheet_draws_on():
    claim = ClaimPlace(picture="i/q7.png", heading="Our partners", is_background=True)
    drawn = '<div class="kk"></div>'
    assert "class=kk" in (find_new_at_place(page(drawn), page(drawn), claim) or "")
    assert find_new_at_place(page(drawn), page(""), claim) is None


def test_a_template_in_a_script_is_new_markup_wherever_it_stands():
    template = '<script type="text/html"><img src="/i/new.png"></script>'
    found = find_new_at_place(page(LOGO), page("", after=template), ClaimPlace(picture="i/q7.png"))
    assert found == "a script holds a template of elements that the page did not have then"


def test_a_place_that_can_not_be_told_tells_nothing():
    assert find_new_at_place(page(""), page("<iframe></iframe>"), ClaimPlace(picture="i/q7.png")) is None
