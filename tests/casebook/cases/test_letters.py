"""Letters and what follows: gates, approval, partners who are never written to, files, replies, deadlines.

Tests: casebook/cases/letters.py, casebook/cases/letter_grounds.py, casebook/cases/stored_letters.py, casebook/cases/letter_files.py,
casebook/cases/enclosure.py, casebook/cases/follow_up.py, casebook/files/pdf.py.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
import sqlite3
from contextlib import nullcontext
from pathlib import Path

import pytest
from docx import Document

from casebook.cases.cases import sync_cases
from casebook.cases.decisions import undo
from casebook.cases.follow_up import Reply, end_follow_up, escalate, note_deadlines, store_reply
from casebook.cases.letter_facts import Sender
from casebook.cases.letter_files import export_letter
from casebook.cases.letter_text import Filled
from casebook.cases.letters import (
    LetterOrder,
    approve_letter,
    change_letter,
    drop_letter,
    mark_sent,
    return_letter,
    write_letter,
)
from casebook.cases.stored_letters import list_letters, require_letter, require_text
from casebook.register.imports import import_register
from casebook.verdicts.judge import Judge
from casebook.web.application_context import ApplicationContext
from ledger.errors import BadInputError, PartnerproofError
from ledger.identity import utc_now
from ledger.vocabulary import LetterState, ReplyKind, Tone
from tests.casebook.ledgers import rows_of
from tests.casebook.web.contexts import HOSTILE, case_of, client, confirm, csrf, make_context

TODAY = utc_now().date().isoformat()
SENDER = Sender(name="Acme's office", email="office@acme.example")


@pytest.fixture
def context(tmp_path) -> ApplicationContext:
    return make_context(tmp_path)


def order(
    tone: Tone = Tone.ENQUIRY,
    *,
    contact: str = "info@harbour.example",
    recipient: str = "Harbour",
    jurisdiction: str = "other",
) -> LetterOrder:
    return LetterOrder(
        tone=tone,
        language="en",
        jurisdiction=jurisdiction,
        recipient=recipient,
        contact=contact,
        contact_source="imprint",
    )


def write(
    context: ApplicationContext,
    what: LetterOrder,
    *,
    by: str = "reviewer-one",
    sender: Sender = SENDER,
    domain: str = "harbour.example",
) -> str:
    case = case_of(context, domain)
    if case.followup is None:
        case = confirm(context, domain)
    return write_letter(context.ledger, context.templates, case, what, sender=sender, answer_days=14, by=by)


def approve(
    context: ApplicationContext, letter: str, *, by: str = "approver-one", is_approver: bool = True, counsel: str = ""
) -> None:
    seen = require_letter(context.ledger, letter).text_id
    approve_letter(context.ledger, context.log, letter, seen=seen, by=by, is_approver=is_approver, counsel=counsel)


def change(
    context: ApplicationContext,
    letter: str,
    subject: str,
    body: str,
    what: LetterOrder,
    *,
    seen: str = "",
    by: str = "reviewer-one",
    answer_by: str = "",
) -> None:
    seen = seen or require_letter(context.ledger, letter).text_id
    filled = Filled(subject=subject, body=body)
    change_letter(context.ledger, context.templates, letter, filled, what, seen=seen, by=by, answer_by=answer_by)


def export(context: ApplicationContext, letter: str, kind: str, *, sender: Sender = SENDER) -> bytes:
    return export_letter(
        context.ledger,
        context.log,
        letter,
        kind,
        warc_dir=context.warc_dir,
        templates=context.templates,
        sender=sender,
        by="reviewer-one",
    ).content


def mark(context: ApplicationContext, letter: str, *, on: str = TODAY, seen: str = "") -> None:
    seen = seen or require_letter(context.ledger, letter).text_id
    mark_sent(context.ledger, context.log, letter, seen=seen, on=on, how="e-mail", by="reviewer-one")


def send(context: ApplicationContext, what: LetterOrder | None = None, *, on: str = TODAY) -> str:
    letter = write(context, what or order())
    approve(context, letter)
    mark(context, letter, on=on)
    return letter


def text_of(context: ApplicationContext, letter: str) -> str:
    return str(require_text(context.ledger, require_letter(context.ledger, letter)).body)


def test_a_letter_tells_what_the_case_shows(context):
    body = text_of(context, write(context, order()))
    assert "https://harbour.example/partners" in body
    assert "We are a partner of 艾克米 Acme." in body
    assert "the official logo of Acme" in body
    assert "2 January 2026" in body


def test_nobody_is_written_to_before_somebody_confirmed(context):
    with pytest.raises(BadInputError, match="confirmed"):
        write_letter(
            context.ledger,
            context.templates,
            case_of(context, "harbour.example"),
            order(),
            sender=SENDER,
            answer_days=14,
            by="a",
        )


@pytest.mark.parametrize(
    "what",
    [
        order(contact="sales@known.example"),
        order(contact="https://www.known.example/contact"),
        order(recipient="Known Ltd."),
        order(contact="Known Ltd\n1 Street", recipient="KNOWN"),
    ],
)
def test_no_letter_is_addressed_to_whom_the_register_has(context, what):
    with pytest.raises(BadInputError, match="register has as a partner"):
        write(context, what)
    assert rows_of(context.ledger, "SELECT * FROM letters") == []
    letter = write(context, order())
    seen = require_letter(context.ledger, letter).text_id
    with pytest.raises(BadInputError, match="register has as a partner"):
        change(context, letter, "s", "b", what, seen=seen, by="reviewer-one")


def test_who_became_a_partner_in_between_gets_no_letter_that_was_approved(context, tmp_path):
    letter = write(context, order())
    approve(context, letter)
    register = tmp_path / "register.csv"
    register.write_text("company,domain,relation,valid_from\nHarbour,harbour.example,partner,2010-01-01\n")
    import_register(context.ledger, "acme", register)
    with pytest.raises(BadInputError, match="register has as a partner"):
        mark(context, letter)


def test_an_enquiry_may_be_approved_by_its_writer_and_a_request_may_not(context):
    approve(context, write(context, order()), by="reviewer-one", is_approver=False)
    letter = write(context, order(Tone.REQUEST))
    with pytest.raises(BadInputError, match="role is approver"):
        approve(context, letter, by="reviewer-two", is_approver=False)
    own = write(context, order(Tone.REQUEST), by="approver-one")
    with pytest.raises(BadInputError, match="wrote no part of it"):
        approve(context, own)
    approve(context, own, by="approver-two")


def test_who_edited_a_letter_can_not_approve_it_though_somebody_else_began_it(context):
    letter = write(context, order(Tone.REQUEST))
    seen = require_letter(context.ledger, letter).text_id
    change(context, letter, "s", "b", order(Tone.REQUEST), seen=seen, by="approver-one")
    with pytest.raises(BadInputError, match="wrote no part of it"):
        approve(context, letter)


def test_a_demand_waits_for_counsel_and_for_what_a_person_has_to_write(context):
    letter = write(context, order(Tone.DEMAND, jurisdiction="GB"))
    with pytest.raises(BadInputError, match="lawyer"):
        approve(context, letter)
    with pytest.raises(BadInputError, match="Still to be written: The rights relied on"):
        approve(context, letter, counsel="A. Counsel")
    seen = require_letter(context.ledger, letter).text_id
    change(context, letter, "s", "All of it.", order(Tone.DEMAND), seen=seen, by="reviewer-one")
    approve(context, letter, counsel="A. Counsel")
    assert require_letter(context.ledger, letter).counsel == "A. Counsel"


def test_an_approved_letter_that_is_edited_is_a_draft_again_and_every_text_is_kept(context):
    letter = write(context, order())
    approve(context, letter)
    seen = require_letter(context.ledger, letter).text_id
    change(context, letter, "s", "other", order(), seen=seen, by="reviewer-one")
    assert require_letter(context.ledger, letter).state == LetterState.DRAFT
    with pytest.raises(BadInputError, match="approved"):
        export(context, letter, "html")
    with pytest.raises(BadInputError, match="in between"):
        change(context, letter, "s", "late", order(), seen=seen, by="reviewer-two")
    assert len(rows_of(context.ledger, "SELECT * FROM letter_texts WHERE letter_id = ?", [letter])) == 2


@pytest.mark.parametrize("refused", ["somebody else saved", "a partner is addressed"])
def test_what_was_typed_into_a_letter_comes_back_when_it_is_not_saved(context, refused):
    letter = write(context, order())
    who = client(context, "approver-one")
    page = who.get(f"/letters/{letter}").text
    seen = require_letter(context.ledger, letter).text_id
    contact = "info@known.example"
    if refused == "somebody else saved":
        contact = "info@harbour.example"
        change(context, letter, "Theirs", "Their words", order(), seen=seen, by="reviewer-one")
    kept = require_letter(context.ledger, letter).text_id
    typed = {
        "recipient": "Harbour",
        "contact": "else",
        "other": contact,
        "subject": "S",
        "body": f"Mine {HOSTILE}\r\n2",
    }
    answer = who.post("/letters/change", data={"csrf": csrf(page), "letter": letter, "seen": seen, **typed})
    assert answer.status_code == 400
    assert "Mine &lt;/td&gt;&lt;script&gt;" in answer.text.split("<textarea", 1)[1]
    assert "Nothing was saved" in answer.text
    assert HOSTILE not in answer.text
    assert require_letter(context.ledger, letter).text_id == kept
    if refused == "somebody else saved":
        assert "Their" in answer.text.split("<textarea", 1)[0], "what is stored stands beside what was typed"


def test_who_rewrites_an_enquiry_can_not_approve_it_alone(context):
    letter = write(context, order())
    change(context, letter, "Your website", "We will sue you.", order())
    assert require_letter(context.ledger, letter).gate == "second-person"
    with pytest.raises(BadInputError, match="role is approver"):
        approve(context, letter, by="reviewer-one", is_approver=False)
    draft = text_of(context, letter)
    assert draft == "We will sue you."
    approve(context, letter)


def test_a_text_that_is_the_programs_again_asks_for_no_second_person(context):
    letter = write(context, order())
    before = require_text(context.ledger, require_letter(context.ledger, letter))
    change(context, letter, "s", "b", order())
    change(context, letter, before.subject, before.body.replace("\n", "\r\n"), order())
    approve(context, letter, by="reviewer-one", is_approver=False)


def test_only_what_is_on_the_screen_is_approved(context):
    letter = write(context, order(Tone.REQUEST))
    who = client(context, "approver-one")
    page = who.get(f"/letters/{letter}").text
    stored = require_letter(context.ledger, letter)
    text = require_text(context.ledger, stored)
    shown = {"recipient": text.recipient, "other": text.contact, "subject": text.subject, "answer_by": stored.answer_by}
    fields = {
        "csrf": csrf(page),
        "letter": letter,
        "seen": stored.text_id,
        "step": "approve",
        "contact": "else",
        **shown,
    }
    answer = who.post("/letters/step", data={**fields, "body": f"{text.body.strip()} And a threat."})
    assert answer.status_code == 400
    assert "<ins> And a threat.</ins>" in answer.text
    assert require_letter(context.ledger, letter) == stored, "nothing was approved, nothing was saved"
    body = text.body.replace("\n", "\r\n")  # as browsers send it
    assert who.post("/letters/step", data={**fields, "body": body}).status_code == 303
    assert require_letter(context.ledger, letter).state == LetterState.APPROVED


def test_approving_is_not_offered_while_something_stands_in_the_way(context):
    letter = write(context, order(Tone.DEMAND))
    page = client(context, "approver-one").get(f"/letters/{letter}").text
    assert "Still to be written: The rights relied on" in page
    assert 'value="approve"' not in page
    change(context, letter, "s", "All of it.", order(Tone.DEMAND))
    assert 'value="approve"' in client(context, "approver-one").get(f"/letters/{letter}").text


def test_a_day_that_has_passed_is_refused(context):
    letter = write(context, order())
    for day in (TODAY, "2026-01-01"):
        with pytest.raises(BadInputError, match="a day to come"):
            change(context, letter, "s", "b", order(), answer_by=day)


def judge_with(context: ApplicationContext, tmp_path: Path, line: str) -> None:
    register = tmp_path / "register.csv"
    register.write_text(f"company,domain,relation,tier,valid_from,valid_until\n{line}\n")
    import_register(context.ledger, "acme", register)
    Judge(context.ledger).judge()
    sync_cases(context.ledger)


def test_a_letter_whose_verdict_has_changed_since_is_not_approved(context, tmp_path):
    letter = write(context, order())
    judge_with(context, tmp_path, "Harbour Ltd,harbour.example,partner,,2010-01-01,2020-01-01")
    with pytest.raises(BadInputError, match="no-authorisation then, lapsed now"):
        approve(context, letter)
    again = write(context, order())
    assert "up to and including 31 December 2019" in text_of(context, again)
    approve(context, again)


def test_nothing_is_asked_of_whom_the_register_allows_it(context, tmp_path):
    confirm(context, "harbour.example")
    judge_with(context, tmp_path, "Harbour Ltd,harbour.example,partner,,2010-01-01,")
    with pytest.raises(BadInputError, match="something is to be asked about"):
        write(context, order(), domain="harbour.example")


def test_a_partner_that_shows_more_than_its_grant_gets_a_correction_and_nothing_else(context, tmp_path):
    confirm(context, "harbour.example")
    judge_with(context, tmp_path, "Harbour Ltd,harbour.example,customer,,2010-01-01,")
    assert case_of(context, "harbour.example").verdict == "exceeds-grant"
    for tone in (Tone.ENQUIRY, Tone.REQUEST, Tone.DEMAND):
        with pytest.raises(BadInputError, match="what the verdict leaves: correction"):
            write(context, order(tone))
    letter = write(context, order(Tone.CORRECTION, recipient="Harbour Ltd"))
    body = text_of(context, letter)
    assert "show Harbour Ltd as a customer of Acme" in body
    assert "- it presents your company as a partner of Acme" in body
    approve(context, letter)
    page = client(context, "reviewer-one").get(f"/cases/{case_of(context, 'harbour.example').case_id}/letter").text
    assert 'value="correction"' in page
    assert 'value="request"' not in page


def test_milder_gates_than_those_of_the_vendors_country_take_an_approver_who_says_why(context):
    context.ledger.execute("UPDATE cases SET country = 'GB' WHERE vendor_domain = 'harbour.example'")
    case = confirm(context, "harbour.example")
    what = order(Tone.REQUEST)

    def draft(reason: str = "", *, is_approver: bool) -> str:
        return write_letter(
            context.ledger, context.templates, case, dataclasses.replace(what, jurisdiction_why=reason), sender=SENDER, answer_days=14,
            by="approver-one", is_approver=is_approver,
        )  # fmt: skip

    with pytest.raises(BadInputError, match="an approver who says why not"):
        draft("It is a branch.", is_approver=False)
    with pytest.raises(BadInputError, match="a reason why"):
        draft(is_approver=True)
    letter = require_letter(context.ledger, draft("The contract is under French law.", is_approver=True))
    assert letter.jurisdiction_why == "The contract is under French law."
    assert letter.gate == "second-person"
    event = context.ledger.value("SELECT details FROM case_events ORDER BY event_id DESC LIMIT 1")
    assert "French law" in event


def test_a_letter_encloses_every_address_with_its_digest_and_the_letterhead(context, logo_png):
    letter = send(context)
    html = export(context, letter, "html", sender=dataclasses.replace(SENDER, letterhead=logo_png)).decode()
    enclosed = html.split('class="enclosure"', 1)[1]
    assert "https://harbour.example/partners" in enclosed
    assert "2 January 2026" in enclosed
    assert 'class="head"><img' in html
    word = Document(io.BytesIO(export(context, letter, "docx")))
    assert "Enclosure" in [paragraph.text for paragraph in word.paragraphs]
    assert export(context, letter, "pdf").startswith(b"%PDF")


def test_a_letter_can_be_returned_with_words_and_dropped(context):
    letter = write(context, order(Tone.REQUEST))
    seen = require_letter(context.ledger, letter).text_id
    with pytest.raises(BadInputError):
        return_letter(context.ledger, letter, seen=seen, by="approver-one", why=" ")
    return_letter(context.ledger, letter, seen=seen, by="approver-one", why="Name the page.")
    drop_letter(context.ledger, letter, seen=require_letter(context.ledger, letter).text_id, by="reviewer-one")
    assert case_of(context, "harbour.example").followup is None
    with pytest.raises(BadInputError):
        mark(context, letter)


def test_only_the_text_that_one_saw_is_noted_as_sent_or_dropped(context):
    letter = write(context, order())
    approve(context, letter)
    old = require_letter(context.ledger, letter).text_id
    change(context, letter, "New", "New", order(), seen=old, by="reviewer-one")
    approve(context, letter)
    with pytest.raises(BadInputError, match="the text that you saw"):
        mark(context, letter, seen=old)
    with pytest.raises(BadInputError, match="the text that you saw"):
        drop_letter(context.ledger, letter, seen=old, by="reviewer-one")
    mark(context, letter)
    assert require_letter(context.ledger, letter).state == LetterState.SENT


def test_days_may_be_those_of_another_time_zone(context):
    day = dt.timedelta(days=1)
    letter = send(context, on=(utc_now().date() - day).isoformat())
    assert require_letter(context.ledger, letter).state == LetterState.SENT
    case_id = case_of(context, "harbour.example").case_id
    for days, is_taken in ((1, True), (2, False)):
        on = (utc_now().date() + days * day).isoformat()
        reply = Reply(kind=ReplyKind.OTHER, received_on=on, sender="H", words="Hello")
        with nullcontext() if is_taken else pytest.raises(BadInputError, match="a day that has come"):
            store_reply(context.ledger, context.log, case_id, reply, by="a")


@pytest.mark.parametrize("on", ["2999-01-01", "1999-01-01", "yesterday", ""])
def test_a_letter_was_sent_on_a_day_that_has_come_since_its_approval(context, on):
    letter = write(context, order())
    approve(context, letter)
    with pytest.raises(BadInputError):
        mark(context, letter, on=on)


def test_files_hold_the_approved_text_and_the_log_knows_their_digests(context):
    letter = write(context, order(recipient=HOSTILE))
    seen = require_letter(context.ledger, letter).text_id
    hostile = f"Dear {HOSTILE}\x07\n\n=cmd()&amp;"
    change(context, letter, HOSTILE, hostile, order(recipient=HOSTILE), seen=seen, by="reviewer-one")
    approve(context, letter)
    html = export(context, letter, "html").decode()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    word = Document(io.BytesIO(export(context, letter, "docx")))
    said = "\n".join(paragraph.text for paragraph in word.paragraphs)
    assert f"Dear {HOSTILE}" in said
    assert "=cmd()&amp;" in said
    approved_at = require_letter(context.ledger, letter).approved_at
    properties, page = word.core_properties, word.sections[0]
    assert {f"{made:%Y-%m-%dT%H:%M:%SZ}" for made in (properties.created, properties.modified)} == {approved_at}
    assert [round(side.mm) for side in (page.page_width, page.page_height)] == [210, 297]
    pdf = export(context, letter, "pdf")
    assert pdf.startswith(b"%PDF")
    events = [entry for entry in context.log.entries() if entry["event"] == "exported"]
    assert [entry["details"]["kind"] for entry in events] == ["html", "docx", "pdf"]
    assert len({entry["details"]["text_sha256"] for entry in events}) == 1


def test_a_letter_of_a_case_shows_in_its_state_and_its_log(context):
    letter = send(context)
    case = case_of(context, "harbour.example")
    assert (case.followup, case.state) == ("sent", "confirmed")
    assert case.answer_by > TODAY
    assert [listed.letter_id for listed in list_letters(context.ledger, case.case_id)] == [letter]
    sent = [entry for entry in context.log.entries() if entry["event"] == "sent"]
    assert sent[0]["details"]["claim"] == case.claim_id


def test_a_draft_hides_no_reply(context):
    send(context)
    case = case_of(context, "harbour.example")
    store_reply(
        context.ledger,
        context.log,
        case.case_id,
        Reply(kind=ReplyKind.DISPUTES, received_on=TODAY, sender="H", words="No."),
        by="a",
    )
    write(context, order(Tone.REQUEST))
    assert case_of(context, "harbour.example").followup == "disputed"


@pytest.mark.parametrize(
    ("kind", "state"), [("acknowledges", "acknowledged"), ("says-removed", "acknowledged"), ("disputes", "disputed"), ("other", "sent")]
)  # fmt: skip
def test_a_reply_is_kept_as_it_came_and_what_it_says_is_not_what_was_seen(context, kind, state):
    send(context)
    case = case_of(context, "harbour.example")
    reply = Reply(
        kind=ReplyKind(kind), received_on=TODAY, sender="H", words="We …", file_name="../a.eml", file=b"\x00raw"
    )
    reply_id = store_reply(context.ledger, context.log, case.case_id, reply, by="reviewer-one")
    assert case_of(context, "harbour.example").followup == state
    assert context.ledger.value("SELECT file FROM replies WHERE reply_id = ?", [reply_id]) == b"\x00raw"


def test_a_file_that_is_too_large_is_refused_with_how_large_one_may_be(context):
    who = client(context, "reviewer-one")
    answer = who.post("/replies", files={"file": ("a.eml", bytes(11_500_000))})
    assert answer.status_code == 413
    assert "a file may have 10 MB" in answer.text


def test_a_reply_without_words_or_letter_is_refused(context):
    case = confirm(context, "harbour.example")
    empty = Reply(kind=ReplyKind.OTHER, received_on=TODAY, sender="H", words=" ")
    with pytest.raises(BadInputError, match="its words"):
        store_reply(context.ledger, context.log, case.case_id, empty, by="a")
    words = Reply(kind=ReplyKind.OTHER, received_on=TODAY, sender="H", words="Hello")
    with pytest.raises(BadInputError, match="with a letter"):
        store_reply(context.ledger, context.log, case.case_id, words, by="a")


def test_a_letter_that_lay_is_approved_with_a_new_day_and_the_program_waits_until_that_one(context):
    letter = write(context, order())
    context.ledger.execute("UPDATE letters SET answer_by = '2026-01-01'")
    with pytest.raises(BadInputError, match="a day to come"):
        approve(context, letter)
    who = client(context, "reviewer-one")
    page = who.get(f"/letters/{letter}").text
    assert "does not have this day in it" in page
    typed = {"recipient": "Harbour", "contact": "else", "other": "info@harbour.example", "subject": "S"}
    fields = {"csrf": csrf(page), "letter": letter, **typed, "body": "By 2999-01-02."}
    for day, status in (("soon", 400), ("2999-01-02", 303)):
        seen = require_letter(context.ledger, letter).text_id
        assert who.post("/letters/change", data={**fields, "seen": seen, "answer_by": day}).status_code == status
    approve(context, letter)
    mark(context, letter)
    assert case_of(context, "harbour.example").answer_by == "2999-01-02"


def test_a_deadline_that_passed_is_told_once(context):
    send(context)
    assert note_deadlines(context.ledger) == 0
    context.ledger.execute("UPDATE cases SET answer_by = '2026-01-01' WHERE vendor_domain = 'harbour.example'")
    assert (note_deadlines(context.ledger), note_deadlines(context.ledger)) == (1, 0)


def test_a_case_is_handed_on_and_ended_with_reasons(context):
    send(context)
    case = case_of(context, "harbour.example")
    with pytest.raises(BadInputError):
        escalate(context.ledger, case.case_id, why="", by="a")
    escalate(context.ledger, case.case_id, why="To counsel.", by="a")
    end_follow_up(context.ledger, case.case_id, why="Settled.", by="a")
    assert case_of(context, "harbour.example").followup == "closed"


def test_a_decision_with_a_letter_after_it_is_not_undone(context):
    send(context)
    batch = context.ledger.value("SELECT batch_id FROM case_events WHERE event = 'decided'")
    with pytest.raises(PartnerproofError):
        undo(context.ledger, context.log, batch, by="reviewer-one", may_undo_others=True)


def test_analysts_find_letters_in_views(context):
    send(context)
    with sqlite3.connect(context.database) as database:
        assert database.execute("SELECT state, tone, recipient FROM v_letters").fetchall() == [
            ("sent", "enquiry", "Harbour")
        ]
        row = database.execute(
            "SELECT followup, letters_sent, first_letter_on FROM v_cases WHERE letters_sent"
        ).fetchone()
    assert row == ("sent", 1, TODAY)
    details = rows_of(context.ledger, "SELECT details FROM case_events WHERE event LIKE 'letter-%'")
    assert all(json.loads(row["details"])["letter"] for row in details)
