"""Grants that reviewers proposed ("authorised after all"): listed, accepted into a register, or refused.

Reads: proposed_grants, register_snapshots, grants. Writes: proposed_grants, register_snapshots, grants, register_keys, likeness_names,
likeness_grams.

1. What was accepted makes a register of its own, so that the next import of a file does not take it back.
2. Each acceptance is a new snapshot of that register: all that was accepted before and holds, and the new grant.
3. It is undone as any import is (`partnerproof register undo`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from casebook.register.grant_index import store_keys, store_likeness
from casebook.register.snapshots import held_registers
from ledger.database import Ledger, as_row, columns_of
from ledger.errors import BadInputError, Problem
from ledger.identity import content_id, event_id, sha256_hex, utc_text
from ledger.records import Grant, ProposedGrant, RegisterSnapshot
from ledger.typed_texts import SnapshotId

REGISTER = "accepted-proposals"
FORMAT = "proposals"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What accepting a proposal came to."""

    proposal: ProposedGrant
    snapshot: RegisterSnapshot


def list_proposals(ledger: Ledger, brand: str | None = None, *, with_settled: bool = False) -> list[ProposedGrant]:
    """Return what was proposed, the oldest first: what waits, or all of it. brand: None = of all brands."""
    waits = "withdrawn_at IS NULL AND settled_at IS NULL"
    return ledger.select(
        ProposedGrant,
        f"SELECT {columns_of(ProposedGrant)} FROM proposed_grants WHERE (:brand IS NULL OR brand = :brand)"
        f" AND (:all OR ({waits})) ORDER BY proposal_id",
        {"brand": brand, "all": with_settled},
    )


def accept_proposal(ledger: Ledger, proposal_id: str, *, by: str) -> Accepted:
    """Make a proposal a grant of the brand's register of accepted proposals, as of now.

    Errors: BadInputError for a proposal that does not wait, and for a brand without any other register: with the one grant alone
    every other vendor's claim would be without authorisation.
    """
    with ledger.transaction():
        proposal = _require_waiting(ledger, proposal_id)
        held = held_registers(ledger, proposal.brand)
        if not [snapshot for snapshot in held if snapshot.register != REGISTER]:
            raise BadInputError(
                Problem(
                    where=proposal_id,
                    expected=f"a register of {proposal.brand}",
                    got="none, so nobody would be authorised but this vendor",
                    next_step=f"import one first: partnerproof register import {proposal.brand} partners.csv",
                )
            )
        before = next((snapshot for snapshot in held if snapshot.register == REGISTER), None)
        snapshot = _store_snapshot(ledger, proposal, before)
        settled = {"settled_at": snapshot.recorded_at, "settled_by": by, "snapshot_id": snapshot.snapshot_id}
        ledger.update(ProposedGrant, settled, proposal_id=proposal_id)
    return Accepted(proposal=proposal, snapshot=snapshot)


def refuse_proposal(ledger: Ledger, proposal_id: str, *, by: str, why: str) -> ProposedGrant:
    """Note that a proposal does not become a grant. Errors: BadInputError for one that does not wait, or without a reason."""
    if not why.strip():
        raise BadInputError(
            Problem(where="--why", expected="a reason", got="nothing", next_step="say why it is refused")
        )
    with ledger.transaction():
        proposal = _require_waiting(ledger, proposal_id)
        settled = {"settled_at": utc_text(), "settled_by": by, "settled_why": why.strip()}
        ledger.update(ProposedGrant, settled, proposal_id=proposal_id)
    return proposal


def _require_waiting(ledger: Ledger, proposal_id: str) -> ProposedGrant:
    proposal = ledger.find(ProposedGrant, proposal_id=proposal_id)
    if proposal is None:
        state = "one that is not in this workspace"
    elif proposal.withdrawn_at is not None:
        state = f"one that was withdrawn at {proposal.withdrawn_at}: its decision was undone"
    elif proposal.settled_at is not None:
        state = f"one that {proposal.settled_by} has settled at {proposal.settled_at}"
    else:
        return proposal
    raise BadInputError(
        Problem(
            where=proposal_id,
            expected="the id of a proposal that waits",
            got=state,
            next_step="take it from `partnerproof register proposals`",
        )
    )


def _store_snapshot(ledger: Ledger, proposal: ProposedGrant, before: RegisterSnapshot | None) -> RegisterSnapshot:
    snapshot_id = SnapshotId(event_id())
    columns = columns_of(Grant)
    stored = f"SELECT {columns} FROM grants WHERE snapshot_id = ? ORDER BY line"
    earlier = ledger.select(Grant, stored, [before.snapshot_id]) if before is not None else []
    grants = list(_numbered([*earlier, _grant_of(proposal, snapshot_id)], snapshot_id))
    digest = sha256_hex(json.dumps([as_row(grant) for grant in grants], sort_keys=True).encode())
    snapshot = RegisterSnapshot(
        snapshot_id=snapshot_id,
        brand=proposal.brand,
        file=f"proposal {proposal.proposal_id}",
        file_sha256=digest,
        grants=len(grants),
        recorded_at=utc_text(),
        register=REGISTER,
        format=FORMAT,
    )
    ledger.add([snapshot])
    ledger.add(grants)
    store_keys(ledger, grants)
    store_likeness(ledger, snapshot_id)
    return snapshot


def _numbered(grants: Iterable[Grant], snapshot_id: SnapshotId) -> Iterable[Grant]:
    """Grants as the lines of a snapshot, from 1."""
    for line, grant in enumerate(grants, start=1):
        yield replace(grant, grant_id=content_id("grant", snapshot_id, line), snapshot_id=snapshot_id, line=line)


def _grant_of(proposal: ProposedGrant, snapshot_id: SnapshotId) -> Grant:
    return Grant(
        grant_id="",
        snapshot_id=snapshot_id,
        brand=proposal.brand,
        line=0,
        company=proposal.company,
        aliases=(),
        relation=proposal.relation,
        programme=None,
        tier=proposal.tier,
        marks=(),
        territory=None,
        valid_from=proposal.valid_from,
        valid_until=None,
        parent=None,
        source=f"proposal {proposal.proposal_id} of {proposal.proposed_by} in case {proposal.case_id}: {proposal.note}",
        domains=(proposal.domain,),
    )
