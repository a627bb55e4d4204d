"""Letters of a case: drafted from a template, edited, approved by whom its gate asks for, exported, sent by a person.

Reads: cases, what letter_grounds.py reads. Writes: letters, letter_texts, case_events, cases, the custody log.

1. A letter can be written for a case that somebody confirmed, in the tones that its verdict leaves (letter_grounds.py). Every text
   that it ever had is stored, and the enclosure with which it began.
2. The gate of tone and jurisdiction says who has to approve it. The jurisdiction is the vendor's country; a milder one takes an approver
   and a reason. A text that was edited asks for a second person at least. Whoever edits an approved letter makes it a draft again.
3. It is never addressed to whom a register has as a partner, but for a correction. It is never approved while something in it has still to
   be written, after the day by which it asks for an answer, or when verdict or register say something else than when it was drafted.
4. The program sends nothing: a person does, and says when and how.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from casebook.cases.cases import record_event
from casebook.cases.decisions import is_same_person, refuse_input
from casebook.cases.letter_facts import LetterFacts, Sender, pages_as_json
from casebook.cases.letter_grounds import allowed_tones, read_facts, read_gone_on, read_grounds
from casebook.cases.letter_templates import Gate, LetterTemplates
from casebook.cases.letter_text import Filled, one_line, unwritten
from casebook.cases.stored_letters import (
    list_letters,
    read_draft,
    read_writers,
    require_case,
    require_letter,
    require_text,
    text_digest,
)
from casebook.register.search import Register
from casebook.register.search_terms import SearchQuery
from ledger.database import Ledger
from ledger.domains import registrable_domain
from ledger.errors import BadInputError, Problem
from ledger.identity import event_id, utc_now, utc_text
from ledger.proof.custody import CustodyLog
from ledger.records import Case, Letter, LetterText
from ledger.typed_texts import IsoDate, LetterId
from ledger.vocabulary import CaseEvent, CaseState, CustodyEvent, FollowUp, LetterState, Tone

MAX_SUBJECT_CHARS, MAX_BODY_CHARS, MAX_NAME_CHARS, MAX_CONTACT_CHARS = 300, 30_000, 200, 500
_A_DAY = dt.timedelta(days=1)  # people write the day of where they are, which may be the one before or after UTC's
_EMAIL_DOMAIN = re.compile(r"[^@\s]+@([^@\s>,;]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterOrder:
    """What letter is asked for."""

    tone: Tone
    language: str
    jurisdiction: str
    recipient: str
    contact: str
    contact_source: str
    jurisdiction_why: str = ""
    with_undertaking: bool = False


def may_write(case: Case) -> bool:
    """Whether letters may be written for a case: somebody has confirmed it, or wrote before it opened again."""
    return case.state is CaseState.CONFIRMED or case.followup is not None


def write_letter(
    ledger: Ledger,
    templates: LetterTemplates,
    case: Case,
    order: LetterOrder,
    *,
    sender: Sender,
    answer_days: int,
    by: str,
    is_approver: bool = False,
) -> LetterId:
    """Draft a letter from a case; returns its id. Errors: BadInputError."""
    if not may_write(case):
        raise refuse_input("case", "a case that was confirmed", case.state)
    answer_by = (utc_now() + dt.timedelta(days=answer_days)).date()
    facts = read_facts(ledger, case, sender=sender, answer_by=answer_by, with_undertaking=order.with_undertaking)
    _refuse_tone(order.tone, facts)
    why = _jurisdiction_reason(templates, case, order, is_approver=is_approver)
    check_recipient(ledger, case, order.tone, order.recipient, order.contact)
    filled = templates.fill(order.language, order.tone, facts)
    letter = Letter(
        letter_id=LetterId(event_id()),
        case_id=case.case_id,
        tone=order.tone,
        language=order.language,
        jurisdiction=order.jurisdiction,
        jurisdiction_why=why,
        gate=templates.gate_of(order.jurisdiction, order.tone, is_edited=False),
        state=LetterState.DRAFT,
        text_id=event_id(),
        written_by=by,
        written_at=utc_text(),
        answer_by=IsoDate(answer_by.isoformat()),
        grounds=facts.grounds.as_json(),
        enclosure=pages_as_json(facts.pages),
    )
    with ledger.transaction():
        ledger.add([letter])
        _store_text(ledger, letter.text_id, letter.letter_id, filled, order, by)
        now = require_case(ledger, case.case_id)
        details = {"tone": order.tone, **({"jurisdiction": order.jurisdiction, "why": why} if why else {})}
        _follow(ledger, now, CaseEvent.WRITTEN, FollowUp.DRAFT, by, letter.letter_id, details)
    return letter.letter_id


def _refuse_tone(tone: Tone, facts: LetterFacts) -> None:
    """Errors: BadInputError for a letter that would say what the case contradicts."""
    tones = allowed_tones(facts.grounds, is_gone=facts.gone_on is not None)
    if not tones:
        seen = f"verdict: {facts.grounds.verdict}" + (f", gone on {facts.gone_on}" if facts.gone_on else "")
        raise refuse_input("case", "a claim that something is to be asked about", seen)
    if tone not in tones:
        raise refuse_input("tone", f"what the verdict leaves: {', '.join(tones)}", tone)


def _jurisdiction_reason(
    templates: LetterTemplates, case: Case, order: LetterOrder, *, is_approver: bool
) -> str | None:
    """Return why milder gates hold than those of the vendor's country; None: they are not milder. Errors: BadInputError."""
    home = templates.jurisdiction_of(case.country)
    is_milder = any(
        templates.gate_of(order.jurisdiction, order.tone, is_edited=is_edited).strictness
        < templates.gate_of(home, order.tone, is_edited=is_edited).strictness
        for is_edited in (False, True)
    )
    if not is_milder:
        return None
    why = one_line(order.jurisdiction_why)
    if not is_approver:
        raise refuse_input(
            "jurisdiction", f"{home}, the vendor's country, or an approver who says why not", order.jurisdiction
        )
    if not why:
        raise refuse_input(
            "jurisdiction", f"a reason why the gates of {home}, the vendor's country, do not hold", "none"
        )
    return why


def change_letter(
    ledger: Ledger,
    templates: LetterTemplates,
    letter_id: LetterId,
    filled: Filled,
    order: LetterOrder,
    *,
    seen: str,
    by: str,
    answer_by: str = "",
) -> None:
    """Give a letter another text or recipient; an approved one is a draft again. seen: the text_id that its editor saw.

    answer_by: the day that its text asks for an answer by; empty: as before.

    Errors: BadInputError, also when somebody else has changed it in between.
    """
    with ledger.transaction():
        letter, case = _letter_in(ledger, letter_id, LetterState.DRAFT, LetterState.APPROVED)
        _require_seen(letter, seen)
        _check_lengths(filled)
        day = IsoDate(read_day("answer by", answer_by).isoformat()) if answer_by else letter.answer_by
        if answer_by and answer_by <= utc_now().date().isoformat():
            raise refuse_input("answer by", "a day to come", answer_by)
        check_recipient(ledger, case, letter.tone, order.recipient, order.contact)
        text_id = event_id()
        _store_text(ledger, text_id, letter_id, filled, order, by)
        gate = templates.gate_of(letter.jurisdiction, letter.tone, is_edited=_is_edited(ledger, letter_id, filled))
        changes = {"text_id": text_id, "state": LetterState.DRAFT, "answer_by": day, "gate": gate}
        no_approval = {"approved_by": None, "approved_at": None, "counsel": None}
        ledger.update(Letter, {**changes, **no_approval}, letter_id=letter_id)
        details = {"tone": letter.tone, **({"answer_by": day} if day != letter.answer_by else {})}
        _follow(ledger, case, CaseEvent.WRITTEN, FollowUp.DRAFT, by, letter_id, details)


def _is_edited(ledger: Ledger, letter_id: LetterId, filled: Filled) -> bool:
    """Tell whether a text is another than the one that the program drafted."""
    draft = read_draft(ledger, letter_id)
    return (one_line(filled.subject), _plain_lines(filled.body).strip()) != (draft.subject, draft.body.strip())


def approve_letter(
    ledger: Ledger, log: CustodyLog, letter_id: LetterId, *, seen: str, by: str, is_approver: bool, counsel: str = ""
) -> None:
    """Approve a draft as its gate asks. Errors: BadInputError that says what is missing."""
    with ledger.transaction():
        letter, case = _letter_in(ledger, letter_id, LetterState.DRAFT)
        _require_seen(letter, seen)
        text = require_text(ledger, letter)
        gate, counsel = Gate(letter.gate), one_line(counsel)[:MAX_NAME_CHARS]
        if gate is not Gate.WRITER:
            if not is_approver:
                raise refuse_input("approver", "somebody whose role is approver", "another role")
            if any(is_same_person(by, writer) for writer in read_writers(ledger, letter_id)):
                raise refuse_input("approver", "somebody who wrote no part of it", by)
        if gate is Gate.COUNSEL and not counsel:
            raise refuse_input("counsel", "the name of the lawyer who has looked at it", "none")
        if obstacles := find_obstacles(ledger, letter, case, text):
            raise BadInputError(
                Problem(
                    where="letter",
                    expected="one that can go out as it is",
                    got=" ".join(obstacles),
                    next_step="see to that, and approve it then",
                )
            )
        approval = {"approved_by": by, "approved_at": utc_text(), "counsel": counsel or None}
        ledger.update(Letter, {"state": LetterState.APPROVED, **approval}, letter_id=letter_id)
        digest = text_digest(letter, text)
        details = {"tone": letter.tone, "counsel": counsel or None, "text_sha256": digest}
        _follow(ledger, case, CaseEvent.LETTER_APPROVED, FollowUp.APPROVED, by, letter_id, details)
    log.add(CustodyEvent.DECIDED, {"letter": letter_id, "decision": "approved", "text_sha256": digest}, by=by)


def find_obstacles(ledger: Ledger, letter: Letter, case: Case, text: LetterText) -> list[str]:
    """Return why nobody may approve a letter as it is, a sentence each; nothing when somebody may."""
    obstacles = list[str]()
    grounds = read_grounds(ledger, case)
    now, then = grounds.as_json(), letter.grounds
    if now != then:
        is_other = then["verdict"] != now["verdict"]
        change = (
            f"{then['verdict']} then, {now['verdict']} now" if is_other else "another entry of the register decides"
        )
        obstacles.append(f"The verdict has changed since it was drafted: {change}. Drop it, and draft it anew.")
    elif letter.tone not in allowed_tones(grounds, is_gone=read_gone_on(ledger, case) is not None):
        obstacles.append("The claim was gone on the last look: this letter would say that it is still there.")
    if left := unwritten(f"{text.subject}\n{text.body}"):
        obstacles.append(f"Still to be written: {'; '.join(left)}.")
    if not text.recipient or not text.contact:
        obstacles.append("It needs a name and an address to go to.")
    if (letter.answer_by or "") <= utc_now().date().isoformat():  # it lay for long
        obstacles.append(
            f"It asks for an answer by {letter.answer_by}: write a day to come, in the text and beside it."
        )
    try:
        check_recipient(ledger, case, letter.tone, text.recipient, text.contact)
    except BadInputError as error:
        obstacles += [f"It goes to a partner, or to none where it should: {each.got}." for each in error.problems]
    return obstacles


def return_letter(ledger: Ledger, letter_id: LetterId, *, seen: str, by: str, why: str) -> None:
    """Say why a draft can't go out like this. Errors: BadInputError without a reason."""
    why = why.strip()[:2_000]
    if not why:
        raise refuse_input("comment", "what should be changed", "none")
    with ledger.transaction():
        letter, case = _letter_in(ledger, letter_id, LetterState.DRAFT)
        _require_seen(letter, seen)
        _follow(ledger, case, CaseEvent.LETTER_RETURNED, None, by, letter_id, {"comment": why})


def mark_sent(ledger: Ledger, log: CustodyLog, letter_id: LetterId, *, seen: str, on: str, how: str, by: str) -> None:
    """Note that a person sent an approved letter. on: ISO date, from its approval until today. Errors: BadInputError."""
    day = read_past_day("sent", on)
    with ledger.transaction():
        letter, case = _letter_in(ledger, letter_id, LetterState.APPROVED)
        _require_seen(letter, seen)  # what is noted as sent is the text that its sender had before them
        assert letter.approved_at is not None  # noqa: S101  # its state says so
        approved_on = dt.date.fromisoformat(letter.approved_at[:10])
        if day < approved_on - _A_DAY:
            raise refuse_input("sent", f"a day since its approval on {approved_on}", on)
        text = require_text(ledger, letter)
        check_recipient(ledger, case, letter.tone, text.recipient, text.contact)
        sent = {"sent_on": day.isoformat(), "sent_by": by, "sent_how": one_line(how)[:MAX_NAME_CHARS]}
        ledger.update(Letter, {"state": LetterState.SENT, **sent}, letter_id=letter_id)
        digest = text_digest(letter, text)
        details = {"tone": letter.tone, "on": day.isoformat(), "how": one_line(how), "text_sha256": digest}
        new = {"answer_by": letter.answer_by}
        _follow(ledger, case, CaseEvent.LETTER_SENT, FollowUp.SENT, by, letter_id, details, new)
    log.add(CustodyEvent.SENT, {"letter": letter_id, "claim": case.claim_id, "text_sha256": digest}, by=by)


def drop_letter(ledger: Ledger, letter_id: LetterId, *, seen: str, by: str) -> None:
    """Give up a letter that was not sent. Errors: BadInputError, also when somebody has changed it in between."""
    with ledger.transaction():
        letter, case = _letter_in(ledger, letter_id, LetterState.DRAFT, LetterState.APPROVED)
        _require_seen(letter, seen)
        ledger.update(Letter, {"state": LetterState.DROPPED}, letter_id=letter_id)
        states = {other.state for other in list_letters(ledger, case.case_id)}
        before = next((s for s in (LetterState.SENT, LetterState.APPROVED, LetterState.DRAFT) if s in states), None)
        new: dict[str, object] = {"followup": before} if case.followup in (FollowUp.DRAFT, FollowUp.APPROVED) else {}
        _follow(ledger, case, CaseEvent.LETTER_DROPPED, None, by, letter_id, {}, new)


def check_recipient(ledger: Ledger, case: Case, tone: Tone, recipient: str, contact: str) -> None:
    """Errors: BadInputError when a register of the brand has the recipient, or whose address it is, as of today. A correction goes to
    a partner, and to nobody else."""
    today = IsoDate(utc_now().date().isoformat())
    if tone is Tone.CORRECTION:
        standing = read_grounds(ledger, case).standing
        if (standing.last_day or today) < today:
            raise refuse_input("recipient", "a partner of today", f"{standing.company}, until {standing.last_day}")
        return
    domains = [registrable_domain(match[1].lower()) for match in _EMAIL_DOMAIN.finditer(contact)]
    if contact.startswith(("https://", "http://")):
        try:
            domains.append(registrable_domain(urlsplit(contact).hostname or ""))
        except ValueError as error:
            raise refuse_input("contact", "an address", contact) from error
    names = tuple(filter(None, [recipient.strip()]))
    query = SearchQuery(names=names, domains=tuple(dict.fromkeys(domains)), group=())
    for hit in Register(ledger, case.brand).search(query, today).hits:
        if hit.is_valid_on(today):
            raise refuse_input(
                "recipient",
                "nobody whom the register has as a partner",
                f"{hit.grant.company}, by {hit.via or hit.basis}",
            )


def read_day(where: str, text: str) -> dt.date:
    """Return the day that a text names. Errors: BadInputError when it is none."""
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError as error:
        raise refuse_input(where, "a date such as 2026-12-24", text) from error


def read_past_day(where: str, text: str) -> dt.date:
    """Return the day that a text names. Errors: BadInputError when it is none, or one that has come nowhere yet."""
    day = read_day(where, text)
    if day > latest_day():
        raise refuse_input(where, "a day that has come", text)
    return day


def latest_day() -> dt.date:
    """Return the latest day that it is anywhere."""
    return utc_now().date() + _A_DAY


def _letter_in(ledger: Ledger, letter_id: LetterId, *states: LetterState) -> tuple[Letter, Case]:
    letter = require_letter(ledger, letter_id)
    if letter.state not in states:
        raise refuse_input("letter", f"one that is {' or '.join(states)}", letter.state)
    return letter, require_case(ledger, letter.case_id)


def _require_seen(letter: Letter, seen: str) -> None:
    if letter.text_id != seen:
        raise refuse_input("letter", "the text that you saw", "one that somebody else has changed in between")


def _check_lengths(filled: Filled) -> None:
    for name, text, most in (("subject", filled.subject, MAX_SUBJECT_CHARS), ("body", filled.body, MAX_BODY_CHARS)):
        if not text.strip() or len(text) > most:
            raise refuse_input(name, f"1 to {most} characters", f"{len(text)}")


def _store_text(ledger: Ledger, text_id: str, letter_id: LetterId, filled: Filled, order: LetterOrder, by: str) -> None:
    text = LetterText(
        text_id=text_id,
        letter_id=letter_id,
        recipient=one_line(order.recipient)[:MAX_NAME_CHARS],
        contact=_plain_lines(order.contact).strip()[:MAX_CONTACT_CHARS],
        contact_source=one_line(order.contact_source),
        subject=one_line(filled.subject)[:MAX_SUBJECT_CHARS],
        body=_plain_lines(filled.body)[:MAX_BODY_CHARS],
        written_by=by,
        written_at=utc_text(),
    )
    ledger.add([text])


def _plain_lines(text: str) -> str:
    """Text of several lines without other control characters, which no file of a letter can hold."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))


def _follow(
    ledger: Ledger,
    case: Case,
    event: CaseEvent,
    followup: FollowUp | None,
    by: str,
    letter_id: LetterId,
    details: Mapping[str, object],
    new: Mapping[str, object] | None = None,
) -> None:
    """An event of a letter. A milder step never hides what came of an earlier letter: a draft after a reply stays a reply."""
    columns = dict(new or {})
    if followup is not None and not (followup in (FollowUp.DRAFT, FollowUp.APPROVED) and case.followup in _FURTHER):
        columns["followup"] = followup
    if "followup" in columns:
        columns["followup_at"] = utc_text()
    record_event(ledger, case, event, by=by, details={"letter": letter_id, **details}, new=columns)


_FURTHER = (
    FollowUp.SENT, FollowUp.ACKNOWLEDGED, FollowUp.DISPUTED, FollowUp.REMOVED, FollowUp.VERIFIED_REMOVED,
    FollowUp.REAPPEARED, FollowUp.ESCALATED,
)  # fmt: skip
