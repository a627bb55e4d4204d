"""What a page is for, by its address, title and headings."""

from __future__ import annotations

import pytest

from crawler.page.page import parse_page
from crawler.reading.page_kind import judge_kind
from ledger.vocabulary import PageKind


def page(html: str, url: str = "http://vendor.example/x"):
    return parse_page(html.encode(), url, "text/html; charset=utf-8")


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
