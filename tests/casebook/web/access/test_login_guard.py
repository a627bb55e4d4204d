"""Tries of passwords are counted apart by account and address, with growing waits, and nobody locks out somebody else."""

from __future__ import annotations

from casebook.web.access.login_guard import ACCOUNT, ADDRESS, FORGET_AFTER_S, PAIR, LoginGuard


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_waits_grow_to_a_limit_and_are_forgotten():
    clock = Clock()
    guard = LoginGuard(clock=clock)
    assert [guard.wait_s("ann", "1") for _ in range(PAIR.free)] == [0.0] * PAIR.free
    waits = []
    for _ in range(12):
        wait = guard.wait_s("ann", "1")
        waits.append(wait)
        clock.now += wait
        assert guard.wait_s("ann", "1") == 0.0
    assert waits[:4] == [2.0, 4.0, 8.0, 16.0]
    assert waits[-1] == PAIR.most_s
    clock.now += FORGET_AFTER_S + 1
    assert [guard.wait_s("ann", "1") for _ in range(PAIR.free)] == [0.0] * PAIR.free


def test_a_stranger_does_not_lock_an_account():
    clock = Clock()
    guard = LoginGuard(clock=clock)
    for number in range(500):
        guard.wait_s("ann", f"stranger {number}")
    wait = guard.wait_s("ann", "her own")
    assert 0 < wait <= ACCOUNT.most_s
    clock.now += wait
    assert guard.wait_s("ann", "her own") == 0.0


def test_an_address_that_tries_many_accounts_waits():
    guard = LoginGuard(clock=Clock())
    told = [guard.wait_s(f"account {number}", "1") for number in range(ADDRESS.free + 1)]
    assert told == [0.0] * ADDRESS.free + [2.0]
    assert guard.wait_s("account 1", "2") == 0.0


def test_who_gets_in_is_not_counted():
    guard = LoginGuard(clock=Clock())
    for _ in range(100):
        assert guard.wait_s("ann", "1") == 0.0
        guard.succeeded("ann", "1")
