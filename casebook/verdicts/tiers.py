"""Tiers of partner programmes, compared: by the brand's own list where brand.toml has one, else by common words.

A tier is the same in every language: 金牌 and "Ouro" are Gold (tier_words.txt).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

from matcher.words.levelled import level_word

TIER_WORDS = Path(__file__).parent / "tier_words.txt"
# Rank of the words that programmes use; a word that is not here is compared as it stands.
_COMMON_RANK = {
    word: rank
    for rank, words in enumerate(
        (
            ("member", "registered", "associate", "authorised", "authorized"),
            ("bronze",),
            ("select", "silver"),
            ("advanced", "gold", "preferred"),
            ("premier", "premium", "platinum", "expert"),
            ("elite", "diamond", "titanium", "strategic", "global"),
        )
    )
    for word in words
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A tier of a brand's programme. valid_until: the first day on which it was abolished; None = it still exists."""

    name: str
    programme: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None


@dataclass(frozen=True)
class TierList:
    """A brand's tiers, lowest first; empty when brand.toml names none."""

    tiers: tuple[Tier, ...] = ()

    @classmethod
    def from_rows(cls, rows: Sequence[dict[str, str | None]]) -> TierList:
        return cls(
            tuple(
                Tier(
                    name=entry["name"] or "",
                    programme=entry.get("programme"),
                    valid_from=entry.get("valid_from"),
                    valid_until=entry.get("valid_until"),
                )
                for entry in rows
            )
        )

    def covers(self, granted: str, claimed: str) -> bool:
        """Tell whether a granted tier allows a claimed one: the same, or a known one that ranks lower."""
        granted, claimed = _tier_word(granted), _tier_word(claimed)
        if granted == claimed:
            return True
        ranks = self._rank(granted), self._rank(claimed)
        if None in ranks:
            ranks = _COMMON_RANK.get(granted), _COMMON_RANK.get(claimed)
        return ranks[0] is not None and ranks[1] is not None and ranks[1] < ranks[0]

    def _rank(self, word: str) -> int | None:
        return next((rank for rank, tier in enumerate(self.tiers) if _tier_word(tier.name) == word), None)

    def abolished(self, claimed: str, day: str) -> str | None:
        """Return since when a claimed tier has not existed any more on a day (both ISO dates), or None."""
        named = [tier for tier in self.tiers if _tier_word(tier.name) == _tier_word(claimed)]
        ends = [tier.valid_until for tier in named]
        if not ends or None in ends:
            return None
        last = max(chain(filter(None, ends)))
        return last if last <= day else None


# what goes with every tier: "Gold Partner", 金牌合作伙伴
_BESIDE_A_TIER = re.compile(r"\b(?:partner|level|tier|status)\b|合作伙伴|パートナー|파트너")


def _tier_word(tier: str) -> str:
    """Return a tier as it is compared: "Gold Partner" → "gold", "Platino" → "platinum"."""
    plain = " ".join(level_word(tier).split())
    alone = " ".join(_BESIDE_A_TIER.sub(" ", plain).split()) or plain
    known = tier_words()
    return known.get(plain) or known.get(alone, alone)


@cache
def tier_words() -> Mapping[str, str]:
    """Return the words of tier_words.txt as they are compared, each with the tier that it means."""
    lines = TIER_WORDS.read_text(encoding="utf-8").splitlines()
    entries = (line.partition(":") for line in lines if not line.startswith("#"))
    return {level_word(word.strip()): tier for tier, _, words in entries for word in words.split(",")}


NO_TIERS = TierList()
