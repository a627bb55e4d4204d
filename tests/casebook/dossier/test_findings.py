"""Findings as records: the most serious first, by brand, verdict and crawl, one by the first digits of its claim."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from casebook.dossier.findings import (
    COLUMNS,
    MIN_ID_DIGITS,
    SERIOUSNESS,
    Finding,
    read_finding,
    read_findings,
    read_perhaps,
    read_rejections,
    require_brand,
)
from casebook.register.imports import import_register
from casebook.verdicts.claims import find_claims
from casebook.verdicts.judge import Judge
from ledger.database import Ledger, as_row
from ledger.errors import BadInputError
from ledger.records import Match, Recognition
from ledger.typed_texts import ClaimId
from ledger.vocabulary import MatchStrength, PerhapsReason, Relation, VerdictKind
from matcher.rejections import Decision, RejectionEvent, record_decision
from tests.casebook.ledgers import ACME, Read, Said, add_brand, add_visit, rows_of
from tests.new_ledger import new_ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path / "partnerproof.db") as ledger:
        add_brand(ledger)
        register = tmp_path / "register.csv"
        register.write_text("company,domain,relation,valid_from\nKnown,known.example,partner,2010-01-01\n")
        import_register(ledger, "acme", register)
        visits = [
            add_visit(ledger, "2026-01-02", [Read(images=[ACME])], domain="known.example"),
            add_visit(ledger, "2026-01-03", [Read(images=[ACME], sentences=[Said(text="Acme partner")])], domain="mill.example"),
        ]  # fmt: skip
        find_claims(ledger, ["acme"], visit_ids=visits)
        Judge(ledger).judge()
        yield ledger


def test_every_column_of_the_view_is_a_field_and_stays_as_it_is_in_the_file(ledger):
    (row, *_) = rows_of(ledger, f"SELECT {', '.join(COLUMNS)} FROM v_findings WHERE vendor = 'Mill'")
    (finding,) = read_findings(ledger, verdict=VerdictKind.NO_AUTHORISATION)
    assert as_row(finding) == dict(row)
    assert {name for name, *_ in ledger.database.conn.execute("SELECT * FROM v_findings").description} == {
        field.name for field in fields(Finding)
    }
    assert (finding.relation, finding.evidence, finding.verdict) == (
        Relation.PARTNER,
        "picture,text",
        VerdictKind.NO_AUTHORISATION,
    )


def test_the_most_serious_come_first(ledger):
    verdicts = [finding.verdict for finding in read_findings(ledger)]
    assert verdicts == sorted(verdicts, key=SERIOUSNESS.index) == [VerdictKind.NO_AUTHORISATION, VerdictKind.AUTHORISED]
    assert [finding.vendor for finding in read_findings(ledger, verdict="authorised", brand="acme")] == ["Known"]
    crawl_id = ledger.value("SELECT crawl_id FROM crawls WHERE started_at LIKE '2026-01-03%'")
    assert [finding.vendor for finding in read_findings(ledger, crawl_id=crawl_id)] == ["Mill"]
    assert read_findings(ledger, brand="globex") == []


def test_a_claim_that_nobody_judged_has_no_verdict(ledger):
    ledger.execute("DELETE FROM verdicts")
    finding = read_findings(ledger)[0]
    assert (finding.verdict, finding.reasons, finding.objections, finding.as_of) == (None, None, None, None)


def test_a_claim_is_named_by_its_first_digits(ledger):
    claim_id = ClaimId(ledger.value("SELECT claim_id FROM v_findings WHERE vendor = 'Mill'"))
    assert read_finding(ledger, claim_id[:MIN_ID_DIGITS].upper()) == read_finding(ledger, claim_id)
    with pytest.raises(BadInputError, match="its first 6 digits or more"):
        read_finding(ledger, claim_id[: MIN_ID_DIGITS - 1])
    with pytest.raises(BadInputError, match="no claim begins with"):
        read_finding(ledger, "ffffffff")


def test_what_resembles_and_what_was_rejected_are_lists_of_their_own(ledger):
    image = ledger.value("SELECT image_sha256 FROM logo_matches")
    ledger.update(
        Match, {"strength": MatchStrength.PERHAPS, "why_perhaps": PerhapsReason.LOW_SCORE}, image_sha256=image
    )
    perhaps = read_perhaps(ledger, brand="acme")
    assert [match.vendor for match in perhaps] == ["Known", "Mill"]
    assert read_perhaps(ledger, brand="globex") == []
    judged = Recognition(
        image_sha256=image, logo_set_id="set", width_px=9, height_px=9, format="PNG", refusal_reason=None,
        refusal_detail=None, recognised_at="2026-01-01T00:00:00Z",
    )  # fmt: skip
    ledger.add([judged])
    decision = Decision(
        event=RejectionEvent.REJECTED, image_sha256=image, brand="acme", decided_by="ann", why="a bakery"
    )
    record_decision(ledger, decision)
    (rejected,) = read_rejections(ledger)
    assert (rejected.image_sha256, rejected.state, rejected.why) == (image, "holds", "a bakery")


def test_a_brand_that_is_not_there_is_refused_with_those_that_are(ledger):
    require_brand(ledger, None)
    require_brand(ledger, "acme")
    with pytest.raises(BadInputError, match="one of acme"):
        require_brand(ledger, "globex")
