"""The sentences of tests/gold/statements are understood: all of those that were looked at, and nearly all of the held-out ones."""

from __future__ import annotations

import pytest

from bench.statements import GOLD, JUDGED, later_sentences, parts, reader, sentences, understood

READER = reader()
LANGUAGES = sorted(path.stem for path in GOLD.glob("*.toml"))
# measured floors; nobody lowers them silently
FEWEST_SENTENCES = {"en": 40}
HELD_OUT_MISSES = 2


def test_every_language_that_has_a_grammar_of_its_own_has_sentences() -> None:
    assert len(LANGUAGES) >= 15
    for language in LANGUAGES:
        assert len(sentences(language)) >= FEWEST_SENTENCES.get(language, 12)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_that_were_looked_at_are_understood(language: str) -> None:
    for row in sentences(language)[::2]:
        found = understood(READER, language, row)
        assert found is not None, row["text"]
        assert found.kind == row["kind"], (row["text"], found.rule)
        told = parts(found)
        assert {key: told[key] for key in JUDGED if key in row} == {key: row[key] for key in JUDGED if key in row}, row


@pytest.mark.parametrize("language", LANGUAGES)
def test_later_sentences_are_understood(language: str) -> None:
    for row in later_sentences(language):
        found = understood(READER, language, row)
        assert (found is not None and found.kind == row["kind"]) != row.get("known_miss", False), row["text"]


def test_held_out_sentences_are_understood() -> None:
    missed = [
        row["text"]
        for language in LANGUAGES
        for row in sentences(language)[1::2]
        if (found := understood(READER, language, row)) is None or found.kind != row["kind"]
    ]
    assert len(missed) <= HELD_OUT_MISSES, missed


def test_no_denial_becomes_a_claim() -> None:
    for language in LANGUAGES:
        for row in sentences(language) + later_sentences(language):
            found = understood(READER, language, row)
            if row["kind"] == "denial" and found is not None:
                assert found.kind not in ("partner-claim", "certification"), row["text"]
