"""Is a page that is read again still the page that it was? Only then can it show that something left it.

Reads: the passages of an earlier reading and those of a later one. Writes: nothing.

What stood in the main part (where that holds little, in all of the page) is cut into pieces of SHINGLE_CHARS characters, without digits;
continuity is the share of them that the later page has anywhere. A page that broke, was emptied or stands in for another keeps few.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SHINGLE_CHARS = 8
# chosen on pairs of versions of partner pages in public repositories, and of different pages of one site; 0.1 to 0.7 tried
# (bench/README.md, "Still the same page")
SAME_PAGE = 0.4
MIN_MAIN_CHARS = 120  # a main part with less says too little by itself: a heading over a wall of logos
_NUMBERS = re.compile(r"\d+")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedText:
    """A piece of a page's text. zone: header, nav, main, aside or footer."""

    text: str
    zone: str


def continuity(before: Sequence[PlacedText], after: Sequence[PlacedText]) -> float:
    """Return 0..1: how much of what a page said it still says. A page that said nothing is itself."""
    main = [piece for piece in before if piece.zone in ("main", "aside")]
    if sum(len(piece.text) for piece in main) < MIN_MAIN_CHARS:
        main = list(before)
    said, says = _shingles(main), _shingles(after)
    return len(said & says) / len(said) if said else 1.0


def _shingles(pieces: Iterable[PlacedText]) -> set[str]:
    found: set[str] = set()
    for piece in pieces:
        text = _SPACES.sub(" ", _NUMBERS.sub("", piece.text.casefold())).strip()
        found.update(text[start : start + SHINGLE_CHARS] for start in range(max(1, len(text) - SHINGLE_CHARS + 1)))
    return found
