"""Letters of a case: drafted from a template, edited, approved by whom its gate asks for, exported, sent by a person.

Reads: cases, claims, claim_evidence with pages, passages and text_matches, logo_matches, image_words, name_matches, brands, verdicts, searches. Writes: letters, letter_texts,
case_events, cases, the custody log.

1. A letter can be written for a case that somebody confirmed. Every text that it ever had is stored.
2. The gate of tone and jurisdiction says who has to approve it. Whoever edits an approved letter makes it a draft again.
3. It is never addressed to whom a register has as a partner, and never approved while something in it has still to be written.
4. The program sends nothing: a person does, and says when and how.

Over 400 lines: one letter's life, from draft to sent, and the query of what it tells.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from casebook.cases.cases import record_event
from casebook.cases.decisions import refuse_input
from casebook.cases.letter_templates import (
    Filled,
    Gate,
    LetterFacts,
    LetterTemplates,
    Sender,
    ShownPage,
    one_line,
    unwritten,
)
from casebook.register.search import Register
from casebook.register.search_terms import SearchQuery
from ledger.database import Ledger
from ledger.domains import registrable_domain
from ledger.identity import event_id, sha256_hex, utc_now, utc_text
from ledger.proof.custody import CustodyLog
from ledger.records import Case, Letter, LetterText
from ledger.typed_texts import CaseId, FinalUrl, Instant, IsoDate, LetterId, Sha256
from ledger.vocabulary import CaseEvent, CaseState, CustodyEvent, FollowUp, LetterState, Tone

MAX_SUBJECT_CHARS, MAX_BODY_CHARS, MAX_NAME_CHARS, MAX_CONTACT_CHARS = 300, 30_000, 200, 500
MAX_PAGES, MAX_SENTENCES = 20, 3  # of the evidence in a letter; the export has all of it
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedLetter:
    """A letter in the list of its case, with the subject that it has now."""

    letter_id: LetterId
    tone: Tone
    state: LetterState
    sent_on: IsoDate | None
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _ClaimPage:
    """A row of _PAGES: a page that showed a claim. sentences, image_words, image_names: None for evidence of another kind."""

    url: FinalUrl
    first_seen: Instant
    last_seen: Instant
    has_logo: bool
    sentences: tuple[str | None, ...]
    image_words: tuple[str | None, ...]
    image_names: tuple[str | None, ...]


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
) -> LetterId:
    """Draft a letter from a case; returns its id. Errors: BadInputError."""
    if not may_write(case):
        raise refuse_input("case", "a case that was confirmed", case.state)
    gate = templates.gates(order.jurisdiction).gates[order.tone]
    refuse_partners(ledger, case, order.recipient, order.contact)
    answer_by = (utc_now() + dt.timedelta(days=answer_days)).date()
    facts = read_facts(ledger, case, sender=sender, answer_by=answer_by)
    filled = templates.fill(order.language, order.tone, facts)
    letter = Letter(
        letter_id=LetterId(event_id()),
        case_id=case.case_id,
        tone=order.tone,
        language=order.language,
        jurisdiction=order.jurisdiction,
        gate=gate,
        state=LetterState.DRAFT,
        text_id=event_id(),
        written_by=by,
        written_at=utc_text(),
        answer_by=IsoDate(answer_by.isoformat()),
    )
    with ledger.transaction():
        ledger.add([letter])
        _store_text(ledger, letter.text_id, letter.letter_id, filled, order, by)
        now = require_case(ledger, case.case_id)
        _follow(ledger, now, CaseEvent.WRITTEN, FollowUp.DRAFT, by, letter.letter_id, {"tone": order.tone})
    return letter.letter_id


def change_letter(
    ledger: Ledger, letter_id: LetterId, filled: Filled, order: LetterOrder, *, seen: str, by: str, answer_by: str = ""
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
        refuse_partners(ledger, case, order.recipient, order.contact)
        text_id = event_id()
        _store_text(ledger, text_id, letter_id, filled, order, by)
        changes = {"text_id": text_id, "state": LetterState.DRAFT, "answer_by": day}
        no_approval = {"approved_by": None, "approved_at": None, "counsel": None}
        ledger.update(Letter, {**changes, **no_approval}, letter_id=letter_id)
        details = {"tone": letter.tone, **({"answer_by": day} if day != letter.answer_by else {})}
        _follow(ledger, case, CaseEvent.WRITTEN, FollowUp.DRAFT, by, letter_id, details)


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
            if by in read_writers(ledger, letter_id):
                raise refuse_input("approver", "somebody who wrote no part of it", by)
        if gate is Gate.COUNSEL and not counsel:
            raise refuse_input("counsel", "the name of the lawyer who has looked at it", "none")
        left = unwritten(f"{text.subject}\n{text.body}")
        if left:
            raise refuse_input(
                "letter", "a letter that is written to its end", f"still to be written: {'; '.join(left)}"
            )
        if not text.recipient or not text.contact:
            raise refuse_input("recipient", "a name and an address", "none")
        if (letter.answer_by or "") <= utc_now().date().isoformat():  # it lay for long
            raise refuse_input(
                "answer by", "a day to come: change it in the text and beside it", letter.answer_by or "none"
            )
        refuse_partners(ledger, case, text.recipient, text.contact)
        approval = {"approved_by": by, "approved_at": utc_text(), "counsel": counsel or None}
        ledger.update(Letter, {"state": LetterState.APPROVED, **approval}, letter_id=letter_id)
        digest = text_digest(text)
        details = {"tone": letter.tone, "counsel": counsel or None, "text_sha256": digest}
        _follow(ledger, case, CaseEvent.LETTER_APPROVED, FollowUp.APPROVED, by, letter_id, details)
    log.add(CustodyEvent.DECIDED, {"letter": letter_id, "decision": "approved", "text_sha256": digest}, by=by)


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
        refuse_partners(ledger, case, text.recipient, text.contact)
        sent = {"sent_on": day.isoformat(), "sent_by": by, "sent_how": one_line(how)[:MAX_NAME_CHARS]}
        ledger.update(Letter, {"state": LetterState.SENT, **sent}, letter_id=letter_id)
        digest = text_digest(text)
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


def refuse_partners(ledger: Ledger, case: Case, recipient: str, contact: str) -> None:
    """Errors: BadInputError when a register of the brand has the recipient, or whose address it is, as of today."""
    domains = [registrable_domain(match[1].lower()) for match in _EMAIL_DOMAIN.finditer(contact)]
    if contact.startswith(("https://", "http://")):
        try:
            domains.append(registrable_domain(urlsplit(contact).hostname or ""))
        except ValueError as error:
            raise refuse_input("contact", "an address", contact) from error
    names = tuple(filter(None, [recipient.strip()]))
    today = IsoDate(utc_now().date().isoformat())
    query = SearchQuery(names=names, domains=tuple(dict.fromkeys(domains)), group=())
    for hit in Register(ledger, case.brand).search(query, today).hits:
        if hit.is_valid_on(today):
            raise refuse_input(
                "recipient",
                "nobody whom the register has as a partner",
                f"{hit.grant.company}, by {hit.via or hit.basis}",
            )


def read_facts(ledger: Ledger, case: Case, *, sender: Sender, answer_by: dt.date) -> LetterFacts:
    """Gather what a letter tells of a case: its pages, the latest ones first."""
    pages = [
        ShownPage(
            url=page.url,
            first_seen=page.first_seen[:10],
            last_seen=page.last_seen[:10],
            has_logo=page.has_logo,
            sentences=_first_of(page.sentences),
            image_words=_first_of(page.image_words),
            image_names=_first_of(page.image_names),
        )
        for page in ledger.select(_ClaimPage, _PAGES, [case.claim_id, MAX_PAGES])
    ]
    as_of = ledger.value(
        "SELECT s.as_of FROM verdicts v JOIN searches s ON s.search_id = v.search_id WHERE v.claim_id = ? AND v.is_replay = 0"
        " ORDER BY v.sequence DESC LIMIT 1",
        [case.claim_id],
    )
    name = ledger.value("SELECT name FROM brands WHERE brand = ?", [case.brand])
    return LetterFacts(
        brand=name or case.brand,
        vendor=case.vendor,
        domain=case.vendor_domain,
        relation=case.relation,
        pages=pages,
        as_of=as_of,
        answer_by=answer_by,
        reference=reference_of(case),
        sender=sender,
    )


def _first_of(texts: tuple[str | None, ...]) -> tuple[str, ...]:
    """The first few texts, each once."""
    return tuple(dict.fromkeys(filter(None, map(_stripped, texts))))[:MAX_SENTENCES]


def _stripped(sentence: str | None) -> str:
    return (sentence or "").strip()


def reference_of(case: Case) -> str:
    """Return a case's reference in letters: the last ten characters of its id."""
    return case.case_id[-10:]


def text_digest(text: LetterText) -> Sha256:
    """Return the SHA-256 of what is approved: recipient, contact, subject and body."""
    return sha256_hex("\0".join((text.recipient, text.contact, text.subject, text.body)).encode())


def require_letter(ledger: Ledger, letter_id: LetterId) -> Letter:
    """Return a letter. Errors: BadInputError when there is none."""
    letter = ledger.find(Letter, letter_id=letter_id)
    if letter is None:
        raise refuse_input("letter", "a letter that is there", letter_id)
    return letter


def read_writers(ledger: Ledger, letter_id: LetterId) -> set[str]:
    """Return who wrote any text that a letter ever had."""
    return set(ledger.values("SELECT DISTINCT written_by FROM letter_texts WHERE letter_id = ?", [letter_id]))


def list_letters(ledger: Ledger, case_id: CaseId) -> list[ListedLetter]:
    """Return the letters of a case with their subjects, oldest first."""
    return ledger.select(
        ListedLetter,
        "SELECT l.letter_id, l.tone, l.state, l.sent_on, t.subject FROM letters l"
        " JOIN letter_texts t ON t.text_id = l.text_id WHERE l.case_id = ? ORDER BY l.letter_id",
        [case_id],
    )


def require_text(ledger: Ledger, letter: Letter) -> LetterText:
    """Return what a letter says now."""
    text = ledger.find(LetterText, text_id=letter.text_id)
    assert text is not None  # noqa: S101  # both are written in one transaction
    return text


def require_case(ledger: Ledger, case_id: CaseId) -> Case:
    """Return a case. Errors: BadInputError when there is none."""
    case = ledger.find(Case, case_id=case_id)
    if case is None:
        raise refuse_input("case", "a case that is there", case_id)
    return case


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
_PAGES = """
    SELECT p.url, min(e.seen_at) AS first_seen, max(e.seen_at) AS last_seen, max(e.evidence = 'picture') AS has_logo,
           json_group_array((SELECT t.sentence FROM sentences t WHERE t.text_match_id = e.text_match_id)) AS sentences,
           json_group_array(iif(e.evidence = 'words' AND NOT is_carried, (
               SELECT group_concat(w.text, ' / ') FROM image_words w JOIN logo_matches m ON m.image_sha256 = w.image_sha256
               WHERE m.match_id = e.match_id), NULL)) AS image_words,
           json_group_array(iif(e.evidence = 'name' AND NOT is_carried, (
               SELECT n.text FROM name_matches n JOIN claims c ON c.brand = n.brand
               WHERE c.claim_id = e.claim_id AND n.sighting_id = e.sighting_id ORDER BY n.source LIMIT 1), NULL)) AS image_names
    FROM (SELECT e.*, EXISTS ( -- the image says it by more than that
              SELECT 1 FROM claim_evidence n WHERE n.claim_id = e.claim_id AND n.sighting_id = e.sighting_id
              AND (n.evidence = 'picture' OR (n.evidence = 'words' AND e.evidence = 'name'))) AS is_carried
          FROM claim_evidence e) e
    JOIN pages p ON p.page_id = e.page_id
    WHERE e.claim_id = ? GROUP BY p.url ORDER BY last_seen DESC, p.url LIMIT ?
"""
