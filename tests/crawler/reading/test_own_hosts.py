"""Which other hosts a page calls its own, and where their addresses are looked for."""

from __future__ import annotations

import pytest

from crawler.page.page import Document
from crawler.reading.own_hosts import own_hosts, seen_here
from tests.processor_time import assert_linear

HERE = "http://copy.example:8080/"


@pytest.mark.parametrize(
    "html",
    [
        '<link rel="canonical" href="https://www.vendor.test/x">',
        '<link rel="alternate" hreflang="de" href="https://www.vendor.test/de">',
        '<meta property="og:url" content="https://www.vendor.test/">',
        '<script type="application/ld+json">{"@graph":[{"@type":"Organization","url":"https://www.vendor.test"}]}</script>',
        "<!-- saved from url=(0025)https://www.vendor.test/ -->",
    ],
)
def test_a_page_says_whose_it_is(html):
    assert own_hosts(Document(HERE, html)) == {"www.vendor.test"}


def test_a_page_that_says_nothing_has_no_other_host():
    assert (
        own_hosts(Document(HERE, '<a href="https://other.test/">x</a><meta property="og:url" content="http://[x">'))
        == frozenset()
    )


def test_addresses_of_own_hosts_are_looked_for_on_the_visited_one():
    hosts = frozenset({"www.vendor.test"})
    assert seen_here("https://shop.vendor.test/a?b=1", HERE, hosts) == "http://copy.example:8080/a?b=1"
    assert seen_here("https://other.test/a", HERE, hosts) is None


def test_many_links_to_one_host_take_time_by_their_number():
    def read(links: int) -> None:
        own_hosts(Document(HERE, "".join(f'<a href="/{n}">x</a>' for n in range(links))))

    assert_linear(read, 1_000)
