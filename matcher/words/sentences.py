"""The sentences of a passage. A dot ends none after an abbreviation, an initial or an ordinal number."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

# a dot, then a space; a stop of East Asia, India or Arabic; a bullet or a bar between parts of a line
_SENTENCE_END = re.compile(
    r"(?<=[.!?…])[\"”“»’)]?\s+(?=\S)|(?<=[。！？؟।])[」』”]?\s*|[;；؛]\s+|(?<=\s)[|•·▪►✓✔]\s+|\n\s*"
)
_LAST_TOKEN = re.compile(r"(\S{1,24})\.$")
_NEXT_TOKEN = re.compile(r"[\"“„«(]?([^\W_]+)")
_INNER_DOT = re.compile(r"[^\W\d_](?:\.[^\W\d_]{1,3})+")
LONGEST_ORDINAL_DIGITS = 2  # "am 3. Mai"; "im Jahr 2019. Wir" ends
LONGEST_LOOK = 26


def split_sentences(
    text: str,
    abbreviations: Collection[str] = frozenset(),
    openers: Collection[str] = frozenset(),
    examples: Collection[str] = frozenset(),
) -> Iterator[slice]:
    """Yield the sentences of a passage as slices that cover all of it.

    abbreviations: in lower case, without their last dot ("inc", "z.b"). openers: words that begin a sentence even after one
    ("we" in "Acme Inc. We are …"), but not after one of the examples ("e.g. We are …").
    """
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if match.end() > start and not _goes_on(text, match, abbreviations, openers, examples):
            yield slice(start, match.end())
            start = match.end()
    if start < len(text) or not text:
        yield slice(start, len(text))


def _goes_on(
    text: str,
    match: re.Match[str],
    abbreviations: Collection[str],
    openers: Collection[str],
    examples: Collection[str],
) -> bool:
    end = match.start()
    if text[max(0, end - 1) : end] != ".":
        return False
    token = _LAST_TOKEN.search(text[max(0, end - LONGEST_LOOK) : end])
    following = _NEXT_TOKEN.match(text[match.end() : match.end() + LONGEST_LOOK])
    if token is None or following is None:
        return False
    word, after = token[1].lstrip('("“„«').lower(), following[1]
    if word in examples:
        return True
    if after.lower() in openers and after[0].isupper():
        return False
    if word.isdigit():
        return after[0].islower() or len(word) <= LONGEST_ORDINAL_DIGITS
    is_initial = len(word) == 1 and word.isalpha()
    return is_initial or word in abbreviations or bool(_INNER_DOT.fullmatch(word))
