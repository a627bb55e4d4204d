"""What a vendor calls itself on its page, and what it does not."""

from __future__ import annotations

import pytest

from crawler.page.own_names import find_own_names
from crawler.page.page import parse_page


def own_names(lexicon, html: str, url: str = "https://www.brightharbour.example/partners") -> list[str]:
    return find_own_names(parse_page(html.encode(), url, "text/html; charset=utf-8"), lexicon)


@pytest.mark.parametrize(
    ("html", "name"),
    [
        ("", "brightharbour"),
        ('<meta property="og:site_name" content="Bright Harbour">', "Bright Harbour"),
        ("<title>Our partners | Bright Harbour</title>", "Bright Harbour"),
        ("<body><p>© 2019-2024 Bright Harbour Ltd. All rights reserved</p>", "Bright Harbour"),
    ],
)
def test_host_site_name_title_and_copyright_name_the_vendor(lexicon, html, name):
    assert name in own_names(lexicon, html)


def test_kinds_of_pages_and_slogans_are_no_names(lexicon):
    title = "<title>Partners | We sell what Acme and Corvane make</title>"
    assert own_names(lexicon, title) == ["brightharbour"]


def test_an_address_without_a_name_gives_none(lexicon):
    assert own_names(lexicon, "<p>x</p>", "http://192.0.2.7/") == []
