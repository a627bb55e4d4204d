"""Pages as they were written in 1999, as XHTML, right to left, in frames: their words and images are read.

Tests: crawler/page/outline.py, crawler/page/headings.py, crawler/page/page.py.
"""

from __future__ import annotations

import pytest

from crawler.images.sightings import extract_sightings
from crawler.page.page import Document, parse_page
from crawler.reading.passages import extract_passages
from ledger.vocabulary import SectionKind

URL = "https://www.vendor.example/firma/partner.html"


def page(html: str, url: str = URL) -> Document:
    return parse_page(html.encode(), url, "text/html; charset=utf-8")


def images(lexicon, html: str) -> list[tuple[str | None, str | None, SectionKind]]:
    found = extract_sightings(page(html), [], lexicon, page_id="P", visit_id="V").sightings
    return [(s.image_url, s.heading, s.section_kind) for s in found]


def test_unclosed_tags_and_capitals(lexicon):
    html = "<HTML><BODY BGCOLOR=white><H2>Our Partners<P>Acme<BR><IMG SRC=acme.gif ALT=Acme><LI>Corvane<TABLE><TR><TD><IMG SRC='b.gif'><TD>x"
    assert [image for image, _, _ in images(lexicon, html)] == [
        "https://www.vendor.example/firma/acme.gif",
        "https://www.vendor.example/firma/b.gif",
    ]
    texts = [p.text for p in extract_passages(page(html), lexicon, page_id="P")]
    assert texts[:2] == ["Our Partners", "Acme"]


def test_nested_tables_with_a_bold_line_as_heading(lexicon):
    row = "<table><tr><td><center><font face=arial><b>Partners</b></font></center></td></tr><tr><td><table><tr><td><img src=a.gif></td></tr></table></td></tr></table>"
    assert images(lexicon, f"<body><table><tr><td>{row}</td></tr></table></body>") == [
        ("https://www.vendor.example/firma/a.gif", "Partners", SectionKind.PARTNERS)
    ]


def test_xhtml_with_declaration_and_cdata(lexicon):
    html = (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x.dtd">'
        '<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="de"><head><title>P</title><style type="text/css">/*<![CDATA[*/'
        '.acme{background:url(acme.png)}/*]]>*/</style></head><body><h1>Unsere Partner</h1><div class="acme" /><img src="b.png" /></body></html>'
    )
    assert page(html).language == "de"
    assert [image for image, _, _ in images(lexicon, html)] == [
        "https://www.vendor.example/firma/acme.png",
        "https://www.vendor.example/firma/b.png",
    ]


def test_a_frameset_has_no_images_and_its_noframes_words(lexicon):
    html = "<html><frameset cols='20%,*'><frame src='menu.html'><frame src='main.html'><noframes><body><p>Our partners</p></body></noframes></frameset></html>"
    assert images(lexicon, html) == []
    assert page(html).outline.tags


def test_right_to_left(lexicon):
    html = '<html dir="rtl" lang="ar"><body><h2>شركاؤنا</h2><img src="a.png" alt="أكمي"><p>نحن شركاء معتمدون</p></body></html>'
    assert images(lexicon, html)[0][2] is SectionKind.PARTNERS
    assert [p.text for p in extract_passages(page(html), lexicon, page_id="P")] == ["شركاؤنا", "نحن شركاء معتمدون"]


@pytest.mark.parametrize(
    ("base", "reference", "url"),
    [
        ("", "a.png", "https://www.vendor.example/firma/a.png"),
        ('<base href="">', "a.png", "https://www.vendor.example/firma/a.png"),
        ('<base href="/x/">', "a.png", "https://www.vendor.example/x/a.png"),
        ('<base href="../">', "a.png", "https://www.vendor.example/a.png"),
        ('<base href="https://cdn.example/v1/">', "a.png", "https://cdn.example/v1/a.png"),
        ('<base href="javascript:0">', "a.png", "https://www.vendor.example/firma/a.png"),
        ('<base target="_blank"><base href="/y/">', "a.png", "https://www.vendor.example/y/a.png"),
        ("", "../../../../a.png", "https://www.vendor.example/a.png"),
        ("", "//cdn.example/a.png", "https://cdn.example/a.png"),
        ("", "img\\a.png", "https://www.vendor.example/firma/img/a.png"),
        ("", "\\\\cdn.example\\a.png", "https://cdn.example/a.png"),
        ("", "a.png?x=\\y#f", "https://www.vendor.example/firma/a.png?x=\\y"),
        ("", " a\n.png ", "https://www.vendor.example/firma/a.png"),
        ("", "Acme Logo.png", "https://www.vendor.example/firma/Acme Logo.png"),
        ("", "标志/维川.png", "https://www.vendor.example/firma/标志/维川.png"),
        ("", "https://müller.example/ä.png", "https://müller.example/ä.png"),
        ("", "http://[::1", None),
        ("", "https://a:b/x.png", None),
        ("", "file:///etc/passwd", None),
        ("", "#top", "https://www.vendor.example/firma/partner.html"),
    ],
)
def test_references_lead_where_browsers_go(base, reference, url):
    assert page(f"<html><head>{base}</head><body></body></html>").absolute(reference) == url
