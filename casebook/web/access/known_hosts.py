"""By which names the application is asked for: a page of a stranger whose name leads here is not answered."""

from __future__ import annotations

import re

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class KnownHosts:
    """Refuses requests for a host that is not ours: a page of a stranger whose name leads here asks with its own name."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str] | None) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._hosts is not None and _host_of(scope) not in self._hosts:
            words = "This address is not one of this application's: open it by the name that its operator gave you."
            await PlainTextResponse(words, 421)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _host_of(scope: Scope) -> str:
    """The name that a request asks for, without its port; empty where it names none or more than one."""
    named = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
    if len(named) != 1:
        return ""
    found = re.fullmatch(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?", named[0])
    return found[1].strip("[]").rstrip(".") if found else ""
