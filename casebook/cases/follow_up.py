"""What comes after letters: replies, deadlines, escalation, the end.

Reads: cases. Writes: replies, case_events, cases.
"""

from __future__ import annotations

from dataclasses import dataclass

from casebook.cases.cases import PROGRAM, record_event
from casebook.cases.decisions import refuse_input
from casebook.cases.letter_text import one_line
from casebook.cases.letters import read_past_day
from casebook.cases.stored_letters import require_case
from ledger.database import Ledger, columns_of
from ledger.identity import event_id, sha256_hex, utc_now, utc_text
from ledger.proof.custody import CustodyLog
from ledger.records import Case
from ledger.records import Reply as StoredReply
from ledger.typed_texts import CaseId, Instant, IsoDate, Sha256
from ledger.vocabulary import CaseEvent, CustodyEvent, FollowUp, ReplyKind

MAX_REPLY_CHARS, MAX_FILE_BYTES = 100_000, 10_000_000
_SAME_FILE = "SELECT received_on FROM replies WHERE case_id = ? AND file_sha256 = ? AND file IS NOT NULL LIMIT 1"
WAITING = (FollowUp.SENT, FollowUp.ACKNOWLEDGED)  # for an answer, or for what an answer promised
COMES_TO = {  # how far a reply brings a case, unless what was seen since says more
    ReplyKind.ACKNOWLEDGES: FollowUp.ACKNOWLEDGED,
    ReplyKind.SAYS_REMOVED: FollowUp.ACKNOWLEDGED,
    ReplyKind.DISPUTES: FollowUp.DISPUTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back. file: an attachment as it came, with its name."""

    kind: ReplyKind
    received_on: str
    sender: str
    words: str
    file_name: str | None = None
    file: bytes | None = None
    dated: IsoDate | None = None  # the day that its sender wrote under it; when it was received is another


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedReply:
    """A stored reply without its file. file_bytes: None where there is no file."""

    reply_id: str
    kind: ReplyKind
    received_on: IsoDate
    sender: str
    words: str
    file_name: str | None
    file_bytes: int | None
    file_sha256: Sha256 | None
    noted_by: str
    noted_at: Instant


def store_reply(ledger: Ledger, log: CustodyLog, case_id: CaseId, reply: Reply, *, by: str) -> str:
    """Store a reply; returns its id. Errors: BadInputError."""
    day = read_past_day("received", reply.received_on)
    words = reply.words.strip().replace("\r\n", "\n")
    if not words and not reply.file:
        raise refuse_input("reply", "its words, or a file", "neither")
    if len(words) > MAX_REPLY_CHARS or len(reply.file or b"") > MAX_FILE_BYTES:
        most = f"at most {MAX_REPLY_CHARS} characters and a file of {MAX_FILE_BYTES // 1_000_000} MB"
        raise refuse_input("reply", most, f"{len(words)} characters, {len(reply.file or b'')} bytes")
    reply_id = event_id()
    digest = sha256_hex(reply.file) if reply.file else None
    with ledger.transaction():
        case = require_case(ledger, case_id)
        if case.followup is None:
            raise refuse_input("case", "one with a letter", "none yet")
        if digest and (known := ledger.value(_SAME_FILE, [case_id, digest])):
            raise refuse_input("file", "one that is not noted yet", f"the file of the reply of {known}")
        stored = StoredReply(
            reply_id=reply_id,
            case_id=case_id,
            kind=reply.kind,
            received_on=IsoDate(day.isoformat()),
            sender=one_line(reply.sender)[:200],
            words=words,
            file_name=one_line(reply.file_name or "file")[:200] if reply.file else None,
            file=reply.file or None,
            file_sha256=digest,
            noted_by=by,
            noted_at=utc_text(),
        )
        ledger.add([stored])
        state = COMES_TO.get(reply.kind)
        seen = (FollowUp.REMOVED, FollowUp.VERIFIED_REMOVED, FollowUp.REAPPEARED)
        new = _now(state) if state is not None and case.followup not in seen else {}
        details = {
            "reply": reply_id,
            "kind": reply.kind,
            "on": stored.received_on,
            "dated": reply.dated,
            "file_sha256": digest,
        }
        record_event(ledger, case, CaseEvent.REPLIED, by=by, details=details, new=new)
    log.add(CustodyEvent.DECIDED, {"reply": reply_id, "claim": case.claim_id, "kind": reply.kind}, by=by)
    return reply_id


def escalate(ledger: Ledger, case_id: CaseId, *, why: str, by: str) -> None:
    """Hand a case on: to counsel, a registrar, a court. Errors: BadInputError without a reason."""
    _step(ledger, case_id, CaseEvent.ESCALATED, FollowUp.ESCALATED, why, by)


def end_follow_up(ledger: Ledger, case_id: CaseId, *, why: str, by: str) -> None:
    """End what follows a case. It opens again when the claim, once gone, comes back. Errors: BadInputError without a reason."""
    _step(ledger, case_id, CaseEvent.ENDED, FollowUp.CLOSED, why, by)


def _step(ledger: Ledger, case_id: CaseId, event: CaseEvent, state: FollowUp, why: str, by: str) -> None:
    why = why.strip()[:2_000]
    if not why:
        raise refuse_input("comment", "why", "none")
    with ledger.transaction():
        case = require_case(ledger, case_id)
        if case.followup is None:
            raise refuse_input("case", "one with a letter, or whose claim is gone", "neither")
        record_event(ledger, case, event, by=by, details={"comment": why}, new={**_now(state), "answer_by": None})


def note_deadlines(ledger: Ledger) -> int:
    """Note, once for each letter, that the day until which an answer was asked for has passed. Returns how many."""
    today = utc_now().date().isoformat()
    with ledger.transaction():
        late = ledger.select(
            Case,
            f"SELECT {columns_of(Case)} FROM cases c WHERE followup IN ({', '.join('?' * len(WAITING))}) AND answer_by < ? AND NOT EXISTS"
            " (SELECT 1 FROM case_events e WHERE e.case_id = c.case_id AND e.event = ?"
            " AND json_extract(e.details, '$.answer_by') = c.answer_by)",
            [*WAITING, today, CaseEvent.DEADLINE_PASSED],
        )
        for case in late:
            details = {"answer_by": case.answer_by}
            record_event(ledger, case, CaseEvent.DEADLINE_PASSED, by=PROGRAM, details=details, new={})
    return len(late)


def read_replies(ledger: Ledger, case_id: CaseId) -> list[ListedReply]:
    """Return the replies of a case without their files, oldest first."""
    columns = "reply_id, kind, received_on, sender, words, file_name, length(file) AS file_bytes, file_sha256, noted_by, noted_at"
    return ledger.select(ListedReply, f"SELECT {columns} FROM replies WHERE case_id = ? ORDER BY reply_id", [case_id])


def _now(state: FollowUp) -> dict[str, object]:
    return {"followup": state, "followup_at": utc_text()}
