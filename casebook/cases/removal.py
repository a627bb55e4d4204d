"""Whether a claim that somebody confirmed is gone: what each visit tells, and when that proves its removal.

Reads: cases, crawls, visits, looks, pages, sightings, logo_matches, claims, claim_evidence, absences. Writes: removal_checks, case_events, cases.

1. Each visit since the case was confirmed, or a letter written, gives one answer:
   shown           the claim, or another undecided or confirmed one of the vendor for the same brand, stands on any page: it may have moved
   gone            every page that ever showed it was read, is still that page and does not show it (casebook/verdicts/absences.py),
                   or is no more (404, 410) while the site itself answers
   could not look  anything else: a challenge page, a failed image, a page that was not asked for, an image that is only nearly a logo
2. k looks without it, none that showed it between them, over n days or more prove the removal. Looks that could not look count for nothing.
3. Shown after it was gone: it has reappeared, and the case opens again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from casebook.cases.cases import PROGRAM, record_event
from ledger.database import Ledger, columns_of
from ledger.identity import content_id, parse_utc, utc_text
from ledger.records import Absence, Case, RemovalCheck, Visit
from ledger.typed_texts import CaseId, ClaimId, FinalUrl, Instant, PageId, VisitId
from ledger.vocabulary import (
    UNDECIDED,
    CaseEvent,
    CaseState,
    FollowUp,
    PageHealth,
    PageKind,
    Relation,
    RemovalOutcome,
    VisitState,
)

WHERE_CLAIMS_STAND = (
    PageKind.PARTNERS, PageKind.CLIENTS, PageKind.TECHNOLOGY, PageKind.CERTIFICATIONS, PageKind.MEMBERS, PageKind.SPONSORS,
    PageKind.SUPPLIERS, PageKind.RESELLERS, PageKind.HOME,
)  # fmt: skip
MAX_PAGES = 20  # pages of one check


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalTerms:
    """What proves a removal. healthy_looks: k, of visits that really looked; over_days: n, from the first of them to the last."""

    healthy_looks: int = 3
    over_days: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOutcome:
    """What one page of a visit tells of a claim."""

    url: str
    outcome: RemovalOutcome
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What following removals came to, in cases."""

    removed: int = 0
    verified: int = 0
    reappeared: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthyCheck:
    """A check of a case that could look."""

    looked_at: Instant
    outcome: RemovalOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class _DueCheck:
    """A row of _WAITING: a visit that was not looked at for a case yet."""

    case_id: CaseId
    visit_id: VisitId


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShowingPage:
    """A row of _SHOWN: a page of a visit that shows a claim."""

    url: FinalUrl
    relation: Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class _FailedImage:
    """A row of _FAILED_IMAGES: a page that still shows the claim's image, whose file did not come."""

    url: FinalUrl
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _UnhealthyPage:
    """A row of _UNHEALTHY: a page to which the claim may have moved, and that could not be read whole."""

    url: FinalUrl
    kind: PageKind
    health: PageHealth


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReadPage:
    """A page of a visit, judged."""

    page_id: PageId


@dataclass(frozen=True, slots=True, kw_only=True)
class _PageLook:
    """What came of asking for a page."""

    reason: str | None
    status: int | None


def follow_removals(ledger: Ledger, terms: RemovalTerms) -> Checked:
    """Look at every visit that was not looked at yet, oldest first, and bring the cases in line. Again: no harm.

    sync_cases has been run before: it knows the claims of the newest visits.
    """
    counts = dict.fromkeys((CaseEvent.REMOVED, CaseEvent.VERIFIED_REMOVED, CaseEvent.REAPPEARED), 0)
    for due in ledger.select(_DueCheck, _WAITING):
        with ledger.transaction():
            case, visit = ledger.find(Case, case_id=due.case_id), ledger.find(Visit, visit_id=due.visit_id)
            assert case is not None and visit is not None and visit.started_at is not None  # noqa: S101, PT018  # just read
            pages = check_visit(ledger, case, visit)
            check = RemovalCheck(
                check_id=content_id("removal", case.case_id, visit.visit_id),
                case_id=case.case_id,
                visit_id=visit.visit_id,
                looked_at=visit.started_at,
                outcome=conclude(pages),
                pages=tuple(asdict(page) for page in pages[:MAX_PAGES]),
                checked_at=utc_text(),
            )
            event = _follow(ledger, case, check.outcome, pages, terms) if ledger.add([check]) else None
            if event is not None:
                counts[event] += 1
    return Checked(
        removed=counts[CaseEvent.REMOVED],
        verified=counts[CaseEvent.VERIFIED_REMOVED],
        reappeared=counts[CaseEvent.REAPPEARED],
    )


def conclude(pages: Iterable[PageOutcome]) -> RemovalOutcome:
    """Return what pages tell together: one that shows it outweighs all; else one that could not be looked at."""
    outcomes = {page.outcome for page in pages}
    if RemovalOutcome.SHOWN in outcomes:
        return RemovalOutcome.SHOWN
    return RemovalOutcome.GONE if outcomes == {RemovalOutcome.GONE} else RemovalOutcome.COULD_NOT_LOOK


def check_visit(ledger: Ledger, case: Case, visit: Visit) -> list[PageOutcome]:
    """Return what each page of a visit tells of a case's claim. The pages that show it alone, if there are any."""
    keys = {"seed": visit.seed_id, "visit": visit.visit_id, "brand": case.brand, "claim": case.claim_id}
    states = json.dumps([*UNDECIDED, CaseState.CONFIRMED])
    shown = ledger.select(_ShowingPage, _SHOWN, {**keys, "states": states})
    if shown:
        return [
            PageOutcome(url=page.url, outcome=RemovalOutcome.SHOWN, why=f"shows a claim of kind {page.relation}")
            for page in shown
        ]
    if visit.state is not VisitState.DONE:
        why = f"the visit failed: {visit.end_reason or 'no reason is known'}"
        return [_unseen(case.page_url or case.vendor_domain, why)]
    ever_shown: list[FinalUrl] = ledger.values(_EVER_SHOWN, [case.claim_id, visit.seed_id])
    pages = [_page(ledger, case.claim_id, url, visit.visit_id) for url in ever_shown]
    pages += [_unseen(page.url, page.why) for page in ledger.select(_FailedImage, _FAILED_IMAGES, keys)]
    pages += [
        _unseen(url, "an image is nearly an official logo: a person has to look")
        for url in ledger.values(_NEARLY, keys)
    ]
    kinds = json.dumps(list(WHERE_CLAIMS_STAND))
    known = {page.url for page in pages}
    for page in ledger.select(_UnhealthyPage, _UNHEALTHY, {**keys, "kinds": kinds}):
        if page.url not in known:
            pages.append(_unseen(page.url, f"a {page.kind} page, to which it may have moved, is {page.health}"))
    if not ledger.value(
        "SELECT 1 FROM pages WHERE visit_id = ? AND health = 'ok' AND health_reason IS NULL", [visit.visit_id]
    ):
        pages.append(_unseen(case.vendor_domain, "no page of the site could be read whole"))
    return pages


def _page(ledger: Ledger, claim_id: ClaimId, url: FinalUrl, visit_id: VisitId) -> PageOutcome:
    """A page that once showed the claim, on a visit on which it does not."""
    page = ledger.select_first(
        _ReadPage,
        "SELECT p.page_id FROM pages p JOIN looks k ON k.look_id = p.look_id"
        " WHERE p.visit_id = ? AND (p.url = ? OR k.requested_url = ?)"
        " ORDER BY p.url = ? DESC, p.health = 'ok' DESC LIMIT 1",
        [visit_id, url, url, url],
    )
    look = ledger.select_first(
        _PageLook,
        "SELECT reason, status FROM looks WHERE visit_id = ? AND purpose = 'page' AND requested_url = ?",
        [visit_id, url],
    )
    if page is not None:
        absence = ledger.find(Absence, claim_id=claim_id, page_id=page.page_id, url=url)
        if absence is None:
            return _unseen(url, "was not compared with the page that showed it: run `partnerproof claims`")
        return PageOutcome(url=url, outcome=absence.outcome, why=absence.why)
    if look is None:
        return _unseen(url, "was not asked for on this visit")
    return _unseen(url, look.reason or "could not be read")


def _unseen(url: str, why: str) -> PageOutcome:
    return PageOutcome(url=url, outcome=RemovalOutcome.COULD_NOT_LOOK, why=why)


def _follow(
    ledger: Ledger, case: Case, outcome: RemovalOutcome, pages: Sequence[PageOutcome], terms: RemovalTerms
) -> CaseEvent | None:
    """What a new check makes of its case."""
    details: dict[str, object] = {"pages": [page.url for page in pages[:MAX_PAGES]]}
    was_gone = case.followup in (FollowUp.REMOVED, FollowUp.VERIFIED_REMOVED)
    if outcome is RemovalOutcome.SHOWN:
        ended_as_gone = case.followup is FollowUp.CLOSED and RemovalOutcome.GONE in [
            check.outcome for check in _healthy(ledger, case.case_id)
        ]
        if not was_gone and not ended_as_gone:
            return None
        new: dict[str, object] = {"followup": FollowUp.REAPPEARED, "followup_at": utc_text(), "removed_on": None}
        new |= {"state": CaseState.OPEN, "reason": None, "decided_by": None, "decided_at": None}
        record_event(ledger, case, CaseEvent.REAPPEARED, by=PROGRAM, details=details, new=new)
        return CaseEvent.REAPPEARED
    if outcome is not RemovalOutcome.GONE or case.followup in (FollowUp.VERIFIED_REMOVED, FollowUp.CLOSED):
        return None
    first = prove(_healthy(ledger, case.case_id), terms)
    if first is not None:
        day = first[:10]
        details |= {"removed_on": day, "healthy_looks": terms.healthy_looks, "over_days": terms.over_days}
        new = {"followup": FollowUp.VERIFIED_REMOVED, "followup_at": utc_text(), "removed_on": day, "answer_by": None}
        record_event(ledger, case, CaseEvent.VERIFIED_REMOVED, by=PROGRAM, details=details, new=new)
        return CaseEvent.VERIFIED_REMOVED
    if was_gone:
        return None
    new = {"followup": FollowUp.REMOVED, "followup_at": utc_text()}
    record_event(ledger, case, CaseEvent.REMOVED, by=PROGRAM, details=details, new=new)
    return CaseEvent.REMOVED


def _healthy(ledger: Ledger, case_id: CaseId) -> list[HealthyCheck]:
    """The checks of a case that could look, oldest first."""
    return ledger.select(
        HealthyCheck,
        "SELECT looked_at, outcome FROM removal_checks WHERE case_id = ? AND outcome <> ? ORDER BY looked_at, visit_id",
        [case_id, RemovalOutcome.COULD_NOT_LOOK],
    )


def prove(healthy: Sequence[HealthyCheck], terms: RemovalTerms) -> Instant | None:
    """Return when the looks began that prove a removal; None: not proven. healthy: oldest first."""
    run: list[Instant] = []
    for check in healthy:
        run = [*run, check.looked_at] if check.outcome is RemovalOutcome.GONE else []
    if len(run) < max(1, terms.healthy_looks):
        return None
    days = (parse_utc(run[-1]) - parse_utc(run[0])).total_seconds() / 86_400
    return run[0] if days >= terms.over_days else None


def read_checks(ledger: Ledger, case_id: CaseId) -> list[RemovalCheck]:
    """Return what the visits told of a case, newest first."""
    sql = f"SELECT {columns_of(RemovalCheck)} FROM removal_checks WHERE case_id = ? ORDER BY looked_at DESC, visit_id"
    return ledger.select(RemovalCheck, sql, [case_id])


# Visits of one page, as `check` makes, and archives that others made, prove nothing of the whole site as it is now.
_WAITING = """
    SELECT k.case_id, v.visit_id
    FROM cases k
    JOIN claims c ON c.claim_id = k.claim_id
    JOIN visits v ON v.seed_id = c.seed_id AND v.state IN ('done', 'failed') AND v.judged_at IS NOT NULL
    JOIN crawls w ON w.crawl_id = v.crawl_id AND w.kind = 'crawl'
    WHERE (k.state = 'confirmed' OR k.followup IS NOT NULL)
      AND v.started_at > coalesce((SELECT min(e.at) FROM case_events e WHERE e.case_id = k.case_id
                                   AND (e.event IN ('letter-written') OR (e.event IN ('decided', 'approved')
                                        AND json_extract(e.details, '$.decision') = 'confirmed'))), k.opened_at)
      AND NOT EXISTS (SELECT 1 FROM removal_checks r WHERE r.case_id = k.case_id AND r.visit_id = v.visit_id)
    ORDER BY v.started_at, v.visit_id, k.case_id
"""
_SHOWN = """
    SELECT DISTINCT p.url, c.relation
    FROM claims c
    JOIN claim_evidence e ON e.claim_id = c.claim_id
    JOIN pages p ON p.page_id = e.page_id AND p.visit_id = :visit
    LEFT JOIN cases k ON k.claim_id = c.claim_id
    WHERE c.seed_id = :seed AND c.brand = :brand
      AND (c.claim_id = :claim OR k.state IN (SELECT value FROM json_each(:states)))
    ORDER BY c.claim_id <> :claim, p.url LIMIT 20
"""
_EVER_SHOWN = """
    SELECT DISTINCT p.url FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id
    JOIN visits v ON v.visit_id = p.visit_id AND v.seed_id = ?2 WHERE e.claim_id = ?1 ORDER BY p.url
"""
# an image of the claim stands in a page still, and its file did not come
_FAILED_IMAGES = """
    SELECT DISTINCT q.url, 'the image ' || n.image_url || ' could not be fetched: ' || coalesce(i.reason, '?') AS why
    FROM claim_evidence e JOIN sightings g ON g.sighting_id = e.sighting_id AND g.image_url IS NOT NULL
    JOIN pages q ON q.visit_id = :visit
    JOIN sightings n ON n.page_id = q.page_id AND n.image_url = g.image_url
    JOIN looks i ON i.look_id = n.look_id AND i.outcome = 'could-not-look'
    WHERE e.claim_id = :claim
"""
# an image that is nearly a logo and that no page showed while the claim was there
_NEARLY = """
    SELECT DISTINCT p.url AS page_url
    FROM pages p
    JOIN seen_images g ON g.page_id = p.page_id
    JOIN logo_matches m ON m.image_sha256 = g.image_sha256
         AND m.strength = 'perhaps' AND m.rejection_id IS NULL AND m.brand = :brand
    WHERE p.visit_id = :visit AND NOT EXISTS (
        SELECT 1 FROM claim_evidence e JOIN pages o ON o.page_id = e.page_id JOIN pages s ON s.visit_id = o.visit_id
        JOIN seen_images h ON h.page_id = s.page_id
        WHERE e.claim_id = :claim AND h.image_sha256 = m.image_sha256)
"""
_UNHEALTHY = """
    SELECT p.url, p.kind, p.health FROM pages p
    WHERE p.visit_id = :visit AND p.kind IN (SELECT value FROM json_each(:kinds))
      AND (p.health NOT IN ('ok', 'soft-404', 'not-html') OR (p.health = 'ok' AND p.health_reason IS NOT NULL))
    ORDER BY p.url LIMIT 20
"""
