"""Pages that are no pages, by kind and language, and real pages that merely mention such words.

Tests: crawler/reading/page_health.py, crawler/reading/page_likeness.py.
"""

from __future__ import annotations

import gzip

import pytest

from crawler.page.page import Document, parse_page
from crawler.reading.page_health import Health, is_html, judge_health
from crawler.reading.page_likeness import is_like
from ledger.lexicon import Lexicon
from ledger.vocabulary import PageHealth

WORDS = "<p>" + "We build and run networks for ports and towns. " * 60 + "</p>"
MENU = "".join(f'<a href="/p{n}">Page {n}</a>' for n in range(10))
LOGOS = "".join(f'<img src="/logos/{n}.png" alt="Company {n}">' for n in range(8))


def page(html: str, url: str = "http://vendor.example/x") -> Document:
    return parse_page(html.encode(), url, "text/html; charset=utf-8")


CHALLENGES = {
    "cloudflare": (
        "<title>Just a moment...</title><script>window._cf_chl_opt={cvId:'3'}</script><noscript>Enable JavaScript</noscript>",
        403,
        "Cloudflare",
    ),
    "cloudflare, status 200": (
        '<title>Nur einen Moment…</title><form id="challenge-form"></form><script src="/cdn-cgi/x"></script>',
        200,
        "Cloudflare",
    ),
    "turnstile": ('<p>One more step</p><div class="cf-turnstile" data-sitekey="0x"></div>', 200, "captcha"),
    "hcaptcha": ('<p>Prouvez que vous êtes là</p><div class="h-captcha"></div>', 200, "captcha"),
    "recaptcha": ('<p>Bevestig</p><form><div class="g-recaptcha"></div></form>', 429, "captcha"),
    "datadome": (
        '<p>Please enable JS</p><script>var dd={"host":"geo.captcha-delivery.com"}</script>',
        403,
        "DataDome",
    ),
    "imperva": (
        '<iframe src="/_Incapsula_Resource?CWUDNSAI=9"></iframe>Request unsuccessful. Incapsula incident ID: 1-2',
        200,
        "Imperva",
    ),
    "akamai": (
        "<title>Access Denied</title><h1>Access Denied</h1>You don't have permission to access this. Reference #18.2e https://errors.edgesuite.net/18.2e",
        403,
        "Akamai",
    ),
    "aws": (
        '<script src="https://1.token.awswaf.com/1/challenge.js"></script><div id="challenge-container"></div>',
        202,
        "AWS WAF",
    ),
    "press and hold": ('<div id="px-captcha"></div><p>Press & Hold to confirm you are a human</p>', 403, "PerimeterX"),
    "proof of work": ("<title>Making sure you're not a bot!</title>Making sure you're not a bot!", 200, "firewall"),
    "chinese firewall": ("<title>安全验证</title><p>请完成安全验证</p>", 200, "安全验证"),
    "german words": ("<title>Einen Moment</title><p>Bestätigen Sie, dass Sie ein Mensch sind</p>", 200, "einen moment"),
    "swedish words": ("<p>Bekräfta att du är människa</p>", 200, "bekräfta"),
    "hebrew words": ("<p>אמת שאתה אנושי</p>", 200, "אמת"),
    "thai words": ("<p>ยืนยันว่าคุณเป็นมนุษย์</p>", 200, "มนุษย์"),
}
OTHERS = [
    ("<title>vendor.example</title><p>This domain is for sale</p>", PageHealth.PARKED, "for sale"),
    ("<title>vendor.example</title><p>Doména je na prodej</p>", PageHealth.PARKED, "na prodej"),
    (
        '<script src="https://www.sedoparking.com/x.js"></script><a href="/a">Loans</a>',
        PageHealth.PARKED,
        "sedoparking",
    ),
    (
        "<title>Apache2 Ubuntu Default Page: It works</title>" + "<p>Configuration overview of the package.</p>" * 80,
        PageHealth.PARKED,
        "apache2 ubuntu default page",
    ),
    ("<title>Welcome to nginx!</title><h1>Welcome to nginx!</h1>", PageHealth.PARKED, "welcome to nginx"),
    ("<title>IIS Windows Server</title><img src=iisstart.png>", PageHealth.PARKED, "iis windows server"),
    ('<title>Index of /</title><a href="logo.png">logo.png</a>', PageHealth.LISTING, "list of files"),
    ("<title>404 Page not found</title><p>Sorry</p>", PageHealth.SOFT_404, "page not found"),
    (f"<title>Error 404 (Not found) – Vendor</title>{MENU}{WORDS}", PageHealth.SOFT_404, "404"),
    (f"<title>Seite nicht gefunden | Vendor</title>{MENU}{WORDS}", PageHealth.SOFT_404, "seite nicht gefunden"),
    (f"<title>Vendor</title>{MENU}<h1>Sivua ei löydy</h1>{WORDS}", PageHealth.SOFT_404, "first heading"),
    (f"<title>Vendor</title>{MENU}<h1>ไม่พบหน้า</h1>{WORDS}", PageHealth.SOFT_404, "first heading"),
    ("<title>Vendor</title><p>Stránka nenalezena</p>", PageHealth.SOFT_404, "almost empty"),
    ('<div id="root"></div><script src="app.js"></script>', PageHealth.EMPTY_SHELL, "script"),
    (
        '<header>Vendor Networks and Power Ltd, the home of networks since 1990</header><div id="__next"></div><script src=a.js></script>',
        PageHealth.EMPTY_SHELL,
        "id=__next",
    ),
    ('<app-root><img src="spinner.gif"></app-root><script src=a.js></script>Loading…', PageHealth.EMPTY_SHELL, ""),
    (
        "<noscript>Bitte aktivieren Sie JavaScript</noscript><p>Vendor Networks, die beste Adresse für Netze seit 1990, lädt</p><script></script>",
        PageHealth.EMPTY_SHELL,
        "noscript",
    ),
    ('<p>Please log in</p><form><input type="password"></form>', PageHealth.LOGIN, "password"),
    ('<p>Přihlášení</p><form><input type="password"></form>', PageHealth.LOGIN, "password"),
    ("<h1>Before you continue</h1><p>We use cookies</p><button>Accept all</button>", PageHealth.CONSENT_WALL, "before"),
    ("<img src=l.png><h1>Bevor Sie fortfahren</h1><button>OK</button>", PageHealth.CONSENT_WALL, "bevor"),
    ("<h1>Ennen kuin jatkat</h1><button>Hyväksy</button>", PageHealth.CONSENT_WALL, "ennen kuin"),
]
HEALTHY = {
    "a captcha product": f"<title>Our captcha product</title>{WORDS}",
    "words on a contact form": f"<title>Partners</title><h1>Partners</h1>{LOGOS}<p>Protected by reCAPTCHA.</p>"
    '<form><div class="g-recaptcha"></div></form>',
    "turnstile on a form": f'<title>Partners</title>{MENU}<p>Our partners.</p><div class="cf-turnstile"></div>',
    "bot detection on a healthy page": f"<title>Partners</title>{MENU}<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>",
    "Incapsula on a healthy page": f"<title>P</title>{LOGOS}<script src='/_Incapsula_Resource?SWJIYLWA=7'></script>",
    "404 in an article": f"<title>How we fixed 404 errors in a day</title><h1>How we fixed 404 errors</h1>{WORDS}",
    "404 in a vendor's name": f"<title>Studio 404</title><h1>Studio 404</h1>{MENU}{WORDS}",
    "404 in a model's name": f"<title>Pump series X 404 and spare parts | Vendor</title>{WORDS}",
    "a server's name in a title": f"<title>Apache Tomcat training, consulting and support for your business needs</title>{WORDS}",
    "a cookie banner": f"<title>Partners</title>{LOGOS}<p>We value your privacy</p><button>Accept all cookies</button>",
    "a cookie banner over a short page": f"<title>P</title>{MENU}<h1>Partners</h1><p>Accept all cookies</p>",
    "a login in the header": f'<form><input type="password">Log in</form><h1>Partners</h1>{MENU}{LOGOS}',
    "few words and many logos": f"<title>Partners</title><h1>Partners</h1>{LOGOS}<p>hier entsteht Neues</p>",
    "an application that was rendered": f'<div id="root"><h1>Partners</h1>{LOGOS}</div><script src=a.js></script>',
    "another language's small words": "<h1>Spa</h1><p>Offrez-vous un moment de détente, sebentar saja.</p>",
    "a short page without script": "<h1>Partners</h1><p>Acme and others.</p>",
    "a page about buying domains": f"<title>Registrar</title>{MENU}<p>Buy this domain</p>{WORDS}",
}


@pytest.mark.parametrize("name", sorted(CHALLENGES))
def test_challenges_are_known_by_words_or_markup(lexicon: Lexicon, name: str) -> None:
    html, status, telling = CHALLENGES[name]
    health = judge_health(page(html), status, lexicon)
    assert health.health is PageHealth.CHALLENGE, health
    assert telling in str(health.reason)
    assert f"status {status}" in str(health.reason)


@pytest.mark.parametrize(("html", "kind", "telling"), OTHERS)
def test_pages_that_are_none_are_told_with_the_reason(
    lexicon: Lexicon, html: str, kind: PageHealth, telling: str
) -> None:
    health = judge_health(page(html), 200, lexicon)
    assert health.health is kind, health
    assert telling in str(health.reason)


@pytest.mark.parametrize("name", sorted(HEALTHY))
def test_a_real_page_that_mentions_such_words_stays_healthy(lexicon: Lexicon, name: str) -> None:
    health = judge_health(page(HEALTHY[name]), 200, lexicon)
    assert health.health is PageHealth.OK, health


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, PageHealth.LOGIN), (403, PageHealth.ERROR), (404, PageHealth.ERROR), (500, PageHealth.ERROR)],
)
def test_an_error_answer_is_no_page(lexicon: Lexicon, status: int, kind: PageHealth) -> None:
    assert judge_health(page(f"<title>Partners</title>{MENU}{WORDS}"), status, lexicon).health is kind


def not_there(path: str) -> Document:
    return page(
        f"<title>Vendor</title>{MENU}<img src=/logo.png><h1>Willkommen</h1>{WORDS}<p>/{path} gibt es hier nicht, {len(path)}</p>",
        f"http://vendor.example/{path}",
    )


def test_two_answers_to_addresses_that_are_not_there_are_alike() -> None:
    assert is_like(not_there("partners"), not_there("q7f3k2"))


def test_a_page_with_its_own_words_heading_or_pictures_is_not_alike() -> None:
    shell = f"<title>Vendor</title>{MENU}<img src=/logo.png>"
    own = page(f"{shell}<p>Acme has been with us since 1990, in ports and towns, and many others.</p>")
    assert not is_like(own, page(shell))
    assert not is_like(page(f"{shell}<h1>Partners</h1>{WORDS}"), page(f"{shell}<h1>Welcome</h1>{WORDS}"))
    assert not is_like(page(f"{shell}{WORDS}{LOGOS}"), page(f"{shell}{WORDS}"))
    assert is_like(page(""), page("<p></p>"))


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


NAV = '<header><a href="/">Home</a> <a href="/about">About</a></header>'
FOOT = "<footer>Vendor, Harbour Road 3</footer>"
NOTICES = {
    "maintenance": ("<title>Maintenance</title><h1>We will be back shortly</h1><p>Please try again in a few hours.</p>", "maintenance"),
    "wartung": ("<title>Vendor</title><h1>Wartungsarbeiten</h1><p>Wir sind in Kürze wieder für Sie da.</p>", "maintenance"),
    "维护": ("<h1>系统维护中</h1><p>请稍后再试。</p>", "maintenance"),
    "обслуживание": ("<title>Технические работы</title><p>Сайт временно недоступен.</p>", "maintenance"),
    "database": ("<title>Database Error</title><h1>Error establishing a database connection</h1>", "server-error"),
    "base de données": ("<h1>Erreur lors de la connexion à la base de données</h1>", "server-error"),
    "critical": ("<p>There has been a critical error on this website.</p>", "server-error"),
    "sqlstate": ("<p>SQLSTATE[HY000] [2002] Connection refused in /var/www/x.php on line 12</p>", "server-error"),
    "asp.net": ("<title>Runtime Error</title><h1>Server Error in '/' Application.</h1>", "server-error"),
    "country": ("<h1>Sorry</h1><p>This website is not available in your country.</p>", "not-in-your-country"),
    "Land": ("<p>Dieses Angebot ist in Ihrem Land nicht verfügbar.</p>", "not-in-your-country"),
    "国": ("<p>申し訳ございません。お住まいの国ではこのサイトをご覧いただけません。</p>", "not-in-your-country"),
    "nothing": ("", "empty"),
    "a frame of tags": ("<html><head></head><body><div></div></body></html>", "empty"),
}  # fmt: skip


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_is_no_page_of_the_site(name, lexicon):
    html, health = NOTICES[name]
    judged = judge_health(page(html), 200, lexicon)
    assert (judged.health, bool(judged.reason)) == (health, True)


@pytest.mark.parametrize("name", [name for name, (html, _) in NOTICES.items() if html and name != "a frame of tags"])
def test_a_page_that_mentions_such_words_is_healthy(name, lexicon):
    html, _ = NOTICES[name]
    article = html.replace("<title>", "<title>Vendor: all about ").replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    assert judge_health(page(f"{NAV}{MENU}{WORDS}{article}{FOOT}"), 200, lexicon) == Health(PageHealth.OK)


def test_a_service_for_maintenance_is_no_notice(lexicon):
    services = "<p>We keep your machines running: planned maintenance, spare parts and training for your staff. " * 8
    judged = judge_health(page(f"{NAV}<h1>Maintenance</h1>{services}{FOOT}"), 200, lexicon)
    assert judged.health is PageHealth.OK


def test_bytes_that_are_no_text_say_what_is_packed_in_them(lexicon):
    html = f"<title>Partners</title>{WORDS}".encode()
    packed = gzip.compress(html)
    judged = judge_health(parse_page(packed, "http://v.example/", "text/html"), 200, lexicon, content=packed)
    assert judged.health is PageHealth.NO_TEXT
    assert "unpacked they begin “Partners We build" in judged.reason
    torn = packed[20:]
    judged = judge_health(parse_page(torn, "http://v.example/", "text/html"), 200, lexicon, content=torn)
    assert judged.health is PageHealth.NO_TEXT
    assert judge_health(page(f"<p>{WORDS}"), 200, lexicon, content=html).health is PageHealth.OK


def test_letters_that_came_as_question_marks_are_no_text(lexicon):
    lost = "<title>?? ??? - ?????? ??????</title><p>" + "???? ??????? ???, ??? ??? ?????? 1998. " * 10
    assert judge_health(page(lost), 200, lexicon).health is PageHealth.NO_TEXT
    questions = "<p>" + "What do you need? When? Where? How can we help you to find it? " * 10
    assert judge_health(page(questions), 200, lexicon).health is PageHealth.OK


def test_a_page_with_menu_and_footer_alone_is_not_whole(lexicon):
    judged = judge_health(page(f"<title>Partners</title>{NAV}<main><h1>Our partners</h1></main>{FOOT}"), 200, lexicon)
    assert judged.health is PageHealth.OK
    assert judged.reason.startswith("empty main part")
    for inside in (WORDS, LOGOS, "<p>Coming in October.</p>", "<p>詳細は近日公開いたします。</p>"):
        assert judge_health(page(f"{NAV}<main><h1>Our partners</h1>{inside}</main>{FOOT}"), 200, lexicon).reason is None
    assert judge_health(page("<h1>Our partners</h1><p>Few words.</p>"), 200, lexicon).reason is None
    judged = judge_health(page(f"{NAV}<main><h1>Our partners</h1><p>Loading…</p></main>{FOOT}"), 200, lexicon)
    assert judged.reason.startswith("empty main part")
