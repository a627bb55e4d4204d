"""The files of a case that go out with the evidence of its claim: the form for an answer, letters as they were sent, files of replies.

Reads: cases, letters, replies, row_deletions, what letter_files.py and reply_form.py read. Writes nothing.

A redacted copy has the form alone: whom letters name and what replies hold was ticked by nobody.
"""

from __future__ import annotations

import re
from pathlib import Path

from casebook.cases.letter_facts import Sender
from casebook.cases.letter_files import draw_letter
from casebook.cases.letter_templates import LetterTemplates
from casebook.cases.reply_form import draw_reply_form, read_reply_form
from ledger.database import Ledger, columns_of
from ledger.records import Case, Letter, Reply
from ledger.typed_texts import CaseId, ClaimId

MAX_NAME_CHARS = 60
_ODD = re.compile(r"[^A-Za-z0-9.-]+")


def read_case_files(
    ledger: Ledger,
    claim_id: ClaimId,
    *,
    warc_dir: Path,
    templates: LetterTemplates,
    sender: Sender,
    is_redacted: bool = False,
) -> dict[str, bytes]:
    """Return the files by their names in an export: reply-form.html, letters/…, replies/…"""
    form = read_reply_form(ledger, claim_id, templates, sender)
    files = {"reply-form.html": draw_reply_form(form).encode("utf-8")}
    case = ledger.find(Case, claim_id=claim_id)
    if case is None or is_redacted:
        return files
    sent = [letter for letter in _read_sent(ledger, case.case_id) if letter.language in templates.languages]
    for letter in sent:  # of one in a language whose texts are gone, the dossier has the words
        name = f"letters/{letter.sent_on}-{letter.tone}-{letter.letter_id[-6:]}.html"
        files[name] = draw_letter(ledger, letter, warc_dir=warc_dir, templates=templates, sender=sender)
    for reply in _read_replies_with_files(ledger, case.case_id):
        files[f"replies/{reply.received_on}-{reply.reply_id[-6:]}-{plain_name(reply.file_name)}"] = reply.file or b""
    return files


def plain_name(name: str | None) -> str:
    """Return a file's name, as whoever sent it gave it, as one that is plain on every system."""
    last = re.split(r"[/\\]", name or "")[-1]
    plain = _ODD.sub("-", last).strip("-.")
    stem, dot, suffix = plain.rpartition(".")
    return f"{stem[: MAX_NAME_CHARS - 10]}{dot}{suffix[:9]}" if len(plain) > MAX_NAME_CHARS else plain or "file"


def _read_sent(ledger: Ledger, case_id: CaseId) -> list[Letter]:
    return ledger.select(
        Letter,
        f"SELECT {columns_of(Letter)} FROM letters WHERE case_id = ? AND sent_on IS NOT NULL"
        " AND text_id NOT IN (SELECT row_id FROM row_deletions) ORDER BY letter_id",
        [case_id],
    )


def _read_replies_with_files(ledger: Ledger, case_id: CaseId) -> list[Reply]:
    return ledger.select(
        Reply, f"SELECT {columns_of(Reply)} FROM replies WHERE case_id = ? AND file IS NOT NULL ORDER BY reply_id", [case_id]
    )  # fmt: skip
