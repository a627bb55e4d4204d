"""Every kind of verdict has its meaning, its colour on pages, and one place in the order."""

from __future__ import annotations

from pathlib import Path

from ledger.verdict_kinds import MEANINGS, NOTHING_ALLOWS, PLAINLY_ALLOWED, SERIOUSNESS
from ledger.vocabulary import VerdictKind

ROOT = Path(__file__).parents[2]


def test_every_kind_has_a_meaning_and_a_place():
    assert set(MEANINGS) == set(VerdictKind)
    assert len(SERIOUSNESS) == len(VerdictKind)
    assert not NOTHING_ALLOWS & set(PLAINLY_ALLOWED)
    assert set(SERIOUSNESS[: len(NOTHING_ALLOWS)]) == NOTHING_ALLOWS


def test_every_sentence_can_be_filled():
    for meaning in MEANINGS.values():
        sentence = meaning.sentence.format(shows="shows", vendor="Vendor", brand="Acme", relation="partner")
        assert sentence.startswith("Vendor ")
        assert sentence.endswith(".")


def test_every_accusation_has_a_colour_in_the_terminal_and_on_pages():
    css = (ROOT / "casebook" / "files" / "styles" / "components.css").read_text(encoding="utf-8")
    for kind in NOTHING_ALLOWS:
        assert MEANINGS[kind].colour
        assert f".{kind}" in css
