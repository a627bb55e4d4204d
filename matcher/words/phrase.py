"""A sentence with the words of the lexicon and the names in it, and what stands between them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from matcher.words.grammar import Grammar, Word

_SEPARATOR = re.compile(r"\s*(?:[,、，،/&+·]|\s[-–]\s)\s*")
_ITEM = re.compile(r"[^,、，،/&+·;:；：.!?()（）|–—。\"“”«»]{1,40}")
_ENDS_SEPARATED = re.compile(r"(?:[,、，،/&+·]|\s[-–])\s*$")
_CLAUSE_END = re.compile(r"[;；，。؛]")
GLUED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
_TOKEN = re.compile(r"[^\W_]+(?:['.&-][^\W_]+)*")
_VOWEL_SIGNS = re.compile(
    r"[\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963]"
)  # of Devanagari: no letters, and part no word
LONGEST_ITEM_TOKENS = 4
MOST_ITEMS = 40
GLUED_CHARS_A_TOKEN = 2  # Chinese and Japanese: two characters weigh as a word


@dataclass(frozen=True)
class Phrase:
    """One sentence. text: levelled; written: the same places as the page writes them; names: [start, stop) of all names.

    oblique: what, right after a name, says that the name isn't the subject (Japanese の, Turkish "ile"); former: what, right before it,
    says that it is over (前, 元).
    """

    text: str
    written: str
    words: Sequence[Word]
    names: Sequence[tuple[int, int]] = ()
    oblique: re.Pattern[str] | None = None
    former: re.Pattern[str] | None = None
    language: str = ""
    _having: dict[tuple[str, ...], list[Word]] = field(default_factory=dict, compare=False, repr=False)
    _groups: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset(role for word in self.words for role in word.roles)

    def having(self, *roles: str) -> list[Word]:
        """Return the words that can play one of some parts."""
        if roles not in self._having:
            wanted = frozenset(roles)
            self._having[roles] = [w for w in self.words if w.roles & wanted] if self.roles & wanted else []
        return self._having[roles]

    def between(self, start: int, stop: int, *roles: str) -> list[Word]:
        """Return the words with such a part that stand in [start, stop)."""
        return [word for word in self.having(*roles) if start <= word.start and word.stop <= stop]

    def tokens(self, start: int, stop: int) -> int:
        """How many words apart two places are."""
        return weigh(self.text[start:stop])

    @cached_property
    def _clause_ends(self) -> list[int]:
        ends = [match.end() for match in _CLAUSE_END.finditer(self.text)]
        ends += [word.start for word in self.having("but")]
        return sorted({0, *ends, len(self.text)})

    def clause(self, place: int) -> tuple[int, int]:
        """Return the clause in which a place stands: up to a semicolon, a "but" or a Chinese comma."""
        ends = self._clause_ends
        start = max((end for end in ends if end <= place), default=0)
        stop = min((end for end in ends if end > place), default=len(self.text))
        return start, stop

    def is_new_start(self, start: int, stop: int) -> bool:
        """Whether somebody begins to speak of "us" after a comma between two places: "…, we", "…, our team"."""
        return any(
            "," in self.text[start : word.start] and not self.text[start : word.start].rsplit(",", 1)[1].strip()
            for word in self.between(start, stop, "we")
        )

    def group(self, start: int, stop: int) -> tuple[int, int]:
        """Return [start, stop) of the list of names in which a name stands: "Acme, Veltrana and Corvane"."""
        if (start, stop) not in self._groups:
            self._groups[start, stop] = (self._grow_left(start), self._grow_right(stop))
        return self._groups[start, stop]

    def _grow_right(self, stop: int) -> int:
        for _ in range(MOST_ITEMS):
            at = self._after_separator(stop)
            if at is None:
                return stop
            match = _ITEM.match(self.text, at)
            if match is None:
                return stop
            end = min([match.end(), *(word.start for word in self.words if at <= word.start < match.end())])
            item = self.text[at:end].rstrip()
            if not self._is_item(at, at + len(item)):
                return stop
            stop = at + len(item)
        return stop

    def _after_separator(self, stop: int) -> int | None:
        match = _SEPARATOR.match(self.text, stop)
        at = match.end() if match else stop
        following = next((word for word in self.words if word.start >= at), None)
        if following and "and" in following.roles and not self.text[at : following.start].strip():
            at = following.stop
            at += len(self.text[at:]) - len(self.text[at:].lstrip())
            return at
        return at if match else None

    def _grow_left(self, start: int) -> int:
        for _ in range(MOST_ITEMS):
            before = self.text[:start].rstrip()
            last = next((word for word in reversed(self.words) if word.stop <= len(before)), None)
            joined = bool(last and "and" in last.roles and last.stop == len(before))
            if last and joined:
                before = self.text[: last.start].rstrip().rstrip(",、，،").rstrip()
            elif match := _ENDS_SEPARATED.search(self.text[max(0, len(before) - 4) : len(before)]):
                before = before[: max(0, len(before) - 4) + match.start()].rstrip()
            else:
                return start
            item_start = max(
                [0, *(m.end() for m in re.finditer(r"[,、，،/&+·;:；：.!?()（）|–—。\"“”«»]", before[-44:]))]
            )
            item_start = max(0, len(before) - 44) + item_start if item_start else max(0, len(before) - 44)
            item_start = max([item_start, *(word.stop for word in self.words if item_start < word.stop <= len(before))])
            item_start += len(before[item_start:]) - len(before[item_start:].lstrip())
            if not self._is_item(item_start, len(before)) or (joined and not self._is_name(item_start, len(before))):
                return start
            start = item_start
        return start

    def _is_name(self, start: int, stop: int) -> bool:
        """Whether an item is surely a name. Without capitals 与, と or 와 may as well mean "with"."""
        return self.written[start].isupper() or any(start <= a and b == stop for a, b in self.names)

    def _is_item(self, start: int, stop: int) -> bool:
        if stop <= start or self.tokens(start, stop) > LONGEST_ITEM_TOKENS:
            return False
        first = self.written[start]
        return first.isupper() or first.isdigit() or not (first.islower() or first in "'-")


def make_phrase(text: str, written: str, grammar: Grammar, names: Sequence[tuple[int, int]] = ()) -> Phrase:
    """Return a sentence with the grammar's words in it. text: levelled; written: the same places as the page has them."""
    return Phrase(
        text=text,
        written=written,
        words=grammar.words(text),
        names=names,
        oblique=grammar.oblique,
        former=grammar.former,
        language=grammar.language,
    )


def weigh(text: str) -> int:
    """Return how many words a text weighs; Chinese and Japanese by two characters."""
    if text.isascii():
        return len(_TOKEN.findall(text))
    text = _VOWEL_SIGNS.sub("", text)
    glued = len(GLUED.findall(text))
    return len(_TOKEN.findall(GLUED.sub(" ", text))) + -(-glued // GLUED_CHARS_A_TOKEN)
