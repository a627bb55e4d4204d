"""How a guest behaves: hours, waits, and what an outage is."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from crawler.visits.outage import VISITS, Outage
from crawler.visits.visit import Budget, RunningVisit
from crawler.wire.hours import Window
from crawler.wire.pace import Pace, retry_after_s
from ledger.identity import utc_now
from ledger.records import Seed


@pytest.mark.parametrize(
    ("hours", "now", "seconds"),
    [
        ("22:00-06:00", "23:30", 0),
        ("22:00-06:00", "05:59", 0),
        ("22:00-06:00", "06:00", 16 * 3600),
        ("09:00-17:00", "08:00", 3600),
        ("09:00-17:00", "18:00", 15 * 3600),
        ("00:00-04:00 America/New_York", "05:30", 0),  # 00:30 there
    ],
)
def test_a_window_says_how_long_to_wait(hours, now, seconds):
    hour, minute = map(int, now.split(":"))
    window = Window.of(hours)
    assert window is not None
    assert window.seconds_until_open(datetime(2026, 11, 25, hour, minute, tzinfo=UTC)) == seconds


@pytest.mark.parametrize("text", ["night", "22-6", "25:00-06:00", "22:00-22:00", "22:00-06:00 Nowhere/City"])
def test_hours_that_are_none_are_refused_in_words(text):
    with pytest.raises(ValueError, match=r"written as|no such|different"):
        Window.of(text)


def test_no_hours_are_no_window():
    assert Window.of("") is None


def test_retry_after_is_read_as_seconds_and_as_a_date():
    assert retry_after_s("120") == 120
    assert 50 < retry_after_s(format_datetime(utc_now() + timedelta(seconds=60), usegmt=True)) <= 60
    assert retry_after_s("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    for nonsense in (None, "", "soon", "-5", "٣"):
        assert retry_after_s(nonsense) is None


def test_a_crawl_delay_stands_between_two_requests():
    async def two() -> float:
        pace = Pace(per_address=2)
        pace.set_delay("v.example", 0.2)
        started = time.monotonic()
        assert await pace.wait("v.example", at_most_s=1)
        assert await pace.wait("v.example", at_most_s=1)
        assert await pace.wait("other.example", at_most_s=1)
        assert not await pace.wait("v.example", at_most_s=0.01)
        return time.monotonic() - started

    assert 0.2 <= asyncio.run(two()) < 2


def test_one_address_is_asked_by_few_at_once():
    async def most() -> int:
        pace, under_way, peak = Pace(per_address=3), 0, 0

        async def ask() -> None:
            nonlocal under_way, peak
            await pace.take_place("192.0.2.1")
            under_way += 1
            peak = max(peak, under_way)
            await asyncio.sleep(0.01)
            under_way -= 1
            pace.give_back("192.0.2.1")

        await asyncio.gather(*(ask() for _ in range(12)))
        return peak

    assert asyncio.run(most()) == 3


def visit(name: str) -> RunningVisit:
    seed = Seed(
        seed_id=name, vendor=name, vendor_domain=name, start_urls=(f"http://{name}/",), country=None, parent=None
    )
    budget = Budget(pages=1, images=1, requests=1, body_bytes=1, seconds=1)
    return RunningVisit(visit_id=name, seed=seed, budget=budget)


def test_failures_in_a_row_are_the_network_and_run_again_once():
    outage = Outage()
    gone = [visit(f"v{n}.example") for n in range(VISITS)]
    assert all(outage.is_suspect(one, "dns: no address") for one in gone)
    put_back = [again for one in gone for again in outage.hold(one, "dns: no address")]
    assert put_back == gone
    assert outage.wait_left_s() > 0
    assert not any(outage.is_suspect(one, "dns: no address") for one in gone)


def test_one_success_shows_that_the_vendors_are_gone():
    outage = Outage()
    outage.hold(visit("a.example"), "dns: no address")
    outage.hold(visit("b.example"), "timeout: …")
    assert [held.visit.visit_id for held in outage.release()] == ["a.example", "b.example"]
    assert outage.release() == []
    read = visit("c.example")
    read.pages = 1
    assert not outage.is_suspect(read, "dns: one image")
    assert not outage.is_suspect(visit("d.example"), "http-404: …")
