"""One visit while it runs: its budget, what it has already stored, what it has looked at."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from crawler.visits.traps import Traps
from ledger.archive.connections import ConnectionFacts
from ledger.database import Ledger, columns_of
from ledger.identity import look_id_of, utc_text
from ledger.records import Connection, Look, Seed, Visit
from ledger.typed_texts import CaptureId, Instant, SeedId, VisitId
from ledger.vocabulary import PageKind, Purpose, VisitState

# why a visit failed without the vendor's doing: no name server answered, nothing leads out of this machine
NETWORK_REASONS = frozenset({"no-dns", "no-route"})
MAX_EARLIER_PAGES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much one visit may cost."""

    pages: int
    images: int
    requests: int
    body_bytes: int
    seconds: float
    renders: int = 3  # pages drawn by a browser


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierPage:
    """A page for partners, or one that a claim rests on, that the vendor's last visit read."""

    url: str
    link_text: str
    kind: PageKind
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierFacts:
    """What a visit takes with it of earlier visits of its vendor, to a machine that has none of them.

    evidence_urls: of images, and style sheets, on which claims of the vendor rest.
    """

    pages: tuple[EarlierPage, ...] = ()
    evidence_urls: frozenset[str] = frozenset()
    wants_contacts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierCapture:
    """What an earlier visit of the vendor has of a URL, with what a server needs to say whether it still holds."""

    capture_id: CaptureId
    etag: str | None
    last_modified: str | None


@dataclass(slots=True, kw_only=True, eq=False, weakref_slot=True)
class RunningVisit:
    """State of one visit; lives as long as the visit runs and is forgotten with it, and what others remember of it too."""

    visit_id: VisitId
    seed: Seed
    budget: Budget
    stored: dict[tuple[str, int], CaptureId] = field(
        default_factory=dict
    )  # (url, attempt) → capture_id: answered from the archive
    failed: dict[tuple[Purpose, str], Look] = field(default_factory=dict)  # looks that failed before a restart
    captures: dict[str, CaptureId] = field(default_factory=dict)  # url → capture_id of the latest exchange
    fetched_at: dict[CaptureId | None, Instant] = field(
        default_factory=dict
    )  # of the exchanges that this run has stored
    connections: dict[ConnectionFacts, Connection] = field(default_factory=dict)  # that its answers came over
    sitemaps: list[str] = field(default_factory=list)  # that robots.txt of the site names
    earlier_visit_id: VisitId | None = None  # the vendor's last visit that was done, in any crawl
    earlier_pages: list[EarlierPage] = field(default_factory=list)
    evidence_urls: frozenset[str] = frozenset()  # of images, and style sheets, on which claims of the vendor rest
    wants_contacts: bool = False  # somebody confirmed what it claims, and may write to it
    unverified_hosts: set[str] = field(default_factory=set)  # asked again without checking their certificate
    traps: Traps = field(default_factory=Traps)
    pages: int = 0
    images: int = 0
    renders: int = 0
    requests: int = 0
    body_bytes: int = 0
    started: float = field(default_factory=time.monotonic)
    queued_s: float = 0.0  # for a page reader
    spent: str | None = None  # the budget that ran out, and ended the visit
    has_spent_images: bool = False  # its pages are read on all the same

    def seconds_left(self) -> float:
        """Seconds of the budget; those that it stood in a queue behind other vendors' pages do not count."""
        return self.budget.seconds - (time.monotonic() - self.started) + self.queued_s

    def overspent(self, purpose: Purpose) -> str | None:
        """Return the name of the budget that leaves no room for one more look, or None."""
        limits = (
            ("requests", self.requests, self.budget.requests),
            ("bytes", self.body_bytes, self.budget.body_bytes),
            ("seconds", self.budget.seconds - self.seconds_left(), self.budget.seconds),
        )
        for name, used, limit in limits:
            if used >= limit:
                self.spent = self.spent or name
                return name
        if purpose is Purpose.IMAGE and self.images >= self.budget.images:
            self.has_spent_images = True
            return "images"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoredCapture:
    url: str
    attempt: int
    capture_id: CaptureId


@dataclass(frozen=True, slots=True, kw_only=True)
class _EarlierPageRow:
    url: str
    link_text: str
    kind: PageKind
    looked_at: str
    is_last: bool
    place: int


def begin_visit(
    ledger: Ledger, row: Visit, budget: Budget, now: str, *, earlier: EarlierFacts | None = None
) -> RunningVisit:
    """Mark a visit as running and return its state, with what an interrupted run of it had stored.

    earlier: of a vendor whose earlier visits are not in this database; else they are looked up.
    """
    seed = read_seed(ledger, row.seed_id)
    if row.start_urls:
        seed = replace(seed, start_urls=row.start_urls)
    visit = RunningVisit(visit_id=row.visit_id, seed=seed, budget=budget)
    # a visit that ran before, and was stopped or put back, has captures
    captures = "SELECT url, attempt, capture_id FROM captures WHERE visit_id = ?"
    for capture in ledger.select(_StoredCapture, captures, [row.visit_id]):
        visit.stored[capture.url, capture.attempt] = capture.capture_id
    if row.state is VisitState.RUNNING:
        failed = (
            f"SELECT {columns_of(Look)} FROM looks WHERE visit_id = ? AND outcome = 'could-not-look' AND status IS NULL"
        )
        for look in ledger.select(Look, failed, [row.visit_id]):
            visit.failed[look.purpose, look.requested_url] = look
    facts = earlier
    if facts is None:
        visit.earlier_visit_id = find_earlier_visit(ledger, row)
        facts = read_earlier_facts(ledger, row, visit.earlier_visit_id)
    visit.earlier_pages = list(facts.pages)
    visit.evidence_urls = facts.evidence_urls
    visit.wants_contacts = facts.wants_contacts
    ledger.execute(
        "UPDATE visits SET state = 'running', started_at = coalesce(started_at, ?) WHERE visit_id = ?",
        [now, row.visit_id],
    )
    return visit


def find_earlier_visit(ledger: Ledger, row: Visit) -> VisitId | None:
    """Return the vendor's last visit that was done, in any crawl before."""
    earlier: VisitId | None = ledger.value(
        "SELECT v.visit_id FROM visits v JOIN crawls c USING (crawl_id)"
        " WHERE v.seed_id = ? AND v.state = 'done' AND v.crawl_id < ? AND c.kind = 'crawl' ORDER BY v.crawl_id DESC LIMIT 1",
        [row.seed_id, row.crawl_id],
    )
    return earlier


def read_earlier_facts(ledger: Ledger, row: Visit, earlier_visit_id: VisitId | None) -> EarlierFacts:
    """Return what a visit takes with it of earlier ones."""
    which = {"visit": earlier_visit_id, "seed": row.seed_id, "most": MAX_EARLIER_PAGES}
    rows = ledger.select(_EarlierPageRow, _EARLIER_PAGES, which) if earlier_visit_id is not None else []
    return EarlierFacts(
        pages=tuple(
            EarlierPage(
                url=page.url,
                link_text=page.link_text,
                kind=page.kind,
                reason=f"a {page.kind} page on {page.looked_at[:10]}",
            )
            for page in rows
        ),
        evidence_urls=frozenset(ledger.values(_EVIDENCE_URLS, {"seed": row.seed_id})),
        wants_contacts=bool(ledger.value(_CONFIRMED, [row.seed_id])),
    )


def note_unchanged(ledger: Ledger, row: Visit) -> int:
    """Note of a visit's looks since when their content is what it is, where they were made without the vendor's last visit at hand."""
    earlier = find_earlier_visit(ledger, row)
    return 0 if earlier is None else ledger.execute(_NOTE_UNCHANGED, {"visit": row.visit_id, "earlier": earlier})


_NOTE_UNCHANGED = """
    UPDATE looks SET unchanged_since = (
        SELECT coalesce(e.unchanged_since, e.looked_at) FROM looks e
        WHERE e.visit_id = :earlier AND e.purpose = looks.purpose AND e.requested_url = looks.requested_url)
    WHERE visit_id = :visit AND outcome = 'looked' AND unchanged_since IS NULL AND content_sha256 = (
        SELECT e.content_sha256 FROM looks e
        WHERE e.visit_id = :earlier AND e.purpose = looks.purpose AND e.requested_url = looks.requested_url)
"""
_CONFIRMED = "SELECT 1 FROM claims c JOIN cases k ON k.claim_id = c.claim_id WHERE c.seed_id = ? AND (k.state = 'confirmed' OR k.followup IS NOT NULL) LIMIT 1"

# whether a claim is still shown is never told from a file that was not asked for
_EVIDENCE_URLS = """
    WITH shown AS (
        SELECT DISTINCT e.page_id, e.sighting_id FROM claims c JOIN claim_evidence e ON e.claim_id = c.claim_id
        WHERE c.seed_id = :seed AND e.sighting_id IS NOT NULL)
    SELECT g.image_url FROM shown JOIN sightings g ON g.sighting_id = shown.sighting_id WHERE g.image_url IS NOT NULL
    UNION
    SELECT k.requested_url FROM shown JOIN sightings g ON g.sighting_id = shown.sighting_id AND g.found_by LIKE 'css-%'
    JOIN pages p ON p.page_id = shown.page_id JOIN json_each(p.stylesheet_looks) j JOIN looks k ON k.look_id = j.value
"""
# of the last visit, and of any visit those on which a claim ever stood: whether it is gone is told by looking there again
_EARLIER_PAGES = """
    SELECT p.url, p.link_text, p.kind, l.looked_at, max(p.visit_id = :visit) AS is_last, min(p.rowid) AS place
    FROM pages p JOIN looks l USING (look_id)
    WHERE p.page_id IN (
        SELECT q.page_id FROM pages q WHERE q.visit_id = :visit AND q.health = 'ok' AND q.kind IN ('partners', 'clients', 'resellers')
        UNION SELECT e.page_id FROM claims c JOIN claim_evidence e ON e.claim_id = c.claim_id WHERE c.seed_id = :seed)
    GROUP BY p.url ORDER BY is_last DESC, place LIMIT :most
"""


def find_earlier_look(ledger: Ledger, visit: RunningVisit, url: str, purpose: Purpose) -> Look | None:
    """Return the look that the vendor's last visit took at a URL, if there was one."""
    if visit.earlier_visit_id is None:
        return None
    return ledger.find(Look, look_id=look_id_of(visit.earlier_visit_id, purpose, url))


def find_earlier_capture(ledger: Ledger, visit: RunningVisit, url: str) -> EarlierCapture | None:
    """Return the latest capture of a URL that an earlier visit made, when a server can be asked whether it holds."""
    if visit.earlier_visit_id is None:
        return None
    capture = ledger.select_first(
        EarlierCapture,
        "SELECT c.capture_id, c.etag, c.last_modified FROM captures c JOIN visits v USING (visit_id)"
        " WHERE c.url = ? AND v.seed_id = ? AND v.crawl_id < (SELECT crawl_id FROM visits WHERE visit_id = ?)"
        " AND c.status IN (200, 304) ORDER BY c.fetched_at DESC, c.attempt DESC LIMIT 1",
        [url, visit.seed.seed_id, visit.visit_id],
    )
    return capture if capture is not None and (capture.etag or capture.last_modified) else None


PROGRAM_ERROR = "an error of the program, see the log"


def end_visit(ledger: Ledger, visit: RunningVisit, *, failure: str | None, now: str) -> str:
    """Mark a visit as done, or as failed when not one page could be read. Returns the state."""
    state = "failed" if visit.pages == 0 else "done"
    reason = (
        (failure or "nothing could be read")
        if state == "failed"
        else f"budget of {spent}"
        if (spent := visit.spent or ("images" if visit.has_spent_images else None))
        else "complete"
    )
    if state == "done" and failure == PROGRAM_ERROR:
        reason = failure
    if traps := visit.traps.describe():
        reason = f"{reason}; traps: {traps}"
    ledger.execute(
        "UPDATE visits SET state = ?, ended_at = ?, end_reason = ?, pages = ?, requests = ?, body_bytes = ? WHERE visit_id = ?",
        [state, now, reason, visit.pages, visit.requests, visit.body_bytes, visit.visit_id],
    )
    return state


def put_back(ledger: Ledger, visit: RunningVisit) -> None:
    """Make a visit pending again that the network failed: what it had stored stays, its failed looks are forgotten."""
    with ledger.transaction():
        ledger.execute(
            "DELETE FROM looks WHERE visit_id = ? AND outcome = 'could-not-look' AND status IS NULL", [visit.visit_id]
        )
        ledger.execute("UPDATE visits SET state = 'pending', started_at = NULL WHERE visit_id = ?", [visit.visit_id])


def mark_judged(ledger: Ledger, visit_id: VisitId) -> None:
    """Note that matches, claims and verdicts of a visit are there; since when stays as it was first noted, for it may be sealed."""
    ledger.execute("UPDATE visits SET judged_at = ? WHERE visit_id = ? AND judged_at IS NULL", [utc_text(), visit_id])


def read_visit(ledger: Ledger, visit_id: VisitId) -> Visit:
    """Return a visit's row."""
    visit = ledger.find(Visit, visit_id=visit_id)
    assert visit is not None  # noqa: S101  # the caller has its id from a row
    return visit


def read_seed(ledger: Ledger, seed_id: SeedId) -> Seed:
    """Return the seed of a visit's row."""
    seed = ledger.find(Seed, seed_id=seed_id)
    assert seed is not None  # noqa: S101  # a foreign key
    return seed
