"""Verdicts become cases: opened, brought up to date, opened again when what a decision rests on changes, closed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from casebook.cases.cases import Synced, find_cases, read_cases, sync_cases
from casebook.dossier.case_story import read_events
from casebook.register.imports import import_register
from casebook.verdicts.affected import judge_affected
from casebook.verdicts.claims import find_claims
from casebook.verdicts.judge import Judge
from ledger.database import Ledger, columns_of
from ledger.records import Case
from ledger.typed_texts import CaseId
from ledger.vocabulary import CaseEvent, CaseState, VerdictKind
from tests.casebook.ledgers import ACME, Read, Said, add_brand, add_visit
from tests.new_ledger import new_ledger

HEAD = "company,domain,relation,valid_from\nKnown,known.example,partner,2010-01-01\n"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path / "partnerproof.db") as ledger:
        add_brand(ledger)
        _register(ledger, tmp_path, HEAD)
        for domain in ("known.example", "mill.example"):
            _visit(ledger, "2026-01-02", Read(images=[ACME]), domain=domain)
        yield ledger


def _register(ledger: Ledger, folder: Path, text: str) -> None:
    (folder / "register.csv").write_text(text)
    import_register(ledger, "acme", folder / "register.csv")


def _visit(ledger: Ledger, day: str, page: Read, *, domain: str = "mill.example") -> None:
    Judge(ledger).judge(find_claims(ledger, ["acme"], visit_ids=[add_visit(ledger, day, [page], domain=domain)]))


def _case(ledger: Ledger) -> Case:
    (case,) = ledger.select(Case, f"SELECT {columns_of(Case)} FROM cases")
    return case


def test_what_is_plainly_allowed_opens_no_case_and_again_changes_nothing(ledger):
    assert sync_cases(ledger) == Synced(opened=1, reopened=0, closed=0)
    case = _case(ledger)
    assert (case.vendor_domain, case.verdict, case.state) == (
        "mill.example",
        VerdictKind.NO_AUTHORISATION,
        CaseState.OPEN,
    )
    assert (case.score, case.unlikeness, case.seriousness) == (1.0, 0.0, 0)
    assert sync_cases(ledger) == Synced(opened=0, reopened=0, closed=0)
    assert _case(ledger) == case
    assert [event.event for event in read_events(ledger, case.case_id)] == [CaseEvent.OPENED]
    assert read_events(ledger, case.case_id)[0].details == {"verdict": "no-authorisation"}


def test_a_decided_case_opens_again_when_a_sentence_is_new(ledger):
    sync_cases(ledger)
    case = _case(ledger)
    ledger.update(Case, {"state": CaseState.NOT_A_CLAIM, "decided_by": "ann"}, case_id=case.case_id)
    _visit(ledger, "2026-02-02", Read(images=[ACME]))
    assert sync_cases(ledger) == Synced(opened=0, reopened=0, closed=0), "seen again, and nothing else"
    _visit(ledger, "2026-03-02", Read(images=[ACME], sentences=[Said(text="Acme partner")]))
    assert sync_cases(ledger) == Synced(opened=0, reopened=1, closed=0)
    case = _case(ledger)
    assert (case.state, case.decided_by, case.last_seen) == (CaseState.OPEN, None, "2026-03-02T10:00:00Z")
    changed = read_events(ledger, case.case_id)[-1]
    assert (changed.event, changed.before["state"]) == (CaseEvent.CHANGED, "not-a-claim")


def test_a_case_is_closed_when_its_claim_is_allowed_by_now(ledger, tmp_path):
    sync_cases(ledger)
    _register(ledger, tmp_path, HEAD + "Mill,mill.example,partner,2010-01-01\n")
    judge_affected(ledger, ["acme"])
    assert sync_cases(ledger) == Synced(opened=0, reopened=0, closed=1)
    assert _case(ledger).state is CaseState.CLOSED


def test_a_case_without_evidence_is_closed_unless_somebody_decided(ledger):
    sync_cases(ledger)
    ledger.execute("DELETE FROM claim_evidence")
    assert sync_cases(ledger).closed == 1
    assert read_events(ledger, _case(ledger).case_id)[-1].details == {"why": "the claim has no evidence any more"}
    ledger.update(Case, {"state": CaseState.CONFIRMED}, case_id=_case(ledger).case_id)
    assert sync_cases(ledger).closed == 0


def test_a_case_is_found_by_its_vendor_and_by_what_its_pages_say(ledger):
    sync_cases(ledger)

    def matches(words: str) -> int:
        return int(ledger.value("SELECT count(*) FROM case_search WHERE case_search MATCH ?", [words]))

    assert (matches("mill"), matches("treasure")) == (1, 0)
    _visit(ledger, "2026-03-02", Read(images=[ACME], sentences=[Said(text="Acme partner and treasure")]))
    sync_cases(ledger)
    assert (matches("mill"), matches("treasure")) == (1, 1)


def test_cases_come_in_the_order_asked_for_and_those_that_are_gone_are_left_out(ledger):
    _visit(ledger, "2026-01-02", Read(images=[ACME]), domain="quarry.example")
    sync_cases(ledger)
    first, second = ledger.values("SELECT case_id FROM cases ORDER BY case_id")
    gone = CaseId("0" * 26)
    assert [case.case_id for case in read_cases(ledger, [second, gone, first])] == [second, first]
    assert [case.case_id for case in find_cases(ledger, [second, gone, first, first])] == [first, second]
