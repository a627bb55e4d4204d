"""A page is drawn by a browser for a recorded reason only; without one, the page says that it needs one.

Tests: crawler/reading/empty_places.py too.
"""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from crawler.reading.browser_reasons import needs_browser, reason_to_render
from crawler.reading.page_reader import PageSource, ReadPage, read_page
from ledger.lexicon import Lexicon
from ledger.vocabulary import PageHealth


def picture(width: int, height: int) -> bytes:
    """Noise, so that it is longer than the smallest data: URIs."""
    file = io.BytesIO()
    Image.effect_noise((width, height), 90).convert("RGB").save(file, "PNG")
    return file.getvalue()


WORDS = "<p>" + "We build and run networks for ports and towns. " * 60 + "</p>"
WELCOME = "<p>Welcome, and thank you for your interest in what we do every day.</p>"
SCRIPT = "<script src='/app.js'></script>"
BLURRED = base64.b64encode(picture(20, 10)).decode()
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
        (f"<h1>Partners</h1>{WORDS}" + "<img src='/a.png'>" * 3 + f"<img src='{BLANK}' alt='Acme'>" * 5, "5 images"),
        (f"<h1>Partners</h1>{WORDS}" + f"<img src='{BLANK}' data-id='7' data-type='logo'>" * 3, "3 images"),
        (f"<h1>Partners</h1>{WORDS}" + f"<div style='background-image:url({BLANK})'></div>" * 3, "3 images"),
        (f"<h1>Partners</h1>{WORDS}" + "<div style='background:url(/img/placeholder.svg)'></div>" * 4, "4 images"),
        (f"<h1>Partners</h1>{WORDS}" + f"<img src='data:image/png;base64,{BLURRED}'>" * 3, "3 images"),
        (
            f"<h1>Partners</h1>{WORDS}{SCRIPT}" + "<div class='logo' data-id='4'></div>" * 5,
            "5 places for logos are empty (“logo”)",
        ),
        (f"<h1>Partners</h1>{WORDS}{SCRIPT}<div class='swiper partner-slider'></div>", "“swiper partner slider”"),
        (f"<h1>Partners</h1>{WORDS}{SCRIPT}<div class='owl-carousel'><div></div></div>", "an empty “owl carousel”"),
        (f"<h1>Partners</h1>{WORDS}<div id='brands'></div><script>fill('#brands')</script>", "an empty “brands”"),
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
        f"<h1>Partners</h1>{WORDS}" + f"<div style='background-image:url({BLANK})' data-bg='/media/4'></div>" * 9,
        f"<h1>Partners</h1>{WORDS}" + f"<img src='{BLANK}' data-back='/media/4'>" * 9,
        f"<h1>Partners</h1>{WORDS}" + "<div class='logo'></div>" * 9,  # no script fills them
        f"<h1>Partners</h1>{WORDS}{SCRIPT}" + "<div class='logo'>Acme</div>" * 9,
        f"<h1>Partners</h1>{WORDS}{SCRIPT}" + "<div class='logo'><img src='/a.png'></div>" * 9,
        f"<h1>Partners</h1>{WORDS}{SCRIPT}<style>.logo{{background:url(/a.png)}}</style>" + "<i class='logo'></i>" * 9,
        f"<h1>Partners</h1>{WORDS}{SCRIPT}<style>.logo{{background:url(/a.png)}}</style>"
        + "<div class='logo'></div>" * 9,
        f"<h1>Partners</h1>{WORDS}{SCRIPT}" + "<div class='logo'></div>" * 2,
        f"<h1>Partners</h1>{WORDS}{SCRIPT}<div class='slide' style='background:url(/a.png)'><div class='slide-inner'></div></div>",
        f"<h1>Partners</h1>{WORDS}{SCRIPT}<div class='swiper'><img src='/a.png'><div class='swiper-wrapper'></div></div>",
        f"<h1>Partners</h1>{WORDS}{SCRIPT}<div id='partners'></div><div class='carousel-indicators'></div>",
        f"<h1>Partners</h1>{WORDS}{SCRIPT}<div class='slider' style='display:none'></div>",
        f"<h1>Partners</h1>{WORDS}<div class='owl-carousel'></div><script type='application/json'>{{}}</script>",
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


def test_a_page_of_another_kind_with_an_empty_slider_is_not_drawn(lexicon):
    html = f"<h1>Hello</h1>{WORDS}{SCRIPT}<div class='hero-slider'></div>"
    assert reason_to_render(read(lexicon, html, "http://vendor.example/x")) is None
    html = f"<h1>Hello</h1>{WORDS}{SCRIPT}<div class='client-logos carousel'></div>"
    assert "client logos carousel" in str(reason_to_render(read(lexicon, html, "http://vendor.example/x")))
