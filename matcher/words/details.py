"""What a sentence says beside the relation: the tier, the programme, and who is in the relation."""

from __future__ import annotations

import re

from matcher.words.grammar import RELATIONS, Word
from matcher.words.phrase import Phrase

MOST_SUBJECT_TOKENS = 6
_PAUSE = re.compile(r"[,;:.!?|，。]")


def read_tier(phrase: Phrase, name: tuple[int, int], word: Word | None) -> str | None:
    """Return the tier that stands nearest to the name, unless it is another brand's.

    "A Corvane Premier Partner and an Acme Solutions Partner": another relation, or another brand, stands between it and the name.
    """
    tiers = [tier for tier in phrase.having("tiers") if _belongs(phrase, tier, name, word)]
    if not tiers:
        return None
    near = min(tiers, key=lambda tier: phrase.tokens(*gap_between(tier, name)) * 100 + abs(tier.start - name[0]))
    return phrase.written[near.start : near.stop]


def _belongs(phrase: Phrase, tier: Word, name: tuple[int, int], word: Word | None) -> bool:
    start, stop = gap_between(tier, name)
    if word is not None and stop <= word.start and tier.stop <= start:
        start = min(start, tier.stop)
    others = [
        w
        for w in phrase.between(start, stop, *RELATIONS)
        if w is not word and not (w.start < tier.stop and tier.start < w.stop)
    ]
    is_joined = bool(phrase.between(start, stop, "and"))
    return not (others and is_joined)


def read_programme(phrase: Phrase, name: tuple[int, int]) -> str | None:
    """ "Acme Partner Network": the brand's name and the words up to the one that says programme."""
    for word in phrase.having("programme"):
        if word.start >= name[1] and phrase.tokens(name[1], word.start) <= 4:
            between = phrase.written[name[1] : word.start]
            if not _PAUSE.search(between) and not phrase.between(
                name[1], word.start, "small", "is", "as", "and", "for"
            ):
                return " ".join(phrase.written[name[0] : _word_end(phrase.text, word.stop)].split())
    return None


def _word_end(text: str, place: int) -> int:
    while place < len(text) and text[place].isalpha() and text[place].isascii():
        place += 1
    return place


def read_subject(phrase: Phrase, name: tuple[int, int], word: Word) -> str | None:
    """Return who is said to be the partner: what stands before the first "is", when it reads as a name."""
    first = min(name[0], word.start)
    verbs = phrase.between(0, first, "is", "was")
    if not verbs:
        return None
    start = phrase.clause(verbs[0].start)[0]
    begin = max([start, *(m.end() for m in re.finditer(r"[,:،、，–—-]\s", phrase.text[: verbs[0].start]))])
    text = phrase.written[begin : verbs[0].start].strip(" ,:")
    if not text or phrase.between(begin, verbs[0].start, "we", "yours", "since", "until", "now", "not", *RELATIONS):
        return None
    if text[0].islower() or phrase.tokens(begin, verbs[0].start) > MOST_SUBJECT_TOKENS or text[0].isdigit():
        return None
    return text


def gap_between(word: Word, name: tuple[int, int]) -> tuple[int, int]:
    return (word.stop, name[0]) if word.stop <= name[0] else (name[1], max(word.start, name[1]))
