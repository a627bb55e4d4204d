"""How long letters and replies are kept: whose time is over, which a legal hold keeps, and what is left of those that are deleted.

Reads: cases, case_events, letters, letter_texts, replies, holds, row_deletions, seals. Writes: letters, letter_texts, replies, kept_texts;
ledger/proof/row_deletion.py enters it.

1. The correspondence of a case is kept together: it is due when its days have passed since the last thing that happened to the case.
2. A hold on the vendor keeps it.
3. Deleted is what letters and replies say: every text that a letter ever had, its recipient, contact and enclosure, a reply's sender, words
   and file, and what somebody typed and never sent. That there was a letter or a reply, of which kind, when and by whom, stays, with the
   digests. What was never sent is dropped.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.database import Ledger
from ledger.identity import utc_now, utc_text
from ledger.proof.custody import CustodyLog
from ledger.proof.row_deletion import KEYS, LEFT, DueRow, delete_rows, finish_row_deletions
from ledger.proof.seals import Seals
from ledger.records import Letter, LetterText, Reply
from ledger.typed_texts import CaseId, Instant, LetterId
from ledger.vocabulary import LetterState, RetentionClass


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCorrespondence:
    """How many letters and replies are stored with their words, how many of them are due, and how many a hold keeps though they would be."""

    stored: int
    due: int
    held: int
    due_rows: tuple[DueRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A row of _WRITTEN: a text of a letter, or a reply, that still says something."""

    table_name: str
    row_id: str
    item: str  # the letter or reply that it belongs to
    case_id: CaseId
    last_at: Instant
    is_held: bool


def read_correspondence(ledger: Ledger, days: int) -> KeptCorrespondence:
    """Return what is due now. days: how long it is kept, 0 for ever."""
    until = utc_text(utc_now() - dt.timedelta(days=days)) if days else ""
    written = ledger.select(_Written, _WRITTEN)
    over = [row for row in written if row.last_at <= until]
    due = [row for row in over if not row.is_held]
    return KeptCorrespondence(
        stored=len({row.item for row in written}),
        due=len({row.item for row in due}),
        held=len({row.item for row in over if row.is_held}),
        due_rows=tuple(
            DueRow(
                table=row.table_name,
                key=KEYS[row.table_name],
                row_id=row.row_id,
                retention_class=RetentionClass.CORRESPONDENCE,
                kept_days=days,
            )
            for row in due
        ),
    )


def delete_correspondence(ledger: Ledger, seals: Seals, log: CustodyLog, days: int) -> int:
    """Delete what is due; returns how many letters and replies. The caller holds the writer lock.

    A hold needs no writer lock: what is due is looked up in the same transaction, so that one that was laid before it keeps what it is on.
    """
    finish_row_deletions(ledger, log)
    ledger.overwrite_what_goes()
    with ledger.transaction():
        kept = read_correspondence(ledger, days)
        delete_rows(ledger, seals, log, kept.due_rows, blank=_blank)
    finish_row_deletions(ledger, log)
    return kept.due


def _blank(ledger: Ledger, due: Sequence[DueRow]) -> None:
    letters = dict[LetterId, None]()
    for row in due:
        if row.table == LetterText.table:
            text = ledger.find(LetterText, text_id=row.row_id)
            assert text is not None  # noqa: S101  # it was looked up in this transaction
            letters[text.letter_id] = None
            ledger.update(LetterText, LEFT[LetterText.table], text_id=row.row_id)
        else:
            ledger.update(Reply, LEFT[Reply.table], reply_id=row.row_id)
    for letter_id in letters:
        letter = ledger.find(Letter, letter_id=letter_id)
        assert letter is not None  # noqa: S101  # its text was written with it
        dropped = {} if letter.state is LetterState.SENT else {"state": LetterState.DROPPED}
        ledger.update(Letter, {"enclosure": (), **dropped}, letter_id=letter_id)
    typed = {"letters": json.dumps(list(letters)), "replies": json.dumps([row.row_id for row in due])}
    ledger.execute(_FORGET_TYPED, typed)


_WRITTEN = """
    WITH written AS (
        SELECT 'letter_texts' AS table_name, t.text_id AS row_id, l.letter_id AS item, l.case_id
        FROM letter_texts t JOIN letters l ON l.letter_id = t.letter_id
        UNION ALL SELECT 'replies', r.reply_id, r.reply_id, r.case_id FROM replies r
    )
    SELECT w.table_name, w.row_id, w.item, w.case_id,
           (SELECT max(e.at) FROM case_events e WHERE e.case_id = w.case_id) AS last_at,
           coalesce((SELECT h.event = 'laid' FROM holds h WHERE h.seed_id = c.seed_id ORDER BY h.hold_id DESC LIMIT 1), 0) AS is_held
    FROM written w JOIN cases k ON k.case_id = w.case_id JOIN claims c ON c.claim_id = k.claim_id
    WHERE NOT EXISTS (SELECT 1 FROM row_deletions d WHERE d.table_name = w.table_name AND d.row_id = w.row_id)
    ORDER BY w.row_id
"""
_FORGET_TYPED = """
    DELETE FROM kept_texts
    WHERE form IN (SELECT 'letter:' || value FROM json_each(:letters))
       OR form IN (SELECT 'reply:' || case_id FROM replies WHERE reply_id IN (SELECT value FROM json_each(:replies)))
"""
