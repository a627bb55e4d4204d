"""Who answered the requests that a claim rests on, on what ground they were made, and which way redirects led.

Reads: captures, connections, certificates, looks. Writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urldefrag

from ledger.database import Ledger, Row
from ledger.typed_texts import ClaimId, FinalUrl, RequestedUrl
from ledger.vocabulary import DnsSource, RobotsRule, Tls

MAX_HOPS = 10  # the crawler follows eight


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A capture as a reader sees it. row: of captures; what: page, image or redirect."""

    row: Row
    what: str
    connection: str  # how the server was reached, in words
    dns: str | None  # what the resolver said, in words; None: nothing was noted
    certificates: tuple[Row, ...]  # of certificates, the server's own first
    certificates_left_out: int
    robots: str  # why it might be asked for, in words

    @property
    def is_checked(self) -> bool:
        """Whether it came over TLS with a certificate that was checked."""
        return bool(self.row["tls"] == Tls.VERIFIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a look came from the address that was wished for to the one that answered."""

    what: str
    requested_url: RequestedUrl
    hops: tuple[Row, ...]  # of captures, the last one is what was read
    final_url: FinalUrl
    is_complete: bool  # each hop names the next one, and the last is the look's


def read_exchanges(ledger: Ledger, claim_id: ClaimId) -> tuple[Exchange, ...]:
    """Return the pages and images of a claim's evidence and the redirects that led to them, oldest first."""
    found: dict[str, tuple[Row, str]] = {}
    looks = ledger.rows(_LOOKS, [claim_id, claim_id])
    captures = _captures(ledger, [look["capture_id"] for look in looks])
    for look in looks:
        row = captures[look["capture_id"]]
        found.setdefault(row["capture_id"], (row, look["what"]))
        for hop in _hops(ledger, look, row)[:-1]:
            found.setdefault(hop["capture_id"], (hop, "redirect"))
    rows = sorted(found.values(), key=lambda pair: (pair[0]["fetched_at"], pair[0]["url"], pair[1]))
    return tuple(_exchange(ledger, row, what) for row, what in rows)


def read_ways(ledger: Ledger, claim_id: ClaimId) -> tuple[Way, ...]:
    """Return the redirects of the pages and images that a claim's evidence rests on."""
    ways: dict[tuple[str, str], Way] = {}
    looks = ledger.rows(_LOOKS, [claim_id, claim_id])
    captures = _captures(ledger, [look["capture_id"] for look in looks])
    for look in looks:
        if urldefrag(look["requested_url"]).url == look["final_url"]:
            continue
        last = captures[look["capture_id"]]
        hops = _hops(ledger, look, last)
        is_complete = len(hops) > 1 and hops[-1]["capture_id"] == last["capture_id"]
        way = Way(
            what=look["what"],
            requested_url=look["requested_url"],
            hops=hops if is_complete else (*hops, last) if last not in hops else hops,
            final_url=look["final_url"],
            is_complete=is_complete,
        )
        ways.setdefault((look["requested_url"], look["capture_id"]), way)
    return tuple(ways.values())


def _captures(ledger: Ledger, ids: Sequence[str]) -> dict[str, Row]:
    rows = ledger.rows(
        "SELECT * FROM captures WHERE capture_id IN (SELECT value FROM json_each(?))", [json.dumps(sorted(set(ids)))]
    )
    return {row["capture_id"]: row for row in rows}


def _hops(ledger: Ledger, look: Row, last: Row) -> tuple[Row, ...]:
    """The captures from the address that was wished for on, each named by the one before it, in the same visit."""
    hops: list[Row] = []
    url: str | None = urldefrag(look["requested_url"]).url
    while url is not None and len(hops) < MAX_HOPS:
        row = ledger.row(
            "SELECT * FROM captures WHERE visit_id = ? AND url = ? ORDER BY redirect_url IS NULL, attempt DESC LIMIT 1",
            [last["visit_id"], url],
        )
        if url == last["url"]:
            row = last
        if row is None or any(row["capture_id"] == hop["capture_id"] for hop in hops):
            break
        hops.append(row)
        url = None if row["capture_id"] == last["capture_id"] else row["redirect_url"]
    return tuple(hops)


def _exchange(ledger: Ledger, row: Row, what: str) -> Exchange:
    found = ledger.row("SELECT * FROM connections WHERE connection_id = ?", [row["connection_id"]])
    certificates: tuple[Row, ...] = ()
    if found is not None:
        certificates = tuple(ledger.rows(_CHAIN, [found["certificates"]]))
    return Exchange(
        row=row,
        what=what,
        connection=describe_connection(row, found),
        dns=describe_dns(found),
        certificates=certificates,
        certificates_left_out=0 if found is None else found["certificates_left_out"],
        robots=_describe_robots(ledger, row),
    )


def describe_connection(row: Row, connection: Row | None) -> str:
    """Return in words how a capture's server was reached."""
    if not row["url"].startswith("https:"):
        return "plain HTTP"
    checked = {Tls.VERIFIED: "certificate checked", Tls.UNVERIFIED: "certificate not valid"}.get(
        row["tls"], "not noted"
    )
    if connection is None or connection["tls_version"] is None:
        return f"TLS, {checked}"
    return f"{connection['tls_version']}, {checked}, {connection['tls_cipher']}"


def describe_dns(connection: Row | None) -> str | None:
    """Return in words what the resolver said of a connection's host."""
    if connection is None or connection["dns_addresses"] is None:
        return None
    addresses = ", ".join(json.loads(connection["dns_addresses"]))
    more = f" and {connection['dns_left_out']} more" if connection["dns_left_out"] else ""
    if connection["dns_source"] == DnsSource.PINNED:
        return f"{connection['host']} is {addresses}: set by the operator, no resolver was asked"
    return f"{connection['host']} is {addresses}{more}, said the resolver at {connection['dns_answered_at']}"


def _describe_robots(ledger: Ledger, row: Row) -> str:
    if row["robots"] is None:
        return "not noted"
    if row["robots"] == RobotsRule.NOT_ASKED:
        return "robots.txt was not asked for: the operator said so"
    rules = ledger.row("SELECT * FROM captures WHERE capture_id = ?", [row["robots_capture_id"]])
    where = "an answer that is not on record" if rules is None else f"{rules['url']} of {rules['fetched_at']}"
    if row["robots"] == RobotsRule.NO_ROBOTS:
        return f"allowed: there is no robots.txt ({'' if rules is None else rules['status']}, {where})"
    return f"allowed by {where}"


_LOOKS = """
    SELECT DISTINCT k.look_id, k.requested_url, k.final_url, k.capture_id, 'page' AS what
    FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id
    JOIN looks k ON k.look_id = p.look_id WHERE e.claim_id = ? AND k.capture_id IS NOT NULL
    UNION
    SELECT DISTINCT k.look_id, k.requested_url, k.final_url, k.capture_id, 'image' AS what
    FROM claim_evidence e JOIN sightings g ON g.sighting_id = e.sighting_id
    JOIN looks k ON k.look_id = g.look_id WHERE e.claim_id = ? AND k.capture_id IS NOT NULL
    ORDER BY 5 DESC, 2, 1
"""
_CHAIN = """
    SELECT t.* FROM json_each(?) j JOIN certificates t ON t.certificate_sha256 = j.value ORDER BY j.key
"""
