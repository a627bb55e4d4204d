"""What of database and archive a claim rests on: its captures, the pages that a browser drew, and each row with the group it is sealed in;
and what people did with it.

Reads: claims, their evidence and verdicts, cases with events, letters, replies and removal checks. Writes nothing; exports and whoever looks
for personal data take it from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from casebook.dossier.case_story import TOLD, read_events
from casebook.dossier.findings import Finding
from casebook.dossier.provenance import DENIALS, PAGES_ABOUT
from casebook.export.shown_pages import ALL_SHOWN
from casebook.register.recorded_search import read_searches_about
from ledger.database import Ledger, columns_of
from ledger.proof.wacz import read_peers
from ledger.records import Case, Claim, Letter, Render, Visit
from ledger.typed_texts import CaptureId, ClaimId, OfficialLogoId


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRows:
    """Rows of a table that are sealed in one group: those with a value in a condition. group: None for tables whose rows are sealed in the order in which they were added.

    is_withheld: only their digests are shown, whoever gets the export; has_words: only their digests are in a redacted copy.
    """

    table: str
    group: str | None
    condition: str
    value: str
    is_withheld: bool = False
    has_words: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Logo:
    """An official logo that a claim shows."""

    official_logo_id: OfficialLogoId
    brand: str


def read_capture_ids(ledger: Ledger, claim_id: ClaimId) -> list[CaptureId]:
    """Return the captures of a claim's pages, with every image, style sheet and redirect that belongs to them."""
    return ledger.values(_CAPTURES_SHOWN, {"claim": claim_id})


def read_drawn_pages(ledger: Ledger, claim_id: ClaimId) -> list[Render]:
    """Return the pages of a claim that a browser drew, in the order of their exhibits."""
    return ledger.select(
        Render,
        f"SELECT DISTINCT {columns_of(Render, 'r')} FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id"
        " JOIN looks k ON k.look_id = p.look_id AND k.capture_id NOT IN (SELECT capture_id FROM deletions)"
        " JOIN renders r ON r.look_id = p.look_id AND r.failure IS NULL WHERE e.claim_id = ?"
        " ORDER BY r.rendered_at, r.render_id",
        [claim_id],
    )


def list_rows(ledger: Ledger, finding: Finding) -> Iterator[SealedRows]:
    """Yield every row that the claim rests on, with the group that it is sealed in."""
    claim_id = finding.claim_id
    yield _rows("claims", claim_id[:2], "claim_id", claim_id)
    yield _rows("mark_findings", claim_id[:2], "claim_id", claim_id)
    yield _rows("verdicts", None, "claim_id", claim_id)
    yield _rows("pictures", None, "claim_id", claim_id)
    about = [search.search_id for search in read_searches_about(ledger, claim_id)]
    for search_id in (*ledger.values(_SEARCHES, [claim_id]), *about):
        yield _rows("searches", None, "search_id", search_id)
        yield _rows("near_miss_checks", None, "search_id", search_id)
    yield _rows("brands", finding.brand, "brand", finding.brand)
    for logo in ledger.select(_Logo, _LOGOS, [claim_id]):
        yield _rows("official_logos", logo.brand, "official_logo_id", logo.official_logo_id)
    for match_id in ledger.values(_MATCHES, [claim_id]):
        yield _rows("logo_matches", match_id[:2], "match_id", match_id)
    for image_sha256 in ledger.values(_READ_IMAGES, [claim_id]):
        yield _rows("image_readings", image_sha256[:2], "image_sha256", image_sha256)
        yield _rows("image_words", image_sha256[:2], "image_sha256", image_sha256)
    claim = ledger.find(Claim, claim_id=claim_id)
    if claim is not None:
        yield _rows("seeds", claim.seed_id[:2], "seed_id", claim.seed_id)
    for snapshot_id in ledger.values(_SNAPSHOTS, [claim_id]):
        yield _rows("register_snapshots", snapshot_id, "snapshot_id", snapshot_id)
    visits = ledger.select(Visit, f"SELECT DISTINCT {columns_of(Visit, 'v')} {_OF_CLAIM}", {"claim": claim_id})
    checked = ledger.select(Visit, f"SELECT DISTINCT {columns_of(Visit, 'v')} {_CHECKED}", [claim_id])
    for crawl_id in dict.fromkeys(visit.crawl_id for visit in (*visits, *checked)):
        yield _rows("crawls", crawl_id, "crawl_id", crawl_id)
    certificates: set[str] = set()
    for visit in visits:
        yield from _list_visit_rows(ledger, claim_id, visit, certificates)
    for certificate in sorted(certificates):
        yield _rows("certificates", None, "certificate_sha256", certificate)
    known = {visit.visit_id for visit in visits}
    for visit in checked:
        if visit.visit_id not in known:
            yield _rows("visits", visit.crawl_id, "visit_id", visit.visit_id)
    case = ledger.find(Case, claim_id=claim_id)
    if case is not None:
        yield from _list_case_rows(ledger, case)


def _list_case_rows(ledger: Ledger, case: Case) -> Iterator[SealedRows]:
    """Yield what people did with a claim, as its dossier tells it: of an event with a comment the digest alone, of drafts nothing."""
    key = [case.case_id]
    yield _rows("cases", case.opened_at[:10], "case_id", case.case_id)
    for event in read_events(ledger, case.case_id):
        if event.event in TOLD:
            row = _rows("case_events", None, "event_id", event.event_id)
            yield replace(row, is_withheld=bool(event.details.get("comment")))
    sent = f"SELECT {columns_of(Letter)} FROM letters WHERE case_id = ? AND sent_on IS NOT NULL ORDER BY letter_id"
    for letter in ledger.select(Letter, sent, key):
        yield _rows("letters", letter.written_at[:10], "letter_id", letter.letter_id)
        yield replace(_rows("letter_texts", None, "text_id", letter.text_id), has_words=True)
    for reply_id in ledger.values("SELECT reply_id FROM replies WHERE case_id = ? ORDER BY reply_id", key):
        yield replace(_rows("replies", None, "reply_id", reply_id), has_words=True)
    for check_id in ledger.values(
        "SELECT check_id FROM removal_checks WHERE case_id = ? ORDER BY looked_at, check_id", key
    ):
        yield _rows("removal_checks", None, "check_id", check_id)


def _list_visit_rows(ledger: Ledger, claim_id: ClaimId, visit: Visit, certificates: set[str]) -> Iterator[SealedRows]:
    """Yield what a claim rests on of one visit; adds the certificates, which are sealed apart from visits."""
    visit_id = visit.visit_id
    yield _rows("visits", visit.crawl_id, "visit_id", visit_id)
    on_visit = f"claim_id = ? AND page_id IN (SELECT page_id FROM pages WHERE visit_id = '{visit_id}')"
    yield SealedRows(table="claim_evidence", group=visit_id, condition=on_visit, value=claim_id)
    yield _rows("renders", visit_id, "visit_id", visit_id)
    keys = {"claim": claim_id, "visit": visit_id}
    for peer in read_peers(ledger, ledger.values(_EVIDENCE_ROWS[-1][2], keys)):
        if peer.table_name == "connections":
            yield _rows("connections", visit_id, "connection_id", peer.id)
        else:
            certificates.add(peer.id)
    for table, key, sql in _EVIDENCE_ROWS:
        for value in ledger.values(sql, keys):
            yield _rows(table, visit_id, key, value)


def _rows(table: str, group: str | None, key: str, value: str) -> SealedRows:
    return SealedRows(table=table, group=group, condition=f"{key} = ?", value=value)


_SEARCHES = "SELECT DISTINCT search_id FROM verdicts WHERE claim_id = ? AND search_id IS NOT NULL"
_MATCHES = "SELECT DISTINCT match_id FROM claim_evidence WHERE claim_id = ? AND match_id IS NOT NULL"
_READ_IMAGES = (
    "SELECT DISTINCT g.image_sha256 FROM claim_evidence e JOIN seen_images g ON g.sighting_id = e.sighting_id"
    " JOIN image_readings i ON i.image_sha256 = g.image_sha256 WHERE e.claim_id = ?"
)
_OF_CLAIM = f"FROM ({PAGES_ABOUT}) a JOIN pages p ON p.page_id = a.page_id JOIN visits v ON v.visit_id = p.visit_id"
_CHECKED = "FROM cases k JOIN removal_checks r ON r.case_id = k.case_id JOIN visits v ON v.visit_id = r.visit_id WHERE k.claim_id = ?"
# the pages of a claim, with every image, style sheet and redirect that belongs to them, and the robots.txt of the visits
_CAPTURES_SHOWN = f"""
    WITH RECURSIVE carried AS (
        SELECT DISTINCT p.page_id, p.look_id, p.visit_id, p.stylesheet_looks, 1 AS is_finding
        FROM ({PAGES_ABOUT}) a JOIN pages p ON p.page_id = a.page_id
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
_ABOUT_HERE = f"FROM ({PAGES_ABOUT}) a JOIN pages p ON p.page_id = a.page_id AND p.visit_id = :visit"
_DENIED_HERE = f"""
    {DENIALS} JOIN pages p ON p.page_id = n.page_id AND p.visit_id = :visit
    JOIN text_matches t ON t.text_match_id = n.text_match_id WHERE c.claim_id = :claim"""
_SHOWN_HERE = "FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id AND p.visit_id = :visit"
_EVIDENCE_ROWS = (
    ("pages", "page_id", f"SELECT DISTINCT p.page_id {_ABOUT_HERE}"),
    ("sightings", "sighting_id", f"SELECT DISTINCT e.sighting_id {_SHOWN_HERE} WHERE e.claim_id = :claim AND e.sighting_id IS NOT NULL"),
    ("name_matches", "name_match_id", f"SELECT DISTINCT n.name_match_id {_SHOWN_HERE} JOIN name_matches n ON n.sighting_id = e.sighting_id WHERE e.claim_id = :claim"),
    ("text_matches", "text_match_id", f"SELECT DISTINCT e.text_match_id {_SHOWN_HERE} WHERE e.claim_id = :claim AND e.text_match_id IS NOT NULL UNION SELECT t.text_match_id {_DENIED_HERE}"),
    ("passages", "passage_id", f"SELECT DISTINCT t.passage_id {_SHOWN_HERE} JOIN text_matches t ON t.text_match_id = e.text_match_id WHERE e.claim_id = :claim UNION SELECT t.passage_id {_DENIED_HERE}"),
    ("looks", "look_id", f"SELECT DISTINCT p.look_id {_ABOUT_HERE} UNION SELECT g.look_id {_SHOWN_HERE} JOIN sightings g ON g.sighting_id = e.sighting_id WHERE e.claim_id = :claim AND g.look_id IS NOT NULL"),
    ("captures", "capture_id", f"SELECT capture_id FROM ({_CAPTURES_SHOWN}) JOIN captures USING (capture_id) WHERE visit_id = :visit"),
)  # fmt: skip
