"""The addresses of letters, replies and what follows a case, in the review application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from casebook.cases.contacts import Contact, propose_contacts
from casebook.cases.decisions import is_same_person, refuse_input
from casebook.cases.follow_up import Reply, end_follow_up, escalate, store_reply
from casebook.cases.letter_files import TYPES, LetterFile, export_letter
from casebook.cases.letter_grounds import allowed_tones, read_gone_on, read_grounds
from casebook.cases.letter_templates import Gate
from casebook.cases.letter_text import Filled
from casebook.cases.letters import (
    LetterOrder,
    approve_letter,
    change_letter,
    drop_letter,
    find_obstacles,
    latest_day,
    mark_sent,
    may_write,
    return_letter,
    write_letter,
)
from casebook.cases.removal_certificate import KINDS as CERTIFICATE_KINDS
from casebook.cases.removal_certificate import export_removal_certificate
from casebook.cases.reply_form import fill_from_form
from casebook.cases.stored_letters import read_draft, read_writers, require_case, require_letter, require_text
from casebook.dossier.case_story import read_events
from casebook.files.written_days import write_day
from casebook.web.access.accounts import Session
from casebook.web.application_context import ApplicationContext, is_plain_id
from casebook.web.differences import find_differences
from casebook.web.kept_texts import read_kept
from casebook.web.queue import Filters
from casebook.web.responses import (
    Answer,
    Form,
    NotThereError,
    Page,
    Path_,
    Post,
    Upload,
    UploadedFile,
    explain_refusal,
    filters_of,
    one_field,
    with_filters,
)
from ledger.dates import day_of
from ledger.errors import BadInputError
from ledger.identity import utc_now
from ledger.records import Case, CaseEventRow, Letter, LetterText
from ledger.records import Reply as StoredReply
from ledger.typed_texts import CaseId, LetterId
from ledger.vocabulary import FollowUp, LetterState, ReplyKind, Role, Tone

_ELSE = "else"  # the contact that is typed in


def show_new_letter(context: ApplicationContext, session: Session, path: Path_, query: Mapping[str, str]) -> Answer:
    """The form with which a letter begins: tone, language, jurisdiction with its gates, contacts."""
    case = _case(context, CaseId(path["case_id"]))
    values = {
        "case": case,
        "filters": Filters.read(query),
        "may_write": may_write(case),
        "grounds": (grounds := read_grounds(context.ledger, case)),
        "gone_on": (gone_on := read_gone_on(context.ledger, case)),
        "contacts": propose_contacts(context.ledger, context.warc_dir, case, rdap_dir=context.rdap_dir),
        "tones": tuple(Tone),
        "allowed": allowed_tones(grounds, is_gone=gone_on is not None),
        "undertakings": {
            context.templates.languages[code]: label
            for code in context.templates.languages
            if (label := context.templates.undertaking_label(code))
        },
        "is_approver": session.may(Role.APPROVER),
        "languages": context.templates.languages,
        "language": context.templates.language_of(case.language),
        "jurisdictions": {name: context.templates.gates(name) for name in context.templates.jurisdictions},
        "jurisdiction": context.templates.jurisdiction_of(case.country) if case.country else None,
    }
    return Answer(template="new-letter.html", values=values)


def show_letter(context: ApplicationContext, session: Session, path: Path_, query: Mapping[str, str]) -> Answer:
    return Answer(
        template="letter.html",
        values=_letter_values(context, session, LetterId(path["letter_id"]), filters=Filters.read(query)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Typed:
    """What a form of a letter has in its fields, stored or not."""

    recipient: str
    contact: str
    subject: str
    body: str
    answer_by: str

    def as_text(self) -> str:
        return f"{self.recipient}\n{self.contact}\n{self.subject}\n\n{self.body.strip()}\n\n{self.answer_by}"


def _stored(letter: Letter, text: LetterText) -> _Typed:
    return _Typed(
        recipient=text.recipient,
        contact=text.contact,
        subject=text.subject,
        body=text.body,
        answer_by=letter.answer_by or "",
    )


def _typed(form: Form) -> _Typed:
    return _Typed(
        recipient=one_field(form, "recipient"),
        contact=one_field(form, "other"),
        subject=one_field(form, "subject"),
        body=one_field(form, "body").replace("\r\n", "\n"),
        answer_by=one_field(form, "answer_by"),
    )


def _letter_values(
    context: ApplicationContext,
    session: Session,
    letter_id: LetterId,
    *,
    filters: Filters,
    typed: _Typed | None = None,
    problem: str | None = None,
) -> dict[str, Any]:
    """typed: what was not stored; it stays in the form, with its differences to what is."""
    letter = _letter(context, letter_id)
    text = require_text(context.ledger, letter)
    case = require_case(context.ledger, letter.case_id)
    is_writer = any(is_same_person(session.account, name) for name in read_writers(context.ledger, letter.letter_id))
    stored = _stored(letter, text)
    draft = read_draft(context.ledger, letter_id)
    return {
        "problem": problem,
        "kept": read_kept(context.ledger, session.account, [letter_id]) if typed is None else {},
        "shown": typed or stored,
        "unsaved": find_differences(stored.as_text(), typed.as_text()) if typed else [],
        "is_writer": is_writer,
        "can_approve": letter.gate == Gate.WRITER or (session.may(Role.APPROVER) and not is_writer),
        "obstacles": find_obstacles(context.ledger, letter, case, text) if letter.state is LetterState.DRAFT else [],
        "edited": find_differences(f"{draft.subject}\n\n{draft.body}", f"{text.subject}\n\n{text.body}"),
        "letter": letter,
        "text": text,
        "case": case,
        "filters": filters,
        "names_day": not letter.answer_by or write_day(letter.language, day_of(letter.answer_by)) in text.body,
        "note": context.templates.gates(letter.jurisdiction).note
        if letter.jurisdiction in context.templates.jurisdictions
        else "",
        "is_open": letter.state in (LetterState.DRAFT, LetterState.APPROVED),
        "kinds": tuple(TYPES),
        "today": utc_now().date().isoformat(),
        "latest": latest_day().isoformat(),
        "can_review": session.may(Role.REVIEWER),
        "events": _events(context, letter),
    }


def show_letter_file(context: ApplicationContext, session: Session, path: Path_, query: Mapping[str, str]) -> Answer:
    letter = _letter(context, LetterId(path["letter_id"]))
    return Answer(
        download=export_letter(
            context.ledger,
            context.log,
            letter.letter_id,
            path["kind"],
            warc_dir=context.warc_dir,
            templates=context.templates,
            sender=context.sender,
            by=session.account,
        )
    )


def show_reply_file(context: ApplicationContext, session: Session, path: Path_, query: Mapping[str, str]) -> Answer:
    """A reply's file as it came, only ever to be saved: it is hostile like all that comes from a vendor."""
    reply_id = path["reply_id"]
    reply = context.ledger.find(StoredReply, reply_id=reply_id) if is_plain_id(reply_id) else None
    if reply is None or reply.file is None:
        raise NotThereError
    return Answer(
        download=LetterFile(name=reply.file_name or "file", content_type="application/octet-stream", content=reply.file)
    )


def show_removal_certificate(
    context: ApplicationContext, session: Session, path: Path_, query: Mapping[str, str]
) -> Answer:
    case = _case(context, CaseId(path["case_id"]))
    if case.removed_on is None or path["kind"] not in CERTIFICATE_KINDS:
        raise NotThereError
    return Answer(
        download=export_removal_certificate(
            context.ledger,
            context.log,
            case,
            path["kind"],
            warc_dir=context.warc_dir,
            templates=context.templates,
            by=session.account,
        )
    )


LETTER_PAGES: Mapping[str, Page] = {
    "/cases/{case_id}/removal/{kind}": Page(role=Role.REVIEWER, make=show_removal_certificate),
    "/cases/{case_id}/letter": Page(role=Role.REVIEWER, make=show_new_letter),
    "/letters/{letter_id}": Page(role=Role.READER, make=show_letter),
    "/letters/{letter_id}/file/{kind}": Page(role=Role.REVIEWER, make=show_letter_file),
    "/replies/{reply_id}/file": Page(role=Role.READER, make=show_reply_file),
}


def post_letter(context: ApplicationContext, session: Session, path: Path_, form: Form) -> Answer:
    case = _case(context, CaseId(_named(form, "case")))
    tone = one_field(form, "tone")
    if tone not in tuple(Tone):
        raise refuse_input("tone", f"one of {', '.join(Tone)}", tone)
    contact = _contact(form, session)
    letter_id = write_letter(
        context.ledger,
        context.templates,
        case,
        LetterOrder(
            tone=Tone(tone),
            language=one_field(form, "language"),
            jurisdiction=one_field(form, "jurisdiction"),
            jurisdiction_why=one_field(form, "jurisdiction_why"),
            with_undertaking=bool(one_field(form, "undertaking")),
            recipient=one_field(form, "recipient"),
            contact=contact.contact,
            contact_source=contact.source,
        ),
        sender=context.sender,
        answer_days=context.answer_days,
        by=session.account,
        is_approver=session.may(Role.APPROVER),
    )
    return _to_letter(letter_id, form)


def post_change(context: ApplicationContext, session: Session, path: Path_, form: Form) -> Answer:
    letter = _letter(context, LetterId(_named(form, "letter")))
    contact = _contact(form, session)
    order = LetterOrder(
        tone=letter.tone,
        language=letter.language,
        jurisdiction=letter.jurisdiction,
        recipient=one_field(form, "recipient"),
        contact=contact.contact,
        contact_source=contact.source,
    )
    filled = Filled(subject=one_field(form, "subject"), body=one_field(form, "body"))
    try:
        change_letter(
            context.ledger,
            context.templates,
            letter.letter_id,
            filled,
            order,
            seen=one_field(form, "seen"),
            by=session.account,
            answer_by=one_field(form, "answer_by"),
        )
    except BadInputError as error:  # what was typed may be an hour's work: it comes back with the page
        return _not_stored(context, session, letter, form, f"{explain_refusal(error)} Nothing was saved.")
    return _to_letter(letter.letter_id, form)


def _not_stored(context: ApplicationContext, session: Session, letter: Letter, form: Form, problem: str) -> Answer:
    values = _letter_values(
        context, session, letter.letter_id, filters=filters_of(form), typed=_typed(form), problem=problem
    )
    return Answer(template="letter.html", values=values, status=400)


def post_letter_step(context: ApplicationContext, session: Session, path: Path_, form: Form) -> Answer:
    """Approve, return, mark as sent, or drop a letter."""
    letter = _letter(context, LetterId(_named(form, "letter")))
    letter_id = letter.letter_id
    seen, step, by = one_field(form, "seen"), one_field(form, "step"), session.account
    if step == "approve":
        stored = _stored(letter, require_text(context.ledger, letter))
        if "body" in form and _typed(form).as_text() != stored.as_text():  # only what is on the screen is approved
            problem = "The text on your screen is not the one that is stored. Nothing was approved: save it first, or load the page again."
            return _not_stored(context, session, letter, form, problem)
        is_approver = session.may(Role.APPROVER)
        counsel = one_field(form, "counsel")
        approve_letter(
            context.ledger, context.log, letter_id, seen=seen, by=by, is_approver=is_approver, counsel=counsel
        )
    elif step == "return":
        return_letter(context.ledger, letter_id, seen=seen, by=by, why=one_field(form, "comment"))
    elif step == "sent":
        on, how = one_field(form, "on"), one_field(form, "how")
        mark_sent(context.ledger, context.log, letter_id, seen=seen, on=on, how=how, by=by)
    elif step == "drop":
        drop_letter(context.ledger, letter_id, seen=seen, by=by)
    else:
        raise refuse_input("step", "approve, return, sent or drop", step)
    return _to_letter(letter_id, form)


def post_follow_up(context: ApplicationContext, session: Session, path: Path_, form: Form) -> Answer:
    """Escalate a case, or end what follows it."""
    case_id = _case(context, CaseId(_named(form, "case"))).case_id
    step, why = one_field(form, "step"), one_field(form, "comment")
    if step not in (FollowUp.ESCALATED, FollowUp.CLOSED):
        raise refuse_input("step", "escalated or closed", step)
    (escalate if step == FollowUp.ESCALATED else end_follow_up)(context.ledger, case_id, why=why, by=session.account)
    return _to_case(case_id, form)


def post_reply(
    context: ApplicationContext, session: Session, path: Path_, form: Form, files: Mapping[str, UploadedFile]
) -> Answer:
    """Note a reply. Where the kind is left open, the file is an answer that the reply form saved, and says it."""
    case = _case(context, CaseId(_named(form, "case")))
    kind, file = one_field(form, "kind"), files.get("file")
    typed = Reply(
        kind=ReplyKind.OTHER, received_on=one_field(form, "received"), sender=one_field(form, "sender"),
        words=one_field(form, "words"), file_name=file.name if file else None, file=file.content if file else None,
    )  # fmt: skip
    if not kind and typed.file:
        reply = fill_from_form(typed, case)
    elif kind in tuple(ReplyKind):
        reply = replace(typed, kind=ReplyKind(kind))
    else:
        raise refuse_input("kind", f"one of {', '.join(ReplyKind)}, or a file that our reply form saved", kind)
    store_reply(context.ledger, context.log, case.case_id, reply, by=session.account)
    return _to_case(case.case_id, form)


LETTER_POSTS: Mapping[str, tuple[Role, Post]] = {
    "/letters": (Role.REVIEWER, post_letter),
    "/letters/change": (Role.REVIEWER, post_change),
    "/letters/step": (Role.REVIEWER, post_letter_step),
    "/follow-up": (Role.REVIEWER, post_follow_up),
}
LETTER_UPLOADS: Mapping[str, tuple[Role, Upload]] = {"/replies": (Role.REVIEWER, post_reply)}


def _contact(form: Form, session: Session) -> Contact:
    """Where a letter goes to: a contact that was proposed, as `contact` + tab + `source`, or one that is typed in."""
    contact, _, source = one_field(form, "contact").partition("\t")
    if contact in ("", _ELSE):
        contact, source = one_field(form, "other"), ""
    return Contact(contact=contact, source=source or f"given by {session.account}")


def _events(context: ApplicationContext, letter: Letter) -> list[CaseEventRow]:
    events = read_events(context.ledger, letter.case_id)
    return [event for event in events if event.details.get("letter") == letter.letter_id]


def _case(context: ApplicationContext, case_id: CaseId) -> Case:
    try:
        return require_case(context.ledger, case_id if is_plain_id(case_id) else CaseId(""))
    except BadInputError as error:
        raise NotThereError from error


def _letter(context: ApplicationContext, letter_id: LetterId) -> Letter:
    try:
        return require_letter(context.ledger, letter_id if is_plain_id(letter_id) else LetterId(""))
    except BadInputError as error:
        raise NotThereError from error


def _named(form: Form, name: str) -> str:
    """The id that a form names. Errors: BadInputError when it can be none."""
    text = one_field(form, name)
    if not is_plain_id(text):
        raise refuse_input(name, f"the id of a {name}", text)
    return text


def _to_letter(letter_id: LetterId, form: Form) -> Answer:
    return Answer(leads_to=with_filters(f"/letters/{letter_id}", form))


def _to_case(case_id: CaseId, form: Form) -> Answer:
    return Answer(leads_to=with_filters(f"/cases/{case_id}", form))
