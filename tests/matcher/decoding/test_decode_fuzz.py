"""Images changed at random give a Picture or a Refusal; bench/fuzz_decode.py does the same for as long as one likes."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.fuzz_decode import change, fuzz, make_seeds, mend_png
from matcher import Refusal
from matcher.decoding.decode import Picture, decode_image

SEEDS = make_seeds()


@pytest.mark.parametrize("name", list(SEEDS))
def test_every_seed_is_a_picture(name: str) -> None:
    assert isinstance(decode_image(SEEDS[name]), Picture)


def test_mending_a_sound_png_changes_nothing() -> None:
    assert mend_png(SEEDS["png"]) == SEEDS["png"]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(SEEDS)), st.sampled_from(sorted(SEEDS)), st.randoms(use_true_random=False))
def test_changed_images_never_raise(name: str, other: str, chance: random.Random) -> None:
    content = change(SEEDS[name], SEEDS[other], chance)
    assert isinstance(decode_image(mend_png(content) if name.endswith("png") else content), Picture | Refusal)


def test_a_run_counts_every_input() -> None:
    outcomes = fuzz(0.3, 1, lambda _content, what: pytest.fail(what))
    assert set(outcomes) == set(SEEDS)
    assert sum(counts.total() for counts in outcomes.values()) > 0
