"""What holds for any text: nothing raises, spans lie inside, reading is repeatable, and the time stays in proportion.

Tests: matcher/words/levelled.py, matcher/words/statement_context.py.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.lexicon import Lexicon
from ledger.vocabulary import SectionKind
from matcher.words.levelled import level
from matcher.words.naming import brand_names
from matcher.words.statement_context import Setting
from matcher.words.statements import StatementReader
from tests.processor_time import assert_linear, at_most

READER = StatementReader(brand_names("acme", "Acme", ["艾克米", "アクメ", "أكمي"]), Lexicon.load())
LANGUAGES = [None, *Lexicon.load().languages]
PIECES = st.sampled_from(
    ["Acme", "艾克米", "アクメ", "أكمي", "partner", "not", "we are", "our", "of", ",", ". ", "; ", "“", "”", " ", "2014", "since", "until", "合作伙伴",
     "不是", "партнер", "不", "شريك", "파트너", "değil", "\u200d", "\u0301", "İ", "ß", "ﬁ", "\n", "|", "?", "Inc.", "and", "your", "former", "e\u0301"]
)  # fmt: skip
TEXTS = st.one_of(
    st.lists(PIECES, max_size=30).map(" ".join), st.lists(PIECES, max_size=30).map("".join), st.text(max_size=120)
)
SETTINGS = st.builds(
    Setting,
    language=st.sampled_from(LANGUAGES),
    section_kind=st.sampled_from(SectionKind),
    heading_trail=st.sampled_from([(), ("Acme",), ("Our team",)]),
    zone=st.sampled_from(["main", "nav", "footer"]),
)


@settings(max_examples=300, deadline=None)
@given(TEXTS, SETTINGS)
def test_any_text_is_read_and_spans_lie_inside(text: str, setting: Setting) -> None:
    statements = READER.read(text, setting)
    for s in statements:
        assert 0 <= s.sentence.start <= s.span.start < s.span.stop <= len(text)
        assert s.span.stop <= s.sentence.stop <= len(text)
    assert statements == READER.read(text, setting)


@settings(max_examples=200, deadline=None)
@given(TEXTS.filter(lambda text: not set("“„«「『") & set(text)))
def test_a_sentence_after_it_changes_nothing(text: str) -> None:
    # an abbreviation, an initial or a number before the dot would rightly carry the sentence on: "done" is none
    alone = READER.read(f"{text} done.", Setting(language="en"))
    followed = READER.read(f"{text} done. Rain fell.", Setting(language="en"))
    assert [(s.kind, s.rule) for s in followed][: len(alone)] == [(s.kind, s.rule) for s in alone]


@given(st.text(max_size=60))
def test_every_place_of_a_levelled_text_leads_back(text: str) -> None:
    levelled = level(text)
    if levelled.places is None:
        assert len(levelled.text) == len(text)
    else:
        assert len(levelled.places) == len(levelled.text) + 1
        assert list(levelled.places) == sorted(levelled.places)


@pytest.mark.parametrize(
    "text", ["ＡＣＭＥ partner", "Ac\u200dme partner", "A\u00adcme partner", "\u202bAcme\u202c partner"]
)
def test_width_and_invisible_characters_hide_no_name(text: str) -> None:
    assert [s.brand for s in READER.read(text, Setting(language="en"))] == ["acme"]


@pytest.mark.parametrize(
    "piece",
    ["Acme, ", "Acme and ", "not a partner of Acme ", " ", "“", "(", ". ", "a", "2014-", "partner ", "艾克米合作伙伴", "Acme-a", "@", "www.", "e\u0301", "we, our partner Acme, "],
)  # fmt: skip
def test_time_grows_with_the_length_only(piece: str) -> None:
    setting = Setting(language="en", section_kind=SectionKind.PARTNERS)
    assert_linear(lambda length: READER.read(piece * (length // len(piece)) + " Acme partner", setting), 5_000)


def test_a_megabyte_without_a_word_is_read_at_once() -> None:
    with at_most(3):
        assert READER.read("lorem ipsum " * 90_000, Setting(language="en")) == []
