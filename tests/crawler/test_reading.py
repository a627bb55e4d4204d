"""A page's text, language, health, kind and links."""

from __future__ import annotations

import pytest

from crawler.page.page import parse_page
from crawler.reading.links import find_links, is_same_site
from crawler.reading.page_health import is_html, judge_health
from crawler.reading.page_kind import judge_kind
from crawler.reading.passages import extract_passages
from crawler.visits.sitemaps import read_sitemap
from ledger.domains import belongs_to, normal_domain, registrable_domain
from ledger.vocabulary import PageHealth, PageKind, SectionKind

WORDS = "<p>" + "We build and run networks for ports and towns. " * 60 + "</p>"


def page(html: str, url: str = "http://vendor.example/x"):
    return parse_page(html.encode(), url, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        ("合作伙伴".encode("gb18030"), "text/html; charset=gb2312"),
        (b'<meta charset="gbk">' + "合作伙伴".encode("gb18030"), None),
        ("合作伙伴".encode(), "text/html; charset=iso-8859-99"),
        ("合作伙伴".encode("utf-16"), "text/html"),
        (b"\xef\xbb\xbf" + "合作伙伴".encode(), "text/html; charset=latin1"),
    ],
)
def test_the_charset_is_found(content, content_type):
    text = parse_page(content, "http://v.example/", content_type).text
    assert "合作伙伴" in text or content_type == "text/html; charset=latin1"


def test_bytes_of_no_charset_are_read_all_the_same():
    assert "Partner" in parse_page(b"\x00 Partner \x81\x8d", "http://v.example/", "text/html; charset=ascii").text


@pytest.mark.parametrize(
    ("html", "language"),
    [
        ('<html lang="de-AT"><p>Unsere Partner</p></html>', "de"),
        ('<html lang="en"><p>我们的合作伙伴遍布全国各地</p></html>', "zh"),
        ("<p>パートナーの皆さまへ</p>", "ja"),
        ("<p>Наші партнери і їхні клієнти</p>", "uk"),
        ("<p>plain words</p>", None),
    ],
)
def test_the_script_tells_more_than_the_attribute(html, language):
    assert page(html).language == language


@pytest.mark.parametrize(
    ("html", "status", "health"),
    [
        (f"<title>Partners</title>{WORDS}", 200, PageHealth.OK),
        ("<title>Just a moment...</title><p>Verify you are human</p>", 403, PageHealth.CHALLENGE),
        ("<title>Just a moment...</title><p>Checking your browser</p>", 200, PageHealth.CHALLENGE),
        (f"<title>Our captcha product</title>{WORDS}", 200, PageHealth.OK),
        ("<title>Oops</title><p>gone</p>", 404, PageHealth.ERROR),
        ("<title>404 Page not found</title><p>Sorry</p>", 200, PageHealth.SOFT_404),
        ("<title>vendor.example</title><p>This domain is for sale</p>", 200, PageHealth.PARKED),
        ('<div id="root"></div><script src="app.js"></script>', 200, PageHealth.EMPTY_SHELL),
        ('<p>Please log in</p><form><input type="password"></form>', 200, PageHealth.LOGIN),
    ],
)
def test_only_a_healthy_page_counts_as_looked_at(lexicon, html, status, health):
    assert judge_health(page(html), status, lexicon).health is health


def test_documents_are_told_from_downloads():
    assert is_html("text/html; charset=x", b"")
    assert is_html(None, b"  <!DOCTYPE html>")
    assert not is_html("application/pdf", b"%PDF <html>")
    assert not is_html(None, b"\x89PNG")


@pytest.mark.parametrize(
    ("url", "title", "kind"),
    [
        ("http://v.example/", "V", PageKind.HOME),
        ("http://v.example/our-partners", "V", PageKind.PARTNERS),
        ("http://v.example/zh/%E5%90%88%E4%BD%9C%E4%BC%99%E4%BC%B4.html", "V", PageKind.PARTNERS),
        ("http://v.example/p?id=7", "Unsere Kunden", PageKind.CLIENTS),
        ("http://v.example/ueber-uns", "Über uns", PageKind.ABOUT),
        ("http://v.example/aliados", "Aliados", PageKind.PARTNERS),
        ("http://v.example/zzz", "Zzz", PageKind.OTHER),
    ],
)
def test_kinds_are_judged_with_reasons(lexicon, url, title, kind):
    judged = judge_kind(page(f"<title>{title}</title>", url), lexicon)
    assert judged.kind is kind
    assert judged.reasons or kind is PageKind.OTHER


def test_links_are_scored_by_what_they_promise(lexicon):
    html = (
        '<a href="/partner/">Partner</a><a href="/x.pdf">Partners</a><a href="https://other.example/partners">Partners</a>'
        '<a href="mailto:a@b.example">Partners</a><a href="/login">Log in</a><map><area href="/kunden" alt="Kunden"></map>'
        '<a href="/z"><img alt="Our partners"></a><iframe src="/frame"></iframe><a href="http://[bad">x</a>'
    )
    links = {link.url: link for link in find_links(page(html), lexicon)}
    assert set(links) == {f"http://vendor.example{path}" for path in ("/partner/", "/kunden", "/z", "/frame")}
    assert links["http://vendor.example/partner/"].worth > links["http://vendor.example/frame"].worth
    assert links["http://vendor.example/z"].kind is PageKind.PARTNERS


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


def test_a_sitemap_gives_pages_that_the_lexicon_knows(lexicon):
    xml = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>
      <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>http://v.example/partenaires</loc></url>
      <url><loc>http://v.example/shop/1</loc></url><url><loc>&e;</loc></url><url><loc>http://w.example/partners</loc></url></urlset>"""
    assert [link.url for link in read_sitemap(xml, "http://v.example/sitemap.xml", lexicon).links] == [
        "http://v.example/partenaires"
    ]
    assert read_sitemap(b"\x00 no xml", "http://v.example/", lexicon).links == ()


def test_passages_keep_reading_order_and_headings(lexicon):
    html = "<h1>Acme</h1><p>We are <b>a partner</b> of Acme.</p><script>var x = 'no';</script><h2>Our clients</h2><ul><li>One</li><li>Two</li></ul>"
    passages = extract_passages(page(html), lexicon, page_id="P")
    assert [p.text for p in passages] == ["Acme", "We are a partner of Acme.", "Our clients", "One", "Two"]
    assert passages[3].section_kind is SectionKind.CLIENTS
    assert [p.ordinal for p in passages] == [0, 1, 2, 3, 4]


def test_a_home_page_tells_of_its_partner_section(lexicon):
    html = "<title>V</title><h1>Welcome</h1><h2>Unsere Partner</h2><footer><h3>Our clients</h3></footer>"
    judged = judge_kind(page(f'<html lang="de">{html}</html>', "http://v.example/"), lexicon)
    assert judged.kind is PageKind.HOME
    assert judged.reasons == ("the address is the home page", "section “Unsere Partner”")


@pytest.mark.parametrize(
    ("html", "reasons"),
    [
        ('<a href="#partners">More</a><div id="partners"></div>', ("anchor “#partners”",)),
        ('<a href="/#Our-Clients">More</a><a name="Our-Clients"></a>', ("anchor “#Our-Clients”",)),
        ('<a href="/x#partners">More</a><div id="partners"></div>', ()),
        ('<a href="#partners">More</a>', ()),
        ('<a href="http://[x/#partners">More</a><div id="partners"></div>', ()),
        ('<a href="#partners">More</a><h2 id="partners">Our partners</h2>', ("section “Our partners”",)),
    ],
)
def test_an_anchor_to_a_section_counts_as_that_page(lexicon, html, reasons):
    assert judge_kind(page(html, "http://v.example/"), lexicon).reasons[1:] == reasons


def test_kinds_are_judged_by_titles_in_every_script(lexicon):
    for title in ("Οι συνεργάτες μας", "השותפים שלנו", "हमारे साझेदार", "พันธมิตร", "Yhteistyökumppanit", "Партньори"):
        judged = judge_kind(page(f"<title>{title} | Vendor</title>", "http://v.example/p?id=7"), lexicon)
        assert judged.kind is PageKind.PARTNERS, title
        assert judged.reasons[0].startswith("title has “")
