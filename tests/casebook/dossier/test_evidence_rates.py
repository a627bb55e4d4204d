"""What is said of how far a kind of evidence can be trusted."""

from __future__ import annotations

import tomllib

import pytest

from casebook.dossier.evidence_rates import describe_all_rates, describe_rate, tell_share, upper_bound
from ledger.shipped import shipped_data
from ledger.vocabulary import Evidence


def test_a_rate_is_told_of_the_kinds_without_sentences():
    told = describe_rate("picture,name,text", is_doubted=False)
    assert told == describe_rate("picture,name", is_doubted=False)
    assert told is not None
    assert "labelled images with such evidence, 29 showed the brand: wrong in under 9.9 % of such images" in told


def test_what_leaves_a_doubt_has_a_rate_of_its_own():
    told = describe_rate("name", is_doubted=True)
    assert told is not None
    assert told.startswith("of 13 labelled images with such evidence, 12 showed the brand: wrong in under 32 %")


def test_nothing_is_told_where_nothing_was_measured():
    assert describe_rate("text", is_doubted=False) is None
    assert describe_rate(None, is_doubted=False) is None
    assert describe_rate("picture", is_doubted=True) is None


def test_all_rates_are_told_in_one_sentence_with_doubted_evidence_apart():
    told = describe_all_rates()
    assert told.startswith(
        "Of 103 labelled images with evidence that leaves no doubt, 103 showed the brand: wrong in under 2.9 %"
    )
    assert "; of 13 with evidence that leaves a doubt, 12 did." in told


def test_the_file_speaks_the_vocabulary():
    rates = tomllib.loads(shipped_data("evidence_rates.toml").read_text(encoding="utf-8"))["right-wrong"]
    for kinds in rates:
        assert set(kinds.removesuffix(" doubted").split(",")) <= set(Evidence)


def test_a_rate_of_none_has_a_bound():
    assert [tell_share(upper_bound(0, of)) for of in (23_370, 19, 1)] == ["0.013 %", "15 %", "95 %"]
    assert upper_bound(5, 5) == 1.0
    for of in (10, 100, 1_000):  # with such a rate, none is seen in one of twenty
        assert (1 - upper_bound(0, of)) ** of == pytest.approx(0.05)
