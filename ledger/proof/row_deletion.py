"""Deleting what rows say, where their time is over: what is left of a row, the digest of what it was, and an entry in the log.

Reads: the rows, seals. Writes: row_deletions, the custody log; whoever owns the table blanks its rows.

1. In one transaction: the leaf of each row as it was sealed, the rows are blanked, the leaf of what is left.
2. Before that is committed, the custody log tells what is about to go, with both digests; afterwards, that it has gone.
3. A seal counts such a row as what it was (ledger/proof/sealed_rows.py), as long as what is left is as it was left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ledger.database import Ledger
from ledger.identity import utc_text
from ledger.proof.custody import CustodyLog
from ledger.proof.sealed_rows import TABLES, Table, columns_of, place_of
from ledger.proof.seals import Seals
from ledger.proof.verifier import leaf_hash, row_bytes
from ledger.records import RowDeletion
from ledger.typed_texts import Sha256
from ledger.vocabulary import CustodyEvent, RetentionClass

LOGGED = ("table_name", "row_id", "row_sha256", "left_sha256")  # what the log's lists have, in this order
_BY_NAME = {table.name: table for table in TABLES}
DELETED_WORDS = "[deleted: it was kept as long as the rules for retention say]"
DELETED_NAME = "[deleted]"
KEYS: Mapping[str, str] = {"letter_texts": "text_id", "replies": "reply_id"}
LEFT: Mapping[str, Mapping[str, object]] = {  # what a deletion leaves of a row's words, by table and column
    "letter_texts": {
        "recipient": DELETED_NAME,
        "contact": DELETED_NAME,
        "contact_source": DELETED_NAME,
        "subject": DELETED_WORDS,
        "body": DELETED_WORDS,
    },
    "replies": {"sender": DELETED_NAME, "words": DELETED_WORDS, "file_name": None, "file": None},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRow:
    """A row whose time is over. key: the column of its id. Its table's rows are sealed in the order in which they were added."""

    table: str
    key: str
    row_id: str
    retention_class: RetentionClass
    kept_days: int


Blank = Callable[[Ledger, Sequence[DueRow]], None]


def delete_rows(ledger: Ledger, seals: Seals, log: CustodyLog, due: Sequence[DueRow], *, blank: Blank) -> None:
    """Delete what rows say. blank: replaces what they say by something shorter, within the same transaction."""
    if not due:
        return
    with ledger.transaction():
        before = [_leaf(ledger, seals, row) for row in due]
        blank(ledger, due)
        now = utc_text()
        deletions = [
            RowDeletion(
                table_name=row.table,
                row_id=row.row_id,
                row_sha256=was,
                left_sha256=_leaf(ledger, seals, row),
                retention_class=row.retention_class,
                kept_days=row.kept_days,
                deleted_at=now,
            )
            for row, was in zip(due, before, strict=True)
        ]
        ledger.add(deletions)
        log.add(CustodyEvent.DELETING, {"rows": [_logged(deletion) for deletion in deletions]})


def finish_row_deletions(ledger: Ledger, log: CustodyLog) -> None:
    """Enter in the custody log the deletions that it does not tell of yet, all of them after they were committed."""
    told = {
        tuple(row)
        for entry in log.entries()
        if entry["event"] == CustodyEvent.DELETED
        for row in entry["details"].get("rows", ())
    }
    stored = [
        list(row) for row in ledger.rows(f"SELECT {', '.join(LOGGED)} FROM row_deletions ORDER BY deleted_at, row_id")
    ]
    if left := [row for row in stored if tuple(row) not in told]:
        log.add(CustodyEvent.DELETED, {"records": [], "rows": left})


def list_not_blank(ledger: Ledger) -> list[str]:
    """Return the ids of rows that are said to be deleted and say something else than a deletion leaves: somebody rewrote them."""
    found: list[str] = []
    for table, left in LEFT.items():
        key = KEYS[table]
        differs = " OR ".join(f"t.{column} IS NOT ?" for column in left)
        sql = f"SELECT t.{key} FROM {table} t JOIN row_deletions d ON d.table_name = ? AND d.row_id = t.{key} WHERE {differs}"
        found += ledger.values(sql, [table, *left.values()])
    return found


def _logged(deletion: RowDeletion) -> list[str]:
    return [str(getattr(deletion, name)) for name in LOGGED]


def _leaf(ledger: Ledger, seals: Seals, due: DueRow) -> Sha256:
    """The leaf of a row over the columns with which it was sealed; of one that is not sealed yet, over all."""
    table = _BY_NAME[due.table]
    place = place_of(ledger, table, f"{due.key} = ?", [due.row_id])
    columns = _sealed_columns(seals, table, place) or columns_of(ledger, table.name)
    row = ledger.row(f"SELECT {', '.join(columns)} FROM {table.name} WHERE {due.key} = ?", [due.row_id])
    assert row is not None  # noqa: S101  # it was looked up in this transaction
    return Sha256(leaf_hash(row_bytes(tuple(row))).hex())


def _sealed_columns(seals: Seals, table: Table, place: int) -> tuple[str, ...] | None:
    for start, stop in seals.spans(table.name):
        if start <= place < stop:
            return tuple(seals.sealed_groups[table.name, f"{start}/{stop}"][1]["columns"])
    return None
