"""What a page has where a claim stood: words and pictures that were read, or something that may show it and was not.

Reads: two documents, the one that showed the claim and a later reading of the page. Writes: nothing.

1. The place lies between the words before and after the claim that both documents have.
2. Something new there that shows nothing by itself, such as a frame, a script, an element of a framework, an empty element, an
   image without an address, a linked document, may show the claim to visitors.
3. New words there that say that something could not be shown, such as a template's sign, an error, "Loading", a wish for
   consent or a login, say so themselves.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import urlsplit

from bs4 import Tag

from crawler.page.outline import NONE
from crawler.page.page import Document, attribute, parse_page
from ledger.lexicon import Lexicon, WordLists
from ledger.typed_texts import FinalUrl

MIN_ANCHOR_CHARS = 4
MAX_QUOTED_CHARS = 60
_SHOWS_ANYTHING = frozenset(
    {"iframe", "frame", "object", "embed", "portal", "script", "template", "canvas", "video", "slot"}
)
_MAY_BE_FILLED = frozenset(
    {
        "div",
        "section",
        "span",
        "ul",
        "ol",
        "li",
        "p",
        "aside",
        "article",
        "figure",
        "a",
        "table",
        "tbody",
        "td",
        "main",
        "i",
        "b",
    }
)
_HOLDS_SOMETHING = ("img", "svg", "picture", "input", "button", "select", "hr", "image", "amp-img")
_TEMPLATE = re.compile(r"html|template|handlebars|mustache", re.I)
_SPACER = re.compile(r"\bfa[srbl]?\b|clear|spac|divid|separat|gap|overlay|backdrop|anchor|icon|arrow", re.I)
_DOCUMENT = re.compile(r"\.(pdf|docx?|pptx?|xlsx?)$", re.I)
# what is left in a page when a program that should have filled it did not
_UNFILLED = re.compile(
    r"\{\{.{1,80}?\}\}|\{%.{1,80}?%\}|<%|\[/?[a-z][\w-]*(?:[ =][^\]]{0,200})?\]|<\?php|\b(?:Warning|Notice|Deprecated|Fatal error|Parse error)\s*: "
    r"|\bcookies? (?:to|um|zum|pour|para|per)\b|accept\b.{1,40}\bcookies|\[an error occurred|\bundefined\b|\bNaN\b|could ?n.t be loaded|could not be loaded|failed to load|\b(?:load|show|view|see) (?:more|all)\b|mehr anzeigen|voir plus|ver más|mostrar más|もっと見る|查看更多|加载更多|더 보기|(?:^|\b)loading\b|please wait",
    re.I,
)
_CUT = re.compile(r"(?:…|\.\.\.|\[…\])\W*(?:\w+\W*){0,4}$")
_HEALTH_KINDS = ("consent", "login", "challenge", "maintenance", "server-error", "not-here")


@dataclass(frozen=True, slots=True)
class _Block:
    """The words of one block: text, and the elements that had begun last at its first and its last word."""

    text: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimPlace:
    """Where a claim stood. Of a picture its file's name; of words the sentence; heading: the nearest above, where that is all."""

    picture: str | None = None
    sentence: str | None = None
    heading: str | None = None
    is_background: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """A page as the archive has it. content: as it came, or text that a browser drew."""

    url: FinalUrl
    content: bytes | str
    content_type: str | None


def find_new_at_places(earlier: StoredDocument, later: StoredDocument, places: Sequence[ClaimPlace]) -> tuple[str, ...]:
    """Return what may show a claim where it stood, for each place where there is something. Called in a box."""
    found = (find_new_at_place(_parse(earlier), _parse(later), place) for place in places)
    return tuple(words for words in found if words)


@lru_cache(maxsize=2)  # a page's other claims ask for the same two
def _parse(stored: StoredDocument) -> Document:
    if isinstance(stored.content, str):
        return Document(stored.url, stored.content)
    return parse_page(stored.content, stored.url, stored.content_type)


def find_new_at_place(earlier: Document, later: Document, place: ClaimPlace) -> str | None:
    """Return what may show the claim where it stood, in words; None when nothing does, or where it stood can't be told."""
    before, after = list(_blocks(earlier)), list(_blocks(later))
    if place.is_background:  # which element a sheet draws it on is not known: any that is empty may be it
        return _empty_element(later)
    if found := _new_markup(earlier, later):
        return found
    at = _position(earlier, before, place)
    if at is None:
        return None
    known = {block.text for block in after}
    above = [b for b in before if b.end < at or (b.begin < at and b.text in known)]
    first = next((b for b in reversed(above) if b.text in known and len(b.text) >= MIN_ANCHOR_CHARS), None)
    last = next((b for b in before if b.begin > at and b.text in known and len(b.text) >= MIN_ANCHOR_CHARS), None)
    old = _between(earlier, before, first, last)
    new = _between(later, after, first, last)
    return _new_element(later, new, _signatures(earlier, old)) or _new_words(later, after, new, before)


def _blocks(document: Document) -> Iterator[_Block]:
    outline = document.outline
    words: list[str] = []
    block, begin, end = NONE, 0, 0
    for word, owner, place in zip(outline.words, outline.word_owners, outline.word_places, strict=True):
        if outline.is_unread[owner]:
            continue
        if outline.blocks[owner] != block and words:
            yield _Block(" ".join(words), begin, end)
            words = []
        if not words:
            block, begin = outline.blocks[owner], place
        words.append(word)
        end = place
    if words:
        yield _Block(" ".join(words), begin, end)


def _position(document: Document, blocks: list[_Block], place: ClaimPlace) -> int | None:
    if place.sentence is not None:
        return next((b.begin for b in blocks if place.sentence in b.text), None)
    if place.picture is not None:
        for index, tag in enumerate(document.outline.tags):
            if any(place.picture in str(value) for value in tag.attrs.values()):
                return index
    return next((b.end + 1 for b in blocks if b.text == place.heading), None)


def _between(document: Document, blocks: list[_Block], first: _Block | None, last: _Block | None) -> range:
    """The elements between two texts, of several that say the same those that lie closest together."""
    starts = [b.end for b in blocks if first is not None and b.text == first.text] or [0]
    ends = [b.begin for b in blocks if last is not None and b.text == last.text] or [len(document.outline.tags)]
    best = (starts[0], len(document.outline.tags))
    for start in starts:
        at = bisect_right(ends, start)
        if at < len(ends) and ends[at] - start < best[1] - best[0]:
            best = (start, ends[at])
    return range(best[0] + 1, best[1])


def _signature(document: Document, index: int) -> tuple[str, ...]:
    tag = document.outline.tags[index]
    names = [attribute(tag, name) or "" for name in ("id", "class", "src", "data", "href")]
    names += sorted(name for name in tag.attrs if name.startswith("data-"))
    return (tag.name, "empty" if _may_be_filled(document, index) else "", *names)


def _signatures(document: Document, elements: range) -> Counter[tuple[str, ...]]:
    return Counter(_signature(document, index) for index in elements)


def _empty_element(document: Document) -> str | None:
    for index, tag in enumerate(document.outline.tags):
        if document.headings.zones[index] in ("main", "aside") and _may_be_filled(document, index):
            return f"an empty <{tag.name} {_named(tag)}> is there, on which a sheet may draw it"
    return None


def _new_markup(earlier: Document, later: Document) -> str | None:
    """A template in a script that was not there before: a script makes elements of it, wherever it puts them."""
    before, after = (
        sum(
            tag.name == "script" and bool(_TEMPLATE.search(attribute(tag, "type") or ""))
            for tag in document.outline.tags
        )
        for document in (earlier, later)
    )
    return "a script holds a template of elements that the page did not have then" if after > before else None


def _new_element(document: Document, elements: range, known: Counter[tuple[str, ...]]) -> str | None:
    outline = document.outline
    seen: Counter[tuple[str, ...]] = Counter()
    for index in elements:
        tag = outline.tags[index]
        signature = _signature(document, index)
        seen[signature] += 1
        if seen[signature] <= known[signature]:
            continue
        if tag.name in _SHOWS_ANYTHING or "-" in tag.name or ":" in tag.name:
            return f"<{tag.name}> stands where it stood, and may show it"
        if tag.name == "a" and _DOCUMENT.search(_path_of(attribute(tag, "href"))):
            return f"a document is linked where it stood: {(attribute(tag, 'href') or '')[:MAX_QUOTED_CHARS]}"
        if tag.name == "img" and not (attribute(tag, "src") or attribute(tag, "srcset")):
            return "an image without an address stands where it stood"
        if _may_be_filled(document, index):
            return f"an empty <{tag.name} {_named(tag)}> stands where it stood, which a script or a sheet may fill"
    return None


def _path_of(url: str | None) -> str:
    """Return the path of an address; empty where it is none."""
    try:
        return urlsplit(url or "").path
    except ValueError:
        return ""


def _may_be_filled(document: Document, index: int) -> bool:
    outline, tag = document.outline, document.outline.tags[index]
    if tag.name not in _MAY_BE_FILLED or outline.first_words[index] != outline.last_words[index]:
        return False
    names = _named(tag)
    if not names or _SPACER.search(names):
        return False
    return outline.inside(index, *_HOLDS_SOMETHING) == NONE


def _named(tag: Tag) -> str:
    names = [f"{name}={value}" for name in ("id", "class") if (value := attribute(tag, name))]
    names += [name for name in tag.attrs if name.startswith("data-")]
    return " ".join(names)[:MAX_QUOTED_CHARS]


def _new_words(document: Document, blocks: list[_Block], elements: range, before: list[_Block]) -> str | None:
    known = {block.text for block in before}
    begins = [block.begin for block in blocks]
    for block in blocks[bisect_left(begins, elements.start) : bisect_right(begins, elements.stop)]:
        if block.text in known:
            continue
        if sign := _UNFILLED.search(block.text):
            return f"where it stood, the page says “{sign[0][:MAX_QUOTED_CHARS]}”"
        if _CUT.search(block.text) and any(line[:20] in block.text[:40] for line in known if len(line) >= 20):
            return f"where it stood, words are cut off: “{block.text[-MAX_QUOTED_CHARS:]}”"
        for kind in _HEALTH_KINDS:
            if len(block.text) < 300 and (hit := _health_words().hit(kind, block.text)):
                return f"where it stood, the page says “{hit.word}”"
    return None


@cache
def _health_words() -> WordLists:
    return Lexicon.load().health
