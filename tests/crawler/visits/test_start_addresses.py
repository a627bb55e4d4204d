"""A domain of a list is tried by the ways that its site may answer by."""

from __future__ import annotations

import pytest

from crawler.visits.start_addresses import other_start_addresses


@pytest.mark.parametrize(
    ("url", "others"),
    [
        ("https://vendor.example/", ["https://www.vendor.example/", "http://vendor.example/", "http://www.vendor.example/"]),
        ("http://www.vendor.example/x", ["https://www.vendor.example/x", "https://vendor.example/x", "http://vendor.example/x"]),
        ("https://shop.vendor.example/", ["http://shop.vendor.example/"]),
        ("https://vendor.co.uk/", ["https://www.vendor.co.uk/", "http://vendor.co.uk/", "http://www.vendor.co.uk/"]),
        ("https://127.0.0.1/", ["http://127.0.0.1/"]),
        ("https://vendor.example:8443/", []),
        ("https:///nothing", []),
    ],
)  # fmt: skip
def test_the_other_ways_of_a_start_address(url, others):
    assert other_start_addresses(url) == others
