"""Names that are alike: what the index finds is what looking at every name finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz

from casebook.register import name_likeness
from casebook.register.name_likeness import (
    MAX_CANDIDATES,
    NEAR_MISS_SCORE,
    grams_of,
    likeness,
    likenesses,
    nearest,
    segments_of,
    store_segments,
    stored_segments,
)


def nearest_by_hand(cores: list[str], wanted: str) -> list[int]:
    """The slow and obvious form: look at every name."""
    asked = set(grams_of(wanted))
    found = []
    for number, core in enumerate(cores):
        grams = set(grams_of(core))
        shared = len(grams & asked)
        if shared and 5 * shared >= 2 * min(len(grams), len(asked)):
            found.append((-2 * shared / (len(grams) + len(asked)), number))
    return [number for _, number in sorted(found)[:MAX_CANDIDATES]]


SYLLABLES = st.sampled_from(["sen", "se", "grid", "sor", "nord", "licht", "ba", "bri", "ght", "har", "bour", " "])
NAMES = st.lists(SYLLABLES, min_size=1, max_size=6).map(lambda parts: " ".join("".join(parts).split())).filter(bool)


@settings(max_examples=200)
@given(st.lists(NAMES, min_size=1, max_size=60, unique=True), NAMES, st.integers(1, 30))
def test_the_index_finds_what_looking_at_every_name_finds(cores, wanted, size):
    assert nearest(segments_of(cores, size=size), wanted) == nearest_by_hand(cores, wanted)


@given(st.lists(NAMES, min_size=1, max_size=20, unique=True), NAMES)
def test_scoring_many_is_scoring_each(names, wanted):
    by_hand = {name: likeness(name, wanted) for name in names}
    by_hand = {name: score for name, score in by_hand.items() if score >= NEAR_MISS_SCORE}
    assert likenesses(names, wanted) == by_hand


@given(st.text("abcdefgh", min_size=5, max_size=30), st.data())
def test_a_name_with_a_fifth_of_its_letters_edited_is_a_candidate(name, data):
    letters = list(name)
    for _ in range(len(grams_of(name)) // 5):
        at = data.draw(st.integers(0, len(letters) - 1))
        letters[at : at + data.draw(st.integers(0, 1))] = data.draw(st.sampled_from(["", "x"]))
        letters = letters or ["x"]
    edited = "".join(letters)
    if len(grams_of(edited)) >= len(grams_of(name)):
        assert nearest(segments_of([edited]), name) == [0]


def test_what_is_stored_is_what_was_made(ledger, monkeypatch):
    monkeypatch.setattr(name_likeness, "SEGMENT_NAMES", 3)
    cores = ["bright harbour", "brightharbor", "nordlicht", "sensorgrid", "sense grid", "harbour", "grid", "brightness"]
    store_segments(ledger, "S", segments_of(cores, size=3))
    for wanted in ("bright harbour", "sensegrid", "zzz"):
        assert nearest(stored_segments(ledger, "S", wanted), wanted) == nearest_by_hand(cores, wanted)


def test_of_too_many_the_most_alike_are_scored():
    cores = sorted({f"harbour {a}{b}" for a in "abcdefghijklmnopqrstuvwxyz" for b in "abcdefghijklmnop"} | {"harbour"})
    found = nearest(segments_of(cores), "harbour")
    assert len(found) == MAX_CANDIDATES
    assert cores[found[0]] == "harbour"
    assert found == nearest_by_hand(cores, "harbour")


def test_both_sides_of_the_score():
    assert likeness("sensorgrid", "sensegrid") >= NEAR_MISS_SCORE
    assert likeness("sensorgrid", "senseglass") < NEAR_MISS_SCORE
    assert likeness("sensegridlabs", "sensegrid") == 99.0
    assert likeness("sensegrid", "sensegrid") == 100.0
    assert fuzz.partial_ratio("grid", "sensegrid") == 100
    assert likeness("grid", "sensegrid") < NEAR_MISS_SCORE  # too short to be a part


@pytest.mark.parametrize("name", ["merrow", "tate merrow", "merrow tate advisory", "merrow tate" * 40 + "s"])
def test_what_is_no_equal_name_is_no_hundred(name):
    wanted = "merrow tate" * 40 if len(name) > 100 else "merrow tate"
    assert NEAR_MISS_SCORE <= likeness(name, wanted) <= 99.0
    assert likenesses([name, wanted], wanted) == {name: likeness(name, wanted), wanted: 100.0}


def test_an_empty_name_is_alike_nothing():
    assert nearest(segments_of(["harbour"]), "") == []
    assert likenesses([], "harbour") == {}
    assert np.array_equal(list(segments_of([])), [])
