"""Where a vendor stands to a brand: one row, by its most serious claim.

Tests: v_standings in ledger/views.sql, read_standings in casebook/dossier/findings.py.
"""

from __future__ import annotations

import json
import re

import pytest

from casebook.dossier.findings import read_standings
from casebook.verdicts.claims import find_claims
from casebook.verdicts.judge import Judge
from ledger.database import Ledger
from ledger.migrations import sql_statements
from ledger.relations import MEANINGS
from ledger.verdict_kinds import SERIOUSNESS
from ledger.vocabulary import Certainty, Relation, StatementKind
from tests.casebook.ledgers import ACME, Read, Said, add_brand, add_visit
from tests.casebook.registers import import_grants
from tests.new_ledger import new_ledger

STRANGER = {"company": "Somebody Else", "domain": "else.example", "relation": "partner", "valid_from": "2001-01-01"}


@pytest.fixture
def ledger(tmp_path):
    with new_ledger(tmp_path / "p.db") as opened:
        add_brand(opened)
        import_grants(opened, "acme", tmp_path, [STRANGER])
        yield opened


def visit(ledger: Ledger, day: str, *pages: Read) -> None:
    find_claims(ledger, ["acme"], visit_ids=[add_visit(ledger, day, pages)])


def test_a_vendor_has_one_row_a_brand_by_its_most_serious_claim(ledger):
    customer = Said(text="Acme is our customer.", kind=StatementKind.CUSTOMER_CLAIM, relation=Relation.CUSTOMER)
    visit(ledger, "2026-01-05", Read(images=[ACME], sentences=[customer]))
    Judge(ledger).judge()
    (row,) = read_standings(ledger)
    assert (row.verdict, row.relation, row.certainty, row.other_claims) == ("no-authorisation", "partner", "sure", 1)
    assert read_standings(ledger, verdict="lapsed") == []


def test_words_that_leave_a_doubt_are_told_and_accuse_nobody(ledger):
    doubtful = Said(text="Ask an Acme dealer.", certainty=Certainty.LIKELY, doubt="“Ask”")
    visit(ledger, "2026-01-05", Read(sentences=[doubtful]))
    Judge(ledger).judge()
    (row,) = read_standings(ledger)
    assert (row.verdict, row.certainty) == ("undetermined", "likely")
    assert row.reasons == ("only words claim it, and they leave a doubt", "“Ask”, in “Ask an Acme dealer.”")


def test_a_name_in_a_list_that_the_page_disclaims_stays_and_accuses_nobody(ledger):
    listed = Said(
        text="Acme",
        kind=StatementKind.MENTION_ONLY,
        certainty=Certainty.LIKELY,
        doubt="the page disclaims: denied: “no”",
    )
    disclaimer = Said(text="We are no partner of these brands.", kind=StatementKind.DENIAL, brand=None)
    visit(ledger, "2026-01-05", Read(sentences=[listed, disclaimer]))
    Judge(ledger).judge()
    (row,) = read_standings(ledger)
    assert (row.verdict, row.relation, row.certainty) == ("undetermined", "partner", "likely")
    assert row.reasons is not None
    assert (
        row.reasons[0]
        == "the vendor contradicts itself; it also says of every brand, “We are no partner of these brands.”"
    )


def test_one_sure_sentence_is_enough(ledger):
    sentences = [
        Said(text="Ask an Acme dealer.", certainty=Certainty.LIKELY, doubt="“Ask”"),
        Said(text="We are an Acme dealer."),
    ]
    visit(ledger, "2026-01-05", Read(sentences=sentences))
    Judge(ledger).judge()
    assert [row.verdict for row in read_standings(ledger)] == ["no-authorisation"]


def test_a_denial_that_was_said_years_later_takes_nothing_back(ledger):
    denial = Said(text="We are no Acme partner.", kind=StatementKind.DENIAL)
    visit(ledger, "2021-01-05", Read(images=[ACME]))
    visit(ledger, "2026-01-05", Read(path="/legal", sentences=[denial]))
    Judge(ledger).judge()
    (row,) = read_standings(ledger)
    assert (row.verdict, row.other_claims) == ("no-authorisation", 1)
    visit(ledger, "2026-01-06", Read(images=[ACME], sentences=[denial]))
    Judge(ledger).judge()
    (row,) = read_standings(ledger)
    assert row.verdict == "undetermined"
    assert row.reasons is not None
    assert row.reasons[0] == "the vendor contradicts itself; it also says “We are no Acme partner.”"


def test_the_view_knows_the_order_of_verdicts_and_the_marks_that_claim_nothing():
    (view,) = [sql for sql in sql_statements("views.sql") if "VIEW v_standings" in sql]
    listed = re.search(r"json_each\('(\[.*?\])'\)", view)
    marks = re.search(r"relation NOT IN \((.*?)\)", view)
    assert listed is not None
    assert marks is not None
    assert json.loads(listed[1]) == list(map(str, SERIOUSNESS))
    assert {mark.strip(" '") for mark in marks[1].split(",")} == {str(r) for r, m in MEANINGS.items() if m.no_claim}
