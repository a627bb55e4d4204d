"""How fast a guest asks: what hosts say of themselves, and few requests to one address."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from email.utils import format_datetime

from crawler.wire.pace import OwnPlaces, Pace, retry_after_s
from ledger.identity import utc_now


def test_retry_after_is_read_as_seconds_and_as_a_date():
    assert retry_after_s("120") == 120
    assert 50 < retry_after_s(format_datetime(utc_now() + timedelta(seconds=60), usegmt=True)) <= 60
    assert retry_after_s("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    for nonsense in (None, "", "soon", "-5", "٣"):
        assert retry_after_s(nonsense) is None


def test_a_crawl_delay_stands_between_two_requests():
    async def two() -> float:
        pace = Pace(OwnPlaces(per_address=2))
        pace.set_delay("v.example", 0.2)
        pace.set_delay("slow.example", 100)
        started = time.monotonic()
        assert await pace.wait("v.example", at_most_s=1)
        assert await pace.wait("v.example", at_most_s=1)
        assert await pace.wait("other.example", at_most_s=1)
        assert await pace.wait("slow.example", at_most_s=1)
        assert not await pace.wait("slow.example", at_most_s=50)
        return time.monotonic() - started

    assert asyncio.run(two()) >= 0.2


def test_one_address_is_asked_by_few_at_once():
    async def most() -> int:
        places, under_way, peak = OwnPlaces(per_address=3), 0, 0

        async def ask() -> None:
            nonlocal under_way, peak
            await places.take("192.0.2.1")
            under_way += 1
            peak = max(peak, under_way)
            await asyncio.sleep(0.01)
            under_way -= 1
            places.give_back("192.0.2.1")

        await asyncio.gather(*(ask() for _ in range(12)))
        return peak

    assert asyncio.run(most()) == 3
