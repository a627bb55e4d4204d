"""The state of a visit: what it may still cost, what an interrupted run had stored, what the last visit leads to."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from crawler.visits.visit import (
    begin_visit,
    end_visit,
    find_earlier_capture,
    mark_judged,
    note_unchanged,
    put_back,
    read_earlier_facts,
)
from ledger.identity import utc_text
from ledger.records import Visit
from ledger.vocabulary import PageKind, Purpose, VisitState
from tests.crawler.visits.visit_room import BUDGET, SITE, VisitRoom

WORDS = "<p>" + "We build and run networks for ports and towns. " * 30 + "</p>"


@pytest.fixture
def room(tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text(f"<title>V</title><a href=/partners.html>Partners</a>{WORDS}")
    (site / "partners.html").write_text(f"<title>Our partners</title><h1>Our partners</h1>{WORDS}")
    return VisitRoom(tmp_path, site)


def again(room: VisitRoom, visit_id: str) -> Visit:
    row = room.ledger.find(Visit, visit_id=visit_id)
    assert row is not None
    return row


@pytest.mark.parametrize(("field", "budget"), [("requests", "requests"), ("body_bytes", "bytes"), ("images", "images")])
def test_each_budget_has_both_sides(room, field, budget):
    visit = room.begin(replace(BUDGET, **{field: 2}))
    setattr(visit, field, 1)
    assert visit.overspent(Purpose.IMAGE) is None
    setattr(visit, field, 2)
    assert visit.overspent(Purpose.IMAGE) == budget
    # without images, pages are read on
    assert (visit.spent, visit.has_spent_images) == ((None, True) if budget == "images" else (budget, False))


def test_time_is_a_budget_too_and_images_bound_images_alone(room):
    visit = room.begin(replace(BUDGET, images=0))
    assert visit.overspent(Purpose.PAGE) is None
    visit.started = time.monotonic() - BUDGET.seconds
    assert visit.overspent(Purpose.PAGE) == "seconds"
    assert visit.seconds_left() <= 0


def test_what_a_visit_waited_for_others_is_no_time_of_its_own(room):
    visit = room.begin(BUDGET)
    visit.started = time.monotonic() - BUDGET.seconds
    visit.queued_s = 5.0
    assert visit.overspent(Purpose.PAGE) is None
    assert 4 < visit.seconds_left() <= 5


def test_an_interrupted_visit_knows_what_it_had_stored_and_what_failed(room):
    room.failures = {"/partners.html": "timeout"}
    visit = room.run()
    room.ledger.update(Visit, {"state": VisitState.RUNNING}, visit_id=visit.visit_id)
    resumed = begin_visit(room.ledger, again(room, visit.visit_id), BUDGET, utc_text())
    assert resumed.stored[f"{SITE}/", 0] == visit.captures[f"{SITE}/"]
    assert resumed.failed[Purpose.PAGE, f"{SITE}/partners.html"].reason == "timeout"


def test_a_visit_that_is_put_back_forgets_its_failures(room):
    room.failures = {"/": "dns"}
    visit = room.run()
    put_back(room.ledger, visit)
    assert again(room, visit.visit_id).state is VisitState.PENDING
    assert room.ledger.value("SELECT count(*) FROM looks WHERE status IS NULL") == 0


def test_the_next_visit_begins_with_the_partner_pages_of_the_last(room):
    first = room.run()
    second = room.begin()
    assert second.earlier_visit_id == first.visit_id
    assert [(page.url, page.kind) for page in second.earlier_pages] == [(f"{SITE}/partners.html", PageKind.PARTNERS)]
    assert find_earlier_capture(room.ledger, second, f"{SITE}/") is None  # the server gave nothing to ask it by
    room.ledger.execute("UPDATE captures SET etag = 'x' WHERE url = ?", [f"{SITE}/"])
    earlier = find_earlier_capture(room.ledger, second, f"{SITE}/")
    assert earlier is not None
    assert (earlier.capture_id, earlier.etag) == (first.captures[f"{SITE}/"], "x")


def test_what_is_known_of_earlier_visits_goes_to_where_they_are_not(room):
    room.run()
    second = room.begin()
    facts = read_earlier_facts(room.ledger, again(room, second.visit_id), second.earlier_visit_id)
    assert [page.url for page in facts.pages] == [f"{SITE}/partners.html"]
    elsewhere = begin_visit(room.ledger, again(room, second.visit_id), BUDGET, utc_text(), earlier=facts)
    assert (elsewhere.earlier_visit_id, elsewhere.earlier_pages) == (None, list(facts.pages))


def test_what_did_not_change_is_noted_when_the_earlier_visit_is_at_hand_again(room):
    room.run()
    (room.site / "index.html").write_text(f"<title>New</title><a href=/partners.html>Partners</a>{WORDS}")
    second = room.run()
    sql = "SELECT requested_url, unchanged_since FROM looks WHERE visit_id = ? AND outcome = 'looked' ORDER BY 1"
    expected = [tuple(row) for row in room.ledger.rows(sql, [second.visit_id])]
    assert {since is None for _, since in expected} == {True, False}
    room.ledger.execute("UPDATE looks SET unchanged_since = NULL WHERE visit_id = ?", [second.visit_id])
    assert note_unchanged(room.ledger, again(room, second.visit_id)) > 0
    assert note_unchanged(room.ledger, again(room, second.visit_id)) == 0
    assert [tuple(row) for row in room.ledger.rows(sql, [second.visit_id])] == expected


def test_the_end_of_a_visit_says_why(room):
    visit = room.begin()
    assert end_visit(room.ledger, visit, failure=None, now=utc_text()) == "failed"
    assert again(room, visit.visit_id).end_reason == "nothing could be read"
    visit.pages, visit.spent = 1, "bytes"
    visit.traps.refused["calendar"] = 3
    assert end_visit(room.ledger, visit, failure="http-404: x", now=utc_text()) == "done"
    assert again(room, visit.visit_id).end_reason == "budget of bytes; traps: calendar (3 addresses not followed)"


def test_a_visit_stays_judged_since_it_first_was(room):
    visit = room.begin()
    room.ledger.update(Visit, {"judged_at": "2026-11-23T06:34:29Z"}, visit_id=visit.visit_id)
    mark_judged(room.ledger, visit.visit_id)
    assert again(room, visit.visit_id).judged_at == "2026-11-23T06:34:29Z", "its row may be sealed"
