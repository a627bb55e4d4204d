"""`partnerproof register proposals`, from the command line: nothing there, one accepted, one refused.

Tests: partnerproof/cli/register_proposals.py.
"""

from __future__ import annotations

import json
from dataclasses import replace

from ledger.database import Ledger
from ledger.records import ProposedGrant
from ledger.vocabulary import Relation
from tests.conftest import NOW, run_partnerproof

PROPOSAL = ProposedGrant(
    proposal_id="01KB0000000000000000000001", case_id="01CASE", batch_id="01BATCH", brand="acme", company="Mill Ltd",
    domain="mill.example", relation=Relation.PARTNER, tier=None, valid_from="2024-01-01", note="a contract was signed",
    proposed_by="ann", proposed_at=NOW,
)  # fmt: skip


def test_a_proposal_is_listed_accepted_and_refused(acme):
    assert run_partnerproof("-w", acme, "register", "proposals").startswith("nothing is proposed")
    other = replace(PROPOSAL, proposal_id="01KB0000000000000000000002", company="Other Ltd", domain="other.example")
    with Ledger.open(acme / "var" / "partnerproof.db") as ledger:
        ledger.database.execute("PRAGMA foreign_keys = OFF")  # without the cases that they come from
        ledger.add([PROPOSAL, other])
    listed = run_partnerproof("-w", acme, "register", "proposals")
    assert "Mill Ltd" in listed
    assert "ann, 2026-11-23: a contract was signed" in listed
    accepted = run_partnerproof("-w", acme, "register", "proposals", "accept", PROPOSAL.proposal_id, "--by", "ben")
    assert accepted.startswith("accepted: Mill Ltd as partner of acme; 0 new verdicts")
    refusal = ("register", "proposals", "refuse", other.proposal_id, "--by", "ben", "--why", "no contract")
    assert run_partnerproof("-w", acme, *refusal) == "refused: Other Ltd as partner of acme\n"
    told = run_partnerproof("-w", acme, *refusal, code=2)
    assert "one that ben has settled" in told
    everything = json.loads(run_partnerproof("-w", acme, "register", "proposals", "--all", "--json"))
    assert [row["settled_why"] for row in everything] == [None, "no contract"]
    assert "accepted-proposals" in run_partnerproof("-w", acme, "register", "list", "acme")
    assert "Mill Ltd" in run_partnerproof(
        "-w", acme, "register", "search", "--domain", "mill.example", "--brand", "acme"
    )
