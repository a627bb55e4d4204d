"""What a team is told of: changes of verdicts and cases since a channel was told last, one digest for each brand.

Reads: case_events, cases, alerts. Writes: alerts.

Only what the program itself found is told: what people did, people know. A channel that could not be reached is told all of it the next
time, so a digest may come twice after a crash, with the same id, and never not at all.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from casebook.cases.cases import PROGRAM
from casebook.cases.letter_templates import one_line
from ledger.database import Ledger
from ledger.identity import utc_text
from ledger.vocabulary import CaseEvent

TOLD = {
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
class Digest:
    """What happened to the cases of a brand. events: the most pressing ones; counts: of all; digest_id: of the last event."""

    brand: str
    digest_id: str
    counts: dict[str, int]
    events: tuple[dict[str, Any], ...]

    @property
    def subject(self) -> str:
        told = ", ".join(f"{self.counts[event]} {words}" for event, words in TOLD.items() if self.counts.get(event))
        return f"{one_line(self.brand)}: {told}"

    @property
    def text(self) -> str:
        lines = [self.subject, ""]
        for one in self.events:
            what = f"{one['vendor']} ({one['vendor_domain']}) as {one['relation']}: {TOLD[CaseEvent(one['event'])]}"
            lines.append(f"- {what}, verdict {one['verdict']}, {one['at']}, claim {one['claim_id'][:8]}")
        left = sum(self.counts.values()) - len(self.events)
        if left > 0:
            lines.append(f"and {left} more")
        return "\n".join([*lines, "", "Open them: partnerproof serve", f"Digest {self.digest_id}"])

    def as_json(self) -> str:
        """Return it for machines: brand, digest_id, subject, counts by event, events."""
        return json.dumps(
            {"brand": self.brand, "digest_id": self.digest_id, "subject": self.subject, "counts": self.counts, "events": self.events},
            ensure_ascii=False,
        )  # fmt: skip


def read_digests(ledger: Ledger, channel: str, brands: Sequence[str]) -> list[Digest]:
    """Return what a channel has not been told yet, by brand. brands: none means all."""
    digests = []
    kinds = json.dumps(list(TOLD))
    known = [row["brand"] for row in ledger.rows("SELECT DISTINCT brand FROM cases ORDER BY brand")]
    for brand in known:
        if brands and brand not in brands:
            continue
        since = ledger.value("SELECT told_until FROM alerts WHERE channel = ? AND brand = ?", [channel, brand]) or ""
        keys = {"brand": brand, "since": since, "by": PROGRAM, "kinds": kinds}
        counts = Counter(
            {
                row["event"]: row["n"]
                for row in ledger.rows(f"SELECT e.event, count(*) AS n {_NEW} GROUP BY e.event", keys)
            }
        )
        if not counts:
            continue
        last = ledger.value(f"SELECT max(e.event_id) {_NEW}", keys)
        sql = f"SELECT e.event, e.at, c.vendor, c.vendor_domain, c.relation, c.verdict, c.claim_id, c.case_id {_NEW}"
        order = " ".join(f"WHEN '{event}' THEN {place}" for place, event in enumerate(TOLD))
        rows = ledger.rows(
            f"{sql} ORDER BY CASE e.event {order} END, c.seriousness, e.event_id LIMIT {MOST_LISTED}", keys
        )
        events = tuple({name: one_line(str(row[name] or "")) for name in row.keys()} for row in rows)  # noqa: SIM118  # a row is no mapping
        digests.append(Digest(brand=brand, digest_id=last, counts=dict(counts), events=events))
    return digests


def note_told(ledger: Ledger, channel: str, digest: Digest) -> None:
    """Remember that a channel was told."""
    ledger.execute(
        "INSERT INTO alerts VALUES (?, ?, ?, ?) ON CONFLICT (channel, brand) DO UPDATE SET told_until = excluded.told_until,"
        " told_at = excluded.told_at",
        [channel, digest.brand, digest.digest_id, utc_text()],
    )


_NEW = """
    FROM case_events e JOIN cases c ON c.case_id = e.case_id
    WHERE e.event_id > :since AND e.by = :by AND c.brand = :brand AND e.event IN (SELECT value FROM json_each(:kinds))
"""
