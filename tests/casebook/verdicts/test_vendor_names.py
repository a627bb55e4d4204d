"""Names that a vendor's pages state are asked of the register, and so are its relatives.

Tests: casebook/verdicts/vendor_names.py.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from casebook.verdicts.claims import find_claims
from casebook.verdicts.judge import Judge
from casebook.verdicts.vendor_names import read_vendor_names
from ledger.identity import content_id
from ledger.records import Page, TextMatch
from ledger.vocabulary import AssertedBy, StatementKind
from matcher.words.naming_rules import RELATIVE
from tests.casebook.ledgers import ACME, Read, Said, add_brand, add_visit
from tests.casebook.registers import import_grants
from tests.new_ledger import new_ledger

GRANT = {"company": "盛思格科技有限公司", "domain": "", "relation": "partner", "valid_from": "2015-01-01"}


@pytest.fixture
def ledger(tmp_path):
    with new_ledger(tmp_path / "p.db") as opened:
        add_brand(opened)
        yield opened


def test_a_name_that_only_the_page_states_finds_the_grant(ledger, tmp_path):
    import_grants(ledger, "acme", tmp_path, [GRANT])
    find_claims(ledger, ["acme"], visit_ids=[add_visit(ledger, "2026-01-05", [Read(images=[ACME])])])
    Judge(ledger).judge()
    assert ledger.value("SELECT verdict FROM v_findings") == "no-authorisation"
    for page in ledger.select(Page, "SELECT * FROM pages"):
        ledger.put([replace(page, own_names=("盛思格科技", "Vendor"))])
    Judge(ledger).judge()
    assert ledger.value("SELECT verdict FROM v_findings") == "undetermined"
    assert "盛思格科技" in ledger.value("SELECT asked FROM searches ORDER BY rowid DESC LIMIT 1")


def test_a_relative_that_a_sentence_names_is_asked_as_one(ledger):
    sentence = Said(text="Our parent Harbour Group is a partner of Acme.", kind=StatementKind.MENTION_ONLY)
    add_visit(ledger, "2026-01-05", [Read(sentences=[sentence])])
    (match,) = ledger.select(TextMatch, "SELECT * FROM text_matches")
    told = replace(match, rule=f"en/{RELATIVE}: “parent”", subject="Harbour Group", asserted_by=AssertedBy.THIRD_PARTY)
    ledger.put([replace(told, certainty=None)])
    seed = content_id("seed", "vendor.example")
    assert read_vendor_names(ledger, [seed])[seed].relatives == ("Harbour Group",)
