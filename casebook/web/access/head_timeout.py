"""Connections that never finish their head end: uvicorn waits for one for ever, and each takes a place."""

from __future__ import annotations

import asyncio
from typing import Any

HEAD_TIMEOUT_S = 20.0


def patient_protocol(timeout_s: float = HEAD_TIMEOUT_S) -> type[asyncio.Protocol]:
    """Return uvicorn's protocol of HTTP/1.1 with a limit on how long a head may take, from the first byte of its connection on.

    timeout_s: also of each further head of a connection, from its first byte on.
    """
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class PatientProtocol(H11Protocol):
        _timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._wait_for_head()

        def data_received(self, data: bytes) -> None:
            if self._timer is None and (self.cycle is None or self.cycle.response_complete):
                self._wait_for_head()
            super().data_received(data)
            if self.cycle is not None and not self.cycle.response_complete:
                self._stop()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop()
            super().connection_lost(exc)

        def _wait_for_head(self) -> None:
            self._timer = asyncio.get_running_loop().call_later(timeout_s, self._give_up)

        def _stop(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

        def _give_up(self) -> None:
            self._timer = None
            if self.cycle is None or self.cycle.response_complete:
                self.transport.close()

    return PatientProtocol
