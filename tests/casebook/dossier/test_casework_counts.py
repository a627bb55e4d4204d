"""How much of the casework is done, in one number each."""

from __future__ import annotations

from casebook.dossier.casework_counts import STATE_WORDS, count_casework, read_case_standings
from ledger.vocabulary import UNDECIDED, CaseState
from tests.casebook.web.contexts import case_of, confirm, make_context, write_approved_letter


def test_nothing_is_begun_while_all_cases_wait(tmp_path):
    counts = count_casework(make_context(tmp_path).ledger)
    assert (counts.cases, counts.undecided, counts.is_begun) == (4, 4, False)
    assert (counts.follow_up.letters, counts.follow_up.last_sent_on) == (0, None)


def test_decisions_letters_replies_and_removals_are_counted(tmp_path):
    context = make_context(tmp_path)
    write_approved_letter(context, "meadow.example")
    confirm(context, "mill.example")
    ledger = context.ledger
    ledger.execute("UPDATE cases SET removed_on = '2026-03-01' WHERE vendor_domain = 'mill.example'")
    ledger.execute("UPDATE cases SET state = 'false-match' WHERE vendor_domain = 'quarry.example'")
    counts = count_casework(ledger)
    assert (counts.undecided, counts.decided, counts.is_begun) == (1, {"confirmed": 2, "false-match": 1}, True)
    follow_up = counts.follow_up
    assert (follow_up.letters, follow_up.replies, follow_up.disputed, follow_up.removals) == (1, 1, 1, 1)
    assert count_casework(ledger, "another").cases == 0
    standings = read_case_standings(ledger)
    assert standings[case_of(context, "mill.example").claim_id].removed_on == "2026-03-01"
    assert [standings[case_of(context, f"{name}.example").claim_id].is_settled_otherwise for name in ("harbour", "mill", "quarry")] == [False, False, True]  # fmt: skip


def test_every_state_of_a_decided_case_has_words():
    assert STATE_WORDS.keys() | UNDECIDED == set(CaseState)
