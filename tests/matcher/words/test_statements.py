"""Sentences that name a brand: where the name is, and which words decide what is said.

Tests: matcher/words/sentences.py.
"""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.lexicon import Lexicon
from ledger.vocabulary import SectionKind, StatementKind
from matcher.words.naming import brand_names
from matcher.words.sentences import split_sentences
from matcher.words.statement_context import Setting
from matcher.words.statements import StatementReader

READER = StatementReader(brand_names("acme", "Acme", ["艾克米", "ACM", "Acme Systems"]), Lexicon.load())


def read(text: str, language: str | None = "en", section: SectionKind = SectionKind.NONE):
    return READER.read(text, Setting(language=language, section_kind=section))


@pytest.mark.parametrize(
    ("text", "language", "kind"),
    [
        ("We are a proud partner of Acme.", "en", StatementKind.PARTNER_CLAIM),
        ("盛思格是艾克米的重要合作伙伴。", "zh", StatementKind.PARTNER_CLAIM),
        ("Wir sind zertifiziert von Acme.", "de", StatementKind.CERTIFICATION),
        ("Our customers include Acme and others.", "en", StatementKind.CUSTOMER_CLAIM),
        ("We are not affiliated with Acme.", "en", StatementKind.DENIAL),
        ("We are not an Acme partner.", "en", StatementKind.DENIAL),
        ("本公司不是艾克米的合作伙伴。", "zh", StatementKind.DENIAL),
        ("Until 2019 we were an authorised dealer of Acme.", "en", StatementKind.PAST),
        ("Acme opened an office.", "en", StatementKind.MENTION_ONLY),
    ],
)
def test_the_words_around_the_name_decide(text, language, kind):
    assert [statement.kind for statement in read(text, language)] == [kind]


def test_only_the_sentence_of_the_name_counts():
    statements = read("We are a partner of Other. Acme opened an office.")
    assert [s.kind for s in statements if s.brand] == [StatementKind.MENTION_ONLY]


def test_a_name_listed_under_a_heading_of_partners_is_a_claim():
    assert read("Acme Systems", section=SectionKind.PARTNERS)[0].kind is StatementKind.PARTNER_CLAIM
    assert read("Acme Systems", section=SectionKind.CLIENTS)[0].kind is StatementKind.CUSTOMER_CLAIM
    assert read("Acme Systems")[0].kind is StatementKind.MENTION_ONLY


@pytest.mark.parametrize(
    "text", ["Acmex is new", "write to info@acme.example", "see https://acme.example/x", "PreAcme", "www.acme.example"]
)
def test_parts_of_words_and_addresses_are_no_names(text):
    assert read(text) == []


def test_short_capitals_count_only_as_written():
    assert [s.alias for s in read("ACM and acm")] == ["ACM"]


def test_a_chinese_name_needs_no_borders_and_a_latin_one_may_touch_chinese():
    assert [s.alias for s in read("与艾克米合作")] == ["艾克米"]
    assert [s.span for s in read("我们与Acme合作")] == [slice(3, 7)]


def test_tiers_are_whole_words():
    assert read("Silverkeys is a Gold partner of Acme.")[0].tier == "Gold"
    assert read("Goldman is a partner of Acme.")[0].tier is None
    assert read("A Gold partner of Beta and a Silver partner of Acme.")[0].tier == "Silver"


def test_a_missing_space_or_a_slash_makes_no_address():
    assert [s.alias for s in read("We are a partner of Acme.Call us.")] == ["Acme"]
    assert [s.alias for s in read("a certified Foo/Acme partner")] == ["Acme"]


@given(st.text(alphabet="ab. !?。;\n艾", max_size=60))
def test_sentences_cover_the_passage_without_overlap(text):
    slices = list(split_sentences(text))
    assert slices[0].start == 0
    assert slices[-1].stop == len(text)
    assert all(a.stop == b.start for a, b in itertools.pairwise(slices))
