"""A register's contact is an e-mail address, or a name and one, however it is written; anything else is a mistake with its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.register.grant_contacts import read_contact
from casebook.register.recorded_search import ask_register
from casebook.register.register_changes import diff_register
from casebook.register.search_terms import SearchQuery
from ledger.errors import BadInputError


@pytest.mark.parametrize(
    ("written", "contact"),
    [
        ("ann@vendor.example", "ann@vendor.example"),
        ("mailto:ann@vendor.example", "ann@vendor.example"),
        ("Ann Example <ann@vendor.example>", "Ann Example <ann@vendor.example>"),
        ("Ann Example, ann@vendor.example", "Ann Example <ann@vendor.example>"),
        ("ann@vendor.example (Ann Example)", "Ann Example <ann@vendor.example>"),
        ("Ann Example: ann@vendor.example;", "Ann Example <ann@vendor.example>"),
        ("张伟 zhang@vendor.example", "张伟 <zhang@vendor.example>"),
        ("mailto:ann@vendor.example?subject=Partners", "ann@vendor.example"),
        ("\u202eAnn\x1b[31m\x00 <ann@vendor.example>", "Ann[31m <ann@vendor.example>"),
        ("Ann Example", None),
        ("ann@", None),
        ("ann@vendor", None),
        ("a@vendor.example, b@vendor.example", None),
        ("+44 20 7946 0000", None),
        ("A" * 300 + " a@vendor.example", None),
    ],
)
def test_an_address_with_or_without_a_name_is_read(written, contact):
    assert read_contact(written) == contact


@given(st.text(max_size=400))
def test_whatever_is_written_a_contact_has_one_address(text):
    contact = read_contact(text)
    assert contact is None or contact.count("@") >= 1


@pytest.mark.parametrize("heading", ["contact", "Contact", "E-Mail", "Ansprechpartner", "联系人"])
def test_other_headings_are_understood(ledger, register, heading):
    register(f"company,domain,valid_from,{heading}\nHarbour Ltd,harbour.example,2018-01-01,Ann <ann@harbour.example>\n")
    assert ledger.values("SELECT contact FROM grants") == ["Ann <ann@harbour.example>"]


def test_nothing_is_nobody_and_a_name_alone_is_a_mistake_with_its_place(ledger, register):
    register("company,valid_from,contact\nHarbour Ltd,2018-01-01,\nMill Ltd,2018-01-01,n/a\n")
    assert ledger.values("SELECT contact FROM grants") == [None, None]
    with pytest.raises(BadInputError, match=r"line 2, contact: expected an e-mail address, or a name and one"):
        register("company,valid_from,contact\nHarbour Ltd,2018-01-01,Ann Example\n")


def test_another_contact_is_a_change_of_the_register(ledger, register):
    for contact in ("ann@harbour.example", "ben@harbour.example"):
        register(f"company,valid_from,contact\nHarbour Ltd,2018-01-01,{contact}\n")
    (change,) = diff_register(ledger, "acme", "partners").changed
    assert change.fields == {"contact": ("ann@harbour.example", "ben@harbour.example")}


def test_no_search_has_it_in_its_record(ledger, register):
    register("company,domain,valid_from,contact\nHarbour Ltd,harbour.example,2018-01-01,ann@harbour.example\nHarbor Ltd,,2018-01-01,ben@harbour.example\n")  # fmt: skip
    query = SearchQuery(names=("Harbour",), domains=("harbour.example",), group=())
    record = ask_register(ledger, "acme", query, "2021-05-01")
    assert record.hits
    assert "@" not in repr(record)
