"""What changed between two snapshots of a register: grants added, removed and changed, field by field.

A grant has no number of its own, so two are the same grant when they name the same company (by identifier, else domain,
else name) in the same relation and programme; of several such, those that begin on the same day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from casebook.register.company_names import comparable_name
from casebook.register.snapshots import held_registers
from ledger.database import Ledger, columns_of
from ledger.errors import BadInputError, Problem
from ledger.records import RegisterSnapshot
from ledger.typed_texts import IsoDate, SnapshotId
from ledger.vocabulary import Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantContent:
    """What a grant says, without the import and the line that it stands in."""

    company: str
    aliases: tuple[str, ...]
    domains: tuple[str, ...]
    identifiers: tuple[str, ...]
    relation: Relation
    programme: str | None
    tier: str | None
    marks: tuple[str, ...]
    purpose: str | None
    territory: str | None
    valid_from: IsoDate
    valid_until: IsoDate | None
    parent: str | None
    source: str | None
    contact: str | None


FIELDS = tuple(field.name for field in fields(GrantContent))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A grant that says something else. fields: name → (before, after)."""

    company: str
    fields: dict[str, tuple[object, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterDiff:
    """What changed from one snapshot to another. before: None when there was none."""

    before: RegisterSnapshot | None
    after: RegisterSnapshot
    added: tuple[GrantContent, ...]
    removed: tuple[GrantContent, ...]
    changed: tuple[Change, ...]


def diff_register(ledger: Ledger, brand: str, register: str, snapshot_ids: Sequence[SnapshotId] = ()) -> RegisterDiff:
    """Compare two snapshots, or the one that holds with the one before. Errors: BadInputError."""
    if snapshot_ids:
        before, after = (_require(ledger, brand, snapshot_id) for snapshot_id in snapshot_ids)
        return compare_snapshots(ledger, before, after)
    held = next((snapshot for snapshot in held_registers(ledger, brand) if snapshot.register == register), None)
    if held is None:
        raise BadInputError(
            Problem(where=f"{brand}, {register}", expected="a register", got="none that holds", next_step="see `partnerproof register list`")
        )  # fmt: skip
    earlier = ledger.select_first(
        RegisterSnapshot,
        f"SELECT {columns_of(RegisterSnapshot)} FROM register_snapshots s"
        " WHERE brand = ? AND register = ? AND snapshot_id < ? AND NOT EXISTS"
        " (SELECT 1 FROM snapshot_undos u WHERE u.snapshot_id = s.snapshot_id) ORDER BY snapshot_id DESC LIMIT 1",
        [brand, register, held.snapshot_id],
    )
    return compare_snapshots(ledger, earlier, held)


def compare_snapshots(ledger: Ledger, before: RegisterSnapshot | None, after: RegisterSnapshot) -> RegisterDiff:
    """Return what a later snapshot says that an earlier one did not, and the other way round."""
    before_id = before.snapshot_id if before else None
    removed = _only_in(ledger, before_id, after.snapshot_id)
    added = _only_in(ledger, after.snapshot_id, before_id)
    changed: list[Change] = []
    waiting: dict[tuple[str, Relation, str | None], list[GrantContent]] = {}
    for grant in removed:
        waiting.setdefault(_identity(grant), []).append(grant)
    for same_day in (True, False):
        left: list[GrantContent] = []
        for grant in added:
            earlier = waiting.get(_identity(grant), [])
            match = next((old for old in earlier if not same_day or old.valid_from == grant.valid_from), None)
            if match is None:
                left.append(grant)
                continue
            earlier.remove(match)
            changed.append(Change(company=grant.company, fields=_differing(match, grant)))
        added = left
    return RegisterDiff(
        before=before,
        after=after,
        added=tuple(added),
        removed=tuple(grant for grants in waiting.values() for grant in grants),
        changed=tuple(changed),
    )


def _only_in(ledger: Ledger, snapshot_id: SnapshotId | None, other_id: SnapshotId | None) -> list[GrantContent]:
    columns = ", ".join(FIELDS)
    grants = f"SELECT {columns} FROM grants WHERE snapshot_id = ?"
    return ledger.select(GrantContent, f"{grants} EXCEPT {grants} ORDER BY {columns}", [snapshot_id, other_id])


def _differing(before: GrantContent, after: GrantContent) -> dict[str, tuple[object, object]]:
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in FIELDS}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _identity(grant: GrantContent) -> tuple[str, Relation, str | None]:
    who = next(iter((*grant.identifiers, *grant.domains)), comparable_name(grant.company))
    return who, grant.relation, grant.programme


def _require(ledger: Ledger, brand: str, snapshot_id: SnapshotId) -> RegisterSnapshot:
    snapshot = ledger.find(RegisterSnapshot, snapshot_id=snapshot_id)
    if snapshot is None or snapshot.brand != brand:
        raise BadInputError(
            Problem(
                where=snapshot_id,
                expected=f"the id of an import of {brand}",
                got="another" if snapshot else "one that is not in this workspace",
                next_step="take it from `partnerproof register list`",
            )
        )
    return snapshot
