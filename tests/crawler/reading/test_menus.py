"""The words of menus in every language of the lexicon lead to the right kind of page, and ordinary words to none.

Link texts and addresses are read with all languages at once, so a stem of one language must not catch another's words.

Tests: crawler/reading/page_kind.py, crawler/reading/links.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.page.page import parse_page
from crawler.reading.links import score_link
from crawler.reading.page_kind import kinds_in
from ledger.lexicon import Lexicon
from ledger.vocabulary import PageKind

# as menus have them: partners, clients, about us
MENUS = {
    "ar": ("شركاؤنا", "عملاؤنا", "من نحن"),
    "bg": ("Партньори", "Нашите клиенти", "За нас"),
    "ca": ("Partners", "Casos d'èxit", "Qui som"),
    "cs": ("Naši partneři", "Reference", "O nás"),
    "da": ("Samarbejdspartnere", "Referencer", "Om os"),
    "de": ("Partnernetz", "Referenzen", "Über uns"),
    "el": ("Οι συνεργάτες μας", "Πελατολόγιο", "Η εταιρεία"),
    "en": ("Our partners", "Customers", "About us"),
    "es": ("Nuestros aliados", "Clientes", "Quiénes somos"),
    "et": ("Meie partnerid", "Meie kliendid", "Meist"),
    "fa": ("شرکای تجاری", "مشتریان ما", "درباره ما"),
    "fi": ("Yhteistyökumppanit", "Asiakkaamme", "Tietoa meistä"),
    "fr": ("Nos partenaires", "Références", "Qui sommes-nous"),
    "he": ("השותפים שלנו", "לקוחותינו", "אודות"),
    "hi": ("हमारे साझेदार", "हमारे ग्राहक", "हमारे बारे में"),
    "hr": ("Partneri", "Naši klijenti", "O nama"),
    "hu": ("Partnereink", "Ügyfeleink", "Rólunk"),
    "id": ("Mitra kami", "Klien kami", "Tentang kami"),
    "it": ("I nostri partner", "I nostri clienti", "Chi siamo"),
    "ja": ("パートナー企業", "導入事例", "会社概要"),
    "ko": ("파트너사", "고객사", "회사소개"),
    "lt": ("Mūsų partneriai", "Mūsų klientai", "Apie mus"),
    "lv": ("Mūsu partneri", "Mūsu klienti", "Par mums"),
    "ms": ("Rakan strategik", "Pelanggan kami", "Mengenai kami"),
    "nl": ("Onze partners", "Klanten", "Over ons"),
    "no": ("Samarbeidspartnere", "Våre kunder", "Om oss"),
    "pl": ("Współpraca", "Nasi klienci", "O nas"),
    "pt": ("Parceiros", "Nossos clientes", "Quem somos"),
    "ro": ("Parteneri", "Clienții noștri", "Despre noi"),
    "ru": ("Партнёры", "Наши клиенты", "О компании"),
    "sk": ("Naši partneri", "Referencie", "O nás"),
    "sl": ("Naši partnerji", "Naše stranke", "O nas"),
    "sr": ("Партнери", "Клијенти", "О нама"),
    "sv": ("Samarbetspartners", "Kundcase", "Om oss"),
    "th": ("พันธมิตรทางธุรกิจ", "ลูกค้าของเรา", "เกี่ยวกับเรา"),
    "tr": ("İş ortaklarımız", "Müşterilerimiz", "Hakkımızda"),
    "uk": ("Партнери", "Наші клієнти", "Про нас"),
    "vi": ("Đối tác", "Khách hàng", "Giới thiệu"),
    "zh": ("合作伙伴", "成功案例", "关于我们"),
}
# addresses leave out accents and write other scripts in Latin letters
ADDRESSES = (
    ("/aterforsaljare", PageKind.RESELLERS),
    ("/yhteistyokumppanit", PageKind.PARTNERS),
    ("/nasi-partneri", PageKind.PARTNERS),
    ("/partneri", PageKind.PARTNERS),
    ("/sinergates", PageKind.PARTNERS),
    ("/pelates", PageKind.CLIENTS),
    ("/za-nas", PageKind.ABOUT),
    ("/despre-noi", PageKind.ABOUT),
    ("/ugyfeleink", PageKind.CLIENTS),
    ("/jalleenmyyjat", PageKind.RESELLERS),
)
CLAIMING = {
    PageKind.PARTNERS,
    PageKind.RESELLERS,
    PageKind.CLIENTS,
    PageKind.SUPPLIERS,
    PageKind.MEMBERS,
    PageKind.SPONSORS,
}
ORDINARY = """
products services our services pricing contact department departments particular participate participants participation
partial parts spare parts apartments departure party kitchen solutions support documentation resources events webinars
training team people leadership history mission vision values sustainability security privacy industries features demo
free trial help center learn academy research engineering consulting careers locations shop sale rent gallery videos
downloads software hardware cloud data analytics reports finance governance ethics society social reserve referral
reform preference renovation furniture real estate insurance education students courses doctors restaurant recipes
travel hotels rooms booking vehicles machines maintenance market marketing advertising archive category distribution
memory remember clinical climate presales feedback newsletter roadmap changelog developers accessibility
Produkte Leistungen Dienstleistungen Lösungen Preise Kontakt Abteilungen Teilnahme Teilnehmer Wohnungen Parteien Partie
Parkett Angebote Anfahrt Standorte Veranstaltungen Termine Schulungen Ausbildung Karriere Geschichte Nachhaltigkeit
Sicherheit Branchen Anwendungen Beratung Entwicklung Forschung Wartung Ersatzteile Galerie Bilder Startseite Impressum
Datenschutz Hilfe Kunst Kundgebung Kunstwerke Referat Referendum Speisekarte Zimmer Reservierung Buchung Fahrzeuge
Maschinen Möbel Küchen Immobilien Versicherungen Ärzte Patienten Kurse Schüler Lehrer Vorstand Spielplan Archiv Ratgeber
Glossar Mitarbeiter Marktplatz Markt Klima Klinik Meister
"""


def test_every_language_has_its_menu(lexicon: Lexicon) -> None:
    assert set(MENUS) == set(lexicon.languages)
    assert len(MENUS) >= 27


@pytest.mark.parametrize("language", sorted(MENUS))
def test_menu_words_of_a_language_lead_to_its_pages(lexicon: Lexicon, language: str) -> None:
    kinds = (PageKind.PARTNERS, PageKind.CLIENTS, PageKind.ABOUT)
    for text, kind in zip(MENUS[language], kinds, strict=True):
        link = score_link("https://vendor.example/p/17", text, lexicon)
        assert link is not None, text
        assert link.kind is kind, (text, link.reason)


@pytest.mark.parametrize(("path", "kind"), ADDRESSES)
def test_addresses_write_the_words_without_accents(lexicon: Lexicon, path: str, kind: PageKind) -> None:
    link = score_link(f"https://vendor.example{path}", "", lexicon)
    assert link is not None
    assert link.kind is kind


@pytest.mark.parametrize("word", ORDINARY.split())
def test_ordinary_menu_words_name_no_claiming_page_in_any_language(lexicon: Lexicon, word: str) -> None:
    assert not CLAIMING & set(kinds_in(word, lexicon))


@pytest.mark.parametrize(
    ("html", "language"),
    [
        ('<html lang="nb-NO"><p>Våre partnere</p></html>', "no"),
        ('<html lang="nn"><p>Partnarar</p></html>', "no"),
        ('<html lang="iw"><p>x</p></html>', "he"),
        ("<p>हमारे साझेदार और हमारे ग्राहक</p>", "hi"),
        ('<html lang="mr"><p>आमचे भागीदार आणि ग्राहक</p></html>', "mr"),
        ("<p>شرکای تجاری و مشتریان ما در همه‌ی کشور</p>", "fa"),
        ("<p>شركاؤنا وعملاؤنا في كل مكان</p>", "ar"),
        ('<html lang="ur"><p>ہمارے شراکت دار اور گاہک</p></html>', "ur"),
        ('<html lang="sr"><p>Наши партнери и клијенти</p></html>', "sr"),
    ],
)
def test_a_page_is_read_in_the_language_that_the_lexicon_calls_it(html: str, language: str) -> None:
    assert parse_page(html.encode(), "https://vendor.example/", "text/html; charset=utf-8").language == language


def test_no_file_of_the_lexicon_says_more_of_its_source_than_it_can(lexicon: Lexicon) -> None:
    for file in (Path(__file__).parents[2] / "data" / "lexicon").glob("*.toml"):
        assert "written for this project, reviewed 2026-1" in file.read_text(encoding="utf-8"), file.name
