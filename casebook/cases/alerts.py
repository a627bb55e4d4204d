"""Alerts to a team: changes of verdicts and cases since the last digest of a channel, one digest for each brand.

Reads: case_events, cases, verdicts, alerts, deliveries. Writes: alerts, deliveries.

1. What the program itself found since the last digest becomes a delivery, in the transaction that notes how far the channel was told:
   what people did, people know. What is told of a brand first, or is very much at once, is one summary.
2. A delivery waits until the channel has taken it, with growing waits; what happens meanwhile is told in the next one.
3. Killed between sending and noting, it is sent again under the same id: at least once, never not at all.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from casebook.cases.cases import PROGRAM
from casebook.cases.letter_text import one_line
from casebook.dossier.finding_feed import read_sentences
from ledger.database import Ledger, columns_of
from ledger.identity import event_id, utc_now, utc_text
from ledger.records import Alert, Delivery
from ledger.typed_texts import CaseId, ClaimId, Instant
from ledger.vocabulary import CaseEvent, Certainty, Relation, VerdictKind

EVENT_WORDS = {
    CaseEvent.REAPPEARED: "came back",
    CaseEvent.OPENED: "new",
    CaseEvent.CHANGED: "changed",
    CaseEvent.DEADLINE_PASSED: "past the deadline",
    CaseEvent.REMOVED: "gone on the last look",
    CaseEvent.VERIFIED_REMOVED: "verified as removed",
    CaseEvent.CLOSED: "closed",
}
MOST_LISTED, MOST_IN_SUMMARY = 50, 10
FIRST_WAIT_S, LONGEST_WAIT_S = 30, 3_600  # between two tries of one delivery: each is twice the one before
DELIVERED_DAYS = 30  # after which what was delivered is forgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestEvent:
    """An event of a case as texts of one line, whatever a vendor wrote into them. sentence: empty where none claims it."""

    event: str
    at: str
    vendor: str
    vendor_domain: str
    relation: str
    verdict: str
    certainty: str
    page_url: str
    sentence: str
    claim_id: str
    case_id: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _NewEvent:
    event: CaseEvent
    at: Instant
    vendor: str
    vendor_domain: str
    relation: Relation
    verdict: VerdictKind
    certainty: Certainty | None
    page_url: str | None
    claim_id: ClaimId
    case_id: CaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class _EventCount:
    event: CaseEvent
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _VerdictCount:
    verdict: VerdictKind
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What happened to the cases of a brand. events: the most pressing ones; counts: of all, by event; verdicts: of their cases.

    digest_id: of the last event. is_summary: it is the first of its brand, or there is too much to list.
    """

    brand: str
    digest_id: str
    is_summary: bool
    counts: dict[str, int]
    verdicts: dict[str, int]
    events: tuple[DigestEvent, ...]

    @property
    def subject(self) -> str:
        counted = [f"{self.counts[event]} {words}" for event, words in EVENT_WORDS.items() if self.counts.get(event)]
        return f"{one_line(self.brand)}: {', '.join(counted)}"

    @property
    def text(self) -> str:
        lines = [self.subject, ""]
        if self.is_summary:
            verdicts = ", ".join(f"{number} {verdict}" for verdict, number in self.verdicts.items())
            lines += [f"By verdict: {verdicts}", ""]
        for event in self.events:
            words = EVENT_WORDS[CaseEvent(event.event)]
            lines.append(
                f"- {event.vendor} ({event.vendor_domain}) as {event.relation}: {words}, verdict {event.verdict},"
                f" {event.at}, claim {event.claim_id[:8]}"
            )
            lines += [f"  “{event.sentence}”"] if event.sentence else []
            lines += [f"  {place}" for place in (event.page_url, event.link) if place.startswith("http")]
        left = sum(self.counts.values()) - len(self.events)
        if left > 0:
            lines.append(f"and {left} more")
        return "\n".join([*lines, "", "Open them: partnerproof serve", f"Digest {self.digest_id}"])

    def as_json(self, delivery_id: str) -> str:
        """Return it for machines."""
        return json.dumps(
            {"delivery_id": delivery_id, "kind": "summary" if self.is_summary else "changes", "brand": self.brand,
             "digest_id": self.digest_id, "subject": self.subject, "counts": self.counts, "verdicts": self.verdicts,
             "events": [asdict(event) for event in self.events]},
            ensure_ascii=False,
        )  # fmt: skip


def read_digests(ledger: Ledger, channel: str, brands: Sequence[str], address: str = "") -> list[Digest]:
    """Return what is on no way to a channel yet, by brand. brands: none means all; address: of the screen, for links.

    A brand of which a delivery waits has no digest: what happened since is told when that is done.
    """
    known = ledger.values(
        "SELECT DISTINCT brand FROM cases WHERE brand NOT IN"
        " (SELECT brand FROM deliveries WHERE channel = ? AND delivered_at IS NULL) ORDER BY brand",
        [channel],
    )
    digests = [_read_digest(ledger, channel, brand, address) for brand in known if not brands or brand in brands]
    return [digest for digest in digests if digest is not None]


def _read_digest(ledger: Ledger, channel: str, brand: str, address: str) -> Digest | None:
    alert = ledger.find(Alert, channel=channel, brand=brand)
    since = alert.told_until if alert else ""
    keys = {"brand": brand, "since": since, "by": PROGRAM, "kinds": json.dumps(list(EVENT_WORDS))}
    counts = ledger.select(_EventCount, f"SELECT e.event, count(*) AS events {_NEW} GROUP BY e.event", keys)
    if not counts:
        return None
    is_summary = alert is None or sum(count.events for count in counts) > MOST_LISTED
    verdicts = ledger.select(_VerdictCount, _VERDICTS, keys)
    order = " ".join(f"WHEN '{event}' THEN {place}" for place, event in enumerate(EVENT_WORDS))
    events = ledger.select(
        _NewEvent,
        f"SELECT e.event, e.at, c.vendor, c.vendor_domain, c.relation, c.verdict, {_CERTAINTY} AS certainty, c.page_url,"
        f" c.claim_id, c.case_id {_NEW} ORDER BY CASE e.event {order} END, c.seriousness, e.event_id LIMIT :most",
        keys | {"most": MOST_IN_SUMMARY if is_summary else MOST_LISTED},
    )
    sentences = read_sentences(ledger, [event.claim_id for event in events])
    return Digest(
        brand=brand,
        digest_id=ledger.value(f"SELECT max(e.event_id) {_NEW}", keys),
        is_summary=is_summary,
        counts={str(count.event): count.events for count in counts},
        verdicts={str(count.verdict): count.cases for count in verdicts},
        events=tuple(_plain_event(event, sentences.get(event.claim_id, ""), address) for event in events),
    )


def _plain_event(event: _NewEvent, sentence: str, address: str) -> DigestEvent:
    facts = asdict(event) | {"sentence": sentence, "link": f"{address}/cases/{event.case_id}"}
    return DigestEvent(**{name: one_line(str(text or "")) for name, text in facts.items()})


def make_deliveries(ledger: Ledger, channel: str, brands: Sequence[str], address: str = "") -> int:
    """Put what is new for a channel on its way; returns how many deliveries that made."""
    with ledger.transaction():
        forgotten = utc_text(utc_now() - dt.timedelta(days=DELIVERED_DAYS))
        ledger.execute("DELETE FROM deliveries WHERE delivered_at < ?", [forgotten])
        digests = read_digests(ledger, channel, brands, address)
        for digest in digests:
            now, delivery_id = utc_text(), event_id()
            delivery = Delivery(
                delivery_id=delivery_id, channel=channel, brand=digest.brand, subject=digest.subject, text=digest.text,
                body=digest.as_json(delivery_id), made_at=now, attempts=0, next_try_at=now,
            )  # fmt: skip
            ledger.add([delivery])
            ledger.put([Alert(channel=channel, brand=digest.brand, told_until=digest.digest_id, told_at=now)])
    return len(digests)


def list_waiting(ledger: Ledger, channel: str, *, until: Instant | None = None) -> list[Delivery]:
    """Return the deliveries that a channel has not taken, the oldest first. until: only those whose next try is due by then."""
    sql = (
        f"SELECT {columns_of(Delivery)} FROM deliveries WHERE channel = :channel AND delivered_at IS NULL"
        " AND (:until IS NULL OR next_try_at <= :until) ORDER BY delivery_id"
    )
    return ledger.select(Delivery, sql, {"channel": channel, "until": until})


def note_delivered(ledger: Ledger, delivery: Delivery) -> None:
    """Remember that a channel took a delivery."""
    told = {"attempts": delivery.attempts + 1, "delivered_at": utc_text(), "last_failure": None}
    ledger.update(Delivery, told, delivery_id=delivery.delivery_id)


def note_failure(ledger: Ledger, delivery: Delivery, words: str) -> None:
    """Remember that a channel did not take a delivery, and when it is tried again."""
    wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(delivery.attempts, 20))
    again = utc_text(utc_now() + dt.timedelta(seconds=wait_s))
    failed = {"attempts": delivery.attempts + 1, "next_try_at": again, "last_failure": one_line(words)[:500]}
    ledger.update(Delivery, failed, delivery_id=delivery.delivery_id)


_NEW = """
    FROM case_events e JOIN cases c ON c.case_id = e.case_id
    WHERE e.event_id > :since AND e.by = :by AND c.brand = :brand AND e.event IN (SELECT value FROM json_each(:kinds))
"""
_VERDICTS = (
    f"SELECT c.verdict, count(DISTINCT c.case_id) AS cases {_NEW} GROUP BY c.verdict ORDER BY min(c.seriousness)"
)
_CERTAINTY = """
    (SELECT iif(coalesce(json_array_length(v.facts, '$.doubts'), 0) > 0, 'likely', 'sure') FROM verdicts v
     WHERE v.claim_id = c.claim_id AND v.is_replay = 0 ORDER BY v.sequence DESC LIMIT 1)
"""
