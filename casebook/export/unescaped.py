"""A text as a reader would have it, with the place of each character in the text as written.

Undone are HTML entities, percent-encoding, escapes of JSON and JavaScript, strings put together with "+", soft hyphens and other
characters that nobody sees. Tags are kept, so that their attributes can be searched, or laid aside, so that a name that stands half
in bold is one name. What was escaped twice is unescaped by asking again.
"""

from __future__ import annotations

import codecs
import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

SEAM = "\ue000"  # where something that is no text was: a tag, a soft hyphen
_TAG = re.compile(r"(?P<comment><!--)|(?P<unread><(?:script|style)\b)|</?[A-Za-z][^<>]{0,4000}>", re.I)
_ESCAPE = (
    r"&(?:\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?"
    r"|(?:\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\u\{[0-9a-fA-F]{1,6}\}|\\x[0-9a-fA-F]{2}|\\[/\"'nrt])"
    r"|(?:%[0-9a-fA-F]{2})+"
    r"|[\"']\s{0,9}\+\s{0,9}[\"']"
    r"|[\x00\u00ad\u034f\u180e\ufe00-\ufe0f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]"
)
_ESCAPES = re.compile(_ESCAPE, re.S)
_ENDS = {"comment": re.compile("-->"), "unread": re.compile(r"</(?:script|style)[^<>]{0,200}>", re.I)}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the unescaped text, from `at` on. Of one that was unescaped every character has the same place."""

    at: int
    start: int
    stop: int
    is_plain: bool


class Unescaped:
    """`text`, and where each stretch of it stands in what was given."""

    def __init__(self, given: str, *, charset: str = "utf-8", is_without_tags: bool = False) -> None:
        self.pieces: list[Piece] = []
        parts: list[str] = []
        at = place = 0
        undo: Callable[[str], Iterator[tuple[str, int]]] = _as_seam if is_without_tags else _unescape(charset)
        hidden = _tag_spans(given) if is_without_tags else (match.span() for match in _ESCAPES.finditer(given))
        for start, stop in hidden:
            if start > place:
                self.pieces.append(Piece(at, place, start, is_plain=True))
                parts.append(given[place:start])
                at += start - place
            place = start
            for character, length in undo(given[start:stop]):
                self.pieces.append(Piece(at, place, place + length, is_plain=False))
                parts.append(character)
                at += len(character)
                place += length
        self.pieces.append(Piece(at, place, len(given), is_plain=True))
        parts.append(given[place:])
        self.text = "".join(parts)
        self.is_as_given = len(self.pieces) == 1
        self._starts = [piece.at for piece in self.pieces]

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """Return the place in the given text of text[start:stop], which is not empty."""
        first, last = self._piece(start), self._piece(stop - 1)
        return (
            first.start + (start - first.at if first.is_plain else 0),
            last.start + stop - last.at if last.is_plain else last.stop,
        )

    def _piece(self, at: int) -> Piece:
        return self.pieces[bisect_right(self._starts, at) - 1]


def split_tags(written: str) -> list[tuple[str, bool]]:
    """Return a text in parts, each with whether it is a tag."""
    parts, place = [], 0
    for start, stop in _tag_spans(written):
        parts += [(written[place:start], False), (written[start:stop], True)]
        place = stop
    return [(part, is_tag) for part, is_tag in (*parts, (written[place:], False)) if part]


def _tag_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where tags, comments, scripts and styles stand; in one pass, whatever a page leaves open."""
    place = 0
    without_end: set[str] = set()
    while match := _TAG.search(text, place):
        kind = match.lastgroup
        place = match.end()
        if kind is None:
            yield match.span()
        elif kind not in without_end:
            end = _ENDS[kind].search(text, match.end())
            if end is None:
                without_end.add(kind)
            else:
                yield match.start(), end.end()
                place = end.end()


def _as_seam(tag: str) -> Iterator[tuple[str, int]]:
    yield SEAM, len(tag)


def _unescape(charset: str) -> Callable[[str], Iterator[tuple[str, int]]]:
    def undo(escape: str) -> Iterator[tuple[str, int]]:
        if escape[0] == "%":
            yield from _percent_decoded(escape, charset)
        elif escape[0] == "&":
            yield html.unescape(escape), len(escape)
        elif escape[0] == "\\":
            yield _unescaped(escape), len(escape)
        else:
            yield SEAM, len(escape)

    return undo


def _unescaped(escape: str) -> str:
    if escape[1] not in "ux":
        return {"n": "\n", "r": "\r", "t": "\t"}.get(escape[1], escape[1])
    if len(escape) == 12:
        return bytes.fromhex(escape[2:6] + escape[8:]).decode("utf-16-be", "replace")
    code = int(escape[2:].strip("{}"), 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"


def _percent_decoded(escapes: str, charset: str) -> Iterator[tuple[str, int]]:
    data = bytes.fromhex(escapes.replace("%", ""))
    try:
        data.decode("utf-8")
        charset = "utf-8"
    except UnicodeDecodeError:
        pass
    decoder = codecs.getincrementaldecoder(charset)("replace")
    waiting = 0
    for place in range(len(data)):
        waiting += 3
        if character := decoder.decode(data[place : place + 1], final=place == len(data) - 1):
            yield character, waiting
            waiting = 0
    if waiting:
        yield SEAM, waiting
