"""A dossier speaks of what is gone as gone, and says where and when a denial stood."""

from __future__ import annotations

import html
import re
from pathlib import Path

from casebook.dossier.case_story import read_case_story
from casebook.dossier.dossier import read_dossier
from casebook.dossier.findings import read_finding
from casebook.dossier.report import Pages
from casebook.verdicts.claims import find_claims
from casebook.verdicts.judge import Judge
from ledger.database import Ledger
from ledger.vocabulary import StatementKind
from tests.casebook.ledgers import ACME, Read, Said, add_brand, add_visit
from tests.casebook.web.contexts import case_of, make_context
from tests.new_ledger import new_ledger

DENIAL = Said(text="We are not affiliated with Acme.", kind=StatementKind.DENIAL, relation=None)


def text_of(ledger: Ledger, folder: Path) -> str:
    finding = read_finding(ledger, ledger.value("SELECT claim_id FROM claims WHERE relation = 'partner'"))
    dossier = read_dossier(ledger, folder, finding, with_pictures=False)
    page = Pages().render("dossier.html", d=dossier, finding=finding, witnesses=(), is_alone=False)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", page)).split())


def test_a_claim_that_is_gone_is_told_as_past_and_a_later_denial_at_its_address_with_its_day(tmp_path):
    with new_ledger(tmp_path / "partnerproof.db") as ledger:
        add_brand(ledger)
        days = {"2026-01-02": Read(images=[ACME]), "2026-03-04": Read(sentences=[DENIAL])}
        find_claims(ledger, ["acme"], visit_ids=[add_visit(ledger, day, [page]) for day, page in days.items()])
        Judge(ledger).judge()
        told = text_of(ledger, tmp_path)
    assert "Vendor showed " in told
    assert "Vendor shows " not in told
    assert (
        "at an address that on another look showed the picture that claims it: https://vendor.example/partners;"
        " read 4 March 2026, after the claim was last seen" in told
    )


def test_a_claim_that_is_there_is_told_as_present_and_a_denial_beside_it_as_on_the_same_page(tmp_path):
    with new_ledger(tmp_path / "partnerproof.db") as ledger:
        add_brand(ledger)
        find_claims(
            ledger, ["acme"], visit_ids=[add_visit(ledger, "2026-01-02", [Read(images=[ACME], sentences=[DENIAL])])]
        )
        Judge(ledger).judge()
        told = text_of(ledger, tmp_path)
    assert "Vendor shows " in told
    assert (
        "on the same page as the picture that claims it: https://vendor.example/partners; read 2 January 2026 " in told
    )


def test_a_change_that_leaves_the_verdict_says_so(tmp_path):
    context = make_context(tmp_path)
    case = case_of(context, "mill.example")
    context.ledger.execute(
        "UPDATE case_events SET event = 'changed', details = json_object('was', 'undetermined', 'verdict', 'undetermined') WHERE case_id = ?",
        [case.case_id],
    )
    story = read_case_story(context.ledger, case.claim_id)
    assert story is not None
    assert [event.what for event in story.events] == ["changed: what it rests on; still undetermined"]
