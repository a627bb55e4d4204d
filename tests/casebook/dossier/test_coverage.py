"""Coverage vendor by vendor: what was read, what could not be, and that a page which is not there hides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from casebook.dossier.coverage import read_coverage, tell_vendors
from casebook.web.coverage_counts import count_coverage
from ledger.database import Ledger
from ledger.records import Visit
from ledger.vocabulary import PageHealth, PageKind, VisitState
from partnerproof.crawl_status import read_status
from tests.casebook.ledgers import Read, add_brand, add_visit
from tests.new_ledger import new_ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path / "partnerproof.db") as ledger:
        add_brand(ledger)
        yield ledger


def test_a_vendor_counts_by_its_last_visit(ledger):
    add_visit(ledger, "2026-01-01", [Read(health=PageHealth.CHALLENGE)])
    add_visit(ledger, "2026-02-01", [Read(), Read(path="/", kind=PageKind.HOME)])
    coverage = read_coverage(ledger)
    (vendor,) = coverage.vendors
    assert (vendor.outcome, vendor.pages_read, vendor.partner_pages) == ("looked", 2, 1)
    assert vendor.visited_at == "2026-02-01T10:00:00Z"
    assert (coverage.pages_read, coverage.with_partner_page, coverage.left_out) == (2, 1, 0)
    assert {look.page_kind for look in vendor.looks} == {PageKind.PARTNERS, PageKind.HOME}


def test_what_could_not_be_looked_at_has_its_reason_and_what_can_be_done(ledger):
    add_visit(ledger, "2026-01-01", [Read(health=PageHealth.CHALLENGE), Read(path="/", kind=PageKind.HOME)])
    coverage = read_coverage(ledger)
    assert coverage.by_outcome == {"looked-in-part": 1}
    assert coverage.unseen_by_reason == {"challenge": 1}
    assert "a person is there" in coverage.what_to_do("challenge")
    assert coverage.what_to_do("of no kind") == ""


def test_a_page_that_answered_under_two_addresses_is_one_page(ledger):
    visit_id = add_visit(ledger, "2026-01-01", [Read(), Read(path="/partners/")])
    ledger.execute("DELETE FROM pages WHERE url LIKE '%/'")  # the same content again: the look stays, no page is stored
    (vendor,) = read_coverage(ledger).vendors
    assert (len(vendor.looks), vendor.pages_read, vendor.partner_pages, vendor.outcome) == (2, 1, 1, "looked")
    assert count_coverage(ledger, None, None).looked == 1
    assert read_status(ledger)["pages_by_health"] == {"ok": 1}
    assert ledger.value("SELECT count(*) FROM looks WHERE visit_id = ?", [visit_id]) == 2


def test_a_page_that_is_not_there_hides_nothing(ledger):
    add_visit(ledger, "2026-01-01", [Read(health=PageHealth.SOFT_404), Read(path="/", kind=PageKind.HOME)])
    assert read_coverage(ledger).by_outcome == {"looked": 1}


def test_failed_vendors_come_first_and_count_as_failed(ledger):
    add_visit(ledger, "2026-01-01", [Read()], domain="aaa.example")
    visit_id = add_visit(ledger, "2026-01-01", [], domain="zzz.example")
    ledger.update(Visit, {"state": VisitState.FAILED, "end_reason": "dns"}, visit_id=visit_id)
    coverage = read_coverage(ledger)
    assert [vendor.vendor for vendor in coverage.vendors] == ["Zzz", "Aaa"]
    assert coverage.by_outcome == {"could-not-look": 1, "looked": 1}
    assert coverage.unseen_by_reason == {"dns": 1}
    assert coverage.by_reason == {("could-not-look", "dns"): 1}
    told = tell_vendors(coverage.by_outcome, coverage.by_reason)
    assert told == "1 looked at, 1 could not be looked at (dns 1)"
