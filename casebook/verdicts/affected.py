"""Which claims a change of a brand's registers can touch, so that only they are judged anew.

Reads: verdicts that hold, with the snapshots their searches used; grants; seeds. Writes nothing.

1. Claims are put together by the snapshots that their last search used.
2. Grants that only those snapshots have, or only the ones that hold now, make a small register of changes.
3. A claim is touched when a search for its vendor in that small register gives a hit or a near miss.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from casebook.register.grant_index import read_grant
from casebook.register.register_changes import FIELDS
from casebook.register.search import Register
from casebook.register.snapshots import held_groups, held_registers
from casebook.verdicts.judge import Judge, asked_of
from ledger.database import Ledger, Row
from ledger.identity import utc_text
from ledger.records import Grant, RegisterSnapshot
from ledger.vocabulary import JudgingCause

_ClaimsOfSeed = dict[str, list[str]]


def judge_affected(ledger: Ledger, brands: Iterable[str] | None) -> int:
    """Judge what a change of registers, or of group files (brands: None), can touch; returns how many verdicts are new."""
    judge = Judge(ledger, JudgingCause.REGISTER)
    known = [row[0] for row in ledger.rows("SELECT brand FROM brands ORDER BY brand")]
    return sum(judge.judge(affected_claims(ledger, brand)) for brand in (known if brands is None else brands))


def affected_claims(ledger: Ledger, brand: str) -> list[str]:
    """Return the claims whose verdict, reasons or search record the registers of now may change; sorted."""
    snapshots = held_registers(ledger, brand)
    held = {snapshot.snapshot_id for snapshot in snapshots}
    groups = {snapshot.snapshot_id for snapshot in held_groups(ledger)}
    by_snapshots: dict[str, _ClaimsOfSeed] = {}
    for claim_id, seed_id, registers in ledger.each(_LAST_SEARCHES, {"brand": brand}):
        by_snapshots.setdefault(registers, {}).setdefault(seed_id, []).append(claim_id)
    affected: set[str] = set()
    for registers, claims in by_snapshots.items():
        used = json.loads(registers)
        of_registers = {one["snapshot_id"] for one in used if "register" in one}
        of_groups = {one["snapshot_id"] for one in used if "register" not in one}
        if not of_registers or not held or of_groups != groups:  # nothing was searched, or who belongs to whom changed
            affected.update(*claims.values())
        elif of_registers != held:
            changed = [*_changed_grants(ledger, of_registers - held, held - of_registers)]
            affected |= set(_touched(ledger, brand, snapshots[0], changed, claims)) if changed else set()
    unjudged = ledger.rows(_NEVER_JUDGED, {"brand": brand})
    return sorted(affected | {row["claim_id"] for row in unjudged})


def _changed_grants(ledger: Ledger, before: Iterable[str], after: Iterable[str]) -> Iterator[Grant]:
    """Yield the grants that only one of two sets of snapshots has. The lines are numbered anew: they tell grants apart."""
    sides = (_grants(ledger, before), _grants(ledger, after))
    line = 0
    for mine, other in (sides, sides[::-1]):
        for content in mine.keys() - other.keys():
            line += 1
            row = mine[content]
            yield read_grant(row, line=line)


def _grants(ledger: Ledger, snapshot_ids: Iterable[str]) -> dict[tuple[object, ...], Row]:
    sql = "SELECT * FROM grants WHERE snapshot_id IN (SELECT value FROM json_each(?))"
    rows = ledger.each(sql, [json.dumps(sorted(snapshot_ids))])
    return {tuple(row[name] for name in FIELDS): row for row in rows}


def _touched(
    ledger: Ledger, brand: str, snapshot: RegisterSnapshot, changed: list[Grant], claims: _ClaimsOfSeed
) -> Iterator[str]:
    register = Register.of_grants(ledger, brand, snapshot, changed)
    today = utc_text()[:10]
    for seed in ledger.each("SELECT * FROM seeds"):
        if seed["seed_id"] in claims and register.finds(asked_of(seed), today):
            yield from claims[seed["seed_id"]]


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
