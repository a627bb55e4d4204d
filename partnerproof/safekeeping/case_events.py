"""Cases, letters and replies held against their events, and the events against the custody log: each tells of the others.

Reads: cases, case_events, letters, letter_texts, replies, row_deletions, the custody log. Writes nothing.

1. The events of a case in the order in which they were added give what its row has to say, and what each event says was before it.
2. A letter's approval and sending are an event and an entry of the log, by the same account, over the text that it has now.
3. A decision is a batch of events, and an entry of the log that counts them.

What one of them says otherwise is named with both values. An event that the log does not tell of may be one whose process was
killed between the two: that is "not checked".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from casebook.cases.follow_up import COMES_TO
from casebook.cases.stored_letters import text_digest
from casebook.web.access.accounts import account_facts
from ledger.database import Ledger, Record, columns_of
from ledger.identity import parse_utc, sha256_hex
from ledger.proof.verifier import BROKEN, NOT_CHECKED, OK, Check
from ledger.records import Account, Case, CaseEventRow, Letter, LetterText, Reply
from ledger.typed_texts import CaseId
from ledger.vocabulary import UNDECIDED, CaseEvent, CaseState, CustodyEvent, FollowUp, LetterState, ReplyKind

State = dict[str, Any]
R = TypeVar("R", bound=Record)
T = TypeVar("T")
_START: Mapping[str, Any] = {
    "state": CaseState.OPEN, "reason": None, "decided_by": None, "decided_at": None, "assignee": None, "due_on": None,
}  # fmt: skip
_OPEN_AGAIN: Mapping[str, Any] = {"state": CaseState.OPEN, "reason": None, "decided_by": None, "decided_at": None}
_DECISIONS = (CaseEvent.DECIDED, CaseEvent.APPROVED, CaseEvent.RETURNED)
_LETTER_STATES = {
    CaseEvent.WRITTEN: LetterState.DRAFT,
    CaseEvent.LETTER_APPROVED: LetterState.APPROVED,
    CaseEvent.LETTER_SENT: LetterState.SENT,
    CaseEvent.LETTER_DROPPED: LetterState.DROPPED,
}
_FOLLOW_UPS = {
    CaseEvent.LETTER_SENT: FollowUp.SENT,
    CaseEvent.ESCALATED: FollowUp.ESCALATED,
    CaseEvent.ENDED: FollowUp.CLOSED,
    CaseEvent.REMOVED: FollowUp.REMOVED,
    CaseEvent.VERIFIED_REMOVED: FollowUp.VERIFIED_REMOVED,
    CaseEvent.REAPPEARED: FollowUp.REAPPEARED,
}
_SEEN = (FollowUp.REMOVED, FollowUp.VERIFIED_REMOVED, FollowUp.REAPPEARED)
_BEFORE_A_LETTER_WENT = (None, FollowUp.DRAFT, FollowUp.APPROVED)
NEVER_WRITTEN = (ValueError, KeyError, TypeError, AttributeError, IndexError)  # what reading such a value raises
SAME_ACT_S = 5  # an event and what it writes take their times one after the other


@dataclass
class CaseCheck:
    """Cases and letters against events and log. log: the entries of the custody log."""

    ledger: Ledger
    log: Sequence[Mapping[str, Any]]
    _events: dict[CaseId, list[CaseEventRow]] = field(default_factory=lambda: defaultdict(list))

    def checks(self) -> Iterator[Check]:
        """Yield what does not fit, and sums."""
        try:
            rows = self._read(CaseEventRow, "rowid")
            cases, letters = self._read(Case, "case_id"), self._read(Letter, "letter_id")
            replies = self._read(Reply, "reply_id")
        except NEVER_WRITTEN as error:
            yield Check("cases", BROKEN, f"a row holds what this program never writes ({error})")
            return
        for event in rows:
            self._events[event.case_id].append(event)
        yield from _summed("cases", len(cases), [check for case in cases for check in _guarded(self._case, case)])
        yield from _summed(
            "letters", len(letters), [check for each in letters for check in _guarded(self._letter, each)]
        )
        yield from _summed(
            "replies", len(replies), [check for each in replies for check in _guarded(self._reply, each)]
        )
        accounts = self._read(Account, "account")
        yield from _summed(
            "accounts", len(accounts), [check for each in accounts for check in _guarded(self._account, each)]
        )
        wrong = list(_guarded(self._decisions, rows))
        yield from wrong
        if rows and not wrong:
            yield Check("case events", OK, f"{len(rows)} events; every decision among them is in the custody log")

    def _read(self, kind: type[R], order: str) -> list[R]:
        return self.ledger.select(kind, f"SELECT {columns_of(kind)} FROM {kind.table} ORDER BY {order}")

    # --- a case

    def _case(self, case: Case) -> Iterator[Check]:
        what = f"case {case.case_id} of {case.vendor_domain}"
        state: State = dict(_START)
        follow_up: FollowUp | None = None
        letters: dict[str, LetterState] = {}
        events = self._events[case.case_id]
        if not events or events[0].event != CaseEvent.OPENED:
            yield Check(what, BROKEN, "has no event that opened it")
            return
        for event in events:
            if event.event != CaseEvent.OPENED:
                yield from self._differing(f"{what}, before {event.event} on {event.at}", event.before, state)
            state |= self._effect(event, state, case)
            follow_up = _follow_up(event, follow_up, letters)
        now = {name: getattr(case, name) for name in _START}
        yield from self._differing(what, now, state)
        if case.followup != follow_up:
            yield Check(what, BROKEN, f"followup is {case.followup}, by its events {follow_up}")
        if case.last_event_id != events[-1].event_id:
            yield Check(
                what, BROKEN, f"last_event_id is {case.last_event_id}, and its last event is {events[-1].event_id}"
            )

    def _differing(self, what: str, row: Mapping[str, Any], by_events: State) -> Iterator[Check]:
        for name, value in by_events.items():
            found = row.get(name)
            if isinstance(value, tuple):  # one of these
                if found in value:
                    by_events[name] = found
                    continue
                value = " or ".join(map(str, value))  # noqa: PLW2901  # as it is told
            elif name == "decided_at" and _is_same_act(found, value):
                by_events[name] = found
                continue
            if found != value:
                yield Check(what, BROKEN, f"{name} is {found}, by its events {value}")
                by_events[name] = found

    def _effect(self, event: CaseEventRow, state: State, case: Case) -> State:
        """What an event makes of a case; a tuple: one of these, by a rule that was another then."""
        details = event.details
        kind = CaseEvent(event.event)
        if kind is CaseEvent.CHANGED:
            return dict(_OPEN_AGAIN) if state["state"] not in UNDECIDED else {}
        if kind is CaseEvent.REAPPEARED or kind is CaseEvent.RETURNED:
            return dict(_OPEN_AGAIN)
        if kind is CaseEvent.CLOSED:
            return {"state": CaseState.CLOSED}
        if kind is CaseEvent.DECIDED:
            decided = {"reason": details["reason"], "decided_by": event.by, "decided_at": event.at, "due_on": None}
            return {"state": (CaseState.WAITING_APPROVAL, CaseState(details["decision"])), **decided}
        if kind is CaseEvent.APPROVED:
            return {"state": CaseState(details["decision"])}
        if kind is CaseEvent.ASSIGNED:
            return {"assignee": details["to"]}
        if kind is CaseEvent.PUT_OFF:
            return {"state": CaseState.LATER, "due_on": details["until"]}
        if kind is CaseEvent.UNDONE:
            undone = [e for e in self._events[case.case_id] if e.batch_id == details["batch"] and e is not event]
            return dict(undone[-1].before) if undone else {}
        return {}

    # --- letters and replies

    def _letter(self, letter: Letter) -> Iterator[Check]:
        what = f"letter {letter.letter_id}"
        events = [e for e in self._events[letter.case_id] if e.details.get("letter") == letter.letter_id]
        steps = [event for event in events if event.event in _LETTER_STATES]
        if not steps:
            yield Check(what, BROKEN, "has no event of its case: nobody wrote it with this program")
            return
        state = _LETTER_STATES[CaseEvent(steps[-1].event)]
        if letter.state != state:
            yield Check(what, BROKEN, f"state is {letter.state}, by its events {state}")
        approval = _last(steps, CaseEvent.LETTER_APPROVED)
        if (
            approval is not None
            and (written := _last(steps, CaseEvent.WRITTEN)) is not None
            and steps.index(written) > steps.index(approval)
        ):
            approval = None  # it was changed since, and so is a draft again
        sending = _last(steps, CaseEvent.LETTER_SENT)
        told = {
            "approved_by": (letter.approved_by, approval.by if approval else None),
            "counsel": (letter.counsel, approval.details.get("counsel") if approval else None),
            "sent_by": (letter.sent_by, sending.by if sending else None),
            "sent_on": (letter.sent_on, sending.details.get("on") if sending else None),
        }
        for name, (found, by_events) in told.items():
            if found != by_events:
                yield Check(what, BROKEN, f"{name} is {found}, by its events {by_events}")
        if not _is_same_act(letter.approved_at, approval.at if approval else None):
            yield Check(
                what, BROKEN, f"approved_at is {letter.approved_at}, by its events {approval.at if approval else None}"
            )
        for event, entry in ((approval, CustodyEvent.DECIDED), (sending, CustodyEvent.SENT)):
            if event is not None:
                yield from self._told_of_letter(what, letter, event, entry)

    def _told_of_letter(self, what: str, letter: Letter, event: CaseEventRow, entry: CustodyEvent) -> Iterator[Check]:
        digest = event.details.get("text_sha256")
        logged = [
            each for each in self.log
            if each["event"] == entry and each["details"].get("letter") == letter.letter_id and each["details"].get("text_sha256") == digest
        ]  # fmt: skip
        if not logged:
            yield self._not_in_log(f"{what}, {event.event} by {event.by} on {event.at}")
        elif logged[-1]["by"] != event.by:
            yield Check(what, BROKEN, f"{event.event} is by {event.by}, and by {logged[-1]['by']} in the custody log")
        text = self.ledger.find(LetterText, text_id=letter.text_id)
        is_deleted = self.ledger.value("SELECT count(*) FROM row_deletions WHERE row_id = ?", [letter.text_id])
        if text is None:
            yield Check(what, BROKEN, f"its text {letter.text_id} is not there")
        elif not is_deleted and (found := text_digest(letter, text)) != digest:
            yield Check(what, BROKEN, f"its text has the digest {found}, and {event.event} was over {digest}")

    def _reply(self, reply: Reply) -> Iterator[Check]:
        what = f"reply {reply.reply_id}"
        events = [e for e in self._events[reply.case_id] if e.details.get("reply") == reply.reply_id]
        if not events:
            yield Check(what, BROKEN, "has no event of its case: nobody noted it with this program")
            return
        event = events[0]
        told = {
            "kind": (reply.kind, event.details["kind"]),
            "received_on": (reply.received_on, event.details["on"]),
            "noted_by": (reply.noted_by, event.by),
            "file_sha256": (reply.file_sha256, event.details.get("file_sha256")),
        }
        if reply.file is not None:
            told["file"] = (sha256_hex(reply.file), reply.file_sha256)
        for name, (found, by_events) in told.items():
            if found != by_events:
                yield Check(what, BROKEN, f"{name} is {found}, by its event {by_events}")
        if not any(
            e["event"] == CustodyEvent.DECIDED and e["details"].get("reply") == reply.reply_id for e in self.log
        ):
            yield self._not_in_log(what)

    def _account(self, account: Account) -> Iterator[Check]:
        what = f"account {account.account}"
        logged = [
            entry for entry in self.log
            if entry["event"] == CustodyEvent.ACCOUNT and entry["details"].get("account") == account.account
        ]  # fmt: skip
        if not logged:
            yield self._not_in_log(what)
            return
        for name, value in account_facts(account).items():
            if logged[-1]["details"].get(name) != value:
                yield Check(
                    what,
                    BROKEN,
                    f"{name} is {value}, and {logged[-1]['details'].get(name)} in the custody log of {logged[-1]['at']}",
                )

    # --- decisions

    def _decisions(self, events: Sequence[CaseEventRow]) -> Iterator[Check]:
        counts: dict[str, int] = defaultdict(int)
        makers: dict[str, tuple[str, CaseEvent]] = {}
        for event in events:
            batch = event.details.get("batch") if event.event == CaseEvent.UNDONE else event.batch_id
            if event.event == CaseEvent.UNDONE or event.event in _DECISIONS:
                name = f"{batch} undone" if event.event == CaseEvent.UNDONE else str(batch)
                counts[name] += 1
                makers[name] = (event.by, CaseEvent(event.event))
        logged: dict[str, Mapping[str, Any]] = {}
        for entry in self.log:
            batch = entry["details"].get("batch")
            if entry["event"] == CustodyEvent.DECIDED and batch is not None:
                logged[f"{batch} undone" if entry["details"]["decision"] == "undone" else batch] = entry
        for name, entry in logged.items():
            told = entry["details"]["cases"]
            if counts.get(name, 0) != told:
                yield Check(f"batch {name}", BROKEN, f"the custody log tells of {told} cases by {entry['by']} on {entry['at']}, and here are {counts.get(name, 0)} events of it")  # fmt: skip
        for name, (by, kind) in makers.items():
            if name not in logged:
                yield self._not_in_log(f"batch {name}, {kind} by {by}")
            elif logged[name]["by"] != by:
                yield Check(
                    f"batch {name}", BROKEN, f"{kind} is by {by}, and by {logged[name]['by']} in the custody log"
                )

    def _not_in_log(self, what: str) -> Check:
        return Check(
            what,
            NOT_CHECKED,
            "the custody log does not tell of it: its process was killed in between, or somebody else wrote it",
        )


def _guarded(check: Callable[[T], Iterator[Check]], part: T) -> Iterator[Check]:
    """What a check says; a part that it trips over holds what this program never writes."""
    try:
        yield from check(part)
    except NEVER_WRITTEN as error:
        yield Check(_name(part), BROKEN, f"holds what this program never writes ({type(error).__name__}: {error})")


def _name(part: object) -> str:
    for kind, key in ((Case, "case_id"), (Letter, "letter_id"), (Reply, "reply_id")):
        if isinstance(part, kind):
            return f"{kind.__name__.lower()} {getattr(part, key)}"
    return "case events"


def _summed(name: str, count: int, wrong: Sequence[Check]) -> Iterator[Check]:
    yield from wrong
    if count and not wrong:
        yield Check(name, OK, f"{count} are as their events say")


def _follow_up(event: CaseEventRow, now: FollowUp | None, letters: dict[str, LetterState]) -> FollowUp | None:
    """How far a case has come after an event. letters: of the case, as they are before it; brought up to date."""
    kind, letter = CaseEvent(event.event), str(event.details.get("letter"))
    if kind in _LETTER_STATES:
        letters[letter] = _LETTER_STATES[kind]
    if kind is CaseEvent.WRITTEN or kind is CaseEvent.LETTER_APPROVED:
        step = FollowUp.DRAFT if kind is CaseEvent.WRITTEN else FollowUp.APPROVED
        return step if now in (*_BEFORE_A_LETTER_WENT, FollowUp.CLOSED) else now
    if kind is CaseEvent.LETTER_DROPPED and now in (FollowUp.DRAFT, FollowUp.APPROVED):
        left = set(letters.values())
        found = next((s for s in (LetterState.SENT, LetterState.APPROVED, LetterState.DRAFT) if s in left), None)
        return FollowUp(found) if found else None
    if kind is CaseEvent.REPLIED:
        return now if now in _SEEN else COMES_TO.get(ReplyKind(event.details["kind"]), now)
    return _FOLLOW_UPS.get(kind, now)


def _last(events: Sequence[CaseEventRow], kind: CaseEvent) -> CaseEventRow | None:
    return next((event for event in reversed(events) if event.event == kind), None)


def _is_same_act(found: str | None, at: str | None) -> bool:
    if found is None or at is None:
        return found == at
    try:
        return abs((parse_utc(found) - parse_utc(at)).total_seconds()) <= SAME_ACT_S
    except ValueError:
        return False
