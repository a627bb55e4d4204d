"""Page → passages: the blocks of text a visitor reads, in order, with what stands around them.

Reads: a document. Writes: Passage records, one per block (paragraph, list item, cell, heading, …).
"""

from __future__ import annotations

from bs4 import Tag

from crawler.page.languages import SCRIPT_MATES, language_of_script
from crawler.page.outline import NONE
from crawler.page.page import Document, attribute
from crawler.page.surroundings import PageSections, Surroundings
from ledger.identity import content_id
from ledger.lexicon import Lexicon
from ledger.passage_search import search_words
from ledger.records import Passage
from ledger.typed_texts import PageId, PassageId

MAX_PASSAGES = 3_000
MAX_PASSAGE_CHARS = 5_000


def extract_passages(document: Document, lexicon: Lexicon, *, page_id: PageId) -> tuple[Passage, ...]:
    """Return the passages of a page. Pure: the same bytes give the same records."""
    outline, sections = document.outline, PageSections(document, lexicon)
    passages: list[Passage] = []
    words: list[str] = []
    block = NONE
    around: Surroundings | None = None

    def finish() -> None:
        text = " ".join(words)[:MAX_PASSAGE_CHARS]
        if around is not None and any(map(str.isalpha, text)) and len(passages) < MAX_PASSAGES:
            passages.append(_passage(text, len(passages), outline.tags[block], around, document, page_id))
        words.clear()

    for word, owner, begun in zip(outline.words, outline.word_owners, outline.word_places, strict=True):
        if outline.is_unread[owner]:
            continue
        if outline.blocks[owner] != block:
            finish()
            if len(passages) >= MAX_PASSAGES:
                break
            block, around = outline.blocks[owner], sections.around(owner, begun=begun)
        words.append(word)
    finish()
    return tuple(passages)


def _passage(text: str, ordinal: int, block: Tag, around: Surroundings, document: Document, page_id: PageId) -> Passage:
    return Passage(
        passage_id=PassageId(content_id("passage", page_id, ordinal)),
        page_id=page_id,
        ordinal=ordinal,
        text=text,
        language=_language(text, block, document.language),
        heading_trail=around.heading_trail,
        zone=around.zone,
        section_kind=around.section_kind,
        search_words=search_words(text),
    )


def _language(text: str, block: Tag, page_language: str | None) -> str | None:
    declared = attribute(block, "lang")
    if declared:
        return declared.lower().split("-")[0]
    by_script = language_of_script(text)
    # a few words in Cyrillic look Russian on a Ukrainian page, and a Japanese heading without kana looks Chinese
    if by_script is None or page_language in SCRIPT_MATES.get(by_script, ()):
        return page_language
    return by_script
