"""What changed between two snapshots of a register: grants added, removed and changed, field by field.

A grant has no number of its own, so two are the same grant when they name the same company (by identifier, else domain,
else name) in the same relation and programme; of several such, those that begin on the same day.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from casebook.register.company_names import comparable_name
from casebook.register.snapshots import find_register_snapshot, held_registers, read_register_snapshot
from ledger.database import Ledger, Row
from ledger.errors import BadInputError, Problem
from ledger.records import RegisterSnapshot
from ledger.typed_texts import SnapshotId

FIELDS = (
    "company", "aliases", "domains", "identifiers", "relation", "programme", "tier", "marks", "purpose", "territory",
    "valid_from", "valid_until", "parent", "source",
)  # fmt: skip
_LISTS = frozenset({"aliases", "domains", "identifiers", "marks"})
_Said = dict[str, object]  # the fields of a grant


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A grant that says something else. fields: name → [before, after]."""

    company: str
    fields: dict[str, list[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterDiff:
    """What changed from one snapshot to another. before: None when there was none."""

    before: RegisterSnapshot | None
    after: RegisterSnapshot
    added: tuple[_Said, ...]
    removed: tuple[_Said, ...]
    changed: tuple[Change, ...]


def diff_register(ledger: Ledger, brand: str, register: str, snapshot_ids: Sequence[str] = ()) -> RegisterDiff:
    """Compare two snapshots, or the one that holds with the one before. Errors: BadInputError."""
    if snapshot_ids:
        before, after = (_require(ledger, brand, snapshot_id) for snapshot_id in snapshot_ids)
        return compare_snapshots(ledger, before, after)
    held = next((snapshot for snapshot in held_registers(ledger, brand) if snapshot.register == register), None)
    if held is None:
        raise BadInputError(
            Problem(where=f"{brand}, {register}", expected="a register", got="none that holds", next_step="see `partnerproof register list`")
        )  # fmt: skip
    earlier = ledger.row(
        "SELECT * FROM register_snapshots s WHERE brand = ? AND register = ? AND snapshot_id < ? AND NOT EXISTS"
        " (SELECT 1 FROM snapshot_undos u WHERE u.snapshot_id = s.snapshot_id) ORDER BY snapshot_id DESC LIMIT 1",
        [brand, register, held.snapshot_id],
    )
    return compare_snapshots(ledger, read_register_snapshot(earlier) if earlier else None, held)


def compare_snapshots(ledger: Ledger, before: RegisterSnapshot | None, after: RegisterSnapshot) -> RegisterDiff:
    """Return what a later snapshot says that an earlier one did not, and the other way round."""
    before_id = before.snapshot_id if before else ""
    removed = _only_in(ledger, before_id, after.snapshot_id)
    added = _only_in(ledger, after.snapshot_id, before_id)
    changed: list[Change] = []
    waiting: dict[tuple[object, ...], list[_Said]] = {}
    for said in removed:
        waiting.setdefault(_identity(said), []).append(said)
    for same_day in (True, False):
        left: list[_Said] = []
        for said in added:
            earlier = waiting.get(_identity(said), [])
            match = next((e for e in earlier if not same_day or e["valid_from"] == said["valid_from"]), None)
            if match is None:
                left.append(said)
                continue
            earlier.remove(match)
            fields = {name: [match[name], said[name]] for name in FIELDS if match[name] != said[name]}
            changed.append(Change(company=str(said["company"]), fields=fields))
        added = left
    return RegisterDiff(
        before=before,
        after=after,
        added=tuple(added),
        removed=tuple(said for some in waiting.values() for said in some),
        changed=tuple(changed),
    )


def _only_in(ledger: Ledger, snapshot_id: SnapshotId, other_id: str) -> list[_Said]:
    columns = ", ".join(FIELDS)
    one = f"SELECT {columns} FROM grants WHERE snapshot_id = ?"
    return list(map(_said, ledger.each(f"{one} EXCEPT {one} ORDER BY {columns}", [snapshot_id, other_id])))


def _said(row: Row) -> _Said:
    return {name: json.loads(row[name]) if name in _LISTS else row[name] for name in FIELDS}


def _identity(said: _Said) -> tuple[object, ...]:
    named: Iterable[object] = (*_listed(said["identifiers"]), *_listed(said["domains"]))
    who = next(iter(named), comparable_name(str(said["company"])))
    return who, said["relation"], said["programme"]


def _listed(values: object) -> list[object]:
    return values if isinstance(values, list) else []


def _require(ledger: Ledger, brand: str, snapshot_id: SnapshotId) -> RegisterSnapshot:
    found = find_register_snapshot(ledger, snapshot_id)
    if found is None or found.brand != brand:
        raise BadInputError(
            Problem(
                where=snapshot_id,
                expected=f"the id of an import of {brand}",
                got="another" if found else "one that is not in this workspace",
                next_step="take it from `partnerproof register list`",
            )
        )
    return found
