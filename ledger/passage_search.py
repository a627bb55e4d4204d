"""Words of passages and of images, found again: full-text search in any script, from any text that a person types.

Reads: passages, image_readings, image_words, and the FTS5 tables passage_search and image_word_search, which triggers keep in line with their texts.

SQLite's own tokenizers find no name inside a text without spaces, and its trigram tokenizer none of two characters,
such as 微软. So runs of scripts that write without spaces are kept as overlapping pairs (合作伙伴 → 合作 作伙 伙伴), other
words as they are, and a query is cut the same way: pairs next to each other are what stood next to each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.typed_texts import CrawlId, PageId, PassageId, Sha256

if TYPE_CHECKING:  # page readers cut words and have no database
    from ledger.database import Ledger

MAX_QUERY_CHARS = 500
# scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana, Han (with its extensions); Korean glues particles
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\u1100-\u11ff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_RUN = re.compile(f"[{_UNSPACED}]+")
_WORD = re.compile(
    rf"[{_UNSPACED}]+|[^\W{_UNSPACED}]+(?:[\u0300-\u036f\u064b-\u065f\u0e31\u0e34-\u0e3a]*[^\W{_UNSPACED}]*)*"
)


def searchable(text: str) -> str:
    """Return text as it is indexed: runs without spaces as pairs, a lone character as itself, İ and ı as i."""
    return _RUN.sub(lambda run: f" {' '.join(_pairs(run[0]))} ", _folded(text))


def search_words(text: str) -> str | None:
    """Return what passages.search_words has for a text: None where it is indexed as it is."""
    words = searchable(text)
    return None if words == text else words


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPassage:
    """A passage, or what was read in an image, that holds the words. rank: of SQLite's bm25, small = fits best.

    passage_id is None for an image, image_sha256 for a passage.
    """

    vendor: str
    page_url: str
    text: str
    language: str | None
    heading: str | None
    crawl_id: CrawlId
    page_id: PageId
    passage_id: PassageId | None
    image_sha256: Sha256 | None
    rank: float


def search_passages(ledger: Ledger, text: str, limit: int = 50) -> list[FoundPassage]:
    """Return the passages, and the words read in images, that hold all words of a text, best first.

    What stands in quotes has to stand together; a word's beginning is enough (`partn` finds "partners"). Any text may be
    asked: signs of the query language are words or nothing.
    """
    query = match_query(text)
    return ledger.select(FoundPassage, _FOUND, {"query": query, "limit": limit}) if query else []


_OF_PAGE = "JOIN visits v ON v.visit_id = p.visit_id JOIN seeds s ON s.seed_id = v.seed_id"
_FOUND = f"""
    SELECT * FROM (
        SELECT s.vendor, p.url AS page_url, g.text, g.language, g.heading, v.crawl_id, g.page_id, g.passage_id, NULL AS image_sha256,
               bm25(passage_search) AS rank
        FROM passage_search JOIN passages g ON g.passage_no = passage_search.rowid JOIN pages p ON p.page_id = g.page_id {_OF_PAGE}
        WHERE passage_search MATCH :query ORDER BY rank, g.passage_id LIMIT :limit)
    UNION ALL
    SELECT * FROM (
        SELECT DISTINCT s.vendor, p.url, (SELECT group_concat(l.text, ' / ') FROM image_words l WHERE l.image_sha256 = w.image_sha256),
               NULL, g.heading, v.crawl_id, g.page_id, NULL, w.image_sha256, w.rank
        FROM (SELECT i.image_sha256, bm25(image_word_search) AS rank
              FROM image_word_search JOIN image_readings i ON i.reading_no = image_word_search.rowid
              WHERE image_word_search MATCH :query ORDER BY rank, i.image_sha256 LIMIT :limit) w
        JOIN seen_images g ON g.image_sha256 = w.image_sha256 JOIN pages p ON p.page_id = g.page_id {_OF_PAGE}
        ORDER BY w.rank, w.image_sha256, p.url LIMIT :limit)
    ORDER BY rank, passage_id, image_sha256, page_url LIMIT :limit
"""


def match_query(text: str) -> str:
    """Return the FTS5 query for what a person typed; empty when it holds no word."""
    parts = []
    for number, part in enumerate(_folded(text[:MAX_QUERY_CHARS]).replace("“", '"').replace("”", '"').split('"')):
        words = _WORD.findall(part)
        if number % 2 and words:  # in quotes: one phrase
            parts.append(_phrase(words, is_prefix=False))
        else:
            parts += [_phrase([word], is_prefix=True) for word in words]
    return " AND ".join(parts)


def _phrase(words: list[str], *, is_prefix: bool) -> str:
    """One phrase; of a lone character, and of a word, the beginning is enough."""
    tokens = [token for word in words for token in (_pairs(word) if _RUN.fullmatch(word) else [word])]
    is_pairs = _RUN.fullmatch(words[-1]) is not None and len(words[-1]) > 1
    return f'"{" ".join(tokens)}"' + ("*" if is_prefix and not is_pairs else "")


def _pairs(run: str) -> Iterator[str]:
    if len(run) == 1:
        yield run
    for at in range(len(run) - 1):
        yield run[at : at + 2]


def _folded(text: str) -> str:
    # the tokenizer folds case and marks, but not the letters that Turkish tells apart
    return text.replace("İ", "i").replace("ı", "i")
