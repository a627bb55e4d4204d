"""One address, one budget, on however many workers: the places at IP addresses as semaphores of the cluster's scheduler.

A place that a killed worker held comes free by itself, when the scheduler has not heard of it for Dask's lease timeout (30 s).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from ledger.errors import OutsideFailureError

# how long a place goes from request to request, and is kept without one: where others ask for the address, too, and where nobody was seen to
HOLD_S, HOLD_ALONE_S = 5.0, 30.0
LINGER_S, LINGER_ALONE_S = 0.5, 3.0
WAITED_S = 0.25  # an answer that took longer had to wait for somebody's place
# a question waits at the scheduler, which goes on with it when nobody listens any more, and would give it a place: so it must end by itself
QUESTION_S = 2.0
CLOSE_S = 10.0  # for the scheduler to hear that places are free; else it finds out by itself
_MOST_IDLE = 1_000  # addresses whose semaphores are kept when nobody asks them


@dataclass(slots=True)
class _Address:
    """The places that this process has at one address, each as the moment when it got it."""

    semaphore: Any
    lent: deque[float] = field(default_factory=deque)  # to requests under way
    idle: deque[float] = field(default_factory=deque)
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    asking: int = 0  # questions to the scheduler that are open
    is_shared: bool = False  # the last place had to be waited for: others ask, too


class SharedPlaces:
    """The places of all processes that ask one scheduler. Used in the event loop of the crawl.

    To ask for each request would cost as much as the request: a place goes on to this process's next request to the address for HOLD_S or
    HOLD_ALONE_S seconds, and is kept for it LINGER_S or LINGER_ALONE_S when there is none. Meanwhile it counts as taken.
    """

    def __init__(self, scheduler: str, tls: dict[str, str | None] | None, *, per_address: int) -> None:
        self._scheduler = scheduler
        self._tls = tls
        self._per_address = per_address
        self._client: Any = None
        self._connecting = asyncio.Lock()
        self._addresses: dict[str, _Address] = {}
        self._tasks: set[asyncio.Future[Any]] = set()  # all that is under way to the scheduler
        self._is_closing = False

    async def take(self, address: str) -> None:
        held = self._addresses.get(address)
        if held is None:
            client = await self._connect()
            held = self._addresses.setdefault(address, _Address(self._semaphore(client, address)))
        if held.idle:
            held.lent.append(held.idle.popleft())
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        held.waiting.append(place)
        self._ask(held)
        try:
            await place
        except asyncio.CancelledError:  # the visit's seconds are over
            if place.done() and not place.cancelled():
                self._hand_on(held, held.lent.pop())
            raise

    def give_back(self, address: str) -> None:
        held = self._addresses[address]
        got_at = held.lent.popleft()
        if time.monotonic() - got_at > (HOLD_S if held.is_shared else HOLD_ALONE_S):
            self._release(held)
            self._ask(held)
        else:
            self._hand_on(held, got_at)

    async def close(self) -> None:
        self._is_closing = True
        for held in self._addresses.values():
            held.semaphore.refresh_callback.stop()
            for place in held.waiting:
                place.cancel()
            for _ in range(len(held.idle)):
                held.idle.popleft()
                self._release(held)
        while self._tasks:  # a question that is open may get a place still, which goes back then
            _, left = await asyncio.wait(self._tasks, timeout=CLOSE_S)
            if left:
                break
        if self._client is not None:
            await self._client.close()

    def _ask(self, held: _Address) -> None:
        """See to it that the scheduler is asked for as many places as are waited for, and no more than there are."""
        held.waiting = deque(place for place in held.waiting if not place.done())
        while held.asking < min(len(held.waiting), self._per_address):
            held.asking += 1
            self._begin(self._ask_once(held))

    async def _ask_once(self, held: _Address) -> None:
        asked_at = time.monotonic()
        try:
            is_ours = await held.semaphore.acquire(timeout=QUESTION_S)
        except Exception as error:  # noqa: BLE001  # whoever waits is told
            held.asking -= 1
            if held.waiting and not (place := held.waiting.popleft()).done():
                place.set_exception(_gone(self._scheduler, error))
            return
        held.asking -= 1
        held.is_shared = time.monotonic() - asked_at > WAITED_S
        if is_ours:
            self._hand_on(held, time.monotonic())
        self._ask(held)

    def _hand_on(self, held: _Address, got_at: float) -> None:
        while held.waiting:
            place = held.waiting.popleft()
            if not place.done():
                held.lent.append(got_at)
                place.set_result(None)
                return
        if self._is_closing:
            self._release(held)
            return
        held.idle.append(got_at)
        asyncio.get_running_loop().call_later(LINGER_S if held.is_shared else LINGER_ALONE_S, self._release_idle, held)

    def _release_idle(self, held: _Address) -> None:
        if held.idle:
            held.idle.popleft()
            self._release(held)

    def _release(self, held: _Address) -> None:
        self._begin(held.semaphore.release())

    def _begin(self, work: Any) -> asyncio.Future[Any]:
        task: asyncio.Future[Any] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if len(self._addresses) > _MOST_IDLE:
            self._forget_idle()
        return task

    async def _connect(self) -> Any:
        async with self._connecting:
            if self._client is None:
                from distributed import Client

                try:
                    self._client = await Client(
                        self._scheduler, asynchronous=True, set_as_default=False, security=security_of(self._tls)
                    )
                except Exception as error:
                    raise _gone(self._scheduler, error) from error
        return self._client

    def _semaphore(self, client: Any, address: str) -> Any:
        from distributed import Semaphore

        name = f"partnerproof {address} {self._per_address}"  # crawls with another budget count for themselves
        return Semaphore(self._per_address, name=name, scheduler_rpc=client.scheduler, loop=client.loop)

    def _forget_idle(self) -> None:
        for address, held in list(self._addresses.items()):
            if not (held.lent or held.idle or held.waiting or held.asking or held.semaphore._leases):
                held.semaphore.refresh_callback.stop()
                del self._addresses[address]


def security_of(tls: dict[str, str | None] | None) -> Any:
    """Return Dask's own record of certificates; None: the connection is plain."""
    if tls is None:
        return None
    from distributed.security import Security

    return Security(
        require_encryption=True, tls_ca_file=tls["ca_file"], tls_client_cert=tls["cert"], tls_client_key=tls["key"]
    )


def _gone(scheduler: str, error: Exception) -> OutsideFailureError:
    return OutsideFailureError(
        f"{scheduler}: the scheduler can't be asked for a place ({type(error).__name__}: {error}); run the crawl again when it is there"
    )
