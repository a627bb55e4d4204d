"""When a claim was there: one instant counts, that of the look at its page, whenever its capture was complete.

Tests: casebook/verdicts/facts.py, the views page_readings, v_claim_dates, v_claim_changes and v_changes of ledger/views.sql.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import pytest

from casebook.register.imports import import_register
from casebook.verdicts.absences import find_absences
from casebook.verdicts.claims import find_claims
from casebook.verdicts.facts import _tiers, read_claim_dates, read_claims
from casebook.verdicts.judge import Judge
from ledger.database import Ledger, columns_of
from ledger.records import Capture, Look, WarcFile
from ledger.typed_texts import VisitId
from tests.casebook.ledgers import ACME, Read, Said, Shown, add_brand, add_visit, rows_of
from tests.new_ledger import new_ledger

SAID = Said(text="Acme Gold partner", tier="Gold")
OTHER = Shown(image="other")
# a claim that came and went, one that stays beside a new image, one that came back
VISITS = (
    ("2030-01-01", "vendor.example", [Read(), Read(path="/", images=[OTHER])]),
    ("2030-02-01", "vendor.example", [Read(images=[ACME]), Read(path="/", images=[OTHER, ACME])]),
    ("2030-03-01", "vendor.example", [Read(images=[ACME], sentences=[SAID]), Read(path="/")]),
    ("2030-04-01", "vendor.example", [Read(), Read(path="/")]),
    ("2030-01-01", "steady.example", [Read(images=[ACME])]),
    ("2030-03-01", "steady.example", [Read(images=[ACME, OTHER])]),
    ("2030-01-01", "again.example", [Read(images=[ACME])]),
    ("2030-02-01", "again.example", [Read()]),
    ("2030-03-01", "again.example", [Read(images=[ACME])]),
)
VIEWS = ("v_claim_dates", "v_claim_changes", "v_changes", "v_findings", "v_verdicts")
OWN_IDS = {"judging_id", "judged_at", "search_id"}  # of each run


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path / "partnerproof.db") as ledger:
        add_brand(ledger)
        register = tmp_path / "register.csv"
        register.write_text("company,domain,relation,valid_from\nSteady,steady.example,partner,2010-01-01\n")
        import_register(ledger, "acme", register)
        visit_ids = [add_visit(ledger, day, pages, domain=domain) for day, domain, pages in VISITS]
        _add_captures(ledger)
        _find(ledger, visit_ids)
        Judge(ledger).judge()
        yield ledger


def _find(ledger: Ledger, visit_ids: Sequence[VisitId]) -> None:
    find_claims(ledger, ["acme"], visit_ids=visit_ids)
    for visit_id in visit_ids:
        find_absences(ledger, visit_id, None)


def _add_captures(ledger: Ledger) -> None:
    """Give each look the capture that it rests on, fetched in the same second."""
    crawl_id = ledger.value("SELECT crawl_id FROM crawls LIMIT 1")
    ledger.add([WarcFile(warc_file="a.warc.gz", crawl_id=crawl_id, committed_bytes=1)])
    for look in ledger.select(Look, f"SELECT {columns_of(Look)} FROM looks"):
        capture = Capture(
            capture_id=f"capture-{look.look_id}", visit_id=look.visit_id, url=look.requested_url, attempt=0, status=200,
            fetched_at=look.looked_at, content_type=None, redirect_url=None, remote_ip=None, payload_sha256="", payload_bytes=1,
            warc_file="a.warc.gz", warc_offset=0, warc_length=1, request_warc_offset=0, refers_to=None,
        )  # fmt: skip
        ledger.add([capture])
        ledger.update(Look, {"capture_id": capture.capture_id}, look_id=look.look_id)


def _days(ledger: Ledger) -> dict[str, list[dict[str, object]]]:
    """Return what the views tell, instants as days."""
    by_view = {}
    for view in VIEWS:
        rows = [dict(row) for row in rows_of(ledger, f"SELECT * FROM {view}")]
        days = [
            {
                name: value[:10] if isinstance(value, str) and value[10:11] == "T" and value.endswith("Z") else value
                for name, value in row.items()
                if name not in OWN_IDS
            }
            for row in rows
        ]
        by_view[view] = sorted(days, key=str)
    return by_view


def _judge_anew(ledger: Ledger) -> None:
    """Find and judge all claims again, from what is stored."""
    ledger.execute("DELETE FROM verdicts")
    _find(ledger, ledger.values("SELECT visit_id FROM visits ORDER BY started_at, visit_id"))
    Judge(ledger).judge()


SECOND = "strftime('%Y-%m-%dT%H:%M:%SZ', {column}, '+1 second')"


@pytest.mark.parametrize(
    "shifted",
    [
        [("captures", "fetched_at")],
        [("captures", "fetched_at"), ("looks", "looked_at"), ("claim_evidence", "seen_at")],
    ],
)
def test_a_second_between_fetching_and_looking_changes_nothing(ledger, shifted):
    before = _days(ledger)
    assert {row["state"] for row in before["v_claim_changes"]} == {"gone", "present"}
    assert {row["state"] for row in before["v_changes"]} == {"appeared", "gone", "unchanged"}
    for table, column in shifted:
        ledger.execute(f"UPDATE {table} SET {column} = {SECOND.format(column=column)}")
    assert _days(ledger) == before
    _judge_anew(ledger)
    assert _days(ledger) == before


def test_facts_and_the_view_tell_the_same_dates(ledger):
    rows = {row["claim_id"]: row for row in rows_of(ledger, "SELECT * FROM v_claim_dates")}
    assert len(rows) == 3
    for claim_id, row in rows.items():
        dates = asdict(read_claim_dates(ledger, claim_id))
        assert dates == {name: row[name] for name in dates}
        (claim,) = read_claims(ledger, [claim_id])
        assert (claim.facts.began_after, claim.facts.gone_by) == (_day(row["not_yet_seen"]), _day(row["gone_by"]))


def _day(instant: str | None) -> str | None:
    return instant[:10] if instant else None


@pytest.mark.parametrize(
    ("until", "began_after", "gone_by"),
    [
        ("2030-01-31T00:00:00Z", None, None),  # shown, and no look since
        ("2030-02-15T00:00:00Z", None, "2030-02-01"),
        ("2030-03-15T00:00:00Z", None, None),  # there again
    ],
)
def test_a_replay_sees_what_was_known_by_then(ledger, until, began_after, gone_by):
    claim_id = ledger.value("SELECT claim_id FROM v_claim_dates WHERE vendor_domain = 'again.example'")
    (claim,) = read_claims(ledger, [claim_id], known_at=until)
    assert (claim.facts.began_after, claim.facts.gone_by) == (began_after, gone_by)


def test_a_tier_of_a_badge_and_of_a_sentence_is_one():
    assert _tiers(["GOLD", "Gold", "Silver", "gold"]) == ("Gold", "Silver")
    assert _tiers(["PLATINUM"]) == ("PLATINUM",)
