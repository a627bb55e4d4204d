"""Page → passages: the blocks of text a visitor reads, in order, with what stands around them.

Reads: a document. Writes: Passage records, one per block (paragraph, list item, cell, heading, …).
"""

from __future__ import annotations

from bs4 import Tag
from bs4.element import NavigableString

from crawler.page import Document, attribute, language_of_script, squeeze
from crawler.surroundings import PageWalk, Surroundings, is_text
from ledger.identity import content_id
from ledger.lexicon import Lexicon
from ledger.records import Passage

MAX_PASSAGES = 3_000
MAX_PASSAGE_CHARS = 5_000
_UNREAD = frozenset({"script", "style", "template", "head", "title", "svg", "select", "textarea"})
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "button",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "nav",
        "noscript",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)


def extract_passages(document: Document, lexicon: Lexicon, *, page_id: str) -> tuple[Passage, ...]:
    """Return the passages of a page. Pure: the same bytes give the same records."""
    walk = PageWalk(document, lexicon)
    passages: list[Passage] = []
    words: list[str] = []
    block: Tag | None = None
    around: Surroundings | None = None

    def finish() -> None:
        text = squeeze(" ".join(words))[:MAX_PASSAGE_CHARS]
        if around is not None and any(map(str.isalpha, text)) and len(passages) < MAX_PASSAGES:
            passages.append(_passage(text, len(passages), block, around, document, page_id))
        words.clear()

    unread: dict[int, bool] = {}
    for step in walk.steps():
        if isinstance(step, Tag):
            if step.name == "br" and words:
                words.append("\n")
            continue
        if not isinstance(step, NavigableString) or not is_text(step) or not step.strip():
            continue
        parent = step.parent
        if parent is None or _is_unread(parent, unread):
            continue
        home = _block_of(parent)
        if home is not block:
            finish()
            block, around = home, walk.surroundings_of(step)
        words.append(str(step))
    finish()
    return tuple(passages)


def _passage(
    text: str, ordinal: int, block: Tag | None, around: Surroundings, document: Document, page_id: str
) -> Passage:
    return Passage(
        passage_id=content_id("passage", page_id, ordinal),
        page_id=page_id,
        ordinal=ordinal,
        text=text,
        language=_language(text, block) or document.language,
        heading=around.heading,
        heading_trail=around.heading_trail,
        zone=around.zone,
        section_kind=around.section_kind,
    )


def _language(text: str, block: Tag | None) -> str | None:
    declared = attribute(block, "lang") if block is not None else None
    if declared:
        return declared.lower().split("-")[0]
    return language_of_script(text)


def _block_of(tag: Tag) -> Tag:
    while tag.name not in _BLOCKS and isinstance(tag.parent, Tag):
        tag = tag.parent
    return tag


def _is_unread(tag: Tag, known: dict[int, bool]) -> bool:
    chain: list[Tag] = []
    answer = False
    step: Tag | None = tag
    while step is not None:
        if id(step) in known:
            answer = known[id(step)]
            break
        chain.append(step)
        if step.name in _UNREAD:
            answer = True
            break
        step = step.parent
    for one in chain:
        known[id(one)] = answer
    return answer
