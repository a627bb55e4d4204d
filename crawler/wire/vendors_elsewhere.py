"""One vendor, one process: what a crawl is visiting, no other crawl of this workspace visits at the same time.

Reads and writes: locks beside the database, each with the name of a registrable domain; they go with their process.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from ledger.domains import registrable_domain
from ledger.proof.writer_lock import hold_name

logger = logging.getLogger(__name__)
_LOOK_AGAIN_S = 0.5


class VendorsElsewhere:
    """The domains that this process visits, each locked once, however many of its visits go there."""

    def __init__(self, var: Path) -> None:
        self._var = var
        self._visits: dict[str, int] = {}  # domain → visits of this process that are under way there
        self._locks: dict[str, ExitStack] = {}

    @asynccontextmanager
    async def keep_out(self, start_urls: Sequence[str]) -> AsyncIterator[None]:
        """Keep other processes from a vendor's domain while it is visited; waits until none is there."""
        domain = registrable_domain(urlsplit(start_urls[0]).hostname or "")
        while not self._enter(domain):
            logger.info("another process is visiting %s; this visit waits", domain)
            await asyncio.sleep(_LOOK_AGAIN_S)
        try:
            yield
        finally:
            self._visits[domain] -= 1
            if not self._visits[domain]:
                del self._visits[domain]
                self._locks.pop(domain).close()

    def _enter(self, domain: str) -> bool:
        if domain not in self._locks:
            lock = ExitStack()
            if not lock.enter_context(hold_name(self._var, f"vendor {domain}")):
                lock.close()
                return False
            self._locks[domain] = lock
        self._visits[domain] = self._visits.get(domain, 0) + 1
        return True
