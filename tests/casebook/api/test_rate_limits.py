"""A bucket fills evenly, says how long to wait, and many strangers do not fill the memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.api import rate_limits
from casebook.api.rate_limits import RateLimits


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_gives_a_minutes_worth_and_fills_evenly():
    limits = RateLimits(per_minute=60, clock=(clock := Clock()))
    assert all(not limits.take("a").wait_s for _ in range(60))
    refused = limits.take("a")
    assert (refused.left, refused.wait_s) == (0, 1)
    assert refused.headers() == {
        "RateLimit-Policy": '"requests";q=60;w=60',
        "RateLimit": '"requests";r=0;t=60',
        "Retry-After": "1",
    }
    assert not limits.take("b").wait_s
    clock.now += 2
    assert [limits.take("a").wait_s for _ in range(3)] == [0, 0, 1]


@given(per_minute=st.integers(1, 1000), waits=st.lists(st.floats(0, 120), max_size=30))
def test_who_waits_as_told_is_let_in(per_minute, waits):
    limits = RateLimits(per_minute=per_minute, clock=(clock := Clock()))
    for wait in waits:
        clock.now += wait
        if told := limits.take("a").wait_s:
            clock.now += told
            assert not limits.take("a").wait_s


def test_buckets_of_many_are_forgotten(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rate_limits, "_MAX_BUCKETS", 3)
    limits = RateLimits(per_minute=1, clock=Clock())
    assert [limits.take(name).wait_s for name in "abcd"] == [0, 0, 0, 0]
    assert len(limits._buckets) == 3
