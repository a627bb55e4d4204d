"""Cases, letters and replies against their events and the log: a whole story fits, and each thing that is changed in it is named.

Tests: partnerproof/safekeeping/case_events.py.
"""

from __future__ import annotations

import pytest

from casebook.cases.decisions import Verdict, assign, comment_on, decide, put_off, undo
from casebook.cases.decisions import approve as approve_decision
from casebook.cases.follow_up import Reply, end_follow_up, store_reply
from casebook.web.access.accounts import list_accounts, log_account
from casebook.web.application_context import ApplicationContext
from ledger.proof.verifier import BROKEN, NOT_CHECKED
from ledger.vocabulary import CaseState, ReplyKind
from partnerproof.safekeeping.case_events import CaseCheck
from tests.casebook.cases.test_letters import TODAY, approve, change, order, send, write
from tests.casebook.web.contexts import case_of, confirm, make_context


@pytest.fixture
def context(tmp_path) -> ApplicationContext:
    return with_accounts(make_context(tmp_path))


def with_accounts(context: ApplicationContext) -> ApplicationContext:
    for account in list_accounts(context.ledger):
        log_account(context.ledger, context.log, account.account)
    return context


def told(context: ApplicationContext, outcome: str = BROKEN) -> list[str]:
    checks = CaseCheck(context.ledger, context.log.entries()).checks()
    return [f"{check.what}: {check.detail}" for check in checks if check.outcome == outcome]


def seen(context: ApplicationContext, domain: str) -> dict[str, str]:
    case = case_of(context, domain)
    return {case.case_id: case.last_event_id}


def tell_a_story(context: ApplicationContext) -> str:
    """Decisions, one undone, one returned; a letter changed, approved twice and sent; a reply; the end. Returns the letter."""
    letter = send(context)
    case = case_of(context, "harbour.example")
    reply = Reply(
        kind=ReplyKind.SAYS_REMOVED, received_on=TODAY, sender="Harbour", words="Gone.", file_name="a.txt", file=b"gone"
    )
    store_reply(context.ledger, context.log, case.case_id, reply, by="reviewer-one")
    confirm(context, "mill.example")
    events = context.ledger.values("SELECT batch_id FROM case_events ORDER BY rowid DESC LIMIT 1")
    undo(context.ledger, context.log, events[0], by="reviewer-one", may_undo_others=False)
    assign(context.ledger, seen(context, "mill.example"), to="reviewer-one", by="approver-one")
    comment_on(context.ledger, case_of(context, "mill.example").case_id, "look", by="reviewer-one")
    put_off(context.ledger, seen(context, "quarry.example"), until="2999-01-01", by="reviewer-one")
    second = write(context, order(contact="info@meadow.example", recipient="Meadow"), domain="meadow.example")
    approve(context, second)
    change(
        context,
        second,
        "About the logo",
        "Please tell us about it by the day named.",
        order(contact="info@meadow.example"),
    )
    end_follow_up(context.ledger, case.case_id, why="settled", by="reviewer-one")
    return letter


def test_a_whole_story_fits(context):
    assert told(context) == []
    tell_a_story(context)
    assert told(context) == []
    assert told(context, NOT_CHECKED) == []


def test_a_second_person_returns_and_approves(tmp_path):
    context = with_accounts(make_context(tmp_path, four_eyes=True))
    for is_approved in (False, True):
        verdict = Verdict(
            state=CaseState.CONFIRMED, reason="ended", comment="", by="reviewer-one", seen=seen(context, "mill.example"),
            needs_approval=lambda _: True,
        )  # fmt: skip
        decide(context.ledger, context.log, verdict)
        case = case_of(context, "mill.example")
        approve_decision(
            context.ledger, context.log, case.case_id, seen=case.last_event_id, by="approver-one", is_approved=is_approved, comment="",
        )  # fmt: skip
    assert told(context) == []
    assert told(context, NOT_CHECKED) == []


@pytest.mark.parametrize(
    ("change_made", "words"),
    [
        ("UPDATE cases SET state = 'authorised' WHERE vendor_domain = 'harbour.example'", "state is authorised, by its events confirmed"),
        ("UPDATE cases SET decided_by = 'approver-two' WHERE vendor_domain = 'harbour.example'", "decided_by is approver-two, by its events reviewer-one"),
        ("UPDATE cases SET decided_at = '2020-01-01T00:00:00Z' WHERE vendor_domain = 'harbour.example'", "decided_at is 2020-01-01T00:00:00Z, by its events "),
        ("UPDATE cases SET reason = 'ended' WHERE vendor_domain = 'harbour.example'", "reason is ended, by its events no-agreement"),
        ("UPDATE cases SET assignee = 'approver-two' WHERE vendor_domain = 'mill.example'", "assignee is approver-two, by its events reviewer-one"),
        ("UPDATE cases SET due_on = NULL WHERE vendor_domain = 'quarry.example'", "due_on is None, by its events 2999-01-01"),
        ("UPDATE cases SET followup = 'verified-removed' WHERE vendor_domain = 'harbour.example'", "followup is verified-removed, by its events closed"),
        ("UPDATE cases SET last_event_id = 'x' WHERE vendor_domain = 'harbour.example'", "last_event_id is x"),
        ("DELETE FROM case_events WHERE event = 'opened'", "has no event that opened it"),
        ("DELETE FROM case_events WHERE event = 'decided'", "the custody log tells of 1 cases by reviewer-one"),
        ("UPDATE case_events SET by = 'approver-two' WHERE event = 'decided'", "decided is by approver-two, and by reviewer-one in the custody log"),
        ("UPDATE case_events SET details = json_set(details, '$.decision', 'authorised') WHERE event = 'decided'", "before letter-written on "),
        ("UPDATE letters SET approved_by = 'approver-two' WHERE state = 'sent'", "approved_by is approver-two, by its events approver-one"),
        ("UPDATE letters SET approved_at = NULL WHERE state = 'sent'", "approved_at is None, by its events "),
        ("UPDATE letters SET sent_on = '2020-01-01' WHERE state = 'sent'", f"sent_on is 2020-01-01, by its events {TODAY}"),
        ("UPDATE letters SET counsel = 'A. Lawyer' WHERE state = 'sent'", "counsel is A. Lawyer, by its events None"),
        ("UPDATE letters SET state = 'approved', approved_by = 'approver-one' WHERE state = 'draft'", "state is approved, by its events draft"),
        ("UPDATE letter_texts SET body = body || ' And pay.'", "and letter-sent was over"),
        ("DELETE FROM letter_texts", "is not there"),
        ("UPDATE case_events SET by = 'approver-two' WHERE event = 'letter-approved'", "letter-approved is by approver-two, and by approver-one in the custody log"),
        ("UPDATE replies SET kind = 'disputes'", "kind is disputes, by its event says-removed"),
        ("UPDATE replies SET file = x'00'", "file is 6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d, by its event "),
        ("DELETE FROM case_events WHERE event = 'replied'", "nobody noted it with this program"),
        ("UPDATE accounts SET role = 'admin' WHERE account = 'reader-one'", "role is admin, and reader in the custody log of "),
        ("UPDATE accounts SET password_hash = 'x' WHERE account = 'admin-one'", "means_sha256 is "),
        ("UPDATE accounts SET is_active = 0 WHERE account = 'admin-one'", "is_active is False, and True in the custody log of "),
        ("UPDATE cases SET state = 'elsewhere' WHERE vendor_domain = 'harbour.example'", "a row holds what this program never writes ('elsewhere' is not"),
        ("UPDATE case_events SET details = '{}' WHERE event = 'decided'", "holds what this program never writes (KeyError: 'reason')"),
        ("DELETE FROM case_events WHERE event LIKE 'letter%'", "nobody wrote it with this program"),
    ],
)  # fmt: skip
def test_what_is_changed_is_named_with_both_values(context, change_made, words):
    tell_a_story(context)
    assert context.ledger.execute(change_made) > 0
    assert words in "\n".join(told(context))


def test_what_only_the_database_tells_of_is_for_a_person(context):
    """A process that was killed between the database and the log leaves the same."""
    tell_a_story(context)
    entries = [entry for entry in context.log.entries() if entry["event"] not in ("decided", "sent")]  # accounts stay
    checks = list(CaseCheck(context.ledger, entries).checks())
    assert [check for check in checks if check.outcome == BROKEN] == []
    left = [check.what for check in checks if check.outcome == NOT_CHECKED]
    assert len([what for what in left if what.startswith("batch")]) == 3 + 1  # harbour, mill and its undoing, meadow
    assert len([what for what in left if what.startswith("letter")]) == 2
    assert len([what for what in left if what.startswith("reply")]) == 1
