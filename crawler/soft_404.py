"""Is this answer the one that a site gives to any address? By the words of both."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

RUN = 3  # words
ALIKE = 0.85  # share of runs of words that both have; two real pages of one template share 0.3 to 0.7
MAX_BYTES = 300_000
_TAGS = re.compile(rb"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.S | re.I)
_WORDS = re.compile(rb"[^\s]+")
_DIGITS = re.compile(rb"\d+")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The runs of words of a page, without markup and numbers."""

    runs: frozenset[int]

    @classmethod
    def of(cls, content: bytes) -> Self:
        words = _WORDS.findall(_DIGITS.sub(b"0", _TAGS.sub(b" ", content[:MAX_BYTES])))
        return cls(frozenset(hash(tuple(words[at : at + RUN])) for at in range(max(1, len(words) - RUN + 1))))

    def is_like(self, other: Fingerprint) -> bool:
        both = len(self.runs & other.runs)
        return both >= ALIKE * max(1, len(self.runs | other.runs))
