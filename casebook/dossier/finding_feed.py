"""Findings in the order in which their verdicts were given, to go on from any of them: for programs that follow what changes.

Reads: verdicts, claims, seeds, v_findings, cases, claim_evidence, sentences.

A finding stands at its latest verdict: a new verdict moves it to the end, so whoever goes on from a cursor misses none. The order is that
of the rows, which are only ever added; no clock has a say in it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from casebook.dossier.findings import Finding
from ledger.database import Ledger, columns_of
from ledger.errors import BadInputError, Problem
from ledger.typed_texts import CaseId, ClaimId, Instant
from ledger.vocabulary import Certainty, Relation, VerdictKind


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFinding:
    """A finding with the sentence that claims it and its case. cursor: the verdict that holds."""

    cursor: str
    claim_id: ClaimId
    vendor: str
    vendor_domain: str
    brand: str
    relation: Relation
    tier: str | None
    evidence: str | None
    verdict: VerdictKind
    certainty: Certainty
    reasons: tuple[str, ...] | None
    objections: tuple[str, ...] | None
    page_url: str
    sentence: str | None
    image_url: str | None
    image_sha256: str | None
    first_seen: Instant
    last_seen: Instant
    judged_at: Instant
    case_id: CaseId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFilter:
    """Which findings; None: all. vendor: a domain."""

    vendor: str | None = None
    brand: str | None = None
    verdict: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    verdict_id: str
    claim_id: ClaimId
    judged_at: Instant
    certainty: Certainty
    case_id: CaseId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimSentence:
    """The newest sentence that a claim rests on."""

    claim_id: ClaimId
    sentence: str
    seen_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """Some findings, and the cursor to go on from; None: there are no more."""

    findings: Sequence[FeedFinding]
    next: str | None


def read_feed(
    ledger: Ledger, filters: FeedFilter, *, after: str | None = None, since: str | None = None, limit: int
) -> FeedPage:
    """Return findings whose verdict stands behind a cursor, or from an instant on. Errors: BadInputError for a cursor that is none."""
    with ledger.snapshot():
        begin = _place_of(ledger, after) if after is not None else _place_since(ledger, since)
        keys = {
            "begin": begin,
            "limit": limit + 1,
            "vendor": filters.vendor,
            "brand": filters.brand,
            "verdict": filters.verdict,
        }
        places = ledger.select(_Place, _PLACES, keys)
        shown = places[:limit]
        ids = json.dumps([place.claim_id for place in shown])
        sql = f"SELECT {columns_of(Finding)} FROM v_findings WHERE claim_id IN (SELECT value FROM json_each(?))"
        findings = {finding.claim_id: finding for finding in ledger.select(Finding, sql, [ids])}
        sentences = read_sentences(ledger, [place.claim_id for place in shown])
    # a claim that has lost its evidence is no finding any more
    listed = [
        _finding(place, findings[place.claim_id], sentences.get(place.claim_id))
        for place in shown
        if place.claim_id in findings
    ]
    return FeedPage(findings=listed, next=shown[-1].verdict_id if len(places) > limit else None)


def read_feed_finding(ledger: Ledger, claim_id: str) -> FeedFinding | None:
    """Return one finding; None: there is no claim of this id that was judged."""
    place = ledger.select_first(_Place, _PLACE_OF_CLAIM, [claim_id])
    finding = ledger.find(Finding, claim_id=claim_id)
    if place is None or finding is None:
        return None
    return _finding(place, finding, read_sentences(ledger, [place.claim_id]).get(place.claim_id))


def read_sentences(ledger: Ledger, claim_ids: Sequence[ClaimId]) -> dict[ClaimId, str]:
    """Return of some claims the newest sentence that each rests on, where there is one."""
    rows = ledger.select(ClaimSentence, _SENTENCES, [json.dumps(list(claim_ids))])
    return {row.claim_id: row.sentence for row in rows}


def _finding(place: _Place, finding: Finding, sentence: str | None) -> FeedFinding:
    return FeedFinding(
        cursor=place.verdict_id, claim_id=finding.claim_id, vendor=finding.vendor, vendor_domain=finding.vendor_domain,
        brand=finding.brand, relation=finding.relation, tier=finding.tier, evidence=finding.evidence,
        verdict=finding.verdict or VerdictKind.UNDETERMINED, certainty=place.certainty, reasons=finding.reasons,
        objections=finding.objections, page_url=finding.page_url, sentence=sentence, image_url=finding.image_url,
        image_sha256=finding.image_sha256, first_seen=finding.first_seen, last_seen=finding.last_seen,
        judged_at=place.judged_at, case_id=place.case_id,
    )  # fmt: skip


def _place_of(ledger: Ledger, cursor: str) -> int:
    place: int | None = ledger.value("SELECT rowid FROM verdicts WHERE verdict_id = ?", [cursor])
    if place is None:
        raise BadInputError(
            Problem(where="cursor", expected="one that this database gave", got=repr(cursor), next_step="begin with an instant instead")
        )  # fmt: skip
    return place


def _place_since(ledger: Ledger, since: str | None) -> int:
    """The place before the first verdict that was given at an instant or later; where there is none, behind all."""
    if since is None:
        return 0
    first: int | None = ledger.value("SELECT min(rowid) FROM verdicts WHERE judged_at >= ?", [since])
    return first - 1 if first is not None else int(ledger.value("SELECT coalesce(max(rowid), 0) FROM verdicts"))


_COLUMNS = """
    SELECT v.verdict_id, v.claim_id, v.judged_at,
           iif(coalesce(json_array_length(v.facts, '$.doubts'), 0) > 0, 'likely', 'sure') AS certainty,
           (SELECT k.case_id FROM cases k WHERE k.claim_id = v.claim_id) AS case_id
    FROM verdicts v
    JOIN claims c ON c.claim_id = v.claim_id
    JOIN seeds s ON s.seed_id = c.seed_id
"""
_HOLDS = """
    v.is_replay = 0 AND NOT EXISTS (
        SELECT 1 FROM verdicts n WHERE n.claim_id = v.claim_id AND n.is_replay = 0 AND n.sequence > v.sequence)
"""
_PLACES = f"""
    {_COLUMNS} WHERE v.rowid > :begin AND {_HOLDS} AND (:vendor IS NULL OR s.vendor_domain = :vendor)
        AND (:brand IS NULL OR c.brand = :brand) AND (:verdict IS NULL OR v.verdict = :verdict)
    ORDER BY v.rowid LIMIT :limit
"""
_PLACE_OF_CLAIM = f"{_COLUMNS} WHERE v.claim_id = ? AND {_HOLDS}"
_SENTENCES = """
    SELECT e.claim_id, t.sentence, max(e.seen_at) AS seen_at -- SQLite takes the other columns from the row with the maximum
    FROM claim_evidence e JOIN sentences t ON t.text_match_id = e.text_match_id
    WHERE e.claim_id IN (SELECT value FROM json_each(?))
    GROUP BY e.claim_id
"""
