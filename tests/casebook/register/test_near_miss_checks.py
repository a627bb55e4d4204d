"""A person looks at near misses and refuses them: who, when and why is kept, stands on the certificate, and can be taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from casebook.register.certificate import MAX_NEAR_MISSES, read_certificate, write_certificate
from casebook.register.near_miss_checks import check_near_misses, read_checks
from casebook.register.recorded_search import ask_again, ask_register
from casebook.register.search_terms import SearchQuery
from ledger.errors import BadInputError
from ledger.proof.custody import CustodyLog
from ledger.records import Search
from ledger.vocabulary import NearMissEvent

DAY = "2021-05-01"
REGISTER = """company,domain,valid_from,valid_until
Bright Harbour Ltd,harbour.example,2018-01-01,
SensorGrid Ltd,sensorgrid.example,2018-01-01,
SenseGrit Ltd,sensegrit.example,2018-01-01,
"""


@pytest.fixture
def log(tmp_path) -> CustodyLog:
    return CustodyLog(tmp_path / "custody.jsonl")


@pytest.fixture
def search(ledger, register) -> Search:
    register(REGISTER)
    query = SearchQuery(names=("SenseGrid",), domains=(), group=())
    record = ask_register(ledger, "acme", query, DAY)
    assert len(record.near_misses) == 2
    return record


def text_of(ledger, search, tmp_path) -> str:
    write_certificate(ledger, search, tmp_path / "c.html")
    return " ".join(BeautifulSoup((tmp_path / "c.html").read_text(encoding="utf-8"), "lxml").get_text(" ").split())


def test_who_looked_when_and_why_stands_on_the_certificate(ledger, log, search, tmp_path):
    assert "nobody has looked at them" in text_of(ledger, search, tmp_path)
    (check,) = check_near_misses(ledger, log, search.search_id, [1], why="makers of sensors", by="Ann Example")
    text = text_of(ledger, search, tmp_path)
    assert f"Ann Example , {check.decided_at[:10]}: makers of sensors" in text
    assert "A person has looked at 1 of 2" in text
    check_near_misses(ledger, log, search.search_id, [2], why="a mill", by="Ann Example")
    assert "A person has looked at all of them" in text_of(ledger, search, tmp_path)
    assert [entry["details"]["near_miss"] for entry in log.entries()] == [1, 2]
    assert {entry["by"] for entry in log.entries()} == {"Ann Example"}


def test_the_record_of_the_search_stays_as_it_was(ledger, log, search):
    check_near_misses(ledger, log, search.search_id, [1, 2], why="others", by="Ann")
    assert ask_again(ledger, search.search_id).differing == ()


def test_it_is_taken_back_by_another_row(ledger, log, search):
    check_near_misses(ledger, log, search.search_id, [1, 2], why="others", by="Ann")
    check_near_misses(ledger, log, search.search_id, [1], why="it may be", by="Ben", event=NearMissEvent.WITHDRAWN)
    assert list(read_checks(ledger, search.search_id)) == [2]
    assert ledger.value("SELECT count(*) FROM near_miss_checks") == 3
    assert read_certificate(ledger, search).checked_near_misses == 1


@pytest.mark.parametrize(
    ("numbers", "why", "by", "event", "told"),
    [
        ([3], "w", "a", NearMissEvent.REFUSED, "a number from 1 to 2"),
        ([0], "w", "a", NearMissEvent.REFUSED, "a number from 1 to 2"),
        ([1], " ", "a", NearMissEvent.REFUSED, "a reason"),
        ([1], "w", " ", NearMissEvent.REFUSED, "a name"),
        ([1], "w", "a", NearMissEvent.WITHDRAWN, "that somebody refused"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_stored(ledger, log, search, numbers, why, by, event, told):
    with pytest.raises(BadInputError, match=told):
        check_near_misses(ledger, log, search.search_id, numbers, why=why, by=by, event=event)
    assert read_checks(ledger, search.search_id) == {}
    with pytest.raises(BadInputError, match="the id of a search"):
        check_near_misses(ledger, log, "none", [1], why="w", by="a")


def test_a_search_without_near_misses_has_none_to_refuse(ledger, log, register):
    register("company,valid_from\nBright Harbour Ltd,2018-01-01\n")
    record = ask_register(ledger, "acme", SearchQuery(names=("Quarry",), domains=(), group=()), DAY)
    with pytest.raises(BadInputError, match="this search has no near miss"):
        check_near_misses(ledger, log, record.search_id, [1], why="w", by="a")


def test_what_a_person_wrote_stays_text(ledger, log, search, tmp_path):
    hostile = "<script>alert(1)</script>"
    check_near_misses(ledger, log, search.search_id, [1], why=hostile, by=hostile)
    write_certificate(ledger, search, tmp_path / "c.html")
    assert hostile not in (tmp_path / "c.html").read_text(encoding="utf-8")


def test_what_does_not_fit_is_counted_too(ledger, log, register):
    lines = "".join(f"SenseGri{letter} Ltd,{letter}.example,2018-01-01,\n" for letter in "abcefghij")
    register("company,domain,valid_from,valid_until\n" + lines)
    record = ask_register(ledger, "acme", replace(SearchQuery(names=("SenseGrid",), domains=(), group=())), DAY)
    assert len(record.near_misses) > MAX_NEAR_MISSES
    check_near_misses(ledger, log, record.search_id, [len(record.near_misses)], why="w", by="a")
    assert read_certificate(ledger, record).checked_near_misses == 1
