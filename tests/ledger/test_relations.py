"""Every relation has its meaning, its words in letters, and its place in the views.

Tests: ledger/vocabulary.py.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from ledger.relations import GRANTABLE, MEANINGS, PARTNERSHIPS, TIES, covers_relation
from ledger.vocabulary import Relation

ROOT = Path(__file__).parents[2]
LETTERS = sorted((ROOT / "data" / "letters").glob("??.toml"))


def test_every_relation_has_a_meaning():
    assert list(MEANINGS) == list(Relation)
    assert all(meaning.words for meaning in MEANINGS.values())


@pytest.mark.parametrize("letter", LETTERS, ids=lambda path: path.stem)
def test_what_may_be_granted_has_words_in_every_letter(letter):
    words = tomllib.loads(letter.read_text(encoding="utf-8"))["relations"]
    assert {str(relation) for relation in GRANTABLE} <= words.keys()


def test_the_view_of_contradictions_leaves_out_what_is_no_tie():
    sql = (ROOT / "ledger" / "views.sql").read_text(encoding="utf-8")
    left_out = re.search(r"WHERE c\.relation NOT IN \((.*?)\)", sql)
    assert left_out is not None
    named = {name.strip("' ") for name in left_out[1].split(",")}
    assert named == {str(relation) for relation in Relation if relation not in TIES} - {"template-filler"}


def test_a_partnership_is_a_tie_that_may_be_granted():
    assert PARTNERSHIPS <= TIES
    assert set(GRANTABLE) >= PARTNERSHIPS
    assert all(meaning.covers <= TIES for meaning in MEANINGS.values())


@pytest.mark.parametrize(
    ("granted", "claimed", "is_covered"),
    [
        (Relation.PARTNER, Relation.PARTNER, True),
        (Relation.PARTNER, Relation.CERTIFICATION, True),
        (Relation.CERTIFICATION, Relation.PARTNER, False),
        (Relation.PARTNER, Relation.RESELLER, False),
        (Relation.RESELLER, Relation.PARTNER, True),
        (Relation.MEMBER, Relation.UNSTATED, True),
    ],
)
def test_a_grant_covers_what_it_says_and_what_follows_from_it(granted, claimed, is_covered):
    assert covers_relation(granted, claimed) is is_covered
