"""What the last visits changed: new, gone, back, and verdicts that are others now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from casebook.dossier.findings import read_findings
from casebook.dossier.visit_changes import MOST_LISTED, VisitChanges, list_changes, read_visit_changes
from casebook.verdicts.absences import find_absences
from casebook.verdicts.claims import find_claims
from casebook.verdicts.judge import Judge
from crawler.reading.page_continuity import compare_pages
from ledger.database import Ledger
from ledger.records import Judging, Verdict
from ledger.vocabulary import JudgingCause, PageHealth, VerdictKind
from tests.casebook.ledgers import ACME, Read, Shown, add_brand, add_visit
from tests.new_ledger import new_ledger

LINES = [
    "We plan, install and look after networks in towns and ports.",
    "Our engineers answer the telephone themselves.",
]
OTHERS = [Shown(image=name) for name in ("blue.png", "green.png", "orange.png")]
WITH = Read(images=[ACME], lines=LINES, title="Our partners")
WITHOUT = replace(WITH, images=())


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path / "partnerproof.db") as ledger:
        add_brand(ledger)
        yield ledger


def visit(ledger: Ledger, day: str, page: Read, *, domain: str = "vendor.example") -> None:
    visit_id = add_visit(ledger, day, [page], domain=domain)
    compare_pages(ledger, visit_id)
    find_claims(ledger, ["acme"], visit_ids=[visit_id])
    find_absences(ledger, visit_id, None)


def told(changes: VisitChanges) -> tuple[int, int, int, int]:
    return len(changes.appeared), len(changes.gone), len(changes.back), len(changes.unknown)


def test_before_a_second_visit_there_is_nothing_to_compare(ledger):
    changes = read_visit_changes(ledger)
    assert (changes.counts.crawls, changes.counts.vendors, changes.counts.revisited) == (0, 0, 0)
    visit(ledger, "2026-01-01", WITH)
    changes = read_visit_changes(ledger)
    assert (changes.counts.crawls, changes.counts.vendors, changes.counts.revisited) == (1, 1, 0)
    assert told(changes) == (0, 0, 0, 0)


def test_a_claim_is_new_gone_and_back_on_the_visit_that_changed_it_and_on_no_later_one(ledger):
    visit(ledger, "2026-01-01", WITHOUT)
    for day, page, expected in (
        ("2026-02-01", WITH, (1, 0, 0, 0)),
        ("2026-03-01", WITH, (0, 0, 0, 0)),
        ("2026-04-01", WITHOUT, (0, 1, 0, 0)),
        ("2026-05-01", WITHOUT, (0, 0, 0, 0)),
        ("2026-06-01", WITH, (0, 0, 1, 0)),
        ("2026-07-01", WITH, (0, 0, 0, 0)),
        ("2026-08-01", replace(WITHOUT, health=PageHealth.CHALLENGE), (0, 0, 0, 1)),
    ):
        visit(ledger, day, page)
        assert told(read_visit_changes(ledger)) == expected, day


def test_a_check_of_one_page_is_no_visit_of_the_vendor(ledger):
    visit(ledger, "2026-01-01", WITH)
    visit(ledger, "2026-02-01", WITHOUT)
    ledger.execute("UPDATE crawls SET kind = 'check' WHERE started_at LIKE '2026-02%'")
    changes = read_visit_changes(ledger)
    assert (changes.counts.crawls, changes.counts.revisited, changes.gone) == (1, 0, ())


def test_a_verdict_that_held_before_the_last_crawl_is_compared_with_what_holds_now(ledger):
    visit(ledger, "2026-01-01", WITH)
    (claim_id,) = ledger.values("SELECT claim_id FROM claims")
    verdicts = ((VerdictKind.AUTHORISED, "2026-01-02"), (VerdictKind.LAPSED, "2026-02-02"))
    for sequence, (kind, day) in enumerate(verdicts):
        judging = f"01{sequence}"
        ledger.add([Judging(judging_id=judging, cause=JudgingCause.JUDGE, as_of=None, known_at=None, rules_version="5", started_at=f"{day}T00:00:00Z", ended_at=None, claims=1, verdicts=1)])  # fmt: skip
        ledger.add([Verdict(verdict_id=judging, claim_id=claim_id, sequence=sequence, search_id=None, verdict=kind, rule="1", reasons=(f"as of {day}",), objections=(), as_of=day, rules_version="5", judged_at=f"{day}T00:00:00Z", judging_id=judging, is_replay=False, close=(), facts={})])  # fmt: skip
    assert read_visit_changes(ledger).verdicts == (), "both runs are later than the only crawl"
    visit(ledger, "2026-02-01", WITH)
    (change,) = read_visit_changes(ledger).verdicts
    assert (change.claim_id, change.before, change.after) == (claim_id, "authorised", "lapsed")
    assert change.because == ("register",)


def test_only_changes_of_the_report_s_findings_are_listed_and_not_more_than_a_page_holds(ledger):
    for number in range(MOST_LISTED + 2):
        visit(ledger, "2026-01-01", WITHOUT, domain=f"v{number}.example")
        visit(ledger, "2026-02-01", WITH, domain=f"v{number}.example")
    Judge(ledger).judge()
    changes, findings = read_visit_changes(ledger), read_findings(ledger)
    listed = list_changes(changes, findings)
    assert (listed.appeared.all, len(listed.appeared.shown), listed.is_none) == (MOST_LISTED + 2, MOST_LISTED, False)
    assert list_changes(changes, findings[:1]).appeared.all == 1
    assert list_changes(changes, []).is_none
