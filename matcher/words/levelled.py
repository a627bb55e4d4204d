"""A text as it is compared: one case, one width, composed letters, nothing invisible; with the way back to the original."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

# full-width forms and the ideographic space, letters that differ by habit only, marks that stand for one another
_LEVEL = {0xFF01 + place: 0x21 + place for place in range(94)} | str.maketrans(
    "\u3000\u00a0\u202f\u2009ıİς’ʼ‘´`‐‑ёЁأإآٱیىک",
    "    iiσ'''''--ееاااايي" + "ك",
)
# joiners, marks of direction, soft hyphens; vowel signs and the stretcher of Arabic
_INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u0640\u064b-\u0652\u0670\u0307"
_UNEVEN = re.compile(f"[{_INVISIBLE}]")
_CLUSTER = re.compile(f"[{_INVISIBLE}]*(.)[\u0300-\u036f\u3099\u309a{_INVISIBLE}]*", re.S)


@dataclass(frozen=True, slots=True)
class Levelled:
    """text: to be searched. places: for each of its characters, and the end, where it stands in the original; None: just there."""

    text: str
    places: Sequence[int] | None

    def original(self, start: int, stop: int) -> slice:
        """Return the slice of the original that [start, stop) was made of."""
        if self.places is None:
            return slice(start, stop)
        return slice(self.places[start], self.places[stop - 1] + 1 if stop > start else self.places[start])


def level(text: str) -> Levelled:
    """Return a text for comparison. Length and places stay as they are but for combining and invisible characters."""
    if text.isascii():
        return Levelled(text.lower(), None)
    if not _UNEVEN.search(text) and unicodedata.is_normalized("NFC", text):
        return Levelled(_simple(text), None)
    letters: list[str] = []
    places: list[int] = []
    for cluster in _CLUSTER.finditer(text):
        composed = _simple(_UNEVEN.sub("", unicodedata.normalize("NFC", cluster[0])))
        letters.append(composed)
        # all letters of a cluster come from the place of its base; the end of a span is the end of its last cluster
        places.extend([cluster.start(1)] * len(composed))
    return Levelled("".join(letters), [*places, len(text)])


def level_word(word: str) -> str:
    """Return a word of the lexicon, or a brand's name, as it is looked for in a levelled text."""
    return level(word).text


def _simple(text: str) -> str:
    return text.translate(_LEVEL).lower()
