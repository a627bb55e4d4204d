"""How often the API may be asked: a bucket of requests for each token and, for who shows none that is good, for each address.

A bucket holds a minute's worth and fills evenly. It lives in one process.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

_MAX_BUCKETS = 10_000
WINDOW_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is left after a request. wait_s: until the next one may come; 0: this one may."""

    limit: int
    left: int
    full_in_s: int
    wait_s: int

    def headers(self) -> dict[str, str]:
        """Return the fields of draft-ietf-httpapi-ratelimit-headers-10, and of RFC 9110 for who has to wait."""
        told = {
            "RateLimit-Policy": f'"requests";q={self.limit};w={WINDOW_S}',
            "RateLimit": f'"requests";r={self.left};t={self.full_in_s}',
        }
        return told | ({"Retry-After": str(self.wait_s)} if self.wait_s else {})


@dataclass
class RateLimits:
    """Buckets by name."""

    per_minute: int
    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)  # left, as of
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, name: str) -> Allowance:
        """Count a request."""
        now, per_s = self.clock(), self.per_minute / WINDOW_S
        with self._lock:
            left, since = self._buckets.get(name, (float(self.per_minute), now))
            left = min(float(self.per_minute), left + (now - since) * per_s)
            is_allowed = left >= 1
            left -= is_allowed
            self._buckets[name] = (left, now)
            self._buckets.move_to_end(name)
            if len(self._buckets) > _MAX_BUCKETS:
                self._buckets.popitem(last=False)
        return Allowance(
            limit=self.per_minute,
            left=int(left),
            full_in_s=math.ceil((self.per_minute - left) / per_s),
            wait_s=0 if is_allowed else max(1, math.ceil((1 - left) / per_s)),
        )
