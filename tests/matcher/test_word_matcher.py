"""Brands recognised by the words in an image, from a folder of logos.

Tests: matcher/word_matcher.py, matcher/lettering/folder_names.py.
"""

from __future__ import annotations

import pytest

from ledger.errors import BadInputError
from ledger.vocabulary import MatchStrength
from matcher.decoding.refusals import Refusal
from matcher.lettering.folder_names import read_folder_names
from matcher.word_matcher import WordMatcher
from tests.conftest import png
from tests.matcher.drawings import draw_mark, lettered


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "red-harbour").mkdir()
    (tmp_path / "red-harbour" / "mark.png").write_bytes(png(draw_mark("rh")))
    (tmp_path / "kestrova").mkdir()
    (tmp_path / "kestrova" / "brand.toml").write_text('name = "Kestrova"\naliases = ["KV Net"]\n', encoding="utf-8")
    (tmp_path / "ombra.png").write_bytes(png(draw_mark("ombra")))
    (tmp_path / "notes.txt").write_text("no brand")
    return tmp_path


def test_brands_are_named_by_their_entry_else_by_their_folder_or_file(folder):
    names = [(name.brand, name.text) for name in read_folder_names(folder)]
    assert names == [
        ("kestrova", "Kestrova"),
        ("kestrova", "KV Net"),
        ("ombra", "Ombra"),
        ("red-harbour", "Red Harbour"),
    ]
    assert [name.text for name in read_folder_names(folder / "kestrova")] == ["Kestrova", "KV Net"]


def test_a_broken_entry_is_told(folder):
    (folder / "kestrova" / "brand.toml").write_text("name = 3\n")
    with pytest.raises(BadInputError, match=r"kestrova/brand\.toml"):
        read_folder_names(folder)


def test_a_drawing_that_no_set_has_is_found_by_its_words(folder):
    matcher = WordMatcher.from_directory(folder)
    (match,) = matcher.match(png(lettered("RED HARBOUR", "Silver Partner", size=(420, 150))))
    assert (match.naming.brand, match.beside.tier, match.strength) == ("red-harbour", "Silver", MatchStrength.MATCH)
    (doubted,) = matcher.match(png(lettered("RED HARBOUR", "DENTAL", size=(420, 150))))
    assert doubted.strength is MatchStrength.PERHAPS
    assert matcher.match(png(lettered("HALSTEAD"))) == ()
    assert isinstance(matcher.match(b"no picture"), Refusal)
