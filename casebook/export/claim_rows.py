"""What of database and archive a claim rests on: its captures, the pages that a browser drew, and each row with the group it is sealed in.

Reads: claims, their evidence and verdicts. Writes nothing; exports and whoever looks for personal data take it from here.
"""

from __future__ import annotations

from collections.abc import Iterator

from casebook.export.shown_pages import ALL_SHOWN
from casebook.register.recorded_search import read_searches_about
from ledger.database import Ledger, Row
from ledger.proof.wacz import read_peers
from ledger.typed_texts import ClaimId


def read_capture_ids(ledger: Ledger, claim_id: ClaimId) -> list[str]:
    """Return the captures of a claim's pages, with every image, style sheet and redirect that belongs to them."""
    return [row[0] for row in ledger.rows(_CAPTURES_SHOWN, {"claim": claim_id})]


def read_drawn_pages(ledger: Ledger, claim_id: ClaimId) -> list[Row]:
    """Return the pages of a claim that a browser drew, in the order of their exhibits."""
    sql = (
        "SELECT DISTINCT r.* FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id"
        " JOIN looks k ON k.look_id = p.look_id AND k.capture_id NOT IN (SELECT capture_id FROM deletions)"
        " JOIN renders r ON r.look_id = p.look_id AND r.failure IS NULL WHERE e.claim_id = ? ORDER BY r.rendered_at, r.render_id"
    )
    return ledger.rows(sql, [claim_id])


def list_rows(ledger: Ledger, finding: Row) -> Iterator[tuple[str, str | None, str, object]]:
    """Yield table, sealed group, condition and its value for every row that the claim rests on."""
    claim = finding["claim_id"]
    certificates: set[str] = set()
    yield "claims", claim[:2], "claim_id = ?", claim
    yield "mark_findings", claim[:2], "claim_id = ?", claim
    yield "verdicts", None, "claim_id = ?", claim
    yield "pictures", None, "claim_id = ?", claim
    for (search,) in ledger.rows(
        "SELECT DISTINCT search_id FROM verdicts WHERE claim_id = ? AND search_id IS NOT NULL", [claim]
    ):
        yield "searches", None, "search_id = ?", search
    for row in read_searches_about(ledger, claim):
        yield "searches", None, "search_id = ?", row["search_id"]
    yield "brands", finding["brand"], "brand = ?", finding["brand"]
    for logo, brand in ledger.rows(_LOGOS, [claim]):
        yield "official_logos", brand, "official_logo_id = ?", logo
    for (match,) in ledger.rows(
        "SELECT DISTINCT match_id FROM claim_evidence WHERE claim_id = ? AND match_id IS NOT NULL", [claim]
    ):
        yield "logo_matches", match[:2], "match_id = ?", match
    (seed,) = ledger.rows("SELECT seed_id FROM claims WHERE claim_id = ?", [claim])[0]
    yield "seeds", seed[:2], "seed_id = ?", seed
    for (snapshot,) in ledger.rows(_SNAPSHOTS, [claim]):
        yield "register_snapshots", snapshot, "snapshot_id = ?", snapshot
    for (crawl,) in ledger.rows(f"SELECT DISTINCT v.crawl_id {_OF_CLAIM}", [claim]):
        yield "crawls", crawl, "crawl_id = ?", crawl
    for visit, crawl in ledger.rows(f"SELECT DISTINCT v.visit_id, v.crawl_id {_OF_CLAIM}", [claim]):
        yield "visits", crawl, "visit_id = ?", visit
        yield (
            "claim_evidence",
            visit,
            f"claim_id = ? AND page_id IN (SELECT page_id FROM pages WHERE visit_id = '{visit}')",
            claim,
        )
        yield "renders", visit, "visit_id = ?", visit
        captures = [row[0] for row in ledger.rows(_EVIDENCE_ROWS[-1][2], {"claim": claim, "visit": visit})]
        for peer in read_peers(ledger, captures):
            if peer["name"] == "connections":
                yield "connections", visit, "connection_id = ?", peer["id"]
            else:
                certificates.add(peer["id"])
        for table, key, sql in _EVIDENCE_ROWS:
            for (value,) in ledger.rows(sql, {"claim": claim, "visit": visit}):
                yield table, visit, f"{key} = ?", value
    for certificate in sorted(certificates):
        yield "certificates", None, "certificate_sha256 = ?", certificate


_OF_CLAIM = "FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id JOIN visits v ON v.visit_id = p.visit_id WHERE e.claim_id = ?"
# the pages of a claim, with every image, style sheet and redirect that belongs to them, and the robots.txt of the visits
_CAPTURES_SHOWN = f"""
    WITH RECURSIVE carried AS (
        SELECT DISTINCT p.page_id, p.look_id, p.visit_id, p.stylesheet_looks, 1 AS is_finding
        FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id WHERE e.claim_id = :claim
    ),{ALL_SHOWN}
    SELECT DISTINCT capture_id FROM chain WHERE capture_id NOT IN (SELECT capture_id FROM deletions)
"""
_LOGOS = """
    SELECT DISTINCT o.official_logo_id, o.brand FROM claim_evidence e JOIN logo_matches m ON m.match_id = e.match_id
    JOIN official_logos o ON o.official_logo_id = m.official_logo_id WHERE e.claim_id = ?
"""
_SNAPSHOTS = """
    SELECT DISTINCT json_extract(j.value, '$.snapshot_id') FROM verdicts v JOIN searches s ON s.search_id = v.search_id, json_each(s.registers) j
    WHERE v.claim_id = ? AND json_extract(j.value, '$.register') IS NOT NULL
"""
_SHOWN_HERE = "FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id AND p.visit_id = :visit"
_EVIDENCE_ROWS = (
    ("pages", "page_id", f"SELECT DISTINCT p.page_id {_SHOWN_HERE} WHERE e.claim_id = :claim"),
    ("sightings", "sighting_id", f"SELECT DISTINCT e.sighting_id {_SHOWN_HERE} WHERE e.claim_id = :claim AND e.sighting_id IS NOT NULL"),
    ("text_matches", "text_match_id", f"SELECT DISTINCT e.text_match_id {_SHOWN_HERE} WHERE e.claim_id = :claim AND e.text_match_id IS NOT NULL"),
    ("passages", "passage_id", f"SELECT DISTINCT t.passage_id {_SHOWN_HERE} JOIN text_matches t ON t.text_match_id = e.text_match_id WHERE e.claim_id = :claim"),
    ("looks", "look_id", f"SELECT DISTINCT p.look_id {_SHOWN_HERE} WHERE e.claim_id = :claim UNION SELECT g.look_id {_SHOWN_HERE} JOIN sightings g ON g.sighting_id = e.sighting_id WHERE e.claim_id = :claim AND g.look_id IS NOT NULL"),
    ("captures", "capture_id", f"SELECT capture_id FROM ({_CAPTURES_SHOWN}) JOIN captures USING (capture_id) WHERE visit_id = :visit"),
)  # fmt: skip
