"""Claims judged, judged again and replayed; what changed between two runs, and why.

Tests: casebook/verdicts/judge.py, casebook/verdicts/affected.py, casebook/verdicts/verdict_changes.py.
"""

from __future__ import annotations

import pytest

from casebook.register.snapshots import undo_snapshot
from casebook.verdicts.affected import affected_claims, judge_affected
from casebook.verdicts.claims import find_claims
from casebook.verdicts.judge import Judge
from casebook.verdicts.verdict_changes import compare_judgings, list_judgings
from ledger.database import Ledger
from ledger.errors import BadInputError
from ledger.vocabulary import JudgingCause, PageHealth, StatementKind
from tests.casebook.ledgers import ACME, Read, Said, add_brand, add_visit, rows_of
from tests.casebook.registers import import_grants
from tests.new_ledger import new_ledger

PARTNER = {"company": "Vendor Ltd", "domain": "vendor.example", "relation": "partner", "valid_from": "2015-01-01"}
STRANGER = {"company": "Stranger Ltd", "domain": "stranger.example", "relation": "partner", "valid_from": "2015-01-01"}
CLAIM = Said(text="We are a partner of Acme.")
DENIAL = Said(text="We are not affiliated with Acme.", kind=StatementKind.DENIAL)


@pytest.fixture
def ledger(tmp_path):
    with new_ledger(tmp_path / "p.db") as opened:
        add_brand(opened)
        yield opened


def visit(ledger: Ledger, day: str, *pages: Read, **seed) -> set[str]:
    return find_claims(ledger, ["acme"], visit_ids=[add_visit(ledger, day, pages, **seed)])


def recorded(ledger: Ledger, at: str) -> None:
    """Let the newest import have been made at an instant."""
    ledger.execute(
        "UPDATE register_snapshots SET recorded_at = ? WHERE snapshot_id = (SELECT max(snapshot_id) FROM register_snapshots)", [at]
    )  # fmt: skip


def held(ledger: Ledger) -> dict[str, str]:
    return {row["relation"]: row["verdict"] for row in rows_of(ledger, "SELECT * FROM v_findings")}


def test_the_same_verdict_is_not_written_again(ledger, tmp_path):
    visit(ledger, "2026-01-05", Read(images=[ACME], sentences=[CLAIM]))
    import_grants(ledger, "acme", tmp_path, [PARTNER])
    assert (Judge(ledger).judge(), Judge(ledger).judge()) == (1, 0)
    assert held(ledger) == {"partner": "authorised"}
    first, second = list_judgings(ledger)[::-1]
    assert (first.claims, first.verdicts, second.claims, second.verdicts) == (1, 1, 1, 0)


def test_a_register_change_is_told_as_such(ledger, tmp_path):
    visit(ledger, "2026-01-05", Read(images=[ACME], sentences=[CLAIM]))
    import_grants(ledger, "acme", tmp_path, [STRANGER])
    Judge(ledger).judge()
    import_grants(ledger, "acme", tmp_path, [STRANGER, PARTNER])
    Judge(ledger, JudgingCause.REGISTER).judge()
    (change,) = compare_judgings(ledger, None, None)
    assert (change.before, change.after, change.because) == ("no-authorisation", "authorised", ("register",))
    assert "Vendor Ltd" in change.details[0]


def test_a_claim_that_grew_is_told_as_such(ledger, tmp_path):
    import_grants(ledger, "acme", tmp_path, [PARTNER | {"tier": "Silver"}])
    visit(ledger, "2026-01-05", Read(images=[ACME]))
    Judge(ledger).judge()
    visit(
        ledger, "2026-01-05", Read(images=[ACME]), Read(path="/more", sentences=[Said(text="Acme Gold", tier="Gold")])
    )
    Judge(ledger).judge()
    (change,) = compare_judgings(ledger, None, None)
    assert (change.before, change.after) == ("authorised", "exceeds-grant")
    assert "claim" in change.because
    assert "tiers — → Gold" in change.details[0]


GOLD, SILVER = (Said(text=f"Acme {tier} partner", tier=tier) for tier in ("Gold", "Silver"))


@pytest.mark.parametrize(
    ("visits", "verdict"),
    [
        # the same page said Gold once
        ([("2024-01-05", [Read(sentences=[GOLD])]), ("2024-06-05", [Read(sentences=[SILVER])])], "authorised"),
        # the page that said Gold was read without it, while another still claims
        (
            [
                ("2026-01-05", [Read(sentences=[GOLD]), Read(path="/a", sentences=[CLAIM])]),
                ("2026-02-05", [Read(), Read(path="/a", sentences=[CLAIM])]),
            ],
            "authorised",
        ),
        # an archived page that no crawl found again
        (
            [("2015-01-05", [Read(path="/old", sentences=[GOLD])]), ("2026-01-05", [Read(sentences=[CLAIM])])],
            "authorised",
        ),
        # one page was looked at again, and nothing is known of the other's end
        (
            [
                ("2026-01-05", [Read(sentences=[GOLD]), Read(path="/a", sentences=[CLAIM])]),
                ("2026-02-05", [Read(path="/a", sentences=[CLAIM])]),
            ],
            "exceeds-grant",
        ),
        # the page could not be read since
        (
            [
                ("2026-01-05", [Read(sentences=[GOLD]), Read(path="/a", sentences=[CLAIM])]),
                ("2026-02-05", [Read(health=PageHealth.CHALLENGE), Read(path="/a", sentences=[CLAIM])]),
            ],
            "exceeds-grant",
        ),
        # all is gone: what was there last is judged as of its day
        ([("2026-01-05", [Read(sentences=[GOLD])]), ("2026-02-05", [Read()])], "exceeds-grant"),
        ([("2024-01-05", [Read(sentences=[SILVER])]), ("2024-06-05", [Read(sentences=[GOLD])])], "exceeds-grant"),
    ],
)
def test_a_tier_that_is_shown_no_more_is_not_held_against_a_partner(ledger, tmp_path, visits, verdict):
    import_grants(ledger, "acme", tmp_path, [PARTNER | {"tier": "Silver"}])
    for day, pages in visits:
        visit(ledger, day, *pages)
    Judge(ledger).judge()
    assert held(ledger) == {"partner": verdict}


@pytest.mark.parametrize(("retired_on", "is_told"), [("2024-03-01", False), ("2024-01-05", True)])
def test_a_logo_that_was_valid_when_it_was_seen_is_not_called_retired(ledger, tmp_path, retired_on, is_told):
    import_grants(ledger, "acme", tmp_path, [PARTNER])
    visit(ledger, "2024-01-05", Read(images=[ACME]))
    ledger.execute("UPDATE official_logos SET valid_until = ?", [retired_on])
    Judge(ledger, JudgingCause.REPLAY, as_of="2026-01-01").judge()
    (row,) = rows_of(ledger, "SELECT reasons FROM v_verdicts")
    assert ("retired logo" in row["reasons"]) is is_told


def test_a_denial_beside_a_claim_is_a_contradiction_and_an_objection(ledger, tmp_path):
    import_grants(ledger, "acme", tmp_path, [STRANGER])
    visit(ledger, "2026-01-05", Read(images=[ACME], sentences=[DENIAL]))
    Judge(ledger).judge()
    assert held(ledger) == {"partner": "undetermined", "denied": "disclaimed"}
    (row,) = rows_of(ledger, "SELECT * FROM v_contradictions")
    assert (row["relation"], row["is_on_same_page"], row["denial"], row["claimed_by"]) == (
        "partner", 1, "We are not affiliated with Acme.", "picture",
    )  # fmt: skip
    assert "the same page says “We are not affiliated with Acme.”" in ledger.value(
        "SELECT objections FROM v_findings WHERE relation = 'partner'"
    )


def test_a_denial_of_every_brand_contradicts_each_claim_and_makes_none_by_itself(ledger):
    general = Said(text="We claim no formal partner status.", kind=StatementKind.DENIAL, brand=None)
    visit(ledger, "2026-01-05", Read(images=[ACME]), Read(path="/legal", sentences=[general]))
    visit(ledger, "2026-01-05", Read(sentences=[general]), domain="silent.example")
    rows = rows_of(ledger, "SELECT vendor, is_on_same_page, names_brand FROM v_contradictions")
    assert [tuple(row) for row in rows] == [("Vendor", 0, 0)]
    assert ledger.value("SELECT count(*) FROM v_findings WHERE vendor = 'Silent'") == 0


def test_a_replay_knows_what_was_known_and_changes_no_finding(ledger, tmp_path):
    visit(ledger, "2021-03-01", Read(images=[ACME]))
    import_grants(ledger, "acme", tmp_path, [STRANGER])
    recorded(ledger, "2021-02-01T00:00:00Z")
    Judge(ledger).judge()
    visit(ledger, "2024-03-01", Read(images=[ACME], sentences=[CLAIM]))
    import_grants(ledger, "acme", tmp_path, [STRANGER, PARTNER])
    recorded(ledger, "2024-02-01T00:00:00Z")
    Judge(ledger).judge()
    assert held(ledger) == {"partner": "authorised"}

    replays = {}
    for known_at in ("2020-01-01", "2021-06-01", "2024-06-01"):
        replay = Judge(ledger, JudgingCause.REPLAY, as_of="2021-05-01", known_at=f"{known_at}T23:59:59Z")
        replay.judge()
        rows = rows_of(ledger, "SELECT verdict, as_of FROM v_verdicts WHERE judging_id = ?", [replay.judging_id])
        replays[known_at] = [tuple(row) for row in rows]
    assert replays == {
        "2020-01-01": [],  # nobody had looked yet
        "2021-06-01": [("no-authorisation", "2021-05-01")],
        "2024-06-01": [("authorised", "2021-05-01")],  # what is known now of the day then
    }
    assert held(ledger) == {"partner": "authorised"}
    assert Judge(ledger).judge() == 0, "a replay is no newer verdict"
    then = next(run.judging_id for run in list_judgings(ledger) if (run.known_at or "").startswith("2021"))
    (change,) = compare_judgings(ledger, then, None)
    assert (change.before, change.after) == ("no-authorisation", "authorised")


def test_dates_have_their_uncertainty(ledger):
    for day, images in (("2019-01-01", []), ("2020-01-01", [ACME]), ("2021-01-01", [ACME]), ("2022-01-01", [])):
        visit(ledger, day, Read(images=images))
    (row,) = rows_of(ledger, "SELECT not_yet_seen, first_seen, last_seen, gone_by FROM v_claim_dates")
    assert [value[:10] for value in row] == ["2019-01-01", "2020-01-01", "2021-01-01", "2022-01-01"]


def test_what_could_not_be_read_ends_nothing(ledger, tmp_path):
    import_grants(ledger, "acme", tmp_path, [STRANGER])
    visit(ledger, "2020-01-01", Read(images=[ACME]))
    visit(ledger, "2021-01-01", Read(health=PageHealth.CHALLENGE))
    Judge(ledger).judge()
    (row,) = rows_of(ledger, "SELECT not_yet_seen, gone_by FROM v_claim_dates")
    assert tuple(row) == (None, None)
    assert "was there on the first look" in ledger.value("SELECT objections FROM v_findings")
    visit(ledger, "2022-01-01", Read())
    Judge(ledger).judge()
    assert "read without it on 2022-01-01" in ledger.value("SELECT objections FROM v_findings")


def test_a_run_is_named_by_the_beginning_of_its_id(ledger):
    visit(ledger, "2026-01-05", Read(images=[ACME]))
    Judge(ledger).judge()
    with pytest.raises(BadInputError, match="two runs of judging"):
        list(compare_judgings(ledger, None, None))
    Judge(ledger).judge()
    with pytest.raises(BadInputError, match="fits several"):
        list(compare_judgings(ledger, "0", None))
    with pytest.raises(BadInputError, match="none has"):
        list(compare_judgings(ledger, "zz", None))
    newest = list_judgings(ledger)[0].judging_id
    assert list(compare_judgings(ledger, newest.lower(), newest)) == []


def test_a_register_change_touches_only_the_claims_that_it_concerns(ledger, tmp_path):
    for domain in ("vendor.example", "other.example", "vendors.example"):
        visit(ledger, "2026-01-05", Read(images=[ACME]), domain=domain)
    import_grants(ledger, "acme", tmp_path, [STRANGER])
    assert judge_affected(ledger, ["acme"]) == 3, "without a register nothing had been asked"
    assert affected_claims(ledger, "acme") == []
    import_grants(ledger, "acme", tmp_path, [STRANGER, PARTNER])
    touched = {
        row[0]
        for claim in affected_claims(ledger, "acme")
        for row in rows_of(
            ledger, "SELECT s.vendor FROM claims JOIN seeds s USING (seed_id) WHERE claim_id = ?", [claim]
        )
    }
    assert touched == {"Vendor", "Vendors"}, "its own, and one whose name is alike: the search record has that"
    assert judge_affected(ledger, ["acme"]) == 2
    undo_snapshot(ledger, ledger.value("SELECT max(snapshot_id) FROM register_snapshots"), why="the wrong list")
    assert judge_affected(ledger, ["acme"]) == 2
    assert set(held(ledger).values()) == {"no-authorisation"}
    import_grants(ledger, "acme", tmp_path, [STRANGER | {"tier": "Gold"}], register="more")
    assert judge_affected(ledger, ["acme"]) == 0
