"""Who answered the requests that a claim rests on, on what ground they were made, and which way redirects led.

Reads: captures, connections, certificates, looks. Writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urldefrag

from ledger.database import Ledger, columns_of
from ledger.records import Capture, Certificate, Connection
from ledger.typed_texts import CaptureId, ClaimId, FinalUrl, LookId, RequestedUrl
from ledger.vocabulary import DnsSource, RobotsRule, Tls

MAX_HOPS = 10  # the crawler follows eight


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A capture as a reader sees it. what: page, image or redirect; of a page that does not show the claim, why it counts."""

    capture: Capture
    what: str
    connection: str  # how the server was reached, in words
    dns: str | None  # what the resolver said, in words; None: nothing was noted
    certificates: tuple[Certificate, ...]  # the server's own first
    certificates_left_out: int
    robots: str  # why it might be asked for, in words

    @property
    def is_checked(self) -> bool:
        """Whether it came over TLS with a certificate that was checked."""
        return self.capture.tls is Tls.VERIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a look came from the address that was wished for to the one that answered."""

    what: str
    requested_url: RequestedUrl
    hops: tuple[Capture, ...]  # the last one is what was read
    final_url: FinalUrl
    is_complete: bool  # each hop names the next one, and the last is the look's


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """A row of _LOOKS. what: as Exchange has it."""

    look_id: LookId
    requested_url: RequestedUrl
    final_url: FinalUrl
    capture_id: CaptureId
    what: str


def read_exchanges(ledger: Ledger, claim_id: ClaimId) -> tuple[Exchange, ...]:
    """Return the pages and images of a claim's evidence, pages that were read without it or deny it, and the redirects to them, oldest first."""
    kinds: dict[CaptureId, tuple[Capture, str]] = {}
    looks = ledger.select(_Look, _LOOKS, {"claim": claim_id})
    captures = _captures(ledger, looks)
    for look in looks:
        last = captures[look.capture_id]
        kinds.setdefault(last.capture_id, (last, look.what))
        for hop in _hops(ledger, look, last)[:-1]:
            kinds.setdefault(hop.capture_id, (hop, "redirect"))
    ordered = sorted(kinds.values(), key=lambda pair: (pair[0].fetched_at, pair[0].url, pair[1]))
    return tuple(_exchange(ledger, capture, what) for capture, what in ordered)


def read_ways(ledger: Ledger, claim_id: ClaimId) -> tuple[Way, ...]:
    """Return the redirects of the pages and images that a claim's evidence rests on."""
    ways: dict[tuple[RequestedUrl, CaptureId], Way] = {}
    looks = ledger.select(_Look, _LOOKS, {"claim": claim_id})
    captures = _captures(ledger, looks)
    for look in looks:
        if urldefrag(look.requested_url).url == look.final_url:
            continue
        last = captures[look.capture_id]
        hops = _hops(ledger, look, last)
        is_complete = len(hops) > 1 and hops[-1].capture_id == last.capture_id
        way = Way(
            what=look.what,
            requested_url=look.requested_url,
            hops=hops if is_complete else (*hops, last) if last not in hops else hops,
            final_url=look.final_url,
            is_complete=is_complete,
        )
        ways.setdefault((look.requested_url, look.capture_id), way)
    return tuple(ways.values())


def _captures(ledger: Ledger, looks: Sequence[_Look]) -> dict[CaptureId, Capture]:
    captures = ledger.select_each(
        Capture,
        f"SELECT {columns_of(Capture)} FROM captures WHERE capture_id IN (SELECT value FROM json_each(?))",
        [json.dumps(sorted({look.capture_id for look in looks}))],
    )
    return {capture.capture_id: capture for capture in captures}


def _hops(ledger: Ledger, look: _Look, last: Capture) -> tuple[Capture, ...]:
    """The captures from the address that was wished for on, each named by the one before it, in the same visit."""
    hops: list[Capture] = []
    url: str | None = urldefrag(look.requested_url).url
    while url is not None and len(hops) < MAX_HOPS:
        capture = ledger.select_first(
            Capture,
            f"SELECT {columns_of(Capture)} FROM captures WHERE visit_id = ? AND url = ?"
            " ORDER BY redirect_url IS NULL, attempt DESC LIMIT 1",
            [last.visit_id, url],
        )
        if url == last.url:
            capture = last
        if capture is None or any(capture.capture_id == hop.capture_id for hop in hops):
            break
        hops.append(capture)
        url = None if capture.capture_id == last.capture_id else capture.redirect_url
    return tuple(hops)


def _exchange(ledger: Ledger, capture: Capture, what: str) -> Exchange:
    connection = ledger.find(Connection, connection_id=capture.connection_id)
    certificates: tuple[Certificate, ...] = ()
    if connection is not None:
        certificates = tuple(ledger.select(Certificate, _CHAIN, [json.dumps(connection.certificates)]))
    return Exchange(
        capture=capture,
        what=what,
        connection=describe_connection(capture, connection),
        dns=describe_dns(connection),
        certificates=certificates,
        certificates_left_out=0 if connection is None else connection.certificates_left_out,
        robots=_describe_robots(ledger, capture),
    )


def describe_connection(capture: Capture, connection: Connection | None) -> str:
    """Return in words how a capture's server was reached."""
    if not capture.url.startswith("https:"):
        return "plain HTTP"
    words = {Tls.VERIFIED: "certificate checked", Tls.UNVERIFIED: "certificate not valid", None: "not noted"}
    checked = words[capture.tls]
    if connection is None or connection.tls_version is None:
        return f"TLS, {checked}"
    return f"{connection.tls_version}, {checked}, {connection.tls_cipher}"


def describe_dns(connection: Connection | None) -> str | None:
    """Return in words what the resolver said of a connection's host."""
    if connection is None or connection.dns_addresses is None:
        return None
    addresses = ", ".join(connection.dns_addresses)
    more = f" and {connection.dns_left_out} more" if connection.dns_left_out else ""
    if connection.dns_source is DnsSource.PINNED:
        return f"{connection.host} is {addresses}: set by the operator, no resolver was asked"
    return f"{connection.host} is {addresses}{more}, said the resolver at {connection.dns_answered_at}"


def _describe_robots(ledger: Ledger, capture: Capture) -> str:
    if capture.robots is None:
        return "not noted"
    if capture.robots is RobotsRule.NOT_ASKED:
        return "robots.txt was not asked for: the operator said so"
    rules = ledger.find(Capture, capture_id=capture.robots_capture_id)
    where = "an answer that is not on record" if rules is None else f"{rules.url} of {rules.fetched_at}"
    if capture.robots is RobotsRule.NO_ROBOTS:
        return f"allowed: there is no robots.txt ({'' if rules is None else rules.status}, {where})"
    return f"allowed by {where}"


# the evidence n of the vendor's denials of what a claim c says
DENIALS = """
    FROM claims c JOIN claims d ON d.seed_id = c.seed_id AND d.brand = c.brand AND d.relation = 'denied' AND d.claim_id <> c.claim_id
    JOIN claim_evidence n ON n.claim_id = d.claim_id"""
# the pages on which what is said of a claim rests, :claim, and about: shows = they show it; without = they were read whole without it, the last time before
# it was first seen and the first time after it was last seen, from which its dates follow; denies
PAGES_ABOUT = f"""
    SELECT DISTINCT e.page_id, 'shows' AS about FROM claim_evidence e WHERE e.claim_id = :claim
    UNION
    SELECT n.page_id, 'denies' {DENIALS} WHERE c.claim_id = :claim
    UNION
    SELECT p.page_id, 'without' FROM (
        SELECT url, max(looked_at) FILTER (WHERE is_whole AND looked_at < first_shown) AS before,
               min(looked_at) FILTER (WHERE is_whole AND looked_at > first_shown AND shown_again IS NULL) AS after
        FROM page_readings WHERE claim_id = :claim GROUP BY url) r
    JOIN pages p ON p.url = r.url
    JOIN visits v ON v.visit_id = p.visit_id AND v.seed_id = (SELECT seed_id FROM claims WHERE claim_id = :claim)
    JOIN looks k ON k.look_id = p.look_id AND k.looked_at IN (r.before, r.after)"""
_LOOKS = f"""
    SELECT DISTINCT k.look_id, k.requested_url, k.final_url, k.capture_id, 'page' AS what
    FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id
    JOIN looks k ON k.look_id = p.look_id WHERE e.claim_id = :claim AND k.capture_id IS NOT NULL
    UNION
    SELECT k.look_id, k.requested_url, k.final_url, k.capture_id, iif(max(a.about) = 'without', 'page, read without it', 'page, which denies it') AS what
    FROM ({PAGES_ABOUT}) a JOIN pages p ON p.page_id = a.page_id
    JOIN looks k ON k.look_id = p.look_id WHERE k.capture_id IS NOT NULL
    GROUP BY k.look_id HAVING max(a.about = 'shows') = 0
    UNION
    SELECT DISTINCT k.look_id, k.requested_url, k.final_url, k.capture_id, 'image' AS what
    FROM claim_evidence e JOIN sightings g ON g.sighting_id = e.sighting_id
    JOIN looks k ON k.look_id = g.look_id WHERE e.claim_id = :claim AND k.capture_id IS NOT NULL
    ORDER BY 5 DESC, 2, 1
"""
_CHAIN = f"""
    SELECT {columns_of(Certificate, "t")} FROM json_each(?) j JOIN certificates t ON t.certificate_sha256 = j.value ORDER BY j.key
"""
