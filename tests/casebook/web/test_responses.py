"""What a form gives to its functions, and how a refusal is told to a reviewer."""

from __future__ import annotations

from casebook.cases.decisions import refuse_input
from casebook.web.responses import explain_refusal, filters_of, one_field, with_filters

FORM = {"query": ["evidence=picture&sort=vendor"], "comment": ["first", "second"], "empty": []}


def test_a_field_is_its_first_value_or_empty():
    assert [one_field(FORM, name) for name in ("comment", "empty", "absent")] == ["first", "", ""]


def test_the_filters_of_the_queue_are_carried_along():
    assert filters_of(FORM).facets["evidence"] == "picture"
    assert with_filters("/cases/1", FORM, done="batch") == "/cases/1?evidence=picture&sort=vendor&done=batch"
    assert with_filters("/", {}) == "/"


def test_a_refusal_is_told_in_sentences():
    told = explain_refusal(refuse_input("case", "a case that is not decided", "confirmed"))
    assert (
        told == "Case: what is needed is a case that is not decided. What there is: confirmed. Go back and look again."
    )
