"""The words of a page in pieces, each with its headings and its language."""

from __future__ import annotations

import pytest

from crawler.page.page import parse_page
from crawler.reading.passages import extract_passages
from ledger.lexicon import Lexicon
from ledger.vocabulary import SectionKind


@pytest.mark.parametrize(
    ("page", "text", "language"),
    [
        ("uk", "Наш партнер", "uk"),  # no letter that Russian lacks
        ("ja", "主要取引先", "ja"),  # no kana
        ("en", "我们的合作伙伴", "zh"),
        ("uk", "Acme Gold Partner", "uk"),
        ("de", "パートナー", "ja"),
    ],
)
def test_the_page_decides_between_languages_of_one_script(page: str, text: str, language: str) -> None:
    html = f'<html lang="{page}"><body><p>{text}</p></body></html>'.encode()
    document = parse_page(html, url="https://vendor.example/", content_type="text/html; charset=utf-8")
    assert [p.language for p in extract_passages(document, Lexicon.load(), page_id="P")] == [language]


def page(html: str, url: str = "http://vendor.example/x"):
    return parse_page(html.encode(), url, "text/html; charset=utf-8")


def test_passages_keep_reading_order_and_headings(lexicon):
    html = "<h1>Acme</h1><p>We are <b>a partner</b> of Acme.</p><script>var x = 'no';</script><h2>Our clients</h2><ul><li>One</li><li>Two</li></ul>"
    passages = extract_passages(page(html), lexicon, page_id="P")
    assert [p.text for p in passages] == ["Acme", "We are a partner of Acme.", "Our clients", "One", "Two"]
    assert passages[3].section_kind is SectionKind.CLIENTS
    assert [p.ordinal for p in passages] == [0, 1, 2, 3, 4]
