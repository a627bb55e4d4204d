"""A sentence is shown in its passage, under its heading, once for all looks at it."""

from __future__ import annotations

from pathlib import Path

from casebook.dossier.text_exhibits import read_text_exhibits
from casebook.verdicts.claims import find_claims
from tests.casebook.ledgers import Read, Said, add_brand, add_visit
from tests.new_ledger import new_ledger

SAID = "We are a partner of Acme."


def test_a_sentence_of_two_looks_is_one_exhibit_with_both_days(tmp_path: Path):
    with new_ledger(tmp_path / "partnerproof.db") as ledger:
        add_brand(ledger)
        visits = [
            add_visit(ledger, day, [Read(sentences=[Said(text=SAID, tier="gold")], title="Partners of ours")])
            for day in ("2026-01-02", "2026-02-03")
        ]
        find_claims(ledger, ["acme"], visit_ids=visits)
        claim = ledger.value("SELECT claim_id FROM claims")
        (exhibit,) = read_text_exhibits(ledger, claim)
    assert exhibit.marked == SAID
    assert (exhibit.seen.first[:10], exhibit.seen.last[:10], exhibit.seen.looks) == ("2026-01-02", "2026-02-03", 2)
    assert "tier gold" in exhibit.parts
    assert exhibit.sentence.page_title == "Partners of ours"
