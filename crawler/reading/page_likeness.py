"""Are two pages one and the same? So a site is caught that answers every address with the same page, and status 200.

Reads: two documents. Writes: nothing.

1. Words, by shingles: what is left is compared without digits, since such pages show the time, a number, a count.
2. Pictures: a page of logos may differ from every other page of its site in nothing else.
3. First headings, which a real page has of its own.
"""

from __future__ import annotations

import re

from bs4 import Tag

from crawler.page.page import Document, attribute, squeeze

# Characters in a row: long enough that a site's own words make few by chance, short enough for Chinese headings.
SHINGLE_CHARS = 8
# Answers to two made-up addresses of one host differ in the address that they quote: 0.93 and up on pages of 300 characters.
# A partner page with a heading and a sentence of its own under the menu of a home page: 0.88 and less. Tried: 0.8-0.97.
ALIKE = 0.9
MAX_CHARS = 30_000  # what makes a page another one stands before that
_NUMBERS = re.compile(r"\d+")
_REFERENCES = ("src", "srcset", "data-src", "href", "xlink:href")


def is_like(document_a: Document, document_b: Document) -> bool:
    """Tell whether two pages show the same words, pictures and headings."""
    if _headings(document_a) != _headings(document_b):
        return False
    if _share(_pictures(document_a), _pictures(document_b)) < ALIKE:
        return False
    return _share(_shingles(document_a), _shingles(document_b)) >= ALIKE


def _share(first: set[str], second: set[str]) -> float:
    return len(first & second) / len(first | second) if first or second else 1.0


def _shingles(document: Document) -> set[str]:
    text = _without_own_address(document)
    return {text[start : start + SHINGLE_CHARS] for start in range(max(1, len(text) - SHINGLE_CHARS + 1))}


def _headings(document: Document) -> list[str]:
    headings = document.soup.find_all(["h1", "h2"], limit=3)
    return [_NUMBERS.sub("", squeeze(heading.get_text(" ")).casefold()) for heading in headings]


def _pictures(document: Document) -> set[str]:
    references: set[str] = set()
    for tag in document.soup.find_all(["img", "source", "image", "object", "embed"]):
        if isinstance(tag, Tag):
            references.update(value for name in _REFERENCES if (value := attribute(tag, name)))
    return references


def _without_own_address(document: Document) -> str:
    path = re.sub(r"^https?://[^/]*/?", "", document.url)
    text = document.visible_text
    for words in (document.url, f"/{path}", path.strip("/")):
        if len(words) > 3:
            text = text.replace(words, "")
    return _NUMBERS.sub("", text.casefold())[:MAX_CHARS]
