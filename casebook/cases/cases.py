"""Verdicts → cases: one for each claim that a person has to look at.

Reads: v_findings, claims, claim_evidence with pages, sightings, looks, passages, logo_matches, image_words, text_matches, walls, wall_images, brands, seeds.
Writes: cases, case_events, case_words.

1. A finding that is not plainly allowed opens a case; a case keeps what its finding shows, so that a queue of many is quick.
2. What a decision rests on (verdict, tier, images, sentences) has a digest. When it changes, a decided case opens again.
3. A case whose claim is allowed by now, or has lost its evidence, and that nobody has decided, is closed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ledger.database import Ledger, columns_of
from ledger.identity import content_id, event_id, parse_utc, utc_text
from ledger.passage_search import searchable
from ledger.records import Case, CaseEventRow, CaseWords
from ledger.typed_texts import CaseId, ClaimId, FinalUrl, Instant, Sha256
from ledger.verdict_kinds import PLAINLY_ALLOWED, SERIOUSNESS
from ledger.vocabulary import UNDECIDED, CaseEvent, CaseState, Relation, VerdictKind

PROGRAM = "partnerproof"  # who opens and closes cases
TO_BE_REVIEWED = tuple(kind for kind in SERIOUSNESS if kind not in PLAINLY_ALLOWED)
_SHOWN = (
    "verdict", "brand", "relation", "tier", "evidence", "vendor", "vendor_domain", "country", "language", "score",
    "page_url", "image_sha256", "template_id", "first_seen", "last_seen", "seriousness", "newness", "unlikeness",
)  # fmt: skip
_STATE = ("state", "reason", "decided_by", "decided_at", "assignee", "due_on")
_SERIOUSNESS = {kind: place for place, kind in enumerate(SERIOUSNESS)}
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What bringing the cases up to date came to."""

    opened: int
    reopened: int
    closed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _ClaimFinding:
    """A row of _FINDINGS: a finding that was judged."""

    claim_id: ClaimId
    vendor: str
    vendor_domain: str
    brand: str
    relation: Relation
    tier: str | None
    evidence: str  # as v_findings has it
    verdict: VerdictKind
    page_url: FinalUrl
    image_sha256: Sha256 | None
    first_seen: Instant
    last_seen: Instant
    country: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Best:
    """A row of _BEST: what a case shows besides its finding. words: what it is found by."""

    claim_id: ClaimId
    language: str | None
    score: float | None
    template_id: str | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _MaterialPart:
    """A row of _MATERIAL: one thing that a decision on a claim rests on."""

    claim_id: ClaimId
    part: str


def sync_cases(ledger: Ledger) -> Synced:
    """Bring the cases in line with the findings."""
    known: set[ClaimId] = set(ledger.values("SELECT claim_id FROM cases"))
    counts = dict.fromkeys((CaseEvent.OPENED, CaseEvent.CHANGED, CaseEvent.CLOSED), 0)
    seen: set[ClaimId] = set()
    batch: list[_ClaimFinding] = []
    for finding in ledger.select(_ClaimFinding, _FINDINGS):
        if finding.verdict not in TO_BE_REVIEWED and finding.claim_id not in known:
            continue
        seen.add(finding.claim_id)
        batch.append(finding)
        if len(batch) == _BATCH:
            _sync(ledger, batch, counts)
            batch = []
    _sync(ledger, batch, counts)
    with ledger.transaction():
        for case in _of_claims(ledger, known - seen):
            _close(ledger, case, "the claim has no evidence any more", counts)
    return Synced(opened=counts[CaseEvent.OPENED], reopened=counts[CaseEvent.CHANGED], closed=counts[CaseEvent.CLOSED])


def _of_claims(ledger: Ledger, claim_ids: Iterable[ClaimId]) -> list[Case]:
    """The cases of claims as they are now. Read in the transaction that writes: others open and decide cases meanwhile."""
    sql = f"SELECT {columns_of(Case)} FROM cases WHERE claim_id IN (SELECT value FROM json_each(?)) ORDER BY case_id"
    return ledger.select(Case, sql, [json.dumps(sorted(claim_ids))])


def _sync(ledger: Ledger, findings: list[_ClaimFinding], counts: dict[CaseEvent, int]) -> None:
    if not findings:
        return
    ids = json.dumps([finding.claim_id for finding in findings])
    material = _materials(ledger, ids)
    best = {row.claim_id: row for row in ledger.select_each(_Best, _BEST, {"ids": ids})}
    words: dict[CaseId, str] = {}
    with ledger.transaction():
        known = {case.claim_id: case for case in _of_claims(ledger, [finding.claim_id for finding in findings])}
        for finding in findings:
            claim_id = finding.claim_id
            digest = content_id("material", finding.verdict, finding.relation, finding.tier, material[claim_id])
            case = known.get(claim_id)
            fresh = _make_case(finding, best[claim_id], digest, case)
            if case is None:
                _open(ledger, fresh, counts)
            else:
                _update(ledger, case, fresh, counts)
            words[fresh.case_id] = searchable(best[claim_id].words).encode("utf-8", "replace").decode("utf-8")
        _index(ledger, words)


def _make_case(finding: _ClaimFinding, best: _Best, material: str, known: Case | None) -> Case:
    """The case of a finding as it would be opened now; with the ids of the one that is known."""
    now = utc_text()
    return Case(
        case_id=known.case_id if known else CaseId(event_id()),
        claim_id=finding.claim_id,
        opened_at=now,
        state=CaseState.OPEN,
        reason=None,
        decided_by=None,
        decided_at=None,
        assignee=None,
        due_on=None,
        last_event_id=known.last_event_id if known else event_id(),
        material=material,
        verdict=finding.verdict,
        brand=finding.brand,
        relation=finding.relation,
        tier=finding.tier,
        evidence=finding.evidence,
        vendor=finding.vendor,
        vendor_domain=finding.vendor_domain,
        country=finding.country,
        language=best.language,
        score=best.score,
        page_url=finding.page_url,
        image_sha256=finding.image_sha256,
        template_id=best.template_id,
        first_seen=finding.first_seen,
        last_seen=finding.last_seen,
        updated_at=now,
        seriousness=_SERIOUSNESS.get(finding.verdict, len(_SERIOUSNESS)),
        newness=-int(parse_utc(finding.last_seen).timestamp()),
        unlikeness=2.0 if best.score is None else 1.0 - best.score,
    )


def _open(ledger: Ledger, case: Case, counts: dict[CaseEvent, int]) -> None:
    ledger.add([case])
    _event(ledger, case.last_event_id, case.case_id, CaseEvent.OPENED, {"verdict": case.verdict}, {})
    counts[CaseEvent.OPENED] += 1


def _update(ledger: Ledger, case: Case, fresh: Case, counts: dict[CaseEvent, int]) -> None:
    changed = {name: getattr(fresh, name) for name in _SHOWN if getattr(case, name) != getattr(fresh, name)}
    if changed:
        ledger.update(Case, {**changed, "updated_at": fresh.updated_at}, case_id=case.case_id)
    if fresh.verdict not in TO_BE_REVIEWED:
        _close(ledger, case, f"the verdict is {fresh.verdict} by now", counts)
    elif case.material != fresh.material:
        is_decided = case.state not in UNDECIDED
        details = {"verdict": fresh.verdict, "was": case.verdict, "state": case.state}
        new: dict[str, object] = (
            {"state": CaseState.OPEN, "reason": None, "decided_by": None, "decided_at": None} if is_decided else {}
        )
        new["material"] = fresh.material
        record_event(ledger, case, CaseEvent.CHANGED, by=PROGRAM, details=details, new=new)
        counts[CaseEvent.CHANGED] += is_decided


def _close(ledger: Ledger, case: Case, why: str, counts: dict[CaseEvent, int]) -> None:
    if case.state in UNDECIDED:
        record_event(ledger, case, CaseEvent.CLOSED, by=PROGRAM, details={"why": why}, new={"state": CaseState.CLOSED})
        counts[CaseEvent.CLOSED] += 1


def record_event(
    ledger: Ledger,
    case: Case,
    event: CaseEvent,
    *,
    by: str,
    details: Mapping[str, object],
    new: Mapping[str, object],
    batch_id: str | None = None,
) -> str:
    """Add an event to a case and what it makes of its state; returns the event's id. new: columns of the case."""
    identity = event_id()
    _event(ledger, identity, case.case_id, event, details, {name: getattr(case, name) for name in _STATE}, by, batch_id)
    ledger.update(Case, {**new, "last_event_id": identity, "updated_at": utc_text()}, case_id=case.case_id)
    return identity


def _event(
    ledger: Ledger,
    identity: str,
    case_id: CaseId,
    event: CaseEvent,
    details: Mapping[str, object],
    before: Mapping[str, object],
    by: str = PROGRAM,
    batch_id: str | None = None,
) -> None:
    event_row = CaseEventRow(
        event_id=identity,
        case_id=case_id,
        at=utc_text(),
        by=by,
        event=event,
        batch_id=batch_id or identity,
        details=dict(details),
        before=dict(before),
    )
    ledger.add([event_row])


def _materials(ledger: Ledger, ids: str) -> dict[ClaimId, str]:
    """What a decision on a claim rests on: which images with which logos, which sentences."""
    parts: dict[ClaimId, set[str]] = {}
    for row in ledger.select_each(_MaterialPart, _MATERIAL, {"ids": ids}):
        parts.setdefault(row.claim_id, set()).add(row.part)
    return {claim_id: "\n".join(sorted(of_claim)) for claim_id, of_claim in parts.items()}


def _index(ledger: Ledger, words: Mapping[CaseId, str]) -> None:
    """Write what cases are found by, where it has changed: every row that is written is indexed anew."""
    indexed = ledger.select_each(
        CaseWords,
        f"SELECT {columns_of(CaseWords)} FROM case_words WHERE case_id IN (SELECT value FROM json_each(?))",
        [json.dumps(list(words))],
    )
    known = {row.case_id: row.words for row in indexed}
    for case_id, text in words.items():
        if case_id in known and known[case_id] != text:
            ledger.update(CaseWords, {"words": text}, case_id=case_id)
    first: int = ledger.value("SELECT coalesce(max(search_id), 0) + 1 FROM case_words")
    new = [(case_id, text) for case_id, text in words.items() if case_id not in known]
    ledger.add(
        CaseWords(search_id=number, case_id=case_id, words=text) for number, (case_id, text) in enumerate(new, first)
    )


def read_cases(ledger: Ledger, case_ids: Sequence[CaseId]) -> list[Case]:
    """Return cases in the order of their ids; those that are gone are left out."""
    return ledger.select(
        Case,
        f"SELECT {columns_of(Case, 'c')} FROM json_each(?) j CROSS JOIN cases c ON c.case_id = j.value ORDER BY j.id",
        [json.dumps(case_ids)],
    )


def find_cases(ledger: Ledger, case_ids: Iterable[CaseId]) -> list[Case]:
    """Return cases by id, those that are there, in the order of the ids."""
    return read_cases(ledger, sorted(set(case_ids)))


_FINDINGS = """
    SELECT f.claim_id, f.vendor, f.vendor_domain, f.brand, f.relation, f.tier, f.evidence, f.verdict, f.page_url,
           f.image_sha256, f.first_seen, f.last_seen, s.country
    FROM v_findings f JOIN claims c ON c.claim_id = f.claim_id JOIN seeds s ON s.seed_id = c.seed_id
    WHERE f.verdict IS NOT NULL
"""
_BEST = """
    SELECT c.claim_id,
           (SELECT p.language FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id
            WHERE e.claim_id = c.claim_id ORDER BY e.seen_at DESC, e.evidence_id LIMIT 1) AS language,
           (SELECT max(m.score) FROM claim_evidence e JOIN logo_matches m ON m.match_id = e.match_id
            WHERE e.claim_id = c.claim_id) AS score,
           (SELECT w.template_id FROM claim_evidence e JOIN wall_images i ON i.sighting_id = e.sighting_id
            JOIN walls w ON w.wall_id = i.wall_id WHERE e.claim_id = c.claim_id AND w.template_id IS NOT NULL LIMIT 1) AS template_id,
           (SELECT group_concat(word, ' ') FROM (
                SELECT s.vendor AS word UNION SELECT s.vendor_domain UNION SELECT b.name UNION SELECT b.aliases
                UNION SELECT p.title FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id WHERE e.claim_id = c.claim_id
                UNION SELECT t.sentence FROM claim_evidence e JOIN sentences t ON t.text_match_id = e.text_match_id
                      WHERE e.claim_id = c.claim_id
                UNION SELECT g.alt FROM claim_evidence e JOIN sightings g ON g.sighting_id = e.sighting_id WHERE e.claim_id = c.claim_id
                UNION SELECT w.text FROM claim_evidence e JOIN seen_images g ON g.sighting_id = e.sighting_id
                      JOIN image_words w ON w.image_sha256 = g.image_sha256 WHERE e.claim_id = c.claim_id
           )) AS words
    FROM claims c JOIN seeds s ON s.seed_id = c.seed_id JOIN brands b ON b.brand = c.brand
    WHERE c.claim_id IN (SELECT value FROM json_each(:ids))
"""
_MATERIAL = """
    SELECT e.claim_id, coalesce(m.image_sha256 || ' ' || coalesce(m.official_logo_id, m.words), -- without an image that was fetched: its address
                                (SELECT 'named ' || coalesce(g.image_sha256, g.image_url) FROM seen_images g WHERE g.sighting_id = e.sighting_id),
                                (SELECT t.sentence FROM sentences t WHERE t.text_match_id = e.text_match_id)) AS part
    FROM claim_evidence e
    LEFT JOIN logo_matches m ON m.match_id = e.match_id
    WHERE e.claim_id IN (SELECT value FROM json_each(:ids))
"""
