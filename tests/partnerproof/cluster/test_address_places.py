"""One address, one budget, for several who ask one scheduler; none of them keeps the others out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from partnerproof.cluster import address_places
from partnerproof.cluster.address_places import SharedPlaces

BUDGET = 2


@pytest.fixture
def scheduler() -> Iterator[str]:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=0, processes=False, dashboard_address="127.0.0.1:0", protocol="tcp", host="127.0.0.1"
    ) as cluster:
        yield cluster.scheduler_address


def test_two_who_ask_share_the_budget_and_both_get_on(scheduler: str, monkeypatch: pytest.MonkeyPatch):
    for name in ("HOLD_S", "HOLD_ALONE_S"):
        monkeypatch.setattr(address_places, name, 0.2)

    async def both() -> tuple[int, int]:
        under_way, most, done = 0, 0, [0, 0]

        async def ask(places: SharedPlaces, which: int) -> None:
            nonlocal under_way, most
            await places.take("192.0.2.1")
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.01)
            under_way -= 1
            done[which] += 1
            places.give_back("192.0.2.1")

        two = [SharedPlaces(scheduler, None, per_address=BUDGET) for _ in range(2)]
        is_over = asyncio.Event()

        async def ask_on() -> None:
            while not is_over.is_set():
                await ask(two[0], 0)

        one = [asyncio.ensure_future(ask_on()) for _ in range(4)]
        while not done[0]:
            await asyncio.sleep(0.01)
        await asyncio.gather(*(ask(two[1], 1) for _ in range(10)))  # while the first one never stops asking
        is_over.set()
        await asyncio.gather(*one)
        with pytest.raises(TimeoutError):  # a wait that is over holds nothing
            await asyncio.wait_for(asyncio.gather(*(two[0].take("192.0.2.2") for _ in range(BUDGET + 1))), timeout=0.3)
        for places in two:
            await places.close()
        return most, done[1]

    assert asyncio.run(asyncio.wait_for(both(), timeout=120)) == (BUDGET, 10)


def test_one_that_leaves_while_its_questions_wait_takes_no_place_with_it(scheduler: str):
    address = "192.0.2.3"

    async def leave_and_come() -> None:
        first, leaving, coming = (SharedPlaces(scheduler, None, per_address=BUDGET) for _ in range(3))
        for _ in range(BUDGET):
            await first.take(address)
        asked = [asyncio.ensure_future(leaving.take(address)) for _ in range(5)]
        await asyncio.sleep(0.2)  # the questions are with the scheduler
        gone = asyncio.ensure_future(leaving.close())
        for _ in range(BUDGET):
            first.give_back(address)
        await first.close()
        await gone
        assert all(question.cancelled() for question in asked)
        for _ in range(BUDGET):
            await coming.take(address)
        for _ in range(BUDGET):
            coming.give_back(address)
        await coming.close()

    asyncio.run(asyncio.wait_for(leave_and_come(), timeout=20))  # less than the scheduler takes to miss one
