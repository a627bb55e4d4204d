"""Two versions of a text as one: which words stayed, which are gone, which are new."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

# a run of space, a word, or one character of a script that is written without spaces
_TOKENS = re.compile(r"\s+|[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\s\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of words."""

    change: Literal["same", "gone", "new"]
    text: str


def find_differences(before: str, after: str) -> list[Piece]:
    """Return all of both texts in order; nothing when they are equal but for white space at their ends."""
    before, after = before.strip(), after.strip()
    return [] if before == after else list(_pieces(_TOKENS.findall(before), _TOKENS.findall(after)))


def _pieces(before: list[str], after: list[str]) -> Iterator[Piece]:
    for tag, i, j, m, n in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece(change="same", text="".join(before[i:j]))
            continue
        if i < j:
            yield Piece(change="gone", text="".join(before[i:j]))
        if m < n:
            yield Piece(change="new", text="".join(after[m:n]))
