"""A page is drawn by a browser for a recorded reason only; without one, the page says that it needs one."""

from __future__ import annotations

import pytest

from crawler.reading.browser_reasons import needs_browser, reason_to_render
from crawler.reading.page_reader import PageSource, ReadPage, read_page
from ledger.lexicon import Lexicon
from ledger.vocabulary import PageHealth

WORDS = "<p>" + "We build and run networks for ports and towns. " * 60 + "</p>"
WELCOME = "<p>Welcome, and thank you for your interest in what we do every day.</p>"
BLANK = "data:image/gif;base64,R0lGODlhAQABAAAAACw="


def read(lexicon: Lexicon, html: str, url: str = "http://vendor.example/partners") -> ReadPage:
    source = PageSource(
        visit_id="V", look_id="L", url=url, status=200, content=html.encode(), content_type="text/html; charset=utf-8"
    )
    page = read_page(source, lexicon)
    return page.with_images((), lexicon) if page.is_healthy else page


@pytest.mark.parametrize(
    ("html", "telling"),
    [
        ('<div id="root"></div><script src="app.js"></script>', "empty shell"),
        (f"<h1>Partners</h1>{WORDS}" + f"<img src='{BLANK}'>" * 3, "3 images are placeholders"),
        (f"<h1>Partners</h1>{WORDS}" + "<img src='/img/placeholder-220x80.png'>" * 4, "4 images are placeholders"),
        (f"<h1>Partners</h1>{WORDS}" + "<img class=lazy alt='Acme'>" * 3, "3 images are placeholders"),
        (f"<h1>Our partners</h1>{WELCOME}<script>load('/api/partners')</script>", "“partner” in a script"),
    ],
)
def test_a_page_is_drawn_for_a_reason(lexicon, html, telling):
    assert telling in str(reason_to_render(read(lexicon, html)))


@pytest.mark.parametrize(
    "html",
    [
        f"<h1>Partners</h1>{WORDS}<script>var partners = []</script>",
        f"<h1>Partners</h1>{WORDS}" + f"<img src='{BLANK}'>" * 2,
        f"<h1>Partners</h1>{WORDS}" + f"<img src='{BLANK}' data-src='/a.png'>" * 9,
        f"<h1>Partners</h1>{WORDS}" + f"<img src='{BLANK}' srcset='/a.png 1x'>" * 9,
        f"<h1>Partners</h1>{WORDS}" + f"<img src='{BLANK}'><noscript><img src='/a.png'></noscript>" * 9,
        f"<h1>Partners</h1>{WORDS}" + f"<picture><source srcset='/a.webp'><img src='{BLANK}'></picture>" * 9,
        f"<h1>Partners</h1>{WORDS}" + "<img src='data:image/png;base64," + "A" * 500 + "'>" * 9,
        f"<h1>Partners</h1>{WORDS}" + "<img src='images/spacer.gif' width=20 height=1>" * 9,
        f"<h1>Partners</h1>{WORDS}" + "<img src='/acme_icon-transparent.png' loading=lazy>" * 9,
        f"<h1>Partners</h1>{WORDS}" + f"<img src='{BLANK}' alt='' aria-hidden='true'>" * 9,
        f"<h1>Our partners</h1>{WELCOME}",
        "<h1>Our partners</h1><img src=/a.png><img src=/b.png><script>partners()</script>",
        "<title>404 not found</title><div id=root></div><script>partners()</script>",
        "<title>This domain is for sale</title>",
    ],
)
def test_a_page_that_says_all_is_not_drawn(lexicon, html):
    assert reason_to_render(read(lexicon, html)) is None


def test_a_thin_page_of_another_kind_is_not_drawn(lexicon):
    html = f"<h1>Hello</h1>{WELCOME}<script>partners()</script>"
    assert reason_to_render(read(lexicon, html, "http://vendor.example/x")) is None


def test_without_a_browser_the_page_says_so(lexicon):
    shell = read(lexicon, '<div id="root"></div><script src="app.js"></script>')
    told = needs_browser(shell, str(reason_to_render(shell)), "pip install it").page
    assert told.health is PageHealth.EMPTY_SHELL
    assert told.health_reason == (
        "needs a browser (empty shell: 0 characters of text, the rest is script): pip install it"
    )


def test_a_page_without_content_is_not_healthy_and_one_with_words_is(lexicon):
    thin = read(lexicon, f"<h1>Our partners</h1>{WELCOME}<script>load('/api/partners')</script>")
    assert needs_browser(thin, "why", "not").page.health is PageHealth.EMPTY_SHELL
    lazy = read(lexicon, f"<h1>Partners</h1>{WORDS}" + f"<img src='{BLANK}'>" * 3)
    told = needs_browser(lazy, "why", "not").page
    assert told.health is PageHealth.OK
    assert told.health_reason == "needs a browser (why): not"
