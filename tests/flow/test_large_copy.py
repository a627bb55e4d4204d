"""A stored page that can't be shown in the application is told as such."""

from __future__ import annotations

from casebook.dossier.archived_copy import MAX_COPY_TAGS, make_archived_copy
from ledger.boxes.boxed_calls import SHARED, Limits
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


def test_a_page_that_takes_too_long_is_told_with_the_reason(acme, logo_png, monkeypatch):
    crawl(acme, logo_png, text=PAGE + "<i>x</i>" * 10_000)
    with Ledger.open_readonly(acme / "var" / "partnerproof.db") as ledger:
        row = ledger.row("SELECT e.claim_id, p.look_id FROM claim_evidence e JOIN pages p USING (page_id) LIMIT 1")
        assert row is not None
        claim_id, look_id = row["claim_id"], row["look_id"]
        with monkeypatch.context() as patch:
            patch.setattr(SHARED, "limits", Limits(processor_s=0.001))
            copy = make_archived_copy(ledger, acme / "var" / "warc", claim_id, look_id)
        assert copy is not None
        assert (copy.why_not, copy.html) == ("reading needs more than 0.001 s of processor time", "")
        again = make_archived_copy(ledger, acme / "var" / "warc", claim_id, look_id)
    assert again is not None
    assert again.why_not is None
    assert again.outlined == 1
