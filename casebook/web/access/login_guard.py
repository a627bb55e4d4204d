"""How often passwords may be tried: by account and address, by address, and by account, each apart, with growing waits.

A try is counted before the password is looked at, so that many at once are no more than many. Whoever gets in is not held up by what
others tried from elsewhere: of an account alone, the waits stay so short that its owner hardly notices them.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """free: tries without a wait; then 2, 4, 8 … seconds after each, at most most_s."""

    free: int
    most_s: float


PAIR, ADDRESS, ACCOUNT = (
    Limit(free=5, most_s=600),  # an account from one address
    Limit(free=20, most_s=600),  # an address, whatever it tries
    Limit(free=20, most_s=8),  # an account, from wherever: a stranger must not be able to lock it
)
FORGET_AFTER_S = 3_600
_MAX_COUNTED = 10_000


@dataclass(slots=True)
class _Tries:
    count: int = 0
    last: float = 0.0


@dataclass
class LoginGuard:
    """Counts tries that have not succeeded. It lives in one process, and is asked by one thread."""

    clock: Callable[[], float] = time.monotonic
    _tries: OrderedDict[tuple[str, ...], _Tries] = field(default_factory=OrderedDict)

    def wait_s(self, account: str, address: str) -> float:
        """Return how long to wait before the next try; 0: try now, and the try is counted."""
        now = self.clock()
        keys = self._keys(account, address)
        waits = [self._wait(self._tries.get(key), limit, now) for key, limit in keys.items()]
        if max(waits) > 0:
            return max(waits)
        for key in keys:
            tries = self._tries.setdefault(key, _Tries())
            tries.count = 1 if now - tries.last > FORGET_AFTER_S else tries.count + 1
            tries.last = now
            self._tries.move_to_end(key)
        while len(self._tries) > _MAX_COUNTED:
            self._tries.popitem(last=False)
        return 0.0

    def succeeded(self, account: str, address: str) -> None:
        """Take the try back: name and password did fit. What others tried for the account from elsewhere stays counted."""
        self._tries.pop(("pair", account, address), None)
        for key in (("address", address), ("account", account)):
            if tries := self._tries.get(key):
                tries.count -= 1

    def _keys(self, account: str, address: str) -> dict[tuple[str, ...], Limit]:
        return {("pair", account, address): PAIR, ("address", address): ADDRESS, ("account", account): ACCOUNT}

    def _wait(self, tries: _Tries | None, limit: Limit, now: float) -> float:
        if tries is None or tries.count < limit.free or now - tries.last > FORGET_AFTER_S:
            return 0.0
        pause: float = min(limit.most_s, 2.0 ** min(20, tries.count - limit.free + 1))
        return max(0.0, tries.last + pause - now)
