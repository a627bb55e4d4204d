"""What stands beside a brand's name in a picture: a badge with its tier, or words that may be another firm's.

Tests: matcher/lettering/badge_words.py.
"""

from __future__ import annotations

import pytest

from ledger.lexicon import Lexicon
from ledger.vocabulary import PerhapsReason, Relation
from matcher.lettering.badge_words import BadgeReader, BadgeWords
from matcher.lettering.named_brands import PictureNames
from matcher.lettering.read_lines import ReadLine
from matcher.looking.picture_box import Box
from matcher.words.naming import brand_names

NAMES = PictureNames([*brand_names("kestrova", "Kestrova", ["克斯特"]), *brand_names("ort", "ORT", [])])
READER = BadgeReader(Lexicon.load(), {"kestrova": ["Summit Circle", "Select"]})


def read(*texts: str, heights: tuple[int, ...] = (), confidence: float = 0.99) -> BadgeWords:
    sizes = heights or (16,) * len(texts)
    lines = [
        ReadLine(text=text, confidence=confidence, box=Box(x=0, y=40 * n, width=100, height=height))
        for n, (text, height) in enumerate(zip(texts, sizes, strict=True))
    ]
    (naming,) = NAMES.find(lines)
    return READER.read(naming, lines)


@pytest.mark.parametrize(
    ("texts", "relation", "tier"),
    [
        (["KESTROVA"], None, None),
        (["Kestrova", "Solution Partner", "GOLD"], Relation.PARTNER, "GOLD"),
        (["Kestrova", "PARTNER", "Advanced Tier", "Services"], Relation.PARTNER, "Advanced"),
        (["Kestrova", "ADVANCED", "BUSINESS PARTNER"], Relation.PARTNER, "ADVANCED"),
        (["PREFERRED", "SOLUTION", "PROVIDER", "Kestrova"], None, "PREFERRED"),
        (["CERTIFIED", "RESELLER", "Kestrova"], Relation.RESELLER, None),
        (["Kestrova", "Summit Circle", "Partner"], Relation.PARTNER, "Summit Circle"),  # of its own list
        (["克斯特", "金牌合作伙伴"], Relation.PARTNER, "金牌"),
        (["Kestrova", "Partner Oro"], Relation.PARTNER, "Oro"),
    ],
)
def test_a_badge_tells_relation_and_tier(texts, relation, tier):
    words = read(*texts)
    assert (words.relation, words.tier, words.why_perhaps) == (relation, tier, None)


def test_an_everyday_word_is_no_tier_without_a_badge():
    assert read("Kestrova", "advanced storage").tier is None


@pytest.mark.parametrize(
    ("texts", "heights", "why"),
    [
        (["Kestrova Technologies Inc."], (), None),
        (["Kestrova Dental"], (), PerhapsReason.STRANGE_WORDS),
        (["AVION", "a Kestrova company"], (30, 14), PerhapsReason.STRANGE_WORDS),
        (["Kestrova", "power for every home"], (30, 10), None),  # a slogan under the name
        (["Kestrova", "Avion"], (14, 30), PerhapsReason.STRANGE_WORDS),
        (["Kestrcva"], (), PerhapsReason.LETTERS_WRONG),
        (["Kestrova", "one two three four five six seven eight"], (30, 10), PerhapsReason.STRANGE_WORDS),
    ],
)
def test_strange_words_make_it_a_perhaps(texts, heights, why):
    assert read(*texts, heights=heights).why_perhaps is why


def test_a_name_that_was_not_read_surely_is_a_perhaps():
    assert read("Kestrova", confidence=0.79).why_perhaps is PerhapsReason.READ_BADLY
    assert read("Kestrova", confidence=0.8).why_perhaps is None


def test_a_programme_begins_with_the_name():
    assert read("Kestrova Partner Network").programme == "Kestrova Partner Network"
    assert read("Kestrova").programme is None


def test_a_badge_is_read_without_a_name():
    lines = [ReadLine(text="Platinum Business Partner", confidence=0.9, box=Box(x=0, y=0, width=9, height=9))]
    badge = READER.read_badge("ort", lines)
    assert (badge.relation, badge.tier) == (Relation.PARTNER, "Platinum")
