"""What the last visits changed: claims that are new, gone or back, and verdicts that are others now.

Reads: claims, claim_evidence, absences, pages, visits, crawls, judgings, v_claim_changes. Writes nothing.

Each vendor is compared with its own visits before, for not every crawl visits all of them; a check of one page is no visit of the vendor.
1. New: shown on the last visit for the first time, by a vendor that was visited before.
2. Gone: the last visit proves that the claim is gone, and no visit before it did.
3. Back: shown on the last visit, after a visit that proved it gone.
4. Verdicts: those that held before the last crawl began, against those that hold now.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from casebook.dossier.findings import Finding
from casebook.verdicts.verdict_changes import VerdictChange, compare_judgings
from ledger.database import Ledger
from ledger.typed_texts import ClaimId, Instant, JudgingId

MOST_LISTED = 8  # of each kind of change


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimState:
    """A row of v_claim_changes: whether a claim is still there. last_known: when its pages were last read."""

    claim_id: ClaimId
    state: str  # present, appeared, gone, could-not-look
    last_known: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moved:
    """A claim that the last visit of its vendor changed. how: gone or back."""

    claim_id: ClaimId
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitCounts:
    """How often vendors were visited. vendors: visited at all; revisited: more than once; crawls: without checks of one page."""

    crawls: int
    vendors: int
    revisited: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitChanges:
    """What changed since the visits before. states: of all claims."""

    counts: VisitCounts
    states: Mapping[ClaimId, ClaimState]
    appeared: tuple[ClaimId, ...]
    gone: tuple[ClaimId, ...]
    back: tuple[ClaimId, ...]
    unknown: tuple[ClaimId, ...]  # could not be looked at again
    verdicts: tuple[VerdictChange, ...]  # of claims that had one before


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedClaims:
    """Claims that changed in one way: the first of them, and how many there are."""

    all: int
    shown: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedVerdicts:
    """Verdicts that are others now: the first of them, and how many there are."""

    all: int
    shown: tuple[VerdictChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedChanges:
    """What changed of some findings. unknown: claims that could not be looked at again."""

    counts: VisitCounts
    appeared: ListedClaims
    gone: ListedClaims
    back: ListedClaims
    verdicts: ListedVerdicts
    unknown: int

    @property
    def is_none(self) -> bool:
        return not (self.appeared.all or self.gone.all or self.back.all or self.verdicts.all)


def read_visit_changes(ledger: Ledger) -> VisitChanges:
    """Return what the last visit of each vendor changed."""
    states = ledger.select(ClaimState, "SELECT claim_id, state, last_known FROM v_claim_changes ORDER BY claim_id")
    moved = ledger.select(_Moved, f"{_LAST} {_MOVED}")
    new_gone, back = ({row.claim_id for row in moved if row.how == how} for how in ("gone", "back"))
    return VisitChanges(
        counts=ledger.select(VisitCounts, f"{_LAST} {_COUNTS}")[0],
        states={row.claim_id: row for row in states},
        appeared=tuple(row.claim_id for row in states if row.state == "appeared"),
        gone=tuple(row.claim_id for row in states if row.state == "gone" and row.claim_id in new_gone),
        back=tuple(row.claim_id for row in states if row.claim_id in back),
        unknown=tuple(row.claim_id for row in states if row.state == "could-not-look"),
        verdicts=tuple(_changed_verdicts(ledger)),
    )


def list_changes(changes: VisitChanges, findings: Sequence[Finding]) -> ListedChanges:
    """Return what changed of some findings, the most serious first, as far as a page has room for it."""
    return ListedChanges(
        counts=changes.counts,
        appeared=_list(changes.appeared, findings),
        gone=_list(changes.gone, findings),
        back=_list(changes.back, findings),
        unknown=_list(changes.unknown, findings).all,
        verdicts=_list_verdicts(changes.verdicts, findings),
    )


def _list(claims: Collection[ClaimId], findings: Sequence[Finding]) -> ListedClaims:
    named = frozenset(claims)
    changed = [finding for finding in findings if finding.claim_id in named]
    return ListedClaims(all=len(changed), shown=tuple(changed[:MOST_LISTED]))


def _list_verdicts(verdicts: Sequence[VerdictChange], findings: Sequence[Finding]) -> ListedVerdicts:
    by_claim = {change.claim_id: change for change in verdicts}
    changed = [by_claim[finding.claim_id] for finding in findings if finding.claim_id in by_claim]
    return ListedVerdicts(all=len(changed), shown=tuple(changed[:MOST_LISTED]))


def _changed_verdicts(ledger: Ledger) -> list[VerdictChange]:
    before: JudgingId | None = ledger.value(_JUDGED_BEFORE)
    if before is None:
        return []
    changes = compare_judgings(ledger, before, None)
    return [change for change in changes if change.before is not None and change.after is not None]


_LAST = """
    WITH whole AS MATERIALIZED (
        SELECT v.visit_id, v.seed_id, v.crawl_id, v.started_at FROM visits v JOIN crawls k ON k.crawl_id = v.crawl_id
        WHERE k.kind <> 'check' AND v.state = 'done' AND v.started_at IS NOT NULL
    ), last AS MATERIALIZED ( -- SQLite takes the other columns from the row with the maximum
        SELECT seed_id, visit_id, max(started_at) AS started_at, count(*) AS visits FROM whole GROUP BY seed_id
    )
"""
_COUNTS = """
    SELECT (SELECT count(DISTINCT crawl_id) FROM whole) AS crawls, count(*) AS vendors, coalesce(sum(visits > 1), 0) AS revisited FROM last
"""
_MOVED = """
    SELECT c.claim_id, 'gone' AS how FROM claims c JOIN last l ON l.seed_id = c.seed_id AND l.visits > 1
    WHERE EXISTS ( -- a page of which no visit before the last one knew that the claim had left it
        SELECT 1 FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id JOIN visits v ON v.visit_id = p.visit_id
        WHERE e.claim_id = c.claim_id AND NOT EXISTS (
            SELECT 1 FROM absences a JOIN pages q ON q.page_id = a.page_id JOIN visits w ON w.visit_id = q.visit_id
            WHERE a.claim_id = c.claim_id AND a.url = p.url AND a.outcome = 'gone'
              AND w.started_at > v.started_at AND w.started_at < l.started_at))
    UNION ALL
    SELECT c.claim_id, 'back' FROM claims c JOIN last l ON l.seed_id = c.seed_id AND l.visits > 1
    WHERE EXISTS (SELECT 1 FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id WHERE e.claim_id = c.claim_id AND p.visit_id = l.visit_id)
      AND EXISTS ( -- a visit that proved it gone, and none since that showed it but the last one
        SELECT 1 FROM absences a JOIN pages q ON q.page_id = a.page_id JOIN visits w ON w.visit_id = q.visit_id
        WHERE a.claim_id = c.claim_id AND a.outcome = 'gone' AND w.started_at < l.started_at AND NOT EXISTS (
            SELECT 1 FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id JOIN visits x ON x.visit_id = p.visit_id
            WHERE e.claim_id = c.claim_id AND x.started_at >= w.started_at AND x.started_at < l.started_at))
"""
_JUDGED_BEFORE = """
    SELECT max(judging_id) FROM judgings WHERE cause <> 'replay'
      AND started_at < (SELECT max(started_at) FROM crawls WHERE kind <> 'check' AND EXISTS (SELECT 1 FROM visits v WHERE v.crawl_id = crawls.crawl_id AND v.state = 'done'))
"""
