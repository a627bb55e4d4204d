"""Second witnesses: what copies of the same pages, made by others, show of a claim.

Reads: captures of our crawls and of ingested archives, claim evidence. Writes: nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.database import Ledger

SAME_BYTES = "the same bytes"
SAME_CLAIM = "other bytes, the same claim"
NO_CLAIM = "the claim is not there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """One page or image of a claim as we and as another saw it. archive: the file that the copy came from."""

    what: str  # page or image
    url: str
    own_at: str
    own_sha256: str
    other_at: str
    other_sha256: str
    archive: str
    agreement: str


def read_witnesses(ledger: Ledger, claim_id: str) -> tuple[Witness, ...]:
    """Return each copy that others made of what the claim was seen in, against our look that is nearest in time."""
    return tuple(
        Witness(
            what=row["what"],
            url=row["url"],
            own_at=row["own_at"],
            own_sha256=row["own_sha256"],
            other_at=row["other_at"],
            other_sha256=row["other_sha256"],
            archive=row["archive"],
            agreement=SAME_BYTES
            if row["own_sha256"] == row["other_sha256"]
            else SAME_CLAIM
            if row["has_claim"]
            else NO_CLAIM,
        )
        for row in ledger.rows(_WITNESSES, {"claim": claim_id})
    )


_WITNESSES = """
    WITH seen AS ( -- what this claim was seen in, by us
        SELECT DISTINCT 'page' AS what, k.requested_url AS url, k.looked_at AS at, k.content_sha256 AS sha256
        FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id JOIN visits v ON v.visit_id = p.visit_id
        JOIN crawls c ON c.crawl_id = v.crawl_id AND c.kind <> 'ingest' JOIN looks k ON k.look_id = p.look_id
        WHERE e.claim_id = :claim
        UNION
        SELECT DISTINCT 'image', k.requested_url, k.looked_at, k.content_sha256
        FROM claim_evidence e JOIN sightings g ON g.sighting_id = e.sighting_id JOIN looks k ON k.look_id = g.look_id
        JOIN visits v ON v.visit_id = k.visit_id JOIN crawls c ON c.crawl_id = v.crawl_id AND c.kind <> 'ingest'
        WHERE e.claim_id = :claim AND k.outcome = 'looked'
    ),
    copies AS ( -- the same addresses in archives that others made
        SELECT k.look_id, k.visit_id, k.purpose, k.requested_url AS url, k.looked_at AS at, k.content_sha256 AS sha256, c.seeds_file AS archive
        FROM looks k JOIN visits v ON v.visit_id = k.visit_id JOIN crawls c ON c.crawl_id = v.crawl_id AND c.kind = 'ingest'
        WHERE k.outcome = 'looked' AND k.requested_url IN (SELECT url FROM seen)
    ),
    paired AS (
        SELECT s.what, s.url, s.at AS own_at, s.sha256 AS own_sha256, o.at AS other_at, o.sha256 AS other_sha256, o.archive,
               EXISTS (SELECT 1 FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id
                       LEFT JOIN sightings g ON g.sighting_id = e.sighting_id
                       WHERE e.claim_id = :claim AND (p.look_id = o.look_id OR g.look_id = o.look_id)) AS has_claim,
               row_number() OVER (PARTITION BY o.look_id
                                  ORDER BY abs(julianday(s.at) - julianday(o.at)), s.at) AS place
        FROM copies o JOIN seen s ON s.url = o.url AND s.what = iif(o.purpose = 'page', 'page', 'image')
    )
    SELECT * FROM paired WHERE place = 1 ORDER BY what DESC, url, other_at
"""
