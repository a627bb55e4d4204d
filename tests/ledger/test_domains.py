"""Whose domain a host belongs to."""

from __future__ import annotations

from crawler.reading.links import is_same_site
from ledger.domains import belongs_to, normal_domain, registrable_domain


def test_the_owner_of_a_host_is_found():
    assert registrable_domain("www.a.co.uk") == "a.co.uk"
    assert registrable_domain("vendor.github.io") == "vendor.github.io"
    assert registrable_domain("127.0.0.1") == "127.0.0.1"
    assert is_same_site("http://a.example/x", "https://www.a.example/")
    assert not is_same_site("http://a.github.io/", "http://b.github.io/")
    assert not is_same_site("http://127.0.0.1:1/", "http://127.0.0.1:2/")


def test_domains_are_compared_in_one_form():
    assert normal_domain("https://www.Müller.example:8080/x") == "xn--mller-kva.example"
    assert normal_domain("WWW.A.co.uk.") == "a.co.uk"
    assert normal_domain("127.0.0.1:80") == "127.0.0.1"
    assert [normal_domain(text) for text in ("", "no domain", "http://[x", "a..b", "-.example")] == [None] * 5
    # words and numbers are no addresses, though they have only their characters
    assert [normal_domain(text) for text in ("face", "12", ".", "2021.5", "1.2.3.4.5")] == [None] * 5
    assert [normal_domain(text) for text in ("http://[::1]:80/", "http://[::ffff:10.0.0.1]/")] == [
        "::1",
        "::ffff:10.0.0.1",
    ]
    assert belongs_to("shop.acme.example", ["acme.example"])
    assert not belongs_to("notacme.example", ["acme.example"])
    assert not belongs_to(None, ["acme.example"])
