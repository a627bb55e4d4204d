"""How long captures are kept: which are due for deletion, and which a legal hold keeps.

Reads: captures, claims, verdicts, holds. Writes: holds; ledger/proof/deletion.py deletes.

1. A capture is of the class finding when a page that carries a claim which is not plainly allowed was shown with it; claim, when
   another claim was; else unclaimed. Images, style sheets, redirects and robots.txt go with their page.
2. It is due when its class's days have passed since it was fetched; 0 days: never.
3. A hold on its vendor keeps it, and so does a later capture that holds no payload of its own and refers to it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from casebook.export.shown_pages import ALL_SHOWN
from crawler.reading.page_reader import forget_unclaimed_contents
from ledger.archive.record_places import PAGES_OF_CAPTURES
from ledger.database import Ledger, columns_of
from ledger.errors import BadInputError, Problem
from ledger.identity import event_id, utc_now, utc_text
from ledger.proof.custody import CustodyLog
from ledger.proof.deletion import DueCapture
from ledger.records import Hold, Seed
from ledger.typed_texts import CaptureId, Instant, SeedId
from ledger.verdict_kinds import PLAINLY_ALLOWED
from ledger.vocabulary import CustodyEvent, HoldEvent, RetentionClass
from matcher.image_words import forget_unseen_words
from matcher.text_matches import forget_unclaimed_texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What is due. held: captures whose time is over and that a hold, or a capture that refers to them, keeps, by class."""

    due: tuple[DueCapture, ...]
    held: Mapping[str, int]
    stored: Mapping[str, int]  # captures with a payload, by class


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """A row of _CLASSES: a capture whose payload is stored."""

    capture_id: CaptureId
    fetched_at: Instant
    refers_to: CaptureId | None
    kind: RetentionClass
    is_held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldVendor:
    """A hold that is in force, with its vendor."""

    vendor: str
    vendor_domain: str
    seed_id: SeedId
    why: str
    decided_by: str
    decided_at: Instant


def read_retention(ledger: Ledger, days: Mapping[RetentionClass, int]) -> Retention:
    """Return what is due now. days: how long each class is kept, 0 for ever."""
    now = utc_now()
    until = {kind: utc_text(now - dt.timedelta(days=days[kind])) if days.get(kind) else "" for kind in RetentionClass}
    captures = ledger.select(_Stored, _CLASSES, {"allowed": ",".join(f" {kind} " for kind in PLAINLY_ALLOWED)})
    over = {capture.capture_id: capture for capture in captures if capture.fetched_at <= until[capture.kind]}
    kept = {capture_id for capture_id, capture in over.items() if capture.is_held}
    # a revisit that stays needs the payload that it refers to
    kept |= {
        capture.refers_to
        for capture in captures
        if capture.refers_to in over and (capture.capture_id not in over or capture.is_held)
    }
    due = [
        DueCapture(capture_id=capture.capture_id, retention_class=capture.kind, kept_days=days[capture.kind])
        for capture in over.values()
        if capture.capture_id not in kept
    ]
    return Retention(
        due=tuple(due),
        held=Counter(over[capture_id].kind for capture_id in kept),
        stored=Counter(capture.kind for capture in captures),
    )


def decide_hold(
    ledger: Ledger, log: CustodyLog, vendor_domain: str, event: HoldEvent, *, why: str, by: str
) -> Sequence[Seed]:
    """Lay or lift a hold on a vendor; returns the seeds it is for. Errors: BadInputError for a vendor that was never visited."""
    seeds = ledger.select(
        Seed,
        f"SELECT {columns_of(Seed)} FROM seeds WHERE vendor_domain = ? ORDER BY seed_id",
        [vendor_domain.lower()],
    )
    if not seeds:
        raise BadInputError(
            Problem(
                where="VENDOR",
                expected="the vendor_domain of a vendor that was visited",
                got=repr(vendor_domain),
                next_step="see the column vendor_domain of `partnerproof findings --csv`",
            )
        )
    held = {hold.seed_id for hold in read_holds(ledger)}
    wanted = [seed for seed in seeds if (seed.seed_id in held) is (event is HoldEvent.LIFTED)]
    for seed in wanted:
        hold_id = event_id()
        ledger.add(
            [Hold(hold_id=hold_id, seed_id=seed.seed_id, event=event, why=why, decided_by=by, decided_at=utc_text())]
        )
        log.add(CustodyEvent.HELD, {"hold": hold_id, "vendor": seed.vendor_domain, "event": event, "why": why}, by=by)
    return wanted


def read_holds(ledger: Ledger) -> list[HeldVendor]:
    """Return the holds that are in force, with their vendors."""
    return ledger.select(
        HeldVendor,
        "SELECT s.vendor, s.vendor_domain, h.seed_id, h.why, h.decided_by, h.decided_at FROM holds h JOIN seeds s ON s.seed_id = h.seed_id WHERE h.event = 'laid'"
        " AND h.hold_id = (SELECT max(hold_id) FROM holds o WHERE o.seed_id = h.seed_id) ORDER BY s.vendor_domain",
    )


def forget_read(ledger: Ledger, capture_ids: Sequence[CaptureId]) -> None:
    """Take away what was read of pages that are deleted: their words, their images' surroundings, what rests on them."""
    captures = {"captures": json.dumps(list(capture_ids))}
    evidence = f"SELECT claim_id, evidence_id FROM claim_evidence WHERE page_id IN ({PAGES_OF_CAPTURES})"
    ledger.execute(f"DELETE FROM mark_findings WHERE (claim_id, evidence_id) IN ({evidence})", captures)
    ledger.execute(
        f"DELETE FROM walls WHERE page_id IN ({PAGES_OF_CAPTURES}) AND page_id NOT IN (SELECT page_id FROM claim_evidence)",
        captures,
    )
    forget_unclaimed_texts(ledger, capture_ids)
    forget_unclaimed_contents(ledger, capture_ids)
    forget_unseen_words(ledger)


_CLASSES = f"""
    WITH RECURSIVE verdict AS (
        SELECT claim_id, verdict FROM verdicts v WHERE is_replay = 0
          AND sequence = (SELECT max(sequence) FROM verdicts w WHERE w.claim_id = v.claim_id AND w.is_replay = 0)
    ),
    carried AS ( -- pages that carry claims
        SELECT p.page_id, p.look_id, p.visit_id, p.stylesheet_looks,
               max(instr(:allowed, ' ' || coalesce(v.verdict, '?') || ' ') = 0) AS is_finding
        FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id LEFT JOIN verdict v ON v.claim_id = e.claim_id
        GROUP BY p.page_id
    ),{ALL_SHOWN},
    classed AS (SELECT capture_id, max(is_finding) AS is_finding FROM chain GROUP BY capture_id)
    SELECT c.capture_id, c.fetched_at, c.refers_to,
           CASE k.is_finding WHEN 1 THEN 'finding' WHEN 0 THEN 'claim' ELSE 'unclaimed' END AS kind,
           coalesce((SELECT h.event = 'laid' FROM holds h WHERE h.seed_id = v.seed_id ORDER BY h.hold_id DESC LIMIT 1), 0) AS is_held
    FROM captures c JOIN visits v ON v.visit_id = c.visit_id AND v.state IN ('done', 'failed')
    LEFT JOIN classed k ON k.capture_id = c.capture_id
    WHERE c.capture_id NOT IN (SELECT capture_id FROM deletions)
    ORDER BY c.fetched_at, c.capture_id
"""
