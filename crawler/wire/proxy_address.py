"""The proxy of a workspace: [crawl] proxy, checked; and what the environment says of one that nobody asked for.

Reads: a setting, the environment. Writes: nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote, urlsplit

_VARIABLES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """An HTTP proxy. host: as it stands in addresses, in lower case. authorization: of the header Proxy-Authorization."""

    host: str
    port: int
    authorization: str | None = None

    @classmethod
    def of(cls, text: str) -> Self | None:
        """Return the proxy that a setting names, None where it is empty. Errors: ValueError, in words."""
        if not text:
            return None
        parts = urlsplit(text)
        if parts.scheme != "http":
            raise ValueError("a proxy is written as http://proxy.example:3128; it carries HTTPS too")
        if not parts.hostname or parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError("a proxy is written as http://proxy.example:3128, without a path")
        authorization = None
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            authorization = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return cls(host=parts.hostname, port=parts.port or 80, authorization=authorization)

    @property
    def url(self) -> str:
        """Its address without name and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def describe_unused_proxy(setting: str, environment: Mapping[str, str]) -> str | None:
    """Return a line for whoever expects the environment's proxy to be used; None where none is set, or one is under [crawl]."""
    variable = next((name for name in _VARIABLES if environment.get(name)), None)
    if setting or variable is None:
        return None
    return f"{variable} is set and not used: write proxy = … under [crawl] to use it"
