"""Verdicts → cases: one for each claim that a person has to look at.

Reads: findings, evidence. Writes: cases, case_events, case_words.

1. A finding that is not plainly allowed opens a case; a case keeps what its finding shows, so that a queue of many is quick.
2. What a decision rests on (verdict, tier, images, sentences) has a digest. When it changes, a decided case opens again.
3. A case whose claim is allowed by now, or has lost its evidence, and that nobody has decided, is closed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.database import Ledger, Row
from ledger.identity import content_id, event_id, parse_utc, utc_text
from ledger.passage_search import searchable
from ledger.typed_texts import CaseId, ClaimId
from ledger.verdict_kinds import PLAINLY_ALLOWED, SERIOUSNESS
from ledger.vocabulary import CaseEvent, CaseState

PROGRAM = "partnerproof"  # who opens and closes cases
TO_BE_REVIEWED = tuple(kind for kind in SERIOUSNESS if kind not in PLAINLY_ALLOWED)
UNDECIDED = frozenset({CaseState.OPEN, CaseState.LATER, CaseState.WAITING_APPROVAL})
_SHOWN = (
    "verdict", "brand", "relation", "tier", "evidence", "vendor", "vendor_domain", "country", "language", "score",
    "page_url", "image_sha256", "template_id", "first_seen", "last_seen", "seriousness", "newness", "unlikeness",
)  # fmt: skip
_STATE = ("state", "reason", "decided_by", "decided_at", "assignee", "due_on")
_SERIOUSNESS = {str(kind): place for place, kind in enumerate(SERIOUSNESS)}
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What bringing the cases up to date came to."""

    opened: int
    reopened: int
    closed: int


def sync_cases(ledger: Ledger) -> Synced:
    """Bring the cases in line with the findings."""
    known = {row["claim_id"]: row for row in ledger.rows("SELECT * FROM cases")}
    counts = dict.fromkeys((CaseEvent.OPENED, CaseEvent.CHANGED, CaseEvent.CLOSED), 0)
    seen: set[str] = set()
    batch: list[Row] = []
    for finding in ledger.rows(_FINDINGS):
        if finding["verdict"] not in TO_BE_REVIEWED and finding["claim_id"] not in known:
            continue
        seen.add(finding["claim_id"])
        batch.append(finding)
        if len(batch) == _BATCH:
            _sync(ledger, batch, known, counts)
            batch = []
    _sync(ledger, batch, known, counts)
    with ledger.transaction():
        for claim_id in known.keys() - seen:
            _close(ledger, known[claim_id], "the claim has no evidence any more", counts)
    return Synced(opened=counts[CaseEvent.OPENED], reopened=counts[CaseEvent.CHANGED], closed=counts[CaseEvent.CLOSED])


def _sync(ledger: Ledger, findings: list[Row], known: dict[str, Row], counts: dict[CaseEvent, int]) -> None:
    if not findings:
        return
    ids = json.dumps([row["claim_id"] for row in findings])
    material = _materials(ledger, ids)
    best = {row["claim_id"]: row for row in ledger.rows(_BEST, {"ids": ids})}
    with ledger.transaction():
        for finding in findings:
            claim_id = finding["claim_id"]
            shown: dict[str, Any] = {
                **dict(finding),
                **{k: best[claim_id][k] for k in ("language", "score", "template_id")},
            }
            shown |= {
                "seriousness": _SERIOUSNESS.get(finding["verdict"], len(_SERIOUSNESS)),
                "newness": -int(parse_utc(finding["last_seen"]).timestamp()),
                "unlikeness": 2.0 if shown["score"] is None else 1.0 - float(shown["score"]),
            }
            digest = content_id(
                "material", finding["verdict"], finding["relation"], finding["tier"], material[claim_id]
            )
            case = known.get(claim_id)
            if case is None:
                _open(ledger, shown, digest, counts)
            else:
                _update(ledger, case, shown, digest, counts)
            _index(ledger, claim_id, best[claim_id]["words"])


def _open(ledger: Ledger, shown: dict[str, object], digest: str, counts: dict[CaseEvent, int]) -> None:
    case_id, now = event_id(), utc_text()
    columns = ("case_id", "claim_id", "opened_at", "state", "last_event_id", "material", "updated_at", *_SHOWN)
    first = event_id()
    values = [case_id, shown["claim_id"], now, CaseState.OPEN, first, digest, now, *(shown[name] for name in _SHOWN)]
    ledger.execute(f"INSERT INTO cases ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", values)
    _event(ledger, first, case_id, CaseEvent.OPENED, {"verdict": shown["verdict"]}, {})
    counts[CaseEvent.OPENED] += 1


def _update(ledger: Ledger, case: Row, shown: dict[str, object], digest: str, counts: dict[CaseEvent, int]) -> None:
    changed = [name for name in _SHOWN if case[name] != shown[name]]
    if changed:
        pairs = ", ".join(f"{name} = ?" for name in changed)
        values = [*(shown[name] for name in changed), utc_text(), case["case_id"]]
        ledger.execute(f"UPDATE cases SET {pairs}, updated_at = ? WHERE case_id = ?", values)
    if shown["verdict"] not in TO_BE_REVIEWED:
        _close(ledger, case, f"the verdict is {shown['verdict']} by now", counts)
    elif case["material"] != digest:
        is_decided = case["state"] not in UNDECIDED
        told = {"verdict": shown["verdict"], "was": case["verdict"], "state": case["state"]}
        new: dict[str, object] = (
            {"state": CaseState.OPEN, "reason": None, "decided_by": None, "decided_at": None} if is_decided else {}
        )
        record_event(ledger, case, CaseEvent.CHANGED, by=PROGRAM, details=told, new=new)
        ledger.execute("UPDATE cases SET material = ? WHERE case_id = ?", [digest, case["case_id"]])
        counts[CaseEvent.CHANGED] += is_decided


def _close(ledger: Ledger, case: Row, why: str, counts: dict[CaseEvent, int]) -> None:
    if CaseState(case["state"]) in UNDECIDED:
        record_event(ledger, case, CaseEvent.CLOSED, by=PROGRAM, details={"why": why}, new={"state": CaseState.CLOSED})
        counts[CaseEvent.CLOSED] += 1


def record_event(
    ledger: Ledger,
    case: Row,
    event: CaseEvent,
    *,
    by: str,
    details: Mapping[str, object],
    new: Mapping[str, object],
    batch_id: str | None = None,
) -> str:
    """Add an event to a case and what it makes of its state; returns the event's id. new: columns of the case."""
    identity = event_id()
    _event(ledger, identity, case["case_id"], event, details, {name: case[name] for name in _STATE}, by, batch_id)
    pairs = "".join(f"{name} = ?, " for name in new)
    ledger.execute(
        f"UPDATE cases SET {pairs}last_event_id = ?, updated_at = ? WHERE case_id = ?",
        [*new.values(), identity, utc_text(), case["case_id"]],
    )
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
    ledger.execute(
        "INSERT INTO case_events (event_id, case_id, at, by, event, batch_id, details, before) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [identity, case_id, utc_text(), by, event, batch_id or identity,
         json.dumps(details, ensure_ascii=False), json.dumps(before, ensure_ascii=False)],
    )  # fmt: skip


def _materials(ledger: Ledger, ids: str) -> dict[str, str]:
    """What a decision on a claim rests on: which images with which logos, which sentences."""
    said: dict[str, list[str]] = {}
    for row in ledger.rows(_MATERIAL, {"ids": ids}):
        said.setdefault(row["claim_id"], []).append(row["said"])
    return {claim_id: "\n".join(sorted(set(parts))) for claim_id, parts in said.items()}


def _index(ledger: Ledger, claim_id: ClaimId, words: str) -> None:
    text = searchable(words).encode("utf-8", "replace").decode("utf-8")
    ledger.execute(
        "INSERT INTO case_words (case_id, words) SELECT case_id, :words FROM cases WHERE claim_id = :claim"
        " ON CONFLICT (case_id) DO UPDATE SET words = excluded.words WHERE words <> excluded.words",
        {"words": text, "claim": claim_id},
    )


def read_events(ledger: Ledger, case_id: CaseId) -> Iterator[Row]:
    """Yield the events of a case, oldest first."""
    yield from ledger.rows("SELECT * FROM case_events WHERE case_id = ? ORDER BY event_id", [case_id])


def require_cases(ledger: Ledger, case_ids: Iterable[CaseId]) -> list[Row]:
    """Return cases by id, those that are there."""
    return ledger.rows(
        "SELECT * FROM cases WHERE case_id IN (SELECT value FROM json_each(?)) ORDER BY case_id",
        [json.dumps(list(case_ids))],
    )


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
                UNION SELECT substr(a.text, t.sentence_start + 1, t.sentence_end - t.sentence_start) FROM claim_evidence e
                      JOIN text_matches t ON t.text_match_id = e.text_match_id JOIN passages a ON a.passage_id = t.passage_id
                      WHERE e.claim_id = c.claim_id
                UNION SELECT g.alt FROM claim_evidence e JOIN sightings g ON g.sighting_id = e.sighting_id WHERE e.claim_id = c.claim_id
           )) AS words
    FROM claims c JOIN seeds s ON s.seed_id = c.seed_id JOIN brands b ON b.brand = c.brand
    WHERE c.claim_id IN (SELECT value FROM json_each(:ids))
"""
_MATERIAL = """
    SELECT e.claim_id, coalesce(m.image_sha256 || ' ' || m.official_logo_id,
                                substr(a.text, t.sentence_start + 1, t.sentence_end - t.sentence_start)) AS said
    FROM claim_evidence e
    LEFT JOIN logo_matches m ON m.match_id = e.match_id
    LEFT JOIN text_matches t ON t.text_match_id = e.text_match_id
    LEFT JOIN passages a ON a.passage_id = t.passage_id
    WHERE e.claim_id IN (SELECT value FROM json_each(:ids))
"""
