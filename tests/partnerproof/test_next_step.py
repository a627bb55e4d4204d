"""What the overview proposes next once something was found.

Tests: partnerproof/next_step.py.
"""

from __future__ import annotations

import datetime as dt
import os

from casebook.verdicts.claims import find_claims
from partnerproof.next_step import next_step
from partnerproof.workspace import find_workspace
from tests.casebook.ledgers import Read, Said, add_visit

DAY_S = 86_400


def test_a_report_is_proposed_until_there_is_one_of_the_last_crawl(acme):
    workspace = find_workspace(acme)
    with workspace.open() as ledger:
        visit_id = add_visit(ledger, "2026-01-02", [Read(sentences=[Said(text="Acme partner")])])
        find_claims(ledger, ["acme"], visit_ids=[visit_id])
    assert next_step(workspace) == "partnerproof report --out report/"
    index = acme / "report" / "index.html"
    index.parent.mkdir()
    index.touch()
    ended = dt.datetime(2026, 1, 2, 10, tzinfo=dt.UTC).timestamp()
    for written_at, step in ((ended - DAY_S, "report --out report/"), (ended + DAY_S, "serve --token")):
        os.utime(index, (written_at, written_at))
        assert next_step(workspace) == f"partnerproof {step}"
    index.rename(acme / "var" / "index.html")
    (acme / "var" / "report").mkdir()
    (acme / "var" / "index.html").rename(acme / "var" / "report" / "index.html")  # as the demo writes it
    assert next_step(workspace) == "partnerproof serve --token"
