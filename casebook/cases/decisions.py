"""Decisions of people about cases: made for one or many at once, undone as they were made, approved by a second person.

Reads: cases, case_events. Writes: case_events, cases, proposed_grants, rejections, the custody log.

1. A decision carries a reason code and, if one likes, a comment. It is one batch, for one case or for a group.
2. Whoever decides says which event of each case they saw last. Where another has come in between, nothing is decided at all.
3. A false match goes to the rejections (matcher/rejections.py), so that the image and its copies match no more; an authorised claim
   becomes a proposed grant for whoever keeps the register.
4. Undone, a batch leaves its cases as they were before, unless somebody has decided them since.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from casebook.cases.cases import find_cases, record_event
from ledger.database import Ledger, columns_of
from ledger.dates import is_to_come
from ledger.errors import BadInputError, PartnerproofError, Problem
from ledger.identity import event_id, utc_text
from ledger.proof.custody import CustodyLog
from ledger.records import Case, CaseEventRow, ProposedGrant
from ledger.typed_texts import CaseId, IsoDate, Sha256
from ledger.vocabulary import UNDECIDED, CaseEvent, CaseState, CustodyEvent, RejectionEvent
from matcher.rejections import Decision as ImageDecision
from matcher.rejections import record_decision

REASONS: Mapping[CaseState, Mapping[str, str]] = {
    CaseState.CONFIRMED: {
        "no-agreement": "no agreement is known",
        "ended": "the agreement has ended",
        "beyond": "it goes beyond what the agreement allows",
    },
    CaseState.AUTHORISED: {
        "agreement": "there is an agreement that the register lacks",
        "group": "a company of its group has the agreement, and that extends to it",
        "permission": "the use was permitted in a single case",
    },
    CaseState.FALSE_MATCH: {
        "other-mark": "another mark that looks alike",
        "other-word": "the word means something else",
        "no-mark": "no mark at all",
    },
    CaseState.NOT_A_CLAIM: {
        "nominative": "it names the brand without claiming a relation",
        "news": "a report about the brand",
        "history": "it tells of the past",
        "filler": "it came with a page template",
    },
    CaseState.DUPLICATE: {"same-vendor": "the same vendor under another name", "same-page": "the same page seen twice"},
}
MAX_COMMENT_CHARS = 4_000


class CaseChangedError(PartnerproofError):
    """Somebody else has changed a case in between; look again before you decide."""

    exit_code = 1

    def __init__(self, case: Case) -> None:
        self.case_id = case.case_id
        super().__init__(
            f"{case.vendor} and {case.brand}: changed by somebody else in between; nothing was decided, look again"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a person decides. seen: of each case the last event that they saw; needs_approval: a second person has to agree."""

    state: CaseState
    reason: str
    comment: str
    by: str
    seen: Mapping[CaseId, str]
    needs_approval: Callable[[str], bool] = lambda _: False  # brand → whether four eyes are asked for


def decide(ledger: Ledger, log: CustodyLog, verdict: Verdict) -> str:
    """Decide cases; returns the batch's id. Errors: BadInputError, CaseChangedError: then none of them is decided."""
    if verdict.reason not in REASONS.get(verdict.state, {}):
        raise refuse_input("reason", f"one of {', '.join(REASONS.get(verdict.state, {})) or 'none'}", verdict.reason)
    batch = event_id()
    with ledger.transaction():
        cases = _seen_cases(ledger, verdict.seen)
        for case in cases:
            waits = verdict.needs_approval(case.brand)
            details: dict[str, object] = {
                "decision": verdict.state, "reason": verdict.reason, "comment": _comment(verdict.comment),
                "images": _images(ledger, case) if verdict.state is CaseState.FALSE_MATCH else [],
            }  # fmt: skip
            record_event(
                ledger, case, CaseEvent.DECIDED, by=verdict.by, batch_id=batch, details=details,
                new={
                    "state": CaseState.WAITING_APPROVAL if waits else verdict.state, "reason": verdict.reason,
                    "decided_by": verdict.by, "decided_at": utc_text(), "due_on": None,
                },
            )  # fmt: skip
            if not waits:
                _carry_out(ledger, case, details, verdict.by, batch)
    _log(log, cases, verdict.state, batch, verdict.by)
    return batch


def approve(
    ledger: Ledger, log: CustodyLog, case_id: CaseId, *, seen: str, by: str, is_approved: bool, comment: str
) -> str:
    """Approve or return a decision that waits for a second person. Errors: BadInputError for one's own."""
    with ledger.transaction():
        (case,) = _seen_cases(ledger, {case_id: seen})
        decision = ledger.select_first(
            CaseEventRow,
            f"SELECT {columns_of(CaseEventRow)} FROM case_events WHERE case_id = ? AND event = ? ORDER BY event_id DESC LIMIT 1",
            [case_id, CaseEvent.DECIDED],
        )
        if case.state is not CaseState.WAITING_APPROVAL or decision is None:
            raise refuse_input("case", "a decision that waits for approval", case.state)
        if is_same_person(decision.by, by):
            raise refuse_input("approver", "somebody other than who decided", by)
        details = decision.details
        state = CaseState(details["decision"]) if is_approved else CaseState.OPEN
        batch = event_id()
        new: dict[str, object] = {"state": state}
        if not is_approved:
            new |= {"reason": None, "decided_by": None, "decided_at": None}
        record_event(
            ledger, case, CaseEvent.APPROVED if is_approved else CaseEvent.RETURNED, by=by, batch_id=batch,
            details={**details, "comment": _comment(comment)}, new=new,
        )  # fmt: skip
        if is_approved:
            _carry_out(ledger, case, details, decision.by, batch)
    _log(log, [case], state, batch, by)
    return batch


def undo(ledger: Ledger, log: CustodyLog, batch_id: str, *, by: str, may_undo_others: bool) -> int:
    """Take a batch back; returns how many cases. Errors: BadInputError, CaseChangedError: then nothing is taken back."""
    undoable = (CaseEvent.DECIDED, CaseEvent.APPROVED, CaseEvent.RETURNED, CaseEvent.PUT_OFF)
    with ledger.transaction():
        events = ledger.select(
            CaseEventRow,
            f"SELECT {columns_of(CaseEventRow)} FROM case_events WHERE batch_id = ? ORDER BY event_id",
            [batch_id],
        )
        events = [event for event in events if event.event in undoable]
        if not events:
            raise refuse_input("batch", "a decision that can be undone", batch_id)
        if any(event.by != by for event in events) and not may_undo_others:
            raise refuse_input("batch", "a decision of your own", "somebody else's")
        cases = {case.case_id: case for case in find_cases(ledger, [event.case_id for event in events])}
        for event in events:
            case = cases[event.case_id]
            if case.last_event_id != event.event_id:
                raise CaseChangedError(case)
            record_event(
                ledger, case, CaseEvent.UNDONE, by=by, details={"batch": batch_id, "was": case.state}, new=event.before
            )
            if case.state is CaseState.FALSE_MATCH:
                _reject(ledger, case, event.details, by, "the decision was undone", RejectionEvent.UNDONE)
        _withdraw_proposals(ledger, batch_id)
    log.add(CustodyEvent.DECIDED, {"batch": batch_id, "decision": "undone", "cases": len(events)}, by=by)
    return len(events)


def _withdraw_proposals(ledger: Ledger, batch_id: str) -> None:
    sql = f"SELECT {columns_of(ProposedGrant)} FROM proposed_grants WHERE batch_id = ? AND withdrawn_at IS NULL AND settled_at IS NULL"
    now = utc_text()
    ledger.put([replace(proposal, withdrawn_at=now) for proposal in ledger.select(ProposedGrant, sql, [batch_id])])


def assign(ledger: Ledger, seen: Mapping[CaseId, str], *, to: str | None, by: str) -> None:
    """Give cases to somebody, or to nobody."""
    batch = event_id()
    with ledger.transaction():
        for case in _seen_cases(ledger, seen):
            record_event(
                ledger, case, CaseEvent.ASSIGNED, by=by, batch_id=batch, details={"to": to, "was": case.assignee},
                new={"assignee": to},
            )  # fmt: skip


def put_off(ledger: Ledger, seen: Mapping[CaseId, str], *, until: IsoDate | None, by: str) -> str:
    """Put cases off until a day to come, or without one; returns the batch's id. Errors: BadInputError for a day that has come."""
    if until is not None and not is_to_come(until):
        raise refuse_input("until", "a day to come", until)
    batch = event_id()
    with ledger.transaction():
        for case in _seen_cases(ledger, seen):
            if case.state not in UNDECIDED:
                raise refuse_input("case", "a case that is not decided", case.state)
            record_event(
                ledger, case, CaseEvent.PUT_OFF, by=by, batch_id=batch, details={"until": until},
                new={"state": CaseState.LATER, "due_on": until},
            )  # fmt: skip
    return batch


def comment_on(ledger: Ledger, case_id: CaseId, text: str, *, by: str) -> None:
    """Add a comment. Errors: BadInputError for an empty one."""
    comment = _comment(text)
    if not comment:
        raise refuse_input("comment", "some words", "none")
    with ledger.transaction():
        for case in find_cases(ledger, [case_id]):
            record_event(ledger, case, CaseEvent.COMMENTED, by=by, details={"comment": comment}, new={})


def _seen_cases(ledger: Ledger, seen: Mapping[CaseId, str]) -> list[Case]:
    cases = find_cases(ledger, seen)
    if not seen or len(cases) != len(seen):
        raise refuse_input("case", "cases that are there", f"{len(seen) - len(cases)} that are not" if seen else "none")
    for case in cases:
        if case.last_event_id != seen[case.case_id]:
            raise CaseChangedError(case)
    return cases


def _carry_out(ledger: Ledger, case: Case, details: Mapping[str, object], by: str, batch: str) -> None:
    state, reason, comment = CaseState(str(details["decision"])), str(details["reason"]), str(details["comment"])
    why = f"{REASONS[state][reason]}{f': {comment}' if comment else ''}"
    if state is CaseState.FALSE_MATCH:
        _reject(ledger, case, details, by, why, RejectionEvent.REJECTED)
    elif state is CaseState.AUTHORISED:
        proposal = ProposedGrant(
            proposal_id=event_id(),
            case_id=case.case_id,
            batch_id=batch,
            brand=case.brand,
            company=case.vendor,
            domain=case.vendor_domain,
            relation=case.relation,
            tier=case.tier,
            valid_from=IsoDate(case.first_seen[:10]),
            note=why,
            proposed_by=by,
            proposed_at=utc_text(),
        )
        ledger.add([proposal])


def _images(ledger: Ledger, case: Case) -> list[Sha256]:
    sql = (
        "SELECT DISTINCT g.image_sha256 FROM claim_evidence e JOIN seen_images g ON g.sighting_id = e.sighting_id"
        " WHERE e.claim_id = ? AND g.image_sha256 IS NOT NULL"
    )
    return ledger.values(sql, [case.claim_id])


def _reject(
    ledger: Ledger, case: Case, details: Mapping[str, object], by: str, why: str, event: RejectionEvent
) -> None:
    images = details.get("images")
    for image in images if isinstance(images, list) else ():
        record_decision(
            ledger,
            ImageDecision(event=event, image_sha256=Sha256(str(image)), brand=case.brand, decided_by=by, why=why),
        )


def _log(log: CustodyLog, cases: Sequence[Case], state: CaseState, batch: str, by: str) -> None:
    of_one = {"claim": cases[0].claim_id} if len(cases) == 1 else {}
    log.add(CustodyEvent.DECIDED, {"batch": batch, "decision": str(state), "cases": len(cases), **of_one}, by=by)


def _comment(text: str) -> str:
    return text.strip()[:MAX_COMMENT_CHARS]


def is_same_person(account: str, other: str) -> bool:
    """Whether two accounts are one person's, or have to be taken so: of an own account and a company's of the same name nobody knows.

    A company's account is named `ann (id.acme.example)`, or `ann@acme.example (…)`; two of these are two people.
    """
    if account == other or (account.endswith(")") and other.endswith(")")):
        return account == other
    # "ann 2 (…)" is the second whom the company calls so
    first, second = (re.split(r" \d+ \(| \(|@", name)[0].casefold() for name in (account, other))
    return first == second


def refuse_input(where: str, expected: str, got: str) -> BadInputError:
    """Return the error for what a form should not have sent."""
    return BadInputError(
        Problem(where=where, expected=expected, got=repr(got)[:100], next_step="go back and look again")
    )
