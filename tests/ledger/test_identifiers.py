"""Identifiers decide, so a slip of the pen is refused and nothing is taken for one that others could share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.identifiers import check_digits, is_lei, normal_identifier

STEM = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=18, max_size=18)


@given(STEM, st.integers(0, 19), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))
def test_the_check_digits_find_one_wrong_character(stem, at, other):
    lei = stem + check_digits(stem)
    assert is_lei(lei)
    wrong = lei[:at] + other + lei[at + 1 :]
    if other != lei[at] and other.isdigit() == lei[at].isdigit():  # a letter taken for a digit may slip through
        assert not is_lei(wrong)


def test_the_check_digits_are_those_of_iso_7064():
    stem = "0000FICTIVE0000001"
    number = int("".join(str(int(character, 36)) for character in stem + "00"))
    assert check_digits(stem) == f"{98 - number % 97:02d}"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("gb: 0123 4567", "GB:01234567"),
        ("DE-HRB:98 765 B", "DE HRB:98765B"),
        ("RA000585:01234567", "RA000585:01234567"),
    ],
)
def test_registration_numbers_keep_who_issued_them(text, normal):
    assert normal_identifier(text) == normal


def test_an_lei_is_read_with_spaces_and_its_name():
    lei = "0000FICTIVE0000001" + check_digits("0000FICTIVE0000001")
    assert normal_identifier(f"LEI: {lei[:4].lower()} {lei[4:]}") == lei


@pytest.mark.parametrize(
    "text", ["", "12345678", "HRB 98765", "GB:", "GB:none", "0000FICTIVE000000199", "x" * 81, ":123"]
)
def test_what_others_could_share_is_no_identifier(text):
    with pytest.raises(ValueError, match=r"it |number|digits"):
        normal_identifier(text)
