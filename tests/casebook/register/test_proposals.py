"""What reviewers proposed becomes a grant of a register of its own, or is refused; the next import takes nothing back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from casebook.register.imports import import_register
from casebook.register.proposals import REGISTER, accept_proposal, list_proposals, refuse_proposal
from casebook.register.search import Register
from casebook.register.search_terms import SearchQuery
from casebook.register.snapshots import held_registers, undo_snapshot
from ledger.database import Ledger
from ledger.errors import BadInputError
from ledger.records import BrandRow, ProposedGrant
from ledger.vocabulary import Relation
from tests.new_ledger import new_ledger

PROPOSAL = ProposedGrant(
    proposal_id="01PROPOSAL",
    case_id="01CASE",
    batch_id="01BATCH",
    brand="acme",
    company="Mill Ltd",
    domain="mill.example",
    relation=Relation.PARTNER,
    tier=None,
    valid_from="2024-01-01",
    note="the contract was signed",
    proposed_by="ann",
    proposed_at="2026-01-01T00:00:00Z",
)


@pytest.fixture
def ledger(tmp_path):
    with new_ledger(tmp_path / "p.db") as opened:
        opened.database.execute("PRAGMA foreign_keys = OFF")  # without the case that the proposals come from
        opened.add([BrandRow(brand="acme", name="Acme", aliases=(), domains=(), recorded_at="2026-01-01T00:00:00Z")])
        opened.add([PROPOSAL])
        yield opened


@pytest.fixture
def partners(ledger, tmp_path):
    path = tmp_path / "partners.csv"
    path.write_text("company,domain,valid_from\nKnown Ltd,known.example,2020-01-01\n", encoding="utf-8")
    import_register(ledger, "acme", path)
    return path


def is_authorised(ledger: Ledger, domain: str) -> bool:
    asked = SearchQuery(names=(), domains=(domain,), group=(), identifiers=(), country=None)
    return bool(Register(ledger, "acme").search(asked, "2026-01-01").hits)


def test_an_accepted_proposal_is_a_grant_and_stays_one_after_an_import(ledger, partners):
    assert not is_authorised(ledger, "mill.example")
    accepted = accept_proposal(ledger, PROPOSAL.proposal_id, by="registrar")
    assert (accepted.snapshot.register, accepted.snapshot.grants) == (REGISTER, 1)
    assert is_authorised(ledger, "mill.example")
    partners.write_text(partners.read_text(encoding="utf-8") + "New Ltd,new.example,2021-01-01\n", encoding="utf-8")
    import_register(ledger, "acme", partners)
    assert is_authorised(ledger, "mill.example")
    assert is_authorised(ledger, "new.example")


def test_what_was_accepted_before_stays_when_more_is_accepted(ledger, partners):
    ledger.add([replace(PROPOSAL, proposal_id="01SECOND", domain="second.example")])
    accept_proposal(ledger, PROPOSAL.proposal_id, by="registrar")
    second = accept_proposal(ledger, "01SECOND", by="registrar")
    assert second.snapshot.grants == 2
    assert is_authorised(ledger, "mill.example")
    assert is_authorised(ledger, "second.example")
    undo_snapshot(ledger, second.snapshot.snapshot_id, why="a slip")
    assert is_authorised(ledger, "mill.example")
    assert not is_authorised(ledger, "second.example")


def test_a_refused_proposal_changes_no_register_and_waits_no_more(ledger, partners):
    refuse_proposal(ledger, PROPOSAL.proposal_id, by="registrar", why="the contract ended")
    assert not is_authorised(ledger, "mill.example")
    assert list_proposals(ledger) == []
    (settled,) = list_proposals(ledger, with_settled=True)
    assert (settled.settled_by, settled.settled_why, settled.snapshot_id) == ("registrar", "the contract ended", None)


@pytest.mark.parametrize("state", ["accepted", "refused", "withdrawn", "unknown"])
def test_only_what_waits_can_be_settled(ledger, partners, state):
    identity = "01OTHER" if state == "unknown" else PROPOSAL.proposal_id
    if state == "accepted":
        accept_proposal(ledger, identity, by="registrar")
    elif state == "refused":
        refuse_proposal(ledger, identity, by="registrar", why="no")
    elif state == "withdrawn":
        ledger.update(ProposedGrant, {"withdrawn_at": "2026-02-01T00:00:00Z"}, proposal_id=identity)
    for settle in (
        lambda: accept_proposal(ledger, identity, by="registrar"),
        lambda: refuse_proposal(ledger, identity, by="registrar", why="no"),
    ):
        with pytest.raises(BadInputError, match="a proposal that waits"):
            settle()


def test_a_brand_without_a_register_gets_none_of_one_grant(ledger):
    with pytest.raises(BadInputError, match="import one first"):
        accept_proposal(ledger, PROPOSAL.proposal_id, by="registrar")
    assert held_registers(ledger, "acme") == []
    assert list_proposals(ledger) == [PROPOSAL]


def test_a_refusal_needs_a_reason(ledger, partners):
    with pytest.raises(BadInputError, match="a reason"):
        refuse_proposal(ledger, PROPOSAL.proposal_id, by="registrar", why=" ")
