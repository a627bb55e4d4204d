"""Ways on that are no plain links: forms that only press a button, refreshes, scripts that move on, hash routes.

Tests: crawler/reading/links.py.
"""

from __future__ import annotations

import pytest

from crawler.page.page import parse_page
from crawler.reading.links import find_page_links, is_hash_route, read_refresh
from ledger.vocabulary import PageKind

URL = "https://vendor.example/"


def links(html: str, lexicon) -> list[str]:
    return [link.url for link in find_page_links(parse_page(html.encode(), URL, "text/html"), lexicon).links]


@pytest.mark.parametrize(
    ("form", "to"),
    [
        ('<form action="/p"><button>Partners</button></form>', [f"{URL}p"]),
        ('<form method="GET" action="/p?x=1"><input type=hidden name=l value=de><input type=submit value="Partner"></form>', [f"{URL}p?l=de"]),
        ('<form action="/search"><input name=q><button>Partners</button></form>', []),
        ('<form method="post" action="/p"><button>Partners</button></form>', []),
        ("<form><button>Partners</button></form>", []),
        ('<form action="/p"><select name=x></select><button>Partners</button></form>', []),
    ],
)  # fmt: skip
def test_a_form_with_a_button_alone_is_a_link(form, to, lexicon):
    assert links(form, lexicon) == to


@pytest.mark.parametrize(
    ("value", "to"),
    [
        ("0;url=/real", "/real"),
        ("3; URL='/a b'", "/a b"),
        ("url=/x", "/x"),
        ("0.5;url=x", "x"),
        ("600;url=/later", None),
        ("30", None),
        (None, None),
    ],
)
def test_a_refresh_is_followed_when_it_comes_at_once(value, to):
    assert read_refresh(value) == to


@pytest.mark.parametrize(
    ("html", "to"),
    [
        ('<meta http-equiv="Refresh" content="0; url=/de/">', f"{URL}de/"),
        ("<script>location.replace('/de/')</script>", f"{URL}de/"),
        ('<script>window.location.href = "https://www.vendor.example/x"</script>', "https://www.vendor.example/x"),
        (f"<p>{'Words of a page. ' * 30}</p><script>function go() {{ location.href = '/x' }}</script>", None),
        ("<script>location.href = '/'</script>", None),
    ],
)
def test_where_a_page_sends_its_visitors(html, to, lexicon):
    assert find_page_links(parse_page(html.encode(), URL, "text/html"), lexicon).sent_on_to == to


def test_hash_routes_are_links_where_a_word_speaks_for_them(lexicon):
    html = '<a href="#/partners">Who we work with</a><a href="/#!/unsere-kunden">x</a><a href="#/prices">Prices</a><a href="#top">Partners</a>'
    found = find_page_links(parse_page(html.encode(), URL, "text/html"), lexicon).links
    routes = {link.url: link.kind for link in found if is_hash_route(link.url)}
    assert routes == {f"{URL}#/partners": PageKind.PARTNERS, f"{URL}#!/unsere-kunden": PageKind.CLIENTS}
