"""Where a page leads, by every way that a site has to lead there.

Tests: crawler/reading/links.py, crawler/reading/own_hosts.py, crawler/reading/script_links.py.
"""

from __future__ import annotations

import pytest

from crawler.page.page import parse_page
from crawler.reading.links import find_links, find_page_links, find_script_links, score_link
from crawler.reading.own_hosts import own_hosts
from ledger.vocabulary import PageKind

HOME = "http://vendor.example/"


def leads(lexicon, html: str, url: str = HOME):
    return find_page_links(parse_page(html.encode(), url, "text/html; charset=utf-8"), lexicon)


@pytest.mark.parametrize(
    ("html", "path"),
    [
        ('<a href="/p7">Our partners</a>', "/p7"),
        ('<a href="/p7" title="Our partners"><img src="x.png"></a>', "/p7"),
        ('<a href="/p7"><img src="x.png" alt="Partners"></a>', "/p7"),
        ('<map><area href="/p7" alt="Partners"></map>', "/p7"),
        ('<a href="/unsere-partner">Mehr</a>', "/unsere-partner"),
        ('<div href="/services/partners">A card of a framework</div>', "/services/partners"),
        ("<button onclick=\"location.href='/p7'\">Partners</button>", "/p7"),
        ('<li data-href="/p7">Partners</li>', "/p7"),
        ('<select><option value="/p7">Partners</option></select>', "/p7"),
        ('<script>var menu = [["Partners", "/company/partners"]];</script>', "/company/partners"),
        (
            '<script id="__NEXT_DATA__" type="application/json">{"props":{"nav":[{"label":"Partners","href":"/p7"}]}}</script>',
            "/p7",
        ),
        (
            '<script type="application/ld+json">{"@type":"SiteNavigationElement","name":"Partners","url":"http://vendor.example/p7"}</script>',
            "/p7",
        ),
        ('<link rel="alternate" hreflang="de" href="/de/">', "/de/"),
        ("<button onclick=\"switchLanguage('ar')\">العربية</button>", "/ar/"),
        ('<html data-ms-path="ms/index.html"><p>x</p></html>', "/ms/index.html"),
        ('<meta http-equiv="refresh" content="0; url=/start/">', "/start/"),
        ('<frameset><frame src="menu.html"></frameset>', "/menu.html"),
        ('<iframe src="/widgets/partners"></iframe>', "/widgets/partners"),
        ('<a href="партнеры.html">Подробнее</a>', "/партнеры.html"),
        ('<a href="../../partners.html">x</a>', "/partners.html"),
    ],
)
def test_each_way_to_lead_to_a_page_is_found(lexicon, html, path):
    assert f"http://vendor.example{path}" in [link.url for link in leads(lexicon, html).links]


def test_a_guess_is_worth_a_request_only_when_a_word_speaks_for_it(lexicon):
    html = '<script>fetch("/api/v1/items"); load("/assets/app/main");</script>'
    assert leads(lexicon, html).links == ()
    assert [link.url for link in find_script_links('go("/x/1");go("/partners/all")', HOME, lexicon)] == [
        "http://vendor.example/partners/all"
    ]


def test_links_to_the_production_domain_are_looked_for_on_the_visited_host(lexicon):
    html = '<link rel="canonical" href="https://www.vendor.test/"><a href="https://www.vendor.test/partners?x=1#a">Partners</a><a href="https://other.test/partners">Partners</a>'
    found = leads(lexicon, html).links
    assert [link.url for link in found] == ["http://vendor.example/partners?x=1"]
    assert "named at www.vendor.test" in found[0].reason


def test_a_menu_that_leads_to_one_other_domain_alone_names_the_production_domain():
    menu = "".join(f'<a href="http://www.old.test/{name}.html">x</a>' for name in "abcdefg")
    document = parse_page(menu.encode(), HOME, None)
    assert own_hosts(document) == {"www.old.test"}
    shares = "".join(f'<a href="http://www.old.test/share?u={name}">x</a>' for name in "abcdefg")
    assert own_hosts(parse_page(shares.encode(), HOME, None)) == frozenset()


def test_an_anchor_of_the_page_itself_makes_its_section_count(lexicon):
    html = '<a href="#partners">Partners</a><section id="partners">…</section><a href="#clients">Clients</a>'
    assert leads(lexicon, html).section_kinds == {PageKind.PARTNERS}  # no element is called clients


def test_login_and_cart_are_never_worth_a_visit(lexicon):
    assert score_link("http://vendor.example/login", "Login", lexicon) is None
    assert score_link("http://vendor.example/p", "Partner login", lexicon).kind is PageKind.PARTNERS


def page(html: str, url: str = "http://vendor.example/x"):
    return parse_page(html.encode(), url, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("link", "is_followed"),
    [
        ('<a href="/d/7.PDF">Our partners</a>', True),
        ('<a href="/line-card.pdf">download</a>', True),
        ('<a href="/7.pdf">Zertifikat ISO 9001</a>', True),
        ('<a href="/company-profile.pdf?v=2">PDF</a>', True),
        ('<a href="/manual.pdf">How to clean the pump</a>', False),
        ('<a href="/integration-guide.pdf">Platform</a>', False),
        ('<a href="https://other.example/partners.pdf">Partners</a>', False),
    ],
)
def test_a_pdf_is_followed_where_it_promises_partners_or_a_profile(lexicon, link, is_followed):
    assert bool(find_links(page(f'<html lang="de">{link}'), lexicon)) is is_followed


def test_links_are_scored_by_what_they_promise(lexicon):
    html = (
        '<a href="/partner/">Partner</a><a href="/x.zip">Partners</a><a href="https://other.example/partners">Partners</a>'
        '<a href="mailto:a@b.example">Partners</a><a href="/login">Log in</a><map><area href="/kunden" alt="Kunden"></map>'
        '<a href="/z"><img alt="Our partners"></a><iframe src="/frame"></iframe><a href="http://[bad">x</a>'
    )
    links = {link.url: link for link in find_links(page(html), lexicon)}
    assert set(links) == {f"http://vendor.example{path}" for path in ("/partner/", "/kunden", "/z", "/frame")}
    assert links["http://vendor.example/partner/"].worth > links["http://vendor.example/frame"].worth
    assert links["http://vendor.example/z"].kind is PageKind.PARTNERS
