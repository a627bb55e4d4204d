"""Since when and until when a sentence says that something holds.

Years stand beside words of the lexicon ("since 2014", "2016'dan beri", 2015年起), or are two with a dash. A month or a day
written in figures is kept; a month's name is not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from matcher.words.phrase import Phrase

_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d\d)(?:-(0[1-9]|1[0-2])(?:-([0-3]\d))?(?!\d)|[年년]\s?(1[0-2]|0?[1-9])[月월])?(?!\d)"
)
_RANGE = re.compile(r"(?<!\d)((?:19|20)\d\d)\s*(?:[-–—~〜～]|to|bis|au?|al|a|до|по|至|到|から)\s*((?:19|20)\d\d)(?!\d)")
REACH = 12  # characters between a date and the word that says what it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From when (inclusive) and until when (exclusive, as precise as said); None: not said."""

    since: str | None = None
    until: str | None = None


NO_PERIOD = Period()


def read_period(phrase: Phrase) -> Period:
    """Return the period that a sentence gives."""
    if span := _RANGE.search(phrase.text):
        first, last = int(span[1]), int(span[2])
        if first <= last:
            return Period(since=str(first), until=str(last + 1))
    stated: dict[str, str] = {}
    for match in _DATE.finditer(phrase.text):
        near = [
            (distance, role)
            for word in phrase.having("since", "until")
            for role in ("since", "until")
            if role in word.roles and (distance := max(word.start - match.end(), match.start() - word.stop)) <= REACH
        ]
        if near:
            stated.setdefault(min(near)[1], _written(match))
    return Period(since=stated.get("since"), until=stated.get("until"))


def _written(match: re.Match[str]) -> str:
    month = match[2] or match[4]
    parts = [match[1], *([month.zfill(2)] if month else []), *([match[3]] if match[3] else [])]
    return "-".join(parts)
