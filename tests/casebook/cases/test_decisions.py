"""Who counts as a second person. What decisions do is tested by tests/casebook/web/test_review.py."""

from __future__ import annotations

import pytest

from casebook.cases.decisions import is_same_person


@pytest.mark.parametrize(
    ("account", "other", "is_same"),
    [
        ("ann", "ann", True), ("ann", "bob", False), ("ann", "ann (id.acme.example)", True), ("ann", "Ann@acme.example (id.acme.example)", True),
        ("ann", "ann 2 (id.acme.example)", True), ("ann (id.acme.example)", "ann 2 (id.acme.example)", False), ("ann", "anna (id.acme.example)", False),
        ("ann@acme.example (id.acme.example)", "ann@other.example (id.acme.example)", False), ("ann (id.acme.example)", "ann (id.acme.example)", True),
    ],
)  # fmt: skip
def test_an_own_account_and_a_companys_of_the_same_name_count_as_one_person(account, other, is_same):
    assert is_same_person(account, other) is is_same
    assert is_same_person(other, account) is is_same
