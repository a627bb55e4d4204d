"""What the words of a picture say of the brand that they name: a badge with its relation, tier and programme, or a name alone.

1. Words of the lexicon tell a badge: "Business Partner", "Certified", 金牌.
2. The tier is one of the brand's own list (brand.toml), else a word that names tiers in some language, else, on a badge, an everyday word
   such as "Advanced" (badge_tiers.txt).
3. A word is strange when it is neither of these, nor of those that companies' names share (company_words.txt): it may be another firm's.
   "Acme Gold Partner" has none; "Acme Dental" and "Avion, a Acme company" have.
4. The naming is sure when it was read surely and whole, nothing strange stands in its line, and elsewhere only a slogan: a few words in
   much lower lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from ledger.lexicon import Lexicon
from ledger.vocabulary import PerhapsReason, Relation
from matcher import thresholds
from matcher.lettering.named_brands import BrandNaming, OtherWord
from matcher.lettering.read_lines import ReadLine
from matcher.words.details import read_programme
from matcher.words.grammar import PARTNERS, RELATIONS, Grammar, grammars_of
from matcher.words.levelled import level, level_word
from matcher.words.phrase import GLUED, make_phrase

_ON_BADGES = (*(role for role in RELATIONS if role in PARTNERS), "certification")
_BADGE_NOUNS = frozenset({"provider", "specialist", "tier", "programme", "program", "network"})
_SHORTEST_STEM = 4  # letters: "partn" begins a word, "a" begins too many


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """What words call the vendor. relation: None where they tell none; tier: as written; known: the levelled words that say it."""

    relation: Relation | None
    tier: str | None
    known: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BadgeWords:
    """What stands beside a brand's name. relation: None where it is no badge; tier, programme: as written; strange: words that may be
    somebody else's name."""

    relation: Relation | None
    tier: str | None
    programme: str | None
    strange: tuple[str, ...]
    why_perhaps: PerhapsReason | None  # None: the naming is sure


@dataclass(frozen=True)
class BadgeReader:
    """Reads what stands beside names. tiers: of each brand, as its brand.toml has them."""

    lexicon: Lexicon
    tiers: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def read(self, naming: BrandNaming, lines: Sequence[ReadLine], known_words: Iterable[str] = ()) -> BadgeWords:
        """Return what the lines of a picture say beside a name in them. known_words: further ones that are not strange."""
        badge = self.read_badge(naming.brand, lines)
        known = {*badge.known, *word_list("company_words.txt"), *map(level_word, known_words)}
        stems = [word for word in badge.known if len(word) >= _SHORTEST_STEM]
        beside = [word for word in naming.beside if not _is_known(level_word(word), known, stems)]
        others = [word for word in naming.others if not _is_known(level_word(word.text), known, stems)]
        return BadgeWords(
            relation=badge.relation,
            tier=badge.tier,
            programme=_find_programme(naming, lines, self._grammar),
            strange=(*beside, *(word.text for word in others)),
            why_perhaps=_why_perhaps(naming, beside, others),
        )

    def read_badge(self, brand: str, lines: Sequence[ReadLine]) -> Badge:
        """Return what the lines of a picture say that somebody is to a brand, wherever its name stands."""
        text = " ".join(line.text for line in lines)
        words = self._grammar.words(level(text).text)
        relation = next((RELATIONS[role] for role in _ON_BADGES if any(role in word.roles for word in words)), None)
        is_badge = relation is not None or not _BADGE_NOUNS.isdisjoint(level_word(text).split())
        tiers = self._tier_words(brand, is_badge=is_badge)
        return Badge(
            relation=relation,
            tier=_find_word(tiers, text),
            known=frozenset(part for each in (*tiers, *(word.text for word in words)) for part in each.split()),
        )

    @property
    def _grammar(self) -> Grammar:
        return grammars_of(self.lexicon).of(None)

    def _tier_words(self, brand: str, *, is_badge: bool) -> list[str]:
        """Levelled, the brand's own first, longer ones before shorter ones."""
        own = sorted(map(level_word, self.tiers.get(brand, ())), key=len, reverse=True)
        return [*own, *self._all_tiers, *(word_list("badge_tiers.txt") if is_badge else ())]

    @cached_property
    def _all_tiers(self) -> tuple[str, ...]:
        lists = self.lexicon.tables["statements"].values()
        return tuple(
            sorted(
                {level_word(word) for each in lists for word in each.get("tiers", ())},
                key=lambda word: (-len(word), word),
            )
        )


def _why_perhaps(naming: BrandNaming, beside: Sequence[str], others: Sequence[OtherWord]) -> PerhapsReason | None:
    """beside, others: the strange words of its own lines, and of the other lines."""
    if naming.letters_wrong:
        return PerhapsReason.LETTERS_WRONG
    if naming.confidence < thresholds.SURE_READING:
        return PerhapsReason.READ_BADLY
    is_slogan = all(word.height_share <= thresholds.SLOGAN_SHARE for word in others)
    is_alone = not beside and is_slogan and len(others) <= thresholds.MAX_STRANGE_WORDS
    return None if is_alone else PerhapsReason.STRANGE_WORDS


def _is_known(token: str, known: set[str], stems: Iterable[str]) -> bool:
    """Whether a word names nobody: a letter, a number, a word that is known, or one that begins with a stem of the lexicon."""
    if len(token) == 1 or token.isdigit() or token in known or any(token.startswith(stem) for stem in stems):
        return True
    if GLUED.search(token):  # without spaces between words: 金牌合作伙伴
        for word in sorted((word for word in known if word in token), key=len, reverse=True):
            token = token.replace(word, "")
    return not token


def _find_word(words: Iterable[str], text: str) -> str | None:
    """The first of some levelled words that stands in a text, as it is written there."""
    levelled = level(text)
    for word in words:
        border = "" if GLUED.search(word) else r"(?!\w)"
        if match := re.search(("" if not border else r"(?<!\w)") + re.escape(word) + border, levelled.text):
            return text[levelled.original(match.start(), match.end())]
    return None


def _find_programme(naming: BrandNaming, lines: Sequence[ReadLine], grammar: Grammar) -> str | None:
    """ "AWS Partner Network": the name, and what follows it up to a word that says programme."""
    text = " ".join(line.text for line in lines)
    levelled = level(text)
    start = levelled.text.find(level_word(naming.read))
    if start < 0 or levelled.places is not None:
        return None
    name = (start, start + len(naming.read))
    return read_programme(make_phrase(levelled.text, text, grammar, [name]), name)


@cache
def word_list(file: str) -> tuple[str, ...]:
    """Words of one of this folder's lists."""
    lines = (Path(__file__).parent / file).read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
