"""The lexicon finds what a plain search for each word finds, and remembers it.

Tests: ledger/shipped.py.
"""

from __future__ import annotations

import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import lexicon as lexicon_module
from ledger.errors import BadInputError
from ledger.lexicon import Lexicon, WordLists, fold, split_words, word_pattern


def plain_pattern(words: list[str]) -> re.Pattern[str]:
    """The obvious way: one branch a word, the longest first."""
    unspaced = lexicon_module._UNSPACED
    ordered = sorted({fold(word) for word in words if word}, key=lambda word: (-len(word), word))
    parts = [re.escape(word) if unspaced.search(word) else rf"(?<!\w){re.escape(word)}" for word in ordered]
    return re.compile("|".join(part.replace(r"\ ", r"\s+") for part in parts) or "(?!)")


def found(pattern: re.Pattern[str], text: str) -> list[tuple[int, str]]:
    return [(match.start(), match[0]) for match in pattern.finditer(fold(text))]


LETTERS = st.text("abİiß 合作伙חבר.+(", max_size=6).map(str.strip)


@given(st.lists(LETTERS, max_size=12), st.text("abİiß \n合作伙חבר.+(", max_size=40))
def test_the_shared_pattern_finds_what_the_plain_one_finds(words, text):
    assert found(word_pattern(words), text) == found(plain_pattern(words), text)


def plain_hits(lists: dict[str, list[str]], text: str) -> list[tuple[str, int, str]]:
    longest = [
        (kind, max(found(plain_pattern(words), text), key=lambda hit: len(hit[1]), default=None))
        for kind, words in lists.items()
    ]
    return sorted(((kind, *hit) for kind, hit in longest if hit), key=lambda hit: -len(hit[2]))


def tree_hits(lists: dict[str, list[str]], text: str) -> list[tuple[str, int, str]]:
    return [(hit.kind, hit.start, hit.word) for hit in WordLists(lists).hits(text)]


ONE_SPACE = LETTERS.map(lambda word: " ".join(word.split()))
LISTS = st.dictionaries(st.sampled_from("pqrs"), st.lists(ONE_SPACE, max_size=8), max_size=4)


@given(LISTS, st.text("abİiß_ \n\u00a0合作伙חבר.+(", max_size=40))
def test_the_longest_hit_of_each_kind_is_that_of_the_plain_pattern(lists, text):
    assert tree_hits(lists, text) == plain_hits(lists, text)


@pytest.mark.parametrize("table", ["pages", "sections", "health"])
def test_the_shipped_lists_together_hit_what_their_plain_patterns_hit(lexicon: Lexicon, table: str):
    lists = lexicon._merged(table, *lexicon.tables[table])
    words = [word for listed in lists.values() for word in listed]
    assert all(word == " ".join(word.split()) for word in words)
    for texts in (
        words[:400:9],
        [f"Our{a} {b}\n{c}s" for a, b, c in zip(words[::37], words[5::37], words[9::37], strict=False)],
    ):
        for kind, listed in lists.items():
            pattern = word_pattern(listed)
            for text in texts:
                expected = max(found(pattern, text), key=lambda hit: len(hit[1]), default=None)
                hit = next((hit for hit in WordLists.hits(lexicon.words(table), text) if hit.kind == kind), None)
                assert (hit and (hit.start, hit.word)) == expected, (kind, text)


@pytest.mark.parametrize("table", ["pages", "sections", "statements", "health"])
def test_every_shipped_list_finds_what_the_plain_one_finds(lexicon: Lexicon, table: str):
    for language, kinds in lexicon.tables[table].items():
        for kind, words in kinds.items():
            text = " | ".join(words) + " x".join(words) + "\n".join(word.upper() + "s" for word in words)
            assert found(word_pattern(words), text) == found(plain_pattern(list(words)), text), (language, kind)


def test_the_longest_word_at_a_place_is_reported(lexicon: Lexicon):
    lists = WordLists({"denial": ["not a partner", "not"], "claim": ["partner"]})
    assert [hit.word for hit in lists.hits("We are not  a\npartner")] == ["not  a\npartner", "partner"]


def test_hits_are_the_same_when_they_are_remembered(monkeypatch):
    monkeypatch.setattr(lexicon_module, "MAX_REMEMBERED", 2)
    lists = WordLists({"partners": ["partner"], "empty": []})
    for _ in range(2):
        for text in ("our partners", "nothing", "Partner", "x" * 300 + " partner"):
            assert [hit.word for hit in lists.hits(text)] == (["partner"] if "artner" in text else [])
    lists.hits("our partners").clear()
    assert lists.hits("our partners")


def test_names_are_read_as_words():
    assert split_words("our-partnersGrid__item") == "our partners Grid item"


def test_of_two_kinds_the_longest_words_of_each_are_compared(lexicon):
    hits = lexicon.words("sections", ["en"]).hits("Alliances/Technology Partners")
    assert [hit.kind for hit in hits][:1] == ["partners"]
    assert hits[0].word == "technology partner"


def test_a_misspelt_list_or_table_is_told_with_file_and_key(tmp_path):
    (tmp_path / "xx.toml").write_text(
        'langauge = "xx"\n[pages]\npartner = ["partner"]\n[statements]\ndenail = ["no partner"]\npartner = ["partner"]\n'
        "[statments]\n[health]\nqqq = []\n"
    )
    with pytest.raises(BadInputError) as caught:
        Lexicon.load(tmp_path)
    said = str(caught.value)
    for place in (
        "xx.toml, langauge: expected one of the keys and tables",
        "'langauge' (did you mean language?)",
        "xx.toml, [pages] partner: expected one of the lists",
        "'partner' (did you mean partners?)",
        "xx.toml, [statements] denail: expected one of the lists",
        "'denail' (did you mean denial?)",
        "xx.toml, statments: expected",
        "xx.toml, [health] qqq: expected one of the lists challenge, consent, login, maintenance, not-here, parked, server-error, soft-404, got 'qqq'; correct it",
    ):
        assert place in said
    assert "[statements] partner:" not in said


def test_a_list_of_another_language_may_be_used_in_ones_own(tmp_path):
    (tmp_path / "xx.toml").write_text('language = "xx"\n[statements]\noblique = ["no"]\nnot-after = ["not"]\n')
    assert Lexicon.with_own(tmp_path).tables["statements"]["xx"] == {"oblique": ("no",), "not-after": ("not",)}


def test_the_shipped_words_are_read_once_and_handed_on_without_what_was_compiled(tmp_path):
    assert Lexicon.load() is Lexicon.load() is Lexicon.with_own(tmp_path)
    (tmp_path / "xx.toml").write_text('language = "Xx"\n[pages]\npartners = ["ppp"]\n', encoding="utf-8")
    lexicon = Lexicon.with_own(tmp_path)
    assert lexicon.pages.hits("ppp")
    handed_on = pickle.loads(pickle.dumps(lexicon))  # noqa: S301  # its own
    assert handed_on.tables == lexicon.tables
    assert not handed_on._compiled
    assert handed_on.pages.hits("ppp") == lexicon.pages.hits("ppp")
