"""What people type and have not sent yet: kept on the server as they type, so that no session's end and no broken line loses it.

Reads and writes: kept_texts, which only its own account ever sees. It is not evidence: it goes when its form is sent, or forgotten.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from casebook.cases.decisions import refuse_input
from ledger.database import Ledger, columns_of
from ledger.identity import utc_text
from ledger.records import KeptText

MAX_KEPT, MAX_FIELDS_CHARS = 200, 200_000  # texts of an account, the oldest go first; of one form
_NAME = re.compile(r"[a-z-]{1,30}:[A-Z0-9]{1,40}")  # what the form is for, and which case or letter


def keep_text(ledger: Ledger, account: str, form: str, fields: str) -> None:
    """Keep the fields of a form (JSON, names to texts); empty fields forget them. Errors: BadInputError."""
    if not _NAME.fullmatch(form):
        raise refuse_input("form", "the name of a form", form)
    kept = _read_fields(fields)
    with ledger.transaction():
        ledger.execute("DELETE FROM kept_texts WHERE account = ? AND form = ?", [account, form])
        if any(text.strip() for text in kept.values()):
            ledger.add([KeptText(account=account, form=form, fields=kept, kept_at=utc_text())])
            ledger.execute(
                "DELETE FROM kept_texts WHERE account = ?1 AND form NOT IN"
                " (SELECT form FROM kept_texts WHERE account = ?1 ORDER BY kept_at DESC LIMIT ?2)",
                [account, MAX_KEPT],
            )


def forget_text(ledger: Ledger, account: str, form: str) -> None:
    """Forget what was typed into a form."""
    ledger.execute("DELETE FROM kept_texts WHERE account = ? AND form = ?", [account, form])


def read_kept(ledger: Ledger, account: str, ids: Sequence[str]) -> dict[str, KeptText]:
    """Return what an account has typed into the forms of some cases and letters, by the name of the form."""
    kept = {}
    for key in ids:
        for text in ledger.select(
            KeptText,
            f"SELECT {columns_of(KeptText)} FROM kept_texts WHERE account = ? AND form LIKE '%:' || ?",
            [account, key],
        ):
            kept[text.form] = text
    return kept


def _read_fields(fields: str) -> dict[str, str]:
    if len(fields) > MAX_FIELDS_CHARS:
        raise refuse_input("fields", f"{MAX_FIELDS_CHARS} characters at most", str(len(fields)))
    try:
        read = json.loads(fields or "{}")
    except (ValueError, RecursionError) as error:
        raise refuse_input("fields", "names and texts as JSON", fields) from error
    if not isinstance(read, dict) or not all(isinstance(text, str) for text in read.values()):
        raise refuse_input("fields", "names and texts as JSON", fields)
    return read
