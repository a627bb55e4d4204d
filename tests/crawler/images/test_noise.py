"""What is no logo of others is labelled with its reason; a logo under a heading of partners never is."""

from __future__ import annotations

import pytest

from crawler.images.sightings import extract_sightings
from crawler.page.page import parse_page
from ledger.records import Sighting
from ledger.vocabulary import Noise

SVG = '<path d="M0 0h9v9z"/></svg>'


def sight(
    lexicon, body: str, url: str = "https://www.hallamquay.example/partners", title: str = "Us | Hallam Quay"
) -> Sighting:
    html = f"<html lang=en><head><title>{title}</title></head><body>{body}</body></html>"
    document = parse_page(html.encode(), url, "text/html; charset=utf-8")
    return extract_sightings(document, [], lexicon, page_id="P", visit_id="V").sightings[0]


@pytest.mark.parametrize(
    ("body", "noise", "reason"),
    [
        ('<header><a href="/"><img src="x1.png"></a></header>', Noise.OWN_LOGO, "links to the home page from the header"),
        ('<header><a href="/de/index.html"><img src="x1.png"></a></header>', Noise.OWN_LOGO, "home page"),
        ('<footer><img src="hallam-quay-white.svg"></footer>', Noise.OWN_LOGO, "hallamquay"),
        ('<div><img src="hallamquaylogo.gif"></div>', Noise.OWN_LOGO, "hallamquay"),
        ('<footer><img src="logo-footer2.png" alt="Logo"></footer>', Noise.OWN_LOGO, "without a name"),
        ('<p><a href="https://www.facebook.com/hq"><img src="acme.png" alt=""></a></p>', None, ""),
        ('<p><a href="https://www.facebook.com/hq"><img src="fb-icon.png"></a></p>', Noise.SOCIAL, "facebook.com"),
        (f'<p><a href="https://de.linkedin.com/company/hq"><svg>{SVG}</a></p>', Noise.SOCIAL, "linkedin.com"),
        ('<footer><img src="img/twitter_white.png"></footer>', Noise.SOCIAL, "“twitter”"),
        ('<div class="social-links"><a href="/go"><img src="s1.png"></a></div>', Noise.SOCIAL, "group called “social"),
        ('<footer><img src="visa.svg"></footer>', Noise.PAYMENT, "“visa”"),
        ('<div class="payment-icons"><img src="p.png"></div>', Noise.PAYMENT, "“payment icons”"),
        ('<a href="https://play.google.com/store/apps/x"><img src="dl.png"></a>', Noise.APP_BADGE, "play.google.com"),
        ('<footer><img src="app-store-badge.svg"></footer>', Noise.APP_BADGE, "“app store”"),
        ('<div id="cookie-consent"><div><img src="acme.png"></div></div>', Noise.COOKIE_BANNER, "cookie"),
        ('<ul class="lang-switcher"><li><img src="/i/de.png"></ul>', Noise.FLAG, "“de”"),
        ('<img class="flag-icon" src="x.png">', Noise.FLAG, "flag"),
        ('<img src="https://secure.gravatar.com/avatar/1.jpg" class="avatar photo">', Noise.AVATAR, "avatar"),
        ('<img src="arrow-right.svg">', Noise.ICON, "“arrow”"),
        (f'<svg width="16" height="16">{SVG}', Noise.ICON, "16 px"),
        ('<i class="fa" style="background:url(a.png)"></i>', Noise.ICON, "“fa”"),
        ('<img src="a.gif" width="1" height="1">', Noise.DECORATION, "1×1 px"),
        ('<img src="spacer.gif">', Noise.DECORATION, "spacer"),
        ('<div style="background:url(hero-bg.jpg)"></div>', Noise.DECORATION, "background"),
    ],
)  # fmt: skip
def test_noise_has_its_kind_and_reason(lexicon, body, noise, reason):
    sighting = sight(lexicon, body)
    assert sighting.noise == noise, sighting.noise_reason
    assert reason in (sighting.noise_reason or "")
    assert (sighting.noise is None) == (sighting.noise_reason is None)


@pytest.mark.parametrize(
    "logo",
    [
        '<img src="acme.svg" width="16" height="16">',
        f'<svg width="20" height="20" aria-hidden="true">{SVG}',
        f'<div class="icon"><svg class="icon-24">{SVG}</div>',
        '<img src="visa.png" alt="Visa">',
        '<img src="facebook.png" alt="Facebook">',
        '<a href="/"><img src="acme.png"></a>',
        '<a href="#"><img src="logo.png"></a>',
        '<a href="https://www.linkedin.com/company/acme"><img src="acme.png"></a>',
        '<a href="https://play.google.com/store/apps/acme"><img src="acme.png"></a>',
        '<i class="bg" style="background:url(acme-bg.png)"></i>',
        '<div class="lang"><img src="de.png"></div>',
        '<img src="logo-3.png" alt="logo">',
    ],
)
@pytest.mark.parametrize("heading", ["Our partners", "Trusted by", "Certifications"])
def test_a_logo_under_a_heading_of_partners_is_never_noise(lexicon, logo, heading):
    assert sight(lexicon, f"<main><h2>{heading}</h2><div>{logo}</div></main>").noise is None


def test_social_proof_is_a_row_of_customers(lexicon):
    sighting = sight(lexicon, '<div class="social-proof"><img src="acme.png"></div>')
    assert (sighting.noise, sighting.section_kind) == (None, "none")


def test_names_that_are_words_count_only_with_their_link(lexicon):
    assert sight(lexicon, '<footer><img src="medium.png"></footer>').noise is None
    assert sight(lexicon, '<footer><img src="x.svg" alt="x"></footer>').noise is None
    assert sight(lexicon, '<footer><a href="https://x.com/hq"><img src="x.svg"></a></footer>').noise is Noise.SOCIAL


def test_the_logo_of_another_company_in_the_head_is_no_own_logo(lexicon):
    away = '<header><a href="https://acme.example/"><img src="acme-logo.png"></a></header>'
    assert sight(lexicon, away).noise is None


def test_slogans_name_no_vendor(lexicon):
    title = "Hallam Quay | Acme, Veltrana and Corvane solutions"
    footer = '<footer><img src="acme-logo.png"></footer>'
    assert sight(lexicon, footer, url="https://www.hallamquay.example/", title=title).noise is None
