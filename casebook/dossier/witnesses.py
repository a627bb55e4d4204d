"""Second witnesses: what copies of the same pages, made by others, show of a claim.

Reads: captures of our crawls and of ingested archives, claim evidence. Writes: nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crawler.archives.archive_index import url_key
from ledger.database import Ledger
from ledger.typed_texts import ClaimId, Instant, RequestedUrl, Sha256

SAME_BYTES = "the same bytes"
SAME_CLAIM = "other bytes, the same claim"
NO_CLAIM = "the claim is not there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """One page or image of a claim as we and as another saw it. archive: the file that the copy came from."""

    what: str  # page or image
    url: RequestedUrl
    other_url: RequestedUrl  # as the archive has it
    own_at: Instant
    own_sha256: Sha256 | None
    other_at: Instant
    other_sha256: Sha256 | None
    archive: str
    agreement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """A page or image of a claim as our crawls saw it. sha256: of its content."""

    what: str
    url: RequestedUrl
    at: Instant
    sha256: Sha256 | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copy:
    """A page or image of the same vendor in an archive that others made."""

    what: str
    url: RequestedUrl
    at: Instant
    sha256: Sha256 | None
    archive: str
    has_claim: bool


def read_witnesses(ledger: Ledger, claim_id: ClaimId) -> tuple[Witness, ...]:
    """Return each copy that others made of what the claim was seen in, against our look that is nearest in time."""
    seen: dict[tuple[str, str | None], list[_Own]] = {}
    for own in ledger.select_each(_Own, _SEEN, {"claim": claim_id}):
        seen.setdefault((own.what, address_key(own.url)), []).append(own)
    witnesses = []
    for copy in ledger.select(_Copy, _COPIES, {"claim": claim_id}):
        ours = seen.get((copy.what, address_key(copy.url)))
        if ours:
            at = _second(copy.at)
            witnesses.append(_witness(min(ours, key=lambda own: (abs(_second(own.at) - at), own.at)), copy))
    return tuple(
        sorted(witnesses, key=lambda witness: (witness.what != "page", witness.url, witness.other_at, witness.archive))
    )


def address_key(url: str) -> str | None:
    """Return an address as it is compared: without scheme, www, default port, fragment and a slash at the end; None: none of the web.

    Archives hold pages under the address that they asked for, and servers lead from one of these to the other.
    """
    key = url_key(url)
    if key is None:
        return None
    path, mark, query = key.partition("?")
    return f"{path.rstrip('/')}{mark}{query}"


def _witness(own: _Own, copy: _Copy) -> Witness:
    is_same = own.sha256 == copy.sha256
    return Witness(
        what=own.what,
        url=own.url,
        other_url=copy.url,
        own_at=own.at,
        own_sha256=own.sha256,
        other_at=copy.at,
        other_sha256=copy.sha256,
        archive=copy.archive,
        agreement=SAME_BYTES if is_same else SAME_CLAIM if copy.has_claim else NO_CLAIM,
    )


def _second(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


_SEEN = """
    SELECT DISTINCT 'page' AS what, k.requested_url AS url, k.looked_at AS at, k.content_sha256 AS sha256
    FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id JOIN visits v ON v.visit_id = p.visit_id
    JOIN crawls c ON c.crawl_id = v.crawl_id AND c.kind <> 'ingest' JOIN looks k ON k.look_id = p.look_id
    WHERE e.claim_id = :claim
    UNION
    SELECT DISTINCT 'image', k.requested_url, k.looked_at, k.content_sha256
    FROM claim_evidence e JOIN sightings g ON g.sighting_id = e.sighting_id JOIN looks k ON k.look_id = g.look_id
    JOIN visits v ON v.visit_id = k.visit_id JOIN crawls c ON c.crawl_id = v.crawl_id AND c.kind <> 'ingest'
    WHERE e.claim_id = :claim AND k.outcome = 'looked'
"""
# what archives that others made hold of the same vendor
_COPIES = """
    SELECT iif(k.purpose = 'page', 'page', 'image') AS what, k.requested_url AS url, k.looked_at AS at,
           k.content_sha256 AS sha256, c.seeds_file AS archive,
           EXISTS (SELECT 1 FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id
                   LEFT JOIN sightings g ON g.sighting_id = e.sighting_id
                   WHERE e.claim_id = :claim AND (p.look_id = k.look_id OR g.look_id = k.look_id)) AS has_claim
    FROM visits v JOIN crawls c ON c.crawl_id = v.crawl_id AND c.kind = 'ingest' JOIN looks k ON k.visit_id = v.visit_id
    WHERE k.outcome = 'looked' AND k.purpose IN ('page', 'image') AND v.seed_id IN (
        SELECT s.seed_id FROM seeds s WHERE s.vendor_domain = (
            SELECT o.vendor_domain FROM claims m JOIN seeds o ON o.seed_id = m.seed_id WHERE m.claim_id = :claim))
"""
