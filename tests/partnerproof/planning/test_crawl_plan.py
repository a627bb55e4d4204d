"""Which limit binds a crawl, and what the figures behind it come from.

Tests: partnerproof/planning/crawl_plan.py, partnerproof/planning/visit_costs.py, partnerproof/planning/plan_figures.py.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from crawler.visits.seeds import begin_crawl, seed_of
from ledger.database import Ledger
from ledger.records import Seed
from partnerproof.config import CrawlConfig
from partnerproof.planning.crawl_plan import CrawlPlan, plan_crawl
from partnerproof.planning.machine_speed import MachineSpeed
from partnerproof.planning.visit_costs import VisitCosts, corpus_costs, read_visit_costs
from tests.new_ledger import new_ledger

SPEED = MachineSpeed(page_s=0.013, image_s=0.012, processors=2, basis="as a test says")
ONE_CORE = replace(SPEED, processors=1)
NO_OPT_OUT: frozenset[str] = frozenset()


def seeds(number: int) -> list[Seed]:
    return [seed_of(f"https://vendor{n}.example/") for n in range(number)]


def plan(costs: VisitCosts, number: int = 1_000, speed: MachineSpeed = SPEED, **config: object) -> CrawlPlan:
    return plan_crawl(costs, seeds(number), CrawlConfig.model_validate(config), NO_OPT_OUT, speed)


def hours(planned: CrawlPlan) -> dict[str, float]:
    return {limit.name: limit.hours for limit in planned.limits}


def without_dead() -> VisitCosts:
    return replace(corpus_costs(), dead_share=0.0)


def test_few_visits_at_once_make_the_waits_bind_and_many_the_processor():
    few = plan(without_dead(), speed=ONE_CORE, visits_at_once=4)
    many = plan(without_dead(), speed=ONE_CORE, visits_at_once=400)
    assert (few.bound_by, many.bound_by) == ("visits-at-once", "processor")
    assert few.hours > many.hours
    assert few.hours == pytest.approx(hours(few)["visits-at-once"])
    assert many.hours == pytest.approx(hours(many)["processor"])
    assert "visits_at_once (4)" in few.limits[0].advice
    assert "more cores" in many.limits[0].advice


def test_processor_time_is_shared_by_the_cores_and_waits_are_not():
    two, eight = (plan(without_dead(), speed=replace(SPEED, processors=n)) for n in (2, 8))
    assert hours(two)["processor"] == pytest.approx(4 * hours(eight)["processor"])
    assert hours(two)["visits-at-once"] == hours(eight)["visits-at-once"]
    # one process recognises, however many cores there are
    assert hours(two)["recognising"] == hours(eight)["recognising"]
    assert plan(without_dead(), speed=replace(SPEED, processors=8), visits_at_once=400).bound_by == "recognising"


def test_the_processor_limit_is_the_sum_of_what_the_list_needs():
    planned = plan(without_dead())
    needs_s = 13_000 * 0.013 + 43_000 * 0.012 + 90_000 * 0.0026
    assert hours(planned)["processor"] == pytest.approx(needs_s / 2 / 3600)


def test_a_list_of_dead_hosts_is_bound_by_them():
    dead = plan(replace(corpus_costs(), dead_share=0.9))
    assert dead.bound_by == "dead-hosts"
    # https and http, with and without www, twice each, 30 s
    assert hours(dead)["dead-hosts"] == pytest.approx(900 * 4 * 2 * 30 / 16 / 3600)
    assert "timeout_s (30)" in dead.limits[0].advice
    shorter = plan(replace(corpus_costs(), dead_share=0.9), timeout_s=5)
    assert hours(shorter)["dead-hosts"] == pytest.approx(hours(dead)["dead-hosts"] / 6)
    assert plan(without_dead()).bound_by != "dead-hosts"


def test_waits_and_dead_hosts_stand_in_the_same_places():
    planned = plan(corpus_costs(), visits_at_once=4)
    of = hours(planned)
    assert planned.hours == pytest.approx(of["visits-at-once"] + of["dead-hosts"])
    assert planned.bound_by == max(("visits-at-once", "dead-hosts"), key=lambda name: of[name])


def test_one_long_visit_binds_a_short_list():
    costs = without_dead()
    slow = replace(costs.usual, requests=3_000.0, seconds=840.0)
    known = {seed.seed_id: slow for seed in seeds(1)}
    planned = plan(replace(costs, known=known), number=20, visits_at_once=20)
    assert planned.bound_by == "delay"
    assert planned.hours == pytest.approx(840 / 3600)
    assert "vendor0.example" in planned.limits[0].reckoned


def test_one_address_that_all_vendors_share_binds():
    shared = replace(without_dead(), address_share=1.0)
    assert plan(shared, visits_at_once=400, requests_per_address=1).bound_by == "requests-per-address"
    assert plan(shared, visits_at_once=400, requests_per_address=64).bound_by != "requests-per-address"


def test_hours_outside_the_window_bind_when_they_are_the_most():
    narrow = plan(without_dead(), number=50_000, hours="22:00-23:00")
    assert narrow.bound_by == "hours"
    assert narrow.hours_with_window > narrow.hours
    assert plan(without_dead(), number=50_000, hours="00:00-23:00").bound_by != "hours"


def test_an_empty_list_costs_nothing():
    assert plan(corpus_costs(), number=0).hours == 0


@pytest.fixture
def crawled(tmp_path):
    """A database in which ten vendors were crawled: eight in a minute each, two that let every attempt run out."""
    ledger = new_ledger(tmp_path / "p.db")
    crawl_id = begin_crawl(ledger, seeds(10), seeds_file="v.csv", settings={}, tool_version="partnerproof 0")
    for ordinal in range(10):
        is_dead = ordinal >= 8
        ledger.execute(
            "UPDATE visits SET state = ?, started_at = '2026-11-23T06:00:00Z', ended_at = ?, end_reason = ?, pages = ?,"
            " requests = ?, body_bytes = ? WHERE crawl_id = ? AND ordinal = ?",
            [
                "failed" if is_dead else "done",
                "2026-11-23T06:04:00Z" if is_dead else "2026-11-23T06:01:00Z",
                "timeout: no answer" if is_dead else "complete",
                0 if is_dead else 10,
                0 if is_dead else 50,
                0 if is_dead else 1_000_000,
                crawl_id,
                ordinal,
            ],
        )
    return ledger


def read(ledger: Ledger, speed: MachineSpeed = SPEED) -> VisitCosts:
    return read_visit_costs(ledger, [seed.seed_id for seed in seeds(12)], speed, max_seconds=900)


def test_earlier_crawls_give_the_cost_of_a_visit_and_the_share_of_dead_hosts(crawled):
    costs = read(crawled)
    assert (costs.usual.requests, costs.usual.pages, costs.usual.received_bytes) == (50, 10, 1_000_000)
    assert costs.usual.seconds == pytest.approx(60, abs=0.1)
    assert costs.dead_share == 0.2
    assert costs.dead_seconds == pytest.approx(240, abs=0.1)
    planned = plan(costs, number=12)
    assert planned.known_vendors == 10
    assert planned.dead_vendors == pytest.approx(2 + 2 * 0.2)
    assert hours(planned)["visits-at-once"] == pytest.approx((8 * 60 + 2 * 0.8 * 60) / 12 / 3600, rel=0.01)


def test_visits_that_stood_in_a_queue_waited_no_more_than_their_pace_asks_for(crawled):
    calm = read(crawled)
    assert not calm.usual.is_queued
    busy = read(crawled, replace(SPEED, page_s=5.0))  # 80 pages × 5 s in 240 s on 2 cores
    assert busy.usual.is_queued
    # 50 requests, .25 s apart and now and then a second, or the minute that the visit took
    assert hours(plan(calm, number=8))["delay"] == pytest.approx(60 / 3600, rel=0.01)
    assert hours(plan(busy, number=8))["delay"] == pytest.approx(50 * (0.25 + 0.75 / 24) / 3600)
    assert hours(plan(busy, number=8, delay_s=10))["delay"] == pytest.approx(60 / 3600, rel=0.01)


def test_a_visit_that_went_on_another_day_did_not_take_all_that_time(crawled):
    crawled.execute("UPDATE visits SET ended_at = '2026-11-25T06:00:00Z' WHERE ordinal = 0")
    costs = read(crawled)
    assert costs.known[seeds(1)[0].seed_id].seconds == 900


def test_without_a_visit_the_corpus_stands_in(tmp_path):
    assert read(new_ledger(tmp_path / "p.db")) == corpus_costs()
