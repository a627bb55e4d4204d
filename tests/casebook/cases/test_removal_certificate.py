"""A certificate of removal says what was shown, each look since, and that it is gone; it is given for proven removals alone."""

from __future__ import annotations

import pytest

from casebook.cases.removal_certificate import export_removal_certificate, read_removal_certificate
from casebook.web.application_context import ApplicationContext
from ledger.errors import BadInputError
from ledger.records import RemovalCheck
from ledger.vocabulary import RemovalOutcome
from tests.casebook.ledgers import rows_of
from tests.casebook.web.contexts import case_of, client, confirm, make_context


@pytest.fixture
def context(tmp_path) -> ApplicationContext:
    context = make_context(tmp_path)
    case = confirm(context, "harbour.example")
    visits = [row["visit_id"] for row in rows_of(context.ledger, "SELECT visit_id FROM visits LIMIT 3")]
    looks = (
        ("2026-02-20", RemovalOutcome.SHOWN, "the logo"),
        ("2026-03-01", RemovalOutcome.GONE, "read without it"),
        ("2026-03-20", RemovalOutcome.GONE, "read without it"),
    )
    for visit, (day, outcome, why) in zip(visits, looks, strict=True):
        at = f"{day}T10:00:00Z"
        page = {"url": "https://harbour.example/partners", "outcome": str(outcome), "why": why}
        context.ledger.add([RemovalCheck(check_id=day, case_id=case.case_id, visit_id=visit, looked_at=at, outcome=outcome, pages=(page,), checked_at=at)])  # fmt: skip
    return context


def test_without_a_proof_there_is_no_certificate(context):
    with pytest.raises(BadInputError, match="removal is proven"):
        read_removal_certificate(
            context.ledger, context.warc_dir, context.templates, case_of(context, "harbour.example")
        )


def test_a_proven_removal_is_certified_with_every_look(context):
    context.ledger.execute("UPDATE cases SET removed_on = '2026-03-01' WHERE vendor_domain = 'harbour.example'")
    case = case_of(context, "harbour.example")
    certificate = read_removal_certificate(context.ledger, context.warc_dir, context.templates, case)
    assert [look.outcome for look in certificate.looks] == ["shown", "gone", "gone"]
    assert certificate.proving == 2
    who = client(context, "reviewer-one")
    assert f"/cases/{case.case_id}/removal/pdf" in who.get(f"/cases/{case.case_id}").text
    page = who.get(f"/cases/{case.case_id}/removal/html").text
    assert "It has been gone since 1 March 2026: 2 looks since then found the pages without it" in page
    assert "https://harbour.example/partners" in page
    assert "We are a partner of 艾克米 Acme." in page
    file = export_removal_certificate(context.ledger, context.log, case, "pdf", warc_dir=context.warc_dir, templates=context.templates, by="ann")  # fmt: skip
    assert file.content.startswith(b"%PDF")
    assert [entry["details"]["kind"] for entry in context.log.entries() if entry["event"] == "exported"] == [
        "html",
        "pdf",
    ]
