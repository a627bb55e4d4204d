"""Seeds: what an address says of its vendor; a crawl goes on where it stopped."""

from __future__ import annotations

import pytest

from crawler.visits.seeds import begin_crawl, end_crawl_if_complete, seed_of, seed_of_url
from ledger.errors import BadInputError
from tests.new_ledger import new_ledger


def test_international_hosts_and_paths_are_encoded():
    assert (
        seed_of("http://例え.example/パートナー").start_urls[0]
        == "http://xn--r8jz45g.example/%E3%83%91%E3%83%BC%E3%83%88%E3%83%8A%E3%83%BC"
    )


def test_an_unfinished_crawl_goes_on_and_a_finished_one_is_followed_by_a_new_one(tmp_path):
    with new_ledger(tmp_path / "p.db") as ledger:
        seeds = [seed_of("a.example"), seed_of("b.example")]
        first = begin_crawl(ledger, seeds, seeds_file="s.csv", settings={}, tool_version="0")
        assert begin_crawl(ledger, seeds, seeds_file="s.csv", settings={}, tool_version="0") == first
        assert not end_crawl_if_complete(ledger, first)
        ledger.execute("UPDATE visits SET state = 'done'")
        assert end_crawl_if_complete(ledger, first)
        assert begin_crawl(ledger, seeds, seeds_file="s.csv", settings={}, tool_version="0") != first
        assert ledger.value("SELECT count(*) FROM seeds") == 2


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("a" * 63 + ".example", None),
        ("a" * 64 + ".example", "each part of a host has at most 63 characters"),
        ("ü" * 60 + ".example", "each part of a host has at most 63 characters"),
        (".".join(["a" * 60] * 4) + ".example", None),
        (".".join(["a" * 60] * 5) + ".example", "a host has at most 253 characters"),
    ],
)
def test_a_host_that_no_resolver_takes_is_refused_in_words(host, says):
    if says is None:
        assert seed_of(f"https://{host}/").start_urls == (f"https://{host}/",)
        return
    with pytest.raises(BadInputError, match=says):
        seed_of_url(f"https://{host}/")
