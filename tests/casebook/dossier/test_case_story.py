"""The dossier tells what people did: decisions, letters as sent, replies that speak for the vendor too, and each look since."""

from __future__ import annotations

import dataclasses

import pytest

from casebook.cases.decisions import comment_on
from casebook.cases.follow_up import Reply, store_reply
from casebook.dossier.case_story import LEFT_OUT, read_case_story
from casebook.dossier.dossier import read_dossier
from casebook.dossier.findings import read_finding
from casebook.dossier.report import Pages
from casebook.web.application_context import ApplicationContext
from ledger.records import RemovalCheck
from ledger.vocabulary import RemovalOutcome, ReplyKind
from tests.casebook.ledgers import rows_of
from tests.casebook.web.contexts import HOSTILE, case_of, confirm, make_context, write_approved_letter


@pytest.fixture
def context(tmp_path) -> ApplicationContext:
    return make_context(tmp_path)


def page_of(context: ApplicationContext, claim_id: str) -> str:
    finding = read_finding(context.ledger, claim_id)
    dossier = read_dossier(context.ledger, context.warc_dir, finding, with_pictures=False)
    return Pages().render("dossier.html", d=dossier, finding=finding, witnesses=(), is_alone=False)


def test_what_speaks_for_the_vendor_stands_in_the_dossier(context):
    write_approved_letter(context, "meadow.example")
    case = case_of(context, "meadow.example")
    disputed = Reply(kind=ReplyKind.DISPUTES, received_on="2026-02-01", sender="Meadow", words="We do have a contract.")
    store_reply(context.ledger, context.log, case.case_id, disputed, by="reviewer-one")
    comment_on(context.ledger, case.case_id, "Between us: a weak one.", by="reviewer-one")
    visit = rows_of(context.ledger, "SELECT visit_id FROM visits LIMIT 1")[0]["visit_id"]
    looked = {"url": "https://meadow.example/partners", "outcome": "gone", "why": "it is not there any more"}
    check = RemovalCheck(check_id="c", case_id=case.case_id, visit_id=visit, looked_at="2026-03-01T10:00:00Z", outcome=RemovalOutcome.GONE, pages=(looked,), checked_at="2026-03-01T10:00:00Z")  # fmt: skip
    context.ledger.add([check])
    page = page_of(context, case.claim_id)
    assert "We do have a contract." in page
    assert "We write on behalf of Acme" in page
    assert "it is not there any more" in page
    assert "decided: confirmed" in page
    assert "Between us" not in page, "comments of reviewers are their own"
    assert HOSTILE not in page


def test_a_draft_that_was_never_sent_is_not_told(context):
    from tests.casebook.cases.test_letters import order, write

    write(context, order(), domain="harbour.example")
    story = read_case_story(context.ledger, case_of(context, "harbour.example").claim_id)
    assert story is not None
    assert story.letters == ()


def test_a_redacted_copy_tells_that_letters_were_and_not_their_words(context):
    write_approved_letter(context, "meadow.example")
    story = read_case_story(context.ledger, case_of(context, "meadow.example").claim_id)
    assert story is not None
    (letter,) = story.without_words().letters
    assert {letter.recipient, letter.contact, letter.subject, letter.body} == {LEFT_OUT}
    (reply,) = story.without_words().replies
    assert (reply.sender, reply.words, reply.file_name) == (LEFT_OUT, LEFT_OUT, None)
    assert dataclasses.replace(letter, recipient="", contact="", subject="", body="").sent_on == letter.sent_on


def test_a_claim_without_a_case_has_no_story(context):
    confirm(context, "harbour.example")
    known = context.ledger.value("SELECT claim_id FROM v_findings WHERE vendor_domain = 'known.example'")
    assert read_case_story(context.ledger, known) is None


def test_after_a_proven_removal_the_title_tells_the_past(context):
    case = confirm(context, "harbour.example")
    assert "Harbour shows itself as partner of Acme" in page_of(context, case.claim_id)
    context.ledger.execute("UPDATE cases SET removed_on = '2026-03-01' WHERE case_id = ?", [case.case_id])
    page = page_of(context, case.claim_id)
    assert (
        'Harbour showed itself as partner of Acme; there is no authorisation on record. Gone since <time datetime="2026-03-01" title="2026-03-01">1 March 2026</time>.'
        in page
    )
