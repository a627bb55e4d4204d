"""Which claims a change of a brand's registers can touch, so that only they are judged anew.

Reads: verdicts that hold, with the snapshots their searches used; grants; seeds. Writes nothing.

1. Claims are put together by the snapshots that their last search used.
2. Grants that only those snapshots have, or only the ones that hold now, make a small register of changes.
3. A claim is touched when a search for its vendor in that small register gives a hit or a near miss.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from operator import attrgetter

from casebook.register.register_changes import FIELDS
from casebook.register.search import Register
from casebook.register.snapshots import held_groups, held_registers
from casebook.verdicts.judge import Judge, query_of
from casebook.verdicts.vendor_names import read_vendor_names
from ledger.database import Ledger, columns_of
from ledger.identity import utc_text
from ledger.records import Grant, RegisterSnapshot, Seed
from ledger.typed_texts import ClaimId, IsoDate, SeedId, SnapshotId
from ledger.vocabulary import JudgingCause

_ClaimsOfSeed = dict[SeedId, list[ClaimId]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _LastSearch:
    """A row of _LAST_SEARCHES. registers: JSON as stored, which is what claims are put together by."""

    claim_id: ClaimId
    seed_id: SeedId
    registers: str


def judge_affected(ledger: Ledger, brands: Iterable[str] | None) -> int:
    """Judge what a change of registers, or of group files (brands: None), can touch; returns how many verdicts are new."""
    judge = Judge(ledger, JudgingCause.REGISTER)
    if brands is None:
        brands = ledger.values("SELECT brand FROM brands ORDER BY brand")
    new = 0
    for brand in brands:
        new += judge.judge(affected_claims(ledger, brand))
    return new


def affected_claims(ledger: Ledger, brand: str) -> list[ClaimId]:
    """Return the claims whose verdict, reasons or search record the registers of now may change; sorted."""
    snapshots = held_registers(ledger, brand)
    held = {snapshot.snapshot_id for snapshot in snapshots}
    groups = {snapshot.snapshot_id for snapshot in held_groups(ledger)}
    by_snapshots: dict[str, _ClaimsOfSeed] = {}
    for last in ledger.select_each(_LastSearch, _LAST_SEARCHES, {"brand": brand}):
        by_snapshots.setdefault(last.registers, {}).setdefault(last.seed_id, []).append(last.claim_id)
    affected: set[ClaimId] = set()
    for registers, claims in by_snapshots.items():
        used = json.loads(registers)
        of_registers = {snapshot["snapshot_id"] for snapshot in used if "register" in snapshot}
        of_groups = {snapshot["snapshot_id"] for snapshot in used if "register" not in snapshot}
        if not of_registers or not held or of_groups != groups:  # nothing was searched, or who belongs to whom changed
            affected.update(*claims.values())
        elif of_registers != held:
            changed = [*_changed_grants(ledger, of_registers - held, held - of_registers)]
            affected |= set(_touched(ledger, brand, snapshots[0], changed, claims)) if changed else set()
    unjudged: list[ClaimId] = ledger.values(_NEVER_JUDGED, {"brand": brand})
    return sorted(affected.union(unjudged))


def _changed_grants(ledger: Ledger, before: Iterable[SnapshotId], after: Iterable[SnapshotId]) -> Iterator[Grant]:
    """Yield the grants that only one of two sets of snapshots has. The lines are numbered anew: they tell grants apart."""
    sides = (_grants(ledger, before), _grants(ledger, after))
    line = 0
    for mine, other in (sides, sides[::-1]):
        for content in mine.keys() - other.keys():
            line += 1
            yield replace(mine[content], line=line)


def _grants(ledger: Ledger, snapshot_ids: Iterable[SnapshotId]) -> dict[tuple[object, ...], Grant]:
    sql = f"SELECT {columns_of(Grant)} FROM grants WHERE snapshot_id IN (SELECT value FROM json_each(?))"
    grants = ledger.select_each(Grant, sql, [json.dumps(sorted(snapshot_ids))])
    content_of = attrgetter(*FIELDS)
    return {content_of(grant): grant for grant in grants}


def _touched(
    ledger: Ledger, brand: str, snapshot: RegisterSnapshot, changed: list[Grant], claims: _ClaimsOfSeed
) -> Iterator[ClaimId]:
    register = Register.of_grants(ledger, brand, snapshot, changed)
    today = IsoDate(utc_text()[:10])
    names = read_vendor_names(ledger, list(claims))
    for seed in ledger.select_each(Seed, f"SELECT {columns_of(Seed)} FROM seeds"):
        if seed.seed_id in claims and register.finds(query_of(seed, names[seed.seed_id]), today):
            yield from claims[seed.seed_id]


_LAST_SEARCHES = """
    SELECT c.claim_id, c.seed_id, q.registers
    FROM claims c
    JOIN verdicts d ON d.verdict_id = (
        SELECT verdict_id FROM verdicts f WHERE f.claim_id = c.claim_id AND f.is_replay = 0 ORDER BY f.sequence DESC LIMIT 1)
    JOIN searches q ON q.search_id = d.search_id
    WHERE c.brand = :brand
"""
_NEVER_JUDGED = """
    SELECT claim_id FROM claims c WHERE c.brand = :brand
    AND NOT EXISTS (SELECT 1 FROM verdicts d WHERE d.claim_id = c.claim_id AND d.is_replay = 0)
"""
