"""Where a page leads, by every way that a site has to lead there."""

from __future__ import annotations

import gzip

import pytest

from crawler.page.page import parse_page
from crawler.reading.links import find_page_links, find_script_links, score_link
from crawler.reading.own_hosts import own_hosts
from crawler.visits.sitemaps import read_sitemap
from crawler.visits.traps import Traps, url_key
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


@pytest.mark.parametrize(
    ("urls", "kind"),
    [
        ([f"http://v.example/events/2024-0{n}-01" for n in range(1, 9)], "calendar"),
        ([f"http://v.example/shop?colour={n}" for n in range(20)], "facets"),
        ([f"http://v.example/blog/{n}" for n in range(30)], "too many alike"),
        (["http://v.example/" + "a/b/" * 3], "endless path"),
        (["http://v.example/" + "x" * 2_000], "endless path"),
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
