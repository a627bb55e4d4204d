"""Which language a page is in: the script before the attribute, the attribute before the words, unless it clearly errs."""

from __future__ import annotations

import warnings

import pytest

from crawler.page.languages import choose_language, language_of_script

GERMAN = "Wir bauen und betreiben Netze für Häfen und Städte und beraten unsere Kunden seit vielen Jahren persönlich. "
SPANISH = "Somos una empresa que construye redes para puertos y ciudades y acompaña a sus clientes desde hace años. "
TURKISH = "Limanlar ve şehirler için ağlar kuruyor, müşterilerimize yıllardır güvenle hizmet veriyoruz. "
BULGARIAN = "Ние изграждаме мрежи за пристанища и градове и обслужваме нашите клиенти от много години. "
ENGLISH = "We build and run networks for ports and towns and have served our customers well for many years. "


@pytest.mark.parametrize(
    ("declared", "text", "language"),
    [
        (None, GERMAN * 3, "de"),
        (None, SPANISH * 3, "es"),
        (None, TURKISH * 3, "tr"),
        (None, BULGARIAN * 3, "bg"),
        (None, ENGLISH * 3, "en"),
        (None, "Home Kontakt", None),  # too few words
        ("", GERMAN * 3, "de"),
        ("not a language", GERMAN * 3, "de"),
        ("de-AT", GERMAN, "de"),
        ("en", GERMAN * 12, "de"),  # a copied template
        ("en-US", SPANISH * 12, "es"),
        ("en", GERMAN, "en"),  # too few words to say that the page errs
        ("de", ENGLISH * 12, "de"),  # product names sound English
        ("pt", SPANISH * 12, "pt"),  # kin
        ("eu", "Home Products", "eu"),
        ("xx", GERMAN * 12, "xx"),  # unknown to the model: believed
        ("en", "我们的合作伙伴遍布全国各地", "zh"),
        ("ja", "主要取引先企業一覧", "ja"),
        ("fa", "شرکای تجاری ما در سراسر کشور", "fa"),
        ("uk", "Наші партнери і клієнти", "uk"),
    ],
)
def test_the_language_of_a_page(declared, text, language):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert choose_language(declared, text) == language


def test_a_few_foreign_letters_give_no_script_away():
    assert language_of_script("Our partner Ωmega builds networks") is None
    assert language_of_script("") is None
    assert language_of_script("πρόγραμμα συνεργατών") == "el"
