"""How else a vendor's start address may be meant: lists name domains, and their sites answer by one way or another.

Reads: an address. Writes: nothing.
"""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from ledger.domains import registrable_domain

# what says that nobody answers by that way; a page that answers with an error is an answer
NO_ANSWER = frozenset(
    {"dns", "connection-refused", "tls", "timeout", "broken-response", "failed", "robots-unreachable"}
)


def other_start_addresses(url: str) -> list[str]:
    """Return the same address by the other ways that a browser's user would try: https before http, with www and without.

    None for an address with a port: whoever writes it means it. `www` only before a registered domain.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.port is not None or not host:
        return []
    hosts = [host]
    if host.startswith("www."):
        hosts.append(host.removeprefix("www."))
    elif registrable_domain(host) == host and not host.replace(".", "").isdigit():
        hosts.append(f"www.{host}")
    ways = [urlunsplit(parts._replace(scheme=scheme, netloc=name)) for scheme in ("https", "http") for name in hosts]
    return [way for way in ways if way != url]
