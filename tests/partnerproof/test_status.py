"""What `partnerproof status` counts: pages as findings and report count them, other files by what they are.

Tests: partnerproof/cli/status.py, partnerproof/crawl_status.py.
"""

from __future__ import annotations

from ledger.database import Ledger
from ledger.identity import content_id
from ledger.records import Crawl, Look
from ledger.vocabulary import LookOutcome, Purpose
from partnerproof.crawl_status import read_status
from tests.casebook.ledgers import Read, add_brand, add_visit
from tests.conftest import NOW, run_partnerproof


def fail(ledger: Ledger, visit_id: str, purpose: Purpose, reason: str) -> None:
    look = Look(
        look_id=content_id("look", purpose, reason), visit_id=visit_id, purpose=purpose, requested_url="https://v.example/x",
        outcome=LookOutcome.COULD_NOT_LOOK, reason=reason, detail=None, status=None, final_url=None, capture_id=None,
        content_sha256=None, content_bytes=None, looked_at=NOW,
    )  # fmt: skip
    ledger.add([look])


def test_pages_that_could_not_be_looked_at_are_apart_from_other_files(acme):
    with Ledger.open(acme / "var" / "partnerproof.db") as ledger:
        add_brand(ledger)
        visit_id = add_visit(ledger, "2026-01-01", [Read()])
        for purpose in (Purpose.PAGE, Purpose.ROBOTS, Purpose.SITEMAP):
            fail(ledger, visit_id, purpose, "private-address")
        fail(ledger, visit_id, Purpose.PAGE, "http-404")  # a page that is not there hides nothing
        state = read_status(ledger)
    assert state["could_not_look"] == {"private-address": 1}
    assert state["other_files_not_had"] == {"robots private-address": 1, "sitemap private-address": 1}
    assert state["pages_by_health"] == {"ok": 1}
    shown = " ".join(run_partnerproof("-w", acme, "status").split())
    assert "other files not had 1 robots private-address, 1 sitemap private-address" in shown


def test_a_crawl_that_was_killed_at_once_has_no_label_without_a_value(acme):
    with Ledger.open(acme / "var" / "partnerproof.db") as ledger:
        ledger.add([Crawl(crawl_id="C", order_sha256="", seeds_file="s.csv", settings={}, tool_version="0", started_at=NOW, ended_at=None)])  # fmt: skip
    lines = [line.rstrip() for line in run_partnerproof("-w", acme, "status").splitlines()]
    assert "visits               none" in lines
    assert "judged visits        0" in lines
    assert "last look at         none" in lines
    assert not [line for line in lines if "  " not in line]
