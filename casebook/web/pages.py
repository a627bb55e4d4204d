"""What each address of the review application shows and does, as functions from the application context to an answer."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.background import BackgroundTask
from starlette.responses import Response

from casebook.cases.cases import PROGRAM, find_cases
from casebook.cases.decisions import (
    REASONS,
    CaseChangedError,
    Verdict,
    approve,
    assign,
    comment_on,
    decide,
    is_same_person,
    put_off,
    refuse_input,
    undo,
)
from casebook.cases.letters import latest_day, may_write
from casebook.dossier.case_story import read_events
from casebook.web.access.accounts import Session, list_accounts
from casebook.web.application_context import ApplicationContext, is_plain_id
from casebook.web.case_columns import SORTS
from casebook.web.case_page import read_case_view, read_further_claims
from casebook.web.dashboard import DASHBOARD_PAGES
from casebook.web.evidence_pages import EVIDENCE_PAGES, require_case_of
from casebook.web.kept_texts import keep_text, read_kept
from casebook.web.letter_pages import LETTER_PAGES, LETTER_POSTS, LETTER_UPLOADS
from casebook.web.queue import (
    ANY,
    FACETS,
    MOST_AT_ONCE,
    NEEDS_REGISTER,
    PAGE_SIZE,
    UNDECIDED,
    Filters,
    list_without_register,
    same_group,
)
from casebook.web.queue_table import TABLE_PAGES
from casebook.web.responses import Answer, Form, Page, Path_, Post, Upload, filters_of, one_field, with_filters
from casebook.web.work.job_pages import JOB_PAGES, JOB_POSTS, JOB_UPLOADS
from ledger.database import Ledger, columns_of
from ledger.identity import utc_now
from ledger.records import Case, SavedView
from ledger.typed_texts import CaseId, ClaimId, Instant, IsoDate
from ledger.vocabulary import UNDECIDED as UNDECIDED_STATES
from ledger.vocabulary import CaseEvent, CaseState, ReplyKind, Role

_LETTERS = {CaseState.CONFIRMED: "c", CaseState.FALSE_MATCH: "d", CaseState.NOT_A_CLAIM: "d", CaseState.AUTHORISED: "a", CaseState.DUPLICATE: "d"}  # fmt: skip
_TITLES = {
    CaseState.CONFIRMED: "Confirm: nothing allows it",
    CaseState.AUTHORISED: "Authorised: propose a grant",
    CaseState.FALSE_MATCH: "Dismiss: it is not our mark",
    CaseState.NOT_A_CLAIM: "Dismiss: it claims no relation",
    CaseState.DUPLICATE: "Dismiss: another case is the same",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _LogEntry:
    """What somebody did to a case."""

    at: Instant
    by: str
    event: CaseEvent
    details: dict[str, Any]
    case_id: CaseId
    vendor: str
    brand: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _FirstReason:
    """The first reason of a claim's latest verdict; None: it has none. doubts: how many speak against being sure."""

    claim_id: ClaimId
    reason: str | None
    doubts: int
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _DoneCase:
    """A case of a batch. is_last: nothing has happened to it since."""

    vendor: str
    brand: str
    state: CaseState
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was just decided, for the line that offers to undo it: the first of the cases, and how many there are."""

    batch: str
    count: int
    state: CaseState
    vendor: str
    brand: str


def show_queue(context: ApplicationContext, session: Session, path: Path_, query: Mapping[str, str]) -> Answer:
    ledger, filters = context.ledger, Filters.read(query)
    queue = context.queue(filters)
    total = queue.count()
    sql = f"SELECT {columns_of(SavedView)} FROM saved_views WHERE account = ? ORDER BY name"
    views = ledger.select(SavedView, sql, [session.account])
    cases = queue.list_cases()
    facets = queue.count_facets()
    tabs = {state: count for state, count in facets["state"] if state in (UNDECIDED, NEEDS_REGISTER, ANY)}
    values = {
        "cases": cases, "why": _first_reasons(ledger, cases), "without_register": _without_register(ledger, cases), "total": total, "filters": filters,
        "facets": facets, "tabs": {NEEDS_REGISTER: 0} | tabs, "needs_register": NEEDS_REGISTER, "cases_in_all": queue.count_cases(),
        "further": {case.case_id: len(queue.list_further(case.case_id)) for case in cases},
        "pages": max(1, -(-total // PAGE_SIZE)), "sorts": tuple(SORTS), "views": views, "reasons": REASONS, "titles": _TITLES,
        "done": _done(context, query.get("done")), "most": MOST_AT_ONCE, "undecided": UNDECIDED, "facet_names": FACETS,
        "any_state": ANY, "late": queue.count_late(),
    }  # fmt: skip
    return Answer(template="queue.html", values=values)


def _first_reasons(ledger: Ledger, cases: Sequence[Case]) -> dict[ClaimId, _FirstReason]:
    """The first reason of the verdict that holds, of each case's claim."""
    sql = (
        "SELECT v.claim_id, json_extract(v.reasons, '$[0]') AS reason, coalesce(json_array_length(v.facts, '$.doubts'), 0) AS doubts,"
        " max(v.sequence) AS sequence FROM json_each(?) j"
        " JOIN verdicts v ON v.claim_id = j.value AND v.is_replay = 0 GROUP BY v.claim_id"  # a bare column is that of the maximum
    )
    rows = ledger.select(_FirstReason, sql, [json.dumps([case.claim_id for case in cases])])
    return {row.claim_id: row for row in rows}


def _without_register(ledger: Ledger, cases: Sequence[Case]) -> list[str]:
    """The brands of some cases that have no register: their cases wait for one."""
    brands = {case.brand for case in cases}
    return [brand for brand in list_without_register(ledger) if brand in brands]


def show_case(context: ApplicationContext, session: Session, path: Path_, query: Mapping[str, str]) -> Answer:
    ledger, case = context.ledger, require_case_of(context, path)
    filters = Filters.read(query)
    lead = _lead(query.get("lead"))
    before, after = context.queue(filters).neighbours(lead or case.case_id)
    context.note_view(session, case.claim_id)
    view = read_case_view(ledger, context.warc_dir, case)
    further = read_further_claims(ledger, case)
    made_by = next((shown.event.by for shown in reversed(view.events) if shown.event.event is CaseEvent.DECIDED), None)
    values = {
        "v": view, "case": case, "lead": lead, "further": further, "undecided_states": UNDECIDED_STATES, "before": before, "after": after, "filters": filters, "reasons": REASONS, "titles": _TITLES,
        "letters": _LETTERS, "groups": same_group(ledger, context.cases.read(ledger), case), "done": _done(context, query.get("done")),
        "can_approve": case.state is CaseState.WAITING_APPROVAL and session.may(Role.APPROVER) and not (made_by and is_same_person(made_by, session.account)),
        "is_undecided": case.state in UNDECIDED_STATES, "can_review": session.may(Role.REVIEWER),
        "kept": read_kept(ledger, session.account, [case.case_id]),
        "may_write": may_write(case), "reply_kinds": tuple(ReplyKind), "today": utc_now().date().isoformat(), "latest": latest_day().isoformat(),
        "tomorrow": (utc_now().date() + dt.timedelta(days=1)).isoformat(),
    }  # fmt: skip
    return Answer(template="case.html", values=values)


def show_log(context: ApplicationContext, session: Session, path: Path_, query: Mapping[str, str]) -> Answer:
    """Who decided what, newest first: for admins."""
    entries = context.ledger.select(
        _LogEntry,
        "SELECT e.at, e.by, e.event, e.details, e.case_id, c.vendor, c.brand FROM case_events e"
        " JOIN cases c ON c.case_id = e.case_id WHERE e.by <> ? ORDER BY e.event_id DESC LIMIT 200",
        [PROGRAM],
    )
    return Answer(template="log.html", values={"entries": entries})


def show_help(context: ApplicationContext, session: Session, path: Path_, query: Mapping[str, str]) -> Answer:
    return Answer(template="help.html")


PAGES: Mapping[str, Page] = {
    "/": Page(role=Role.READER, make=show_queue),
    "/cases/{case_id}": Page(role=Role.READER, make=show_case),
    "/log": Page(role=Role.ADMIN, make=show_log),
    "/help": Page(role=Role.READER, make=show_help),
    **EVIDENCE_PAGES,
    **LETTER_PAGES,
    **TABLE_PAGES,
    **DASHBOARD_PAGES,
    **JOB_PAGES,
}


def post_decision(context: ApplicationContext, session: Session, path: Path_, form: Form) -> Answer:
    """Decide one case, or those that were ticked in the queue."""
    state, _, reason = one_field(form, "decision").partition(":")
    if state not in tuple(REASONS):
        raise refuse_input("decision", "one of the buttons", state)
    verdict = Verdict(
        state=CaseState(state), reason=reason, comment=one_field(form, "comment"), by=session.account, seen=_seen(form),
        needs_approval=context.four_eyes,
    )  # fmt: skip
    brands = sorted({case.brand for case in find_cases(context.ledger, verdict.seen)})
    after = _next(context, form)
    batch = decide(context.ledger, context.log, verdict)
    return _then(context, form, batch, after, brands if verdict.state is CaseState.FALSE_MATCH else [])


def post_later(context: ApplicationContext, session: Session, path: Path_, form: Form) -> Answer:
    text = one_field(form, "until").strip()
    try:
        until = IsoDate(dt.date.fromisoformat(text).isoformat()) if text else None
    except ValueError as error:
        raise refuse_input("until", "a date such as 2026-12-24, or nothing", text) from error
    after = _next(context, form)
    return _then(context, form, put_off(context.ledger, _seen(form), until=until, by=session.account), after, [])


def post_undo(context: ApplicationContext, session: Session, path: Path_, form: Form) -> Answer:
    batch = one_field(form, "batch")
    ids: list[CaseId] = context.ledger.values("SELECT DISTINCT case_id FROM case_events WHERE batch_id = ?", [batch])
    cases = find_cases(context.ledger, ids)
    undo(context.ledger, context.log, batch, by=session.account, may_undo_others=session.may(Role.ADMIN))
    brands = sorted({case.brand for case in cases if case.state is CaseState.FALSE_MATCH})
    target = f"/cases/{cases[0].case_id}" if len(cases) == 1 else "/"
    return Answer(leads_to=with_filters(target, form), afterwards=_following(context, brands))


def post_approval(context: ApplicationContext, session: Session, path: Path_, form: Form) -> Answer:
    (case_id, seen), *_ = _seen(form).items()
    is_approved = one_field(form, "approval") == "approve"
    case = require_case_of(context, {"case_id": case_id})
    approve(
        context.ledger,
        context.log,
        case_id,
        seen=seen,
        by=session.account,
        is_approved=is_approved,
        comment=one_field(form, "comment"),
    )
    return Answer(leads_to=with_filters(f"/cases/{case_id}", form), afterwards=_following(context, [case.brand]))


def post_assignment(context: ApplicationContext, session: Session, path: Path_, form: Form) -> Answer:
    to = one_field(form, "to").strip() or None
    known = {account.account for account in list_accounts(context.ledger) if account.is_active}
    if to is not None and to not in known | {session.account}:
        raise refuse_input("to", f"one of {', '.join(sorted(known)) or 'no accounts yet'}", to)
    seen = _seen(form)
    assign(context.ledger, seen, to=to, by=session.account)
    return Answer(leads_to=with_filters(f"/cases/{next(iter(seen))}" if len(seen) == 1 else "/", form))


def post_comment(context: ApplicationContext, session: Session, path: Path_, form: Form) -> Answer:
    case_id = next(iter(_seen(form)))
    comment_on(context.ledger, case_id, one_field(form, "comment"), by=session.account)
    return Answer(leads_to=with_filters(f"/cases/{case_id}", form))


def post_view(context: ApplicationContext, session: Session, path: Path_, form: Form) -> Answer:
    """Keep the queue's filters under a name, or forget them."""
    name, query = one_field(form, "name").strip()[:60], one_field(form, "query")
    if not name:
        raise refuse_input("name", "a name for the view", "none")
    with context.ledger.transaction():
        context.ledger.execute("DELETE FROM saved_views WHERE account = ? AND name = ?", [session.account, name])
        if one_field(form, "forget") != "yes":
            address = Filters.read(dict(parse_qsl(query))).address()
            context.ledger.add([SavedView(account=session.account, name=name, query=address)])
    return Answer(leads_to=with_filters("/", form))


def post_kept(context: ApplicationContext, session: Session, path: Path_, form: Form) -> Answer:
    """Keep what is being typed into a form. The script of the pages sends it; the answer is empty."""
    keep_text(context.ledger, session.account, one_field(form, "form"), one_field(form, "fields"))
    return Answer(response=Response(status_code=204))


def show_what_changed(context: ApplicationContext, session: Session, form: Form, error: CaseChangedError) -> Answer:
    """What somebody wanted to decide beside what somebody else did in between. Nothing was decided; the comment is kept."""
    case = context.ledger.find(Case, case_id=error.case_id)
    if case is None:
        raise error
    seen = next((text.partition(":")[2] for text in form.get("case", ()) if text.startswith(error.case_id)), "")
    comment = one_field(form, "comment")
    if comment:
        keep_text(context.ledger, session.account, f"decide:{case.case_id}", json.dumps({"comment": comment}))
    state, _, reason = one_field(form, "decision").partition(":")
    values = {
        "case": case,
        "filters": filters_of(form),
        "events": [event for event in read_events(context.ledger, case.case_id) if event.event_id > seen],
        "wanted": _TITLES[CaseState(state)] if state in tuple(REASONS) else None,
        "reason": REASONS[CaseState(state)].get(reason) if state in tuple(REASONS) else None,
        "comment": comment,
        "others": len(form.get("case", ())) - 1,
    }
    return Answer(template="changed.html", values=values, status=409)


POSTS: Mapping[str, tuple[Role, Post]] = {
    "/kept": (Role.READER, post_kept),
    "/decide": (Role.REVIEWER, post_decision),
    "/later": (Role.REVIEWER, post_later),
    "/undo": (Role.REVIEWER, post_undo),
    "/approve": (Role.APPROVER, post_approval),
    "/assign": (Role.REVIEWER, post_assignment),
    "/comment": (Role.REVIEWER, post_comment),
    "/views": (Role.READER, post_view),
    **LETTER_POSTS,
    **JOB_POSTS,
}
UPLOADS: Mapping[str, tuple[Role, Upload]] = {**LETTER_UPLOADS, **JOB_UPLOADS}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Next:
    """The case to go on with; None: the queue. lead: set where it is a further claim of that case's vendor and brand."""

    case_id: CaseId | None = None
    lead: CaseId | None = None


def _then(context: ApplicationContext, form: Form, batch: str, after: _Next, brands: list[str]) -> Answer:
    """To the next case of the queue, or back to the queue, with a way to take the decision back."""
    target = f"/cases/{after.case_id}" if after.case_id else "/"
    more = {"done": batch} | ({"lead": str(after.lead)} if after.lead else {})
    return Answer(leads_to=with_filters(target, form, **more), afterwards=_following(context, brands))


def _following(context: ApplicationContext, brands: list[str]) -> BackgroundTask | None:
    return (
        BackgroundTask(lambda: context.follow_rejections(context.ledger, brands, context.warc_dir)) if brands else None
    )


def _next(context: ApplicationContext, form: Form) -> _Next:
    """Where to go on after a case: to a further claim of its vendor and brand that is left, else to the next of the queue.

    From the queue itself: back to it.
    """
    decided = [CaseId(pair.partition(":")[0]) for pair in form.get("case", [])]
    if one_field(form, "from") != "case" or not decided:
        return _Next()
    filters = filters_of(form)
    queue, columns = context.queue(filters), context.cases.read(context.ledger)
    lead = _lead(one_field(form, "lead")) or decided[0]
    ranks, place_of = columns.ranks(filters.sort), columns.place_of
    here = ranks[place_of[decided[0]]] if decided[0] in place_of else len(ranks)
    further = [one for one in queue.list_further(decided[0]) if one not in decided and ranks[place_of[one]] > here]
    return _Next(case_id=further[0], lead=lead) if further else _Next(case_id=queue.neighbours(lead)[1])


def _lead(text: str | None) -> CaseId | None:
    """The case from which a further claim was come to: the queue goes on from there."""
    return CaseId(text) if text and is_plain_id(text) else None


def _seen(form: Form) -> dict[CaseId, str]:
    """Each ticked case with the last event that its page showed: `case=ID:EVENT`."""
    pairs = [value.partition(":") for value in form.get("case", [])]
    seen = {CaseId(case_id): event for case_id, _, event in pairs if is_plain_id(case_id) and is_plain_id(event)}
    if not seen or len(seen) != len(pairs) or len(seen) > MOST_AT_ONCE:
        raise refuse_input("case", f"one to {MOST_AT_ONCE} cases", f"{len(pairs)}")
    return seen


def _done(context: ApplicationContext, batch: str | None) -> Done | None:
    """What was just decided, for the line that offers to take it back."""
    if not batch or not is_plain_id(batch):
        return None
    cases = context.ledger.select(
        _DoneCase,
        "SELECT c.vendor, c.brand, c.state, c.last_event_id = e.event_id AS is_last FROM case_events e"
        " JOIN cases c ON c.case_id = e.case_id WHERE e.batch_id = ? ORDER BY e.event_id LIMIT 501",
        [batch],
    )
    if not cases or not all(case.is_last for case in cases):
        return None
    first = cases[0]
    return Done(batch=batch, count=len(cases), state=first.state, vendor=first.vendor, brand=first.brand)
