"""One address, one budget, on however many workers: the places at IP addresses as semaphores of the cluster's scheduler.

A place that a killed worker held comes free by itself, when the scheduler has not heard of it for Dask's lease timeout (30 s).
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from ledger.errors import OutsideFailureError

logger = logging.getLogger(__name__)
_MOST_IDLE = 1_000  # addresses whose semaphores are kept when nobody asks them


@dataclass(slots=True)
class _Address:
    semaphore: Any
    wanted: int = 0  # by how many requests of this process it is held or waited for


class SharedPlaces:
    """The places of all processes that ask one scheduler. Used in the event loop of the crawl."""

    def __init__(self, scheduler: str, tls: dict[str, str | None] | None, *, per_address: int) -> None:
        self._scheduler = scheduler
        self._tls = tls
        self._per_address = per_address
        self._client: Any = None
        self._connecting = asyncio.Lock()
        self._addresses: dict[str, _Address] = {}
        self._releases: set[asyncio.Task[Any]] = set()

    async def take(self, address: str) -> None:
        held = self._addresses.get(address)
        if held is None:
            client = await self._connect()
            held = self._addresses.setdefault(address, _Address(self._semaphore(client, address)))
        held.wanted += 1
        try:
            await held.semaphore.acquire()
        except asyncio.CancelledError:  # the visit's seconds are over
            held.wanted -= 1
            raise
        except Exception as error:
            held.wanted -= 1
            raise _gone(self._scheduler, error) from error

    def give_back(self, address: str) -> None:
        held = self._addresses[address]
        held.wanted -= 1
        release = asyncio.ensure_future(held.semaphore.release())
        self._releases.add(release)
        release.add_done_callback(self._releases.discard)
        if len(self._addresses) > _MOST_IDLE:
            self._forget_idle()

    async def close(self) -> None:
        await asyncio.gather(*self._releases, return_exceptions=True)
        for held in self._addresses.values():
            held.semaphore.refresh_callback.stop()
        if self._client is not None:
            await self._client.close()

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
            if not held.wanted and not held.semaphore._leases:
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
