"""Letters as they are stored: one, its texts, who wrote them, those of a case.

Reads: letters, letter_texts, cases. Writes nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from casebook.cases.decisions import refuse_input
from ledger.database import Ledger, columns_of
from ledger.identity import sha256_hex
from ledger.records import Case, Letter, LetterText
from ledger.typed_texts import CaseId, IsoDate, LetterId, Sha256
from ledger.vocabulary import LetterState, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedLetter:
    """A letter in the list of its case, with the subject that it has now."""

    letter_id: LetterId
    tone: Tone
    state: LetterState
    sent_on: IsoDate | None
    subject: str


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


def read_draft(ledger: Ledger, letter_id: LetterId) -> LetterText:
    """Return the text with which a letter began."""
    return ledger.select(
        LetterText,
        f"SELECT {columns_of(LetterText)} FROM letter_texts WHERE letter_id = ? ORDER BY text_id LIMIT 1",
        [letter_id],
    )[0]


def text_digest(letter: Letter, text: LetterText) -> Sha256:
    """Return the SHA-256 of what is approved: recipient, contact, subject, body and enclosure."""
    enclosure = json.dumps(letter.enclosure, ensure_ascii=False, sort_keys=True)
    return sha256_hex("\0".join((text.recipient, text.contact, text.subject, text.body, enclosure)).encode())
