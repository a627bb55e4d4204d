"""In which language a passage is: a few words in a script say less than the page that they stand on."""

from __future__ import annotations

import pytest

from crawler.page.page import parse_page
from crawler.reading.passages import extract_passages
from ledger.lexicon import Lexicon


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
