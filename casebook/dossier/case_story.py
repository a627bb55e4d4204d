"""What people did with a claim, for a reader of its dossier: decisions, letters as they were sent, replies, and each look since.

Reads: cases, case_events, letters, letter_texts, replies, removal_checks. Writes nothing.

What speaks for the vendor is in it like what speaks against: a dispute, a removal. Comments of reviewers and drafts that were never sent are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ledger.database import Ledger, columns_of
from ledger.records import Case, CaseEventRow, RemovalCheck
from ledger.typed_texts import CaseId, ClaimId, Instant, IsoDate, Sha256
from ledger.vocabulary import CaseEvent, ReplyKind, Tone

TOLD = frozenset(
    {
        CaseEvent.OPENED, CaseEvent.CHANGED, CaseEvent.DECIDED, CaseEvent.APPROVED, CaseEvent.RETURNED, CaseEvent.UNDONE, CaseEvent.CLOSED,
        CaseEvent.LETTER_SENT, CaseEvent.REPLIED, CaseEvent.ESCALATED, CaseEvent.ENDED, CaseEvent.DEADLINE_PASSED, CaseEvent.REMOVED,
        CaseEvent.VERIFIED_REMOVED, CaseEvent.REAPPEARED,
    }
)  # fmt: skip
LEFT_OUT = "[left out of this redacted copy]"
_DETAILS = ("decision", "reason", "was", "verdict", "tone", "kind", "on", "answer_by", "removed_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEvent:
    """Something that was done, without comments. what: in words."""

    at: Instant
    by: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLetter:
    """A letter as it was sent."""

    tone: Tone
    language: str
    recipient: str
    contact: str
    subject: str
    body: str
    approved_by: str | None
    counsel: str | None
    sent_on: IsoDate
    sent_how: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldReply:
    """What came back. file_name, file_sha256: of its attachment, None: there was none."""

    kind: ReplyKind
    received_on: IsoDate
    sender: str
    words: str
    file_name: str | None
    file_sha256: Sha256 | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStory:
    """All of it, each list oldest first. checks: each look at the claim since it was confirmed."""

    case: Case
    events: tuple[ToldEvent, ...]
    letters: tuple[SentLetter, ...]
    replies: tuple[ToldReply, ...]
    checks: tuple[RemovalCheck, ...]

    def without_words(self) -> CaseStory:
        """The same for a redacted copy: that letters and replies were is told, their words are not."""
        return replace(
            self,
            letters=tuple(
                replace(letter, recipient=LEFT_OUT, contact=LEFT_OUT, subject=LEFT_OUT, body=LEFT_OUT)
                for letter in self.letters
            ),
            replies=tuple(
                replace(reply, sender=LEFT_OUT, words=LEFT_OUT, file_name=None, file_sha256=None)
                for reply in self.replies
            ),
        )


def read_case_story(ledger: Ledger, claim_id: ClaimId) -> CaseStory | None:
    """Return what people did with a claim; None: it never became a case."""
    case = ledger.find(Case, claim_id=claim_id)
    if case is None:
        return None
    key = [case.case_id]
    events = read_events(ledger, case.case_id)
    checks = f"SELECT {columns_of(RemovalCheck)} FROM removal_checks WHERE case_id = ? ORDER BY looked_at, check_id"
    return CaseStory(
        case=case,
        events=tuple(
            ToldEvent(at=event.at, by=event.by, what=_describe(event)) for event in events if event.event in TOLD
        ),
        letters=tuple(ledger.select(SentLetter, _LETTERS, key)),
        replies=tuple(ledger.select(ToldReply, _REPLIES, key)),
        checks=tuple(ledger.select(RemovalCheck, checks, key)),
    )


def _describe(event: CaseEventRow) -> str:
    details: Mapping[str, Any] = event.details
    verdict = details.get("verdict")
    if event.event is CaseEvent.CHANGED and verdict and details.get("was") == verdict:
        return f"changed: what it rests on; still {str(verdict).replace('-', ' ')}"
    told = [str(details[name]).replace("-", " ") if name not in ("on", "answer_by", "removed_on") else str(details[name])
            for name in _DETAILS if details.get(name)]  # fmt: skip
    return f"{event.event.replace('-', ' ')}{': ' if told else ''}{', '.join(told)}"


_LETTERS = """
    SELECT l.tone, l.language, t.recipient, t.contact, t.subject, t.body, l.approved_by, l.counsel, l.sent_on, l.sent_how
    FROM letters l JOIN letter_texts t ON t.text_id = l.text_id
    WHERE l.case_id = ? AND l.sent_on IS NOT NULL ORDER BY l.sent_on, l.letter_id
"""
_REPLIES = """
    SELECT kind, received_on, sender, words, file_name, file_sha256 FROM replies WHERE case_id = ? ORDER BY received_on, reply_id
"""


def read_events(ledger: Ledger, case_id: CaseId) -> list[CaseEventRow]:
    """Return the events of a case, oldest first."""
    sql = f"SELECT {columns_of(CaseEventRow)} FROM case_events WHERE case_id = ? ORDER BY event_id"
    return ledger.select(CaseEventRow, sql, [case_id])
