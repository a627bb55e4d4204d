"""Places are handed to the visit that has cost least; what a visit waits is counted."""

from __future__ import annotations

import asyncio

from crawler.reading.fair_turns import FairTurns


async def hold(turns: FairTurns[str], visit: str, done: list[str], seconds: float, wish: str = "a") -> None:
    async with turns.turn(visit, wish) as place:
        await asyncio.sleep(seconds)
        done.append(f"{visit} {place}")


def test_a_slow_vendor_waits_for_the_others() -> None:
    async def run() -> list[str]:
        turns, done = FairTurns(["a"]), list[str]()
        await hold(turns, "slow", done, 0.3)
        async with asyncio.TaskGroup() as group:  # its next pages were asked for first
            for _ in range(2):
                group.create_task(hold(turns, "slow", done, 0.05))
            await asyncio.sleep(0.01)
            for name in ("one", "two", "three"):
                group.create_task(hold(turns, name, done, 0.01))
        assert turns.waited_s("slow") >= 0.05
        assert turns.waited_s("one") > 0
        return done

    done = asyncio.run(run())
    assert done[:2] == ["slow a", "slow a"]
    assert sorted(done[2:5]) == ["one a", "three a", "two a"]
    assert done[5] == "slow a"


def test_a_visit_keeps_to_its_place_while_that_is_free() -> None:
    async def run() -> list[str]:
        turns, done = FairTurns(["a", "b"]), list[str]()
        for _ in range(3):
            await hold(turns, "v", done, 0.0, wish="b")
        await asyncio.gather(hold(turns, "v", done, 0.01, wish="b"), hold(turns, "w", done, 0.01, wish="b"))
        return done

    assert asyncio.run(run()) == ["v b", "v b", "v b", "v b", "w a"]


def test_who_stops_waiting_leaves_no_place_behind() -> None:
    async def run() -> None:
        turns, done = FairTurns(["a"]), list[str]()
        first = asyncio.create_task(hold(turns, "v", done, 0.05))
        await asyncio.sleep(0)
        second = asyncio.create_task(hold(turns, "w", done, 0.0))
        await asyncio.sleep(0)
        second.cancel()
        await first
        await asyncio.wait_for(hold(turns, "x", done, 0.0), timeout=1)
        assert done == ["v a", "x a"]

    asyncio.run(run())


def test_when_all_are_stopped_at_once_nobody_is_handed_a_place_any_more() -> None:
    async def run() -> None:
        turns, done = FairTurns(["a"]), list[str]()
        tasks = [asyncio.create_task(hold(turns, name, done, 5.0)) for name in ("v", "w", "x")]
        await asyncio.sleep(0.01)
        for task in tasks:  # as a group of tasks does when one of them finds the disk full
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(one) for one in ended] == [asyncio.CancelledError] * 3
        await asyncio.wait_for(hold(turns, "y", done, 0.0), timeout=1)
        assert done == ["y a"]

    asyncio.run(run())
