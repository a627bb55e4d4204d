"""Imports of registers and group files: which hold, which were undone, and all of them in a list.

Nothing is ever deleted. An undo is an event with its time and reason: from then on the snapshot before holds
again, and a question about an earlier instant still sees the one that was undone.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.database import Ledger, columns_of
from ledger.errors import BadInputError, Problem
from ledger.identity import utc_text
from ledger.records import GroupSnapshot, RegisterSnapshot, SnapshotUndo
from ledger.typed_texts import Instant, Sha256, SnapshotId


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSnapshot:
    """An import of a register or of a group file. brand: None for group files; name: of the register or source."""

    snapshot_id: SnapshotId
    brand: str | None
    name: str
    format: str
    file: str
    file_sha256: Sha256
    rows: int
    left_out: int  # rows that could not be read
    recorded_at: Instant
    keeper: str | None  # None: nobody is named
    undone_at: Instant | None
    why: str | None


_IS_HELD = """(:known_at IS NULL OR s.recorded_at <= :known_at) AND NOT EXISTS (
    SELECT 1 FROM snapshot_undos u
    WHERE u.snapshot_id = s.snapshot_id AND (:known_at IS NULL OR u.undone_at <= :known_at))"""


def held_registers(ledger: Ledger, brand: str, known_at: Instant | None = None) -> list[RegisterSnapshot]:
    """Return of each register of a brand the snapshot that holds, as known at an instant (None: now), by register."""
    return ledger.select(
        RegisterSnapshot,
        f"SELECT {columns_of(RegisterSnapshot)} FROM register_snapshots WHERE snapshot_id IN ("
        f"SELECT max(s.snapshot_id) FROM register_snapshots s WHERE s.brand = :brand AND {_IS_HELD} GROUP BY s.register)"
        " ORDER BY register",
        {"brand": brand, "known_at": known_at},
    )


def held_groups(ledger: Ledger, known_at: Instant | None = None) -> list[GroupSnapshot]:
    """Return of each source of companies and groups the snapshot that holds, as known at an instant (None: now)."""
    return ledger.select(
        GroupSnapshot,
        f"SELECT {columns_of(GroupSnapshot)} FROM group_snapshots WHERE snapshot_id IN ("
        f"SELECT max(s.snapshot_id) FROM group_snapshots s WHERE {_IS_HELD} GROUP BY s.source) ORDER BY source",
        {"known_at": known_at},
    )


def list_snapshots(ledger: Ledger, brand: str | None = None) -> list[ListedSnapshot]:
    """Return all imports, the newest first: of one brand, or of all and of group files too."""
    return ledger.select(ListedSnapshot, _ALL, {"brand": brand})


def undo_snapshot(ledger: Ledger, snapshot_id: SnapshotId, *, why: str) -> ListedSnapshot:
    """Take an import back; returns it as list_snapshots shows it. Errors: BadInputError."""
    snapshot = next((listed for listed in list_snapshots(ledger) if listed.snapshot_id == snapshot_id), None)
    if snapshot is None:
        raise _bad(snapshot_id, "the id of an import", "one that is not in this workspace", "take it from")
    if snapshot.undone_at is not None:
        raise _bad(snapshot_id, "an import that holds", f"one that was undone at {snapshot.undone_at}", "see")
    if not why.strip():
        raise _bad("--why", "a reason", "nothing", "say why the import should not hold; see")
    ledger.add([SnapshotUndo(snapshot_id=snapshot_id, undone_at=utc_text(), why=why.strip())])
    return snapshot


def _bad(where: str, expected: str, got: str, next_step: str) -> BadInputError:
    return BadInputError(
        Problem(where=where, expected=expected, got=got, next_step=f"{next_step} `partnerproof register list`")
    )


_ALL = """
    SELECT s.snapshot_id, s.brand, s.register AS name, s.format, s.file, s.file_sha256, s.grants AS rows, s.left_out,
           s.recorded_at, s.keeper,
           u.undone_at, u.why
    FROM register_snapshots s LEFT JOIN snapshot_undos u ON u.snapshot_id = s.snapshot_id
    WHERE :brand IS NULL OR s.brand = :brand
    UNION ALL
    SELECT s.snapshot_id, NULL, s.source, s.format, s.file, s.file_sha256, s.companies + s.relationships, 0,
           s.recorded_at, NULL,
           u.undone_at, u.why
    FROM group_snapshots s LEFT JOIN snapshot_undos u ON u.snapshot_id = s.snapshot_id
    WHERE :brand IS NULL
    ORDER BY 1 DESC
"""
