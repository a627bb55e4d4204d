"""Addresses without end are counted and left; one page has one key."""

from __future__ import annotations

import pytest

from crawler.visits.traps import Traps, url_key


@pytest.mark.parametrize(
    ("urls", "kind"),
    [
        ([f"http://v.example/events/2024-0{n}-01" for n in range(1, 9)], "calendar"),
        ([f"http://v.example/shop?colour={n}" for n in range(20)], "facets"),
        ([f"http://v.example/blog/{n}" for n in range(30)], "too many alike"),
        (["http://v.example/" + "a/b/" * 3], "endless path"),
        (["http://v.example/" + "x" * 9_000], "endless path"),
        (["http://v.example/1/2/3/4/5/6/7/8/9/10/11"], "endless path"),
    ],
)
def test_addresses_without_end_come_to_an_end(urls, kind):
    traps = Traps()
    for url in urls:
        traps.is_trap(url, is_promising=False)
    assert set(traps.refused) == {kind}
    assert kind in traps.describe()
    assert traps.refused[kind] < len(urls) or len(urls) == 1


def test_few_pages_of_any_form_are_no_trap():
    traps = Traps()
    for url in (
        "http://v.example/",
        "http://v.example/news/2024/05/x",
        "http://v.example/p?id=1",
        "http://v.example/a/b",
    ):
        assert not traps.is_trap(url, is_promising=False)
    assert traps.describe() is None


@pytest.mark.parametrize(
    "url",
    [
        "http://v.example/partners/",
        "http://V.example/partners?utm_source=x",
        "http://v.example/partners;jsessionid=0123456789ABCDEF",
        "http://v.example/partners?PHPSESSID=0123456789",
        "http://v.example/partners/index.html#top",
    ],
)
def test_one_page_has_one_key(url):
    assert url_key(url) == "http://v.example/partners"


def test_what_names_a_page_in_a_query_stays_in_its_key():
    keys = {
        url_key(f"http://v.example/{path}")
        for path in (
            "index.php?s=/Home/Partner/index.html",
            "index.php?s=/Home/About/index.html",
            "?source=partners",
            "?ref=clients",
        )
    }
    assert len(keys) == 4
