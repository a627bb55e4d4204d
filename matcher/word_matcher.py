"""Recognises brands by the words in an image, without a database; the pair of logo_matcher.py.

1. Read the lines in the image (read_lines.py), in a process that can be killed. Needs the extra "ocr".
2. Find the names of the brands among them, and what stands beside (lettering/).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.lexicon import Lexicon
from ledger.vocabulary import MatchStrength
from matcher.decoding.lettering_worker import HOW_TO_INSTALL, lettering_engine
from matcher.decoding.refusals import Refusal
from matcher.lettering.badge_words import Badge, BadgeReader, BadgeWords
from matcher.lettering.folder_names import read_folder_names
from matcher.lettering.named_brands import BrandNaming, PictureNames
from matcher.lettering.read_lines import ReadLine, read_lines
from matcher.words.naming import Name


@dataclass(frozen=True, slots=True, kw_only=True)
class WordMatch:
    """A brand that the words of an image name. strength: perhaps = beside.why_perhaps says why a person has to look."""

    naming: BrandNaming
    beside: BadgeWords

    @property
    def strength(self) -> MatchStrength:
        return MatchStrength.PERHAPS if self.beside.why_perhaps else MatchStrength.MATCH


class WordMatcher:
    """Names of brands, ready to be looked for in images."""

    def __init__(
        self, names: Sequence[Name], lexicon: Lexicon, tiers: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        """tiers: of each brand, as its brand.toml has them."""
        self._names = PictureNames(names)
        self._badges = BadgeReader(lexicon, tiers or {})

    @classmethod
    def from_directory(cls, directory: str | Path) -> WordMatcher:
        """Matcher of the brands of a folder of logos, as LogoMatcher.from_directory reads it."""
        return cls(read_folder_names(Path(directory)), Lexicon.load())

    def match(self, content: bytes) -> tuple[WordMatch, ...] | Refusal:
        """Brands that the words of an image file name. Errors: RuntimeError without the extra "ocr"."""
        if lettering_engine() is None:
            raise RuntimeError(HOW_TO_INSTALL)
        lines = read_lines(content)
        return lines if isinstance(lines, Refusal) else self.match_lines(lines)

    def match_lines(self, lines: Sequence[ReadLine]) -> tuple[WordMatch, ...]:
        """The same for lines that were read already."""
        return tuple(
            WordMatch(naming=naming, beside=self._badges.read(naming, lines)) for naming in self._names.find(lines)
        )

    def read_badge(self, brand: str, lines: Sequence[ReadLine]) -> Badge:
        """What lines say that somebody is to a brand, wherever its name stands."""
        return self._badges.read_badge(brand, lines)
