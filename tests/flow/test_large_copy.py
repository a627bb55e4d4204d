"""A stored page that is too large to be shown in the application is told as such."""

from __future__ import annotations

from casebook.dossier.archived_copy import MAX_COPY_TAGS, make_archived_copy
from ledger.database import Ledger
from tests.flow.sealed import PAGE, crawl


def test_a_page_of_very_many_elements_is_not_copied(acme, logo_png):
    """It would hold up the server; the export has it."""
    crawl(acme, logo_png, text=PAGE + "<i>x</i>" * MAX_COPY_TAGS)
    with Ledger.open_readonly(acme / "var" / "partnerproof.db") as ledger:
        row = ledger.row("SELECT e.claim_id, p.look_id FROM claim_evidence e JOIN pages p USING (page_id) LIMIT 1")
        assert row is not None
        copy = make_archived_copy(ledger, acme / "var" / "warc", row["claim_id"], row["look_id"])
    assert copy is not None
    assert (copy.is_too_large, copy.html) == (True, "")
