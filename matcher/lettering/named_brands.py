"""Lines of words that were read in a picture → the brands that they name.

1. Lines become tokens: one case, no accents, letters and digits only. Chinese, Japanese and Korean are runs of characters.
2. A name is looked for as whole tokens: "Red Hat" is `red hat`, and `redhat`, and `red` over `hat`; nothing is found inside a
   longer word. Where a line has lost its spaces ("ACMETechnologies"), capitals tell the words.
3. Reading errs: from thresholds.LETTERS_FOR_ONE_WRONG letters on one may be wrong, from LETTERS_FOR_TWO_WRONG two.
4. The longest name wins, of equal ones that with fewer wrong letters; each token names one brand.
5. A name of two or three letters counts only in capitals, or alone in its line (of two: alone in the picture), and only if it was
   read surely.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz.distance import OSA

from matcher import thresholds
from matcher.lettering.read_lines import ReadLine
from matcher.looking.picture_box import Box
from matcher.words.naming import Name

_GLUED = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(rf"[{_GLUED}]+|[^\W_{_GLUED}]+")
_IS_GLUED = re.compile(f"[{_GLUED}]")
_CAPITALS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_MOST_SPLIT = 2  # a name may be torn into so many more tokens than it has


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherWord:
    """A word of another line than the name's. height_share: its line's height, 1 = as high as the name."""

    text: str
    height_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandNaming:
    """A brand's name in a picture. name: as the brand has it; read: as it was read; confidence: of the reading, 0..1.

    letters_wrong: that differ from the name. beside: the further words of its own lines, in order; others: of the other lines,
    as far as they were read surely: a mark may look like letters.
    """

    brand: str
    name: str
    read: str
    letters_wrong: int
    confidence: float
    box: Box
    beside: tuple[str, ...]
    others: tuple[OtherWord, ...]


@dataclass(frozen=True, slots=True)
class _Token:
    """A word of a line. key: as it is compared; is_part: capitals alone cut it out of a longer one."""

    key: str
    written: str
    line: int
    is_part: bool


@dataclass(frozen=True, slots=True)
class _Hit:
    name: Name
    first: int
    stop: int
    letters_wrong: int

    @property
    def rank(self) -> tuple[int, int, int]:
        return (self.letters_wrong > 0, -len(name_key(self.name.text)), self.letters_wrong)


@dataclass(frozen=True)
class PictureNames:
    """Finds names of brands among the words of pictures; made once, used for every picture."""

    names: Sequence[Name]

    @cached_property
    def _by_key(self) -> dict[str, list[Name]]:
        found: dict[str, list[Name]] = {}
        for name in self.names:
            if key := name_key(name.text):
                found.setdefault(key, []).append(name)
        return found

    @cached_property
    def _most_tokens(self) -> int:
        return max((len(_TOKEN.findall(name.text)) for name in self.names), default=0) + _MOST_SPLIT

    @cached_property
    def _long_keys(self) -> dict[int, list[str]]:
        """Keys that may be read with wrong letters, by length."""
        found: dict[int, list[str]] = {}
        for key in self._by_key:
            if len(key) >= thresholds.LETTERS_FOR_ONE_WRONG and not _IS_GLUED.search(key):
                found.setdefault(len(key), []).append(key)
        return found

    @cached_property
    def _glued_keys(self) -> list[str]:
        return [key for key in self._by_key if _IS_GLUED.match(key) and len(key) > 1]

    def find(self, lines: Sequence[ReadLine]) -> list[BrandNaming]:
        """Return the brands that the lines of one picture name, each once, by its best naming."""
        tokens = [token for number, line in enumerate(lines) for token in _tokens(line.text, number)]
        chosen: list[_Hit] = []
        for hit in sorted(self._hits(tokens, lines), key=lambda hit: hit.rank):
            if all(hit.stop <= other.first or other.stop <= hit.first for other in chosen):
                chosen.append(hit)
        of_brand: dict[str, BrandNaming] = {}
        for hit in chosen:
            if not _means_another(hit.name, tokens):
                of_brand.setdefault(hit.name.brand, _naming(hit, tokens, lines))
        return list(of_brand.values())

    def _hits(self, tokens: Sequence[_Token], lines: Sequence[ReadLine]) -> Iterator[_Hit]:
        for first in range(len(tokens)):
            key = ""
            for stop in range(first + 1, min(len(tokens), first + self._most_tokens) + 1):
                key += tokens[stop - 1].key
                within = tokens[first:stop]
                for name in self._by_key.get(key, ()):
                    if len(key) > thresholds.SHORT_NAME_LETTERS or _is_plainly_short(within, tokens, lines):
                        yield _Hit(name, first, stop, 0)
                for name, wrong in self._nearly(key):
                    yield _Hit(name, first, stop, wrong)
            for glued in self._glued_keys:
                if glued in tokens[first].key and glued != tokens[first].key:
                    for name in self._by_key[glued]:
                        yield _Hit(name, first, first + 1, 0)

    def _nearly(self, key: str) -> Iterator[tuple[Name, int]]:
        if len(key) < thresholds.LETTERS_FOR_ONE_WRONG - 1 or key in self._by_key:
            return
        for length in range(len(key) - 2, len(key) + 3):
            allowed = 2 if length >= thresholds.LETTERS_FOR_TWO_WRONG else 1
            for other in self._long_keys.get(length, ()):
                wrong = OSA.distance(key, other, score_cutoff=allowed)
                if wrong <= allowed:
                    for name in self._by_key[other]:
                        yield name, wrong


def name_key(text: str) -> str:
    """A name as it is compared: letters and digits in one case, without accents and spaces."""
    return "".join(_TOKEN.findall(_plain(text).lower()))


def _plain(text: str) -> str:
    """One width, no accents; Korean stays composed."""
    letters = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFC", "".join(letter for letter in letters if not 0x300 <= ord(letter) < 0x370))


def _tokens(text: str, line: int) -> Iterator[_Token]:
    for match in _TOKEN.finditer(_plain(text)):
        parts = _CAPITALS.findall(match[0]) if match[0].isascii() else []
        if len(parts) > 1 and "".join(parts) == match[0] and min(map(len, parts)) > 1:
            yield from (_Token(part.lower(), part, line, is_part=True) for part in parts)
        else:
            yield _Token(match[0].lower(), match[0], line, is_part=False)


def _is_plainly_short(within: Sequence[_Token], tokens: Sequence[_Token], lines: Sequence[ReadLine]) -> bool:
    """Whether a name of two or three letters is meant: "HP", "AWS" in capitals; "aws" as a line, "hp" as all there is."""
    if len(within) != 1 or len(within[0].key) < 2 or within[0].is_part:
        return False
    token = within[0]
    if lines[token.line].confidence < thresholds.SURE_READING:
        return False
    rivals = tokens if len(token.key) < thresholds.SHORT_NAME_LETTERS else [t for t in tokens if t.line == token.line]
    return token.written.isupper() or len(rivals) == 1 or not token.written.isascii()


def _means_another(name: Name, tokens: Sequence[_Token]) -> bool:
    keys = {token.key for token in tokens}
    return any(name_key(word) in keys for word in name.not_when)


def _naming(hit: _Hit, tokens: Sequence[_Token], lines: Sequence[ReadLine]) -> BrandNaming:
    within = tokens[hit.first : hit.stop]
    rest = [token for place, token in enumerate(tokens) if not hit.first <= place < hit.stop]
    numbers = sorted({token.line for token in within})
    height_px = min(lines[number].box.height for number in numbers)
    return BrandNaming(
        brand=hit.name.brand,
        name=hit.name.text,
        read=" ".join(token.written for token in within),
        letters_wrong=hit.letters_wrong,
        confidence=min(lines[number].confidence for number in numbers),
        box=_around(lines[number].box for number in numbers),
        beside=tuple(token.written for token in rest if token.line in numbers),
        others=tuple(
            OtherWord(text=token.written, height_share=lines[token.line].box.height / height_px)
            for token in rest
            if token.line not in numbers and lines[token.line].confidence >= thresholds.SURE_READING
        ),
    )


def _around(boxes: Iterable[Box]) -> Box:
    listed = list(boxes)
    left, top = min(box.x for box in listed), min(box.y for box in listed)
    right = max(box.x + box.width for box in listed)
    bottom = max(box.y + box.height for box in listed)
    return Box(x=left, y=top, width=right - left, height=bottom - top)
