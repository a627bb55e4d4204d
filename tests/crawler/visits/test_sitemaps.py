"""Sitemaps lead to pages, in whatever form they come."""

from __future__ import annotations

import gzip

from crawler.visits.sitemaps import read_sitemap

HOME = "http://vendor.example/"


INDEX = b"""<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>http://vendor.example/post-sitemap.xml</loc></sitemap>
<sitemap><loc>http://vendor.example/page-sitemap.xml.gz</loc></sitemap></sitemapindex>"""


URLS = b"""<urlset><url><loc>http://vendor.example/partners/</loc></url><url><loc>http://vendor.example/about</loc></url>
<url><loc>http://stranger.example/partners/</loc></url><url><loc>http://vendor.example/x1</loc></url></urlset>"""


def test_a_sitemap_index_names_the_sitemaps_of_pages_first(lexicon):
    assert read_sitemap(INDEX, HOME, lexicon).sitemaps == (
        "http://vendor.example/page-sitemap.xml.gz",
        "http://vendor.example/post-sitemap.xml",
    )


def test_a_sitemap_is_read_packed_and_plain_and_as_text(lexicon):
    wanted = ["http://vendor.example/partners/", "http://vendor.example/about"]
    for content in (URLS, gzip.compress(URLS), b"http://vendor.example/partners/\nhttp://vendor.example/about\n"):
        assert [link.url for link in read_sitemap(content, HOME, lexicon).links] == wanted


def test_a_sitemap_that_is_a_bomb_gives_nothing(lexicon):
    bomb = gzip.compress(b"<urlset>" + b" " * 50_000_000)
    assert read_sitemap(bomb, HOME, lexicon).links == ()
    laughs = (
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><urlset><url><loc>&b;</loc></url></urlset>'
    )
    assert read_sitemap(laughs, HOME, lexicon).links == ()
    assert read_sitemap(gzip.compress(URLS)[:-20], HOME, lexicon).sitemaps == ()


def test_a_sitemap_gives_pages_that_the_lexicon_knows(lexicon):
    xml = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>
      <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>http://v.example/partenaires</loc></url>
      <url><loc>http://v.example/shop/1</loc></url><url><loc>&e;</loc></url><url><loc>http://w.example/partners</loc></url></urlset>"""
    assert [link.url for link in read_sitemap(xml, "http://v.example/sitemap.xml", lexicon).links] == [
        "http://v.example/partenaires"
    ]
    assert read_sitemap(b"\x00 no xml", "http://v.example/", lexicon).links == ()
