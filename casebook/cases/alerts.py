"""Alerts to a team: changes of verdicts and cases since the last digest of a channel, one digest for each brand.

Reads: case_events, cases, alerts. Writes: alerts.

A digest holds only what the program itself found: what people did, people know. A channel that could not be reached gets all of it the
next time, so a digest may come twice after a crash, with the same id, and is never lost.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, fields

from casebook.cases.cases import PROGRAM
from casebook.cases.letter_text import one_line
from ledger.database import Ledger
from ledger.identity import utc_text
from ledger.records import Alert
from ledger.vocabulary import CaseEvent

EVENT_WORDS = {
    CaseEvent.REAPPEARED: "came back",
    CaseEvent.OPENED: "new",
    CaseEvent.CHANGED: "changed",
    CaseEvent.DEADLINE_PASSED: "past the deadline",
    CaseEvent.REMOVED: "gone on the last look",
    CaseEvent.VERIFIED_REMOVED: "verified as removed",
    CaseEvent.CLOSED: "closed",
}
MOST_LISTED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestEvent:
    """An event of a case as texts of one line, whatever a vendor wrote into them."""

    event: str
    at: str
    vendor: str
    vendor_domain: str
    relation: str
    verdict: str
    claim_id: str
    case_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _EventCount:
    event: CaseEvent
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What happened to the cases of a brand. events: the most pressing ones; counts: of all; digest_id: of the last event."""

    brand: str
    digest_id: str
    counts: dict[str, int]
    events: tuple[DigestEvent, ...]

    @property
    def subject(self) -> str:
        counted = [f"{self.counts[event]} {words}" for event, words in EVENT_WORDS.items() if self.counts.get(event)]
        return f"{one_line(self.brand)}: {', '.join(counted)}"

    @property
    def text(self) -> str:
        lines = [self.subject, ""]
        for event in self.events:
            words = EVENT_WORDS[CaseEvent(event.event)]
            lines.append(
                f"- {event.vendor} ({event.vendor_domain}) as {event.relation}: {words}, verdict {event.verdict},"
                f" {event.at}, claim {event.claim_id[:8]}"
            )
        left = sum(self.counts.values()) - len(self.events)
        if left > 0:
            lines.append(f"and {left} more")
        return "\n".join([*lines, "", "Open them: partnerproof serve", f"Digest {self.digest_id}"])

    def as_json(self) -> str:
        """Return it for machines: brand, digest_id, subject, counts by event, events."""
        return json.dumps(
            {"brand": self.brand, "digest_id": self.digest_id, "subject": self.subject, "counts": self.counts,
             "events": [asdict(event) for event in self.events]},
            ensure_ascii=False,
        )  # fmt: skip


def read_digests(ledger: Ledger, channel: str, brands: Sequence[str]) -> list[Digest]:
    """Return what was not sent to a channel yet, by brand. brands: none means all."""
    known = ledger.values("SELECT DISTINCT brand FROM cases ORDER BY brand")
    digests = [_read_digest(ledger, channel, brand) for brand in known if not brands or brand in brands]
    return [digest for digest in digests if digest is not None]


def _read_digest(ledger: Ledger, channel: str, brand: str) -> Digest | None:
    alert = ledger.find(Alert, channel=channel, brand=brand)
    since = alert.told_until if alert else ""
    keys = {"brand": brand, "since": since, "by": PROGRAM, "kinds": json.dumps(list(EVENT_WORDS))}
    counts = ledger.select(_EventCount, f"SELECT e.event, count(*) AS events {_NEW} GROUP BY e.event", keys)
    if not counts:
        return None
    last = ledger.value(f"SELECT max(e.event_id) {_NEW}", keys)
    order = " ".join(f"WHEN '{event}' THEN {place}" for place, event in enumerate(EVENT_WORDS))
    events = ledger.select(
        DigestEvent,
        f"SELECT e.event, e.at, c.vendor, c.vendor_domain, c.relation, c.verdict, c.claim_id, c.case_id {_NEW}"
        f" ORDER BY CASE e.event {order} END, c.seriousness, e.event_id LIMIT {MOST_LISTED}",
        keys,
    )
    return Digest(
        brand=brand,
        digest_id=last,
        counts={str(count.event): count.events for count in counts},
        events=tuple(map(_plain_event, events)),
    )


def _plain_event(event: DigestEvent) -> DigestEvent:
    names = (field.name for field in fields(event))
    return DigestEvent(**{name: one_line(text) for name, text in zip(names, astuple(event), strict=True)})


def note_told(ledger: Ledger, channel: str, digest: Digest) -> None:
    """Remember that a channel got a digest."""
    ledger.put([Alert(channel=channel, brand=digest.brand, told_until=digest.digest_id, told_at=utc_text())])


_NEW = """
    FROM case_events e JOIN cases c ON c.case_id = e.case_id
    WHERE e.event_id > :since AND e.by = :by AND c.brand = :brand AND e.event IN (SELECT value FROM json_each(:kinds))
"""
