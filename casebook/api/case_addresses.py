"""The API's addresses of cases. Reads: cases, case_events. Comments and letters stay on the screen."""

from __future__ import annotations

from dataclasses import dataclass

from casebook.api.api_calls import ApiAnswer, ApiCall, ApiRoute
from casebook.api.api_models import CaseAnswer, CaseDetail, CaseEventAnswer, CasePage, CaseQuery
from casebook.web.responses import NotThereError
from ledger.database import columns_of
from ledger.records import Case
from ledger.typed_texts import Instant
from ledger.vocabulary import CaseEvent, TokenScope


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    event_id: str
    at: Instant
    by: str
    event: CaseEvent


def show_cases(call: ApiCall) -> ApiAnswer:
    query: CaseQuery = call.query
    wanted = {  # a plus keeps SQLite from an index that would have all cases of a state sorted for each page
        "case_id > :cursor": query.cursor, "vendor_domain = :vendor": query.vendor, "+brand = :brand": query.brand,
        "+verdict = :verdict": query.verdict, "+state = :state": query.state, "+updated_at >= :updated_since": query.updated_since,
    }  # fmt: skip
    conditions = " AND ".join(["1", *(condition for condition, value in wanted.items() if value is not None)])
    keys = query.model_dump(mode="json") | {"limit": query.limit + 1}
    cases = call.ledger.select(
        Case, f"SELECT {columns_of(Case)} FROM cases WHERE {conditions} ORDER BY case_id LIMIT :limit", keys
    )
    shown = cases[: query.limit]
    items = [CaseAnswer.of(case, call.settings.address) for case in shown]
    return ApiAnswer(model=CasePage(items=items, next=shown[-1].case_id if len(cases) > query.limit else None))


def show_case(call: ApiCall) -> ApiAnswer:
    case = call.ledger.find(Case, case_id=call.path["case_id"])
    if case is None:
        raise NotThereError
    events = call.ledger.select(
        _Event, "SELECT event_id, at, by, event FROM case_events WHERE case_id = ? ORDER BY event_id", [case.case_id]
    )
    told = [CaseEventAnswer(event_id=event.event_id, at=event.at, by=event.by, event=event.event) for event in events]
    return ApiAnswer(model=CaseDetail(case=CaseAnswer.of(case, call.settings.address), events=told))


CASE_ROUTES = (
    ApiRoute(method="GET", path="/cases", name="list_cases", summary="List cases in the order in which they were opened.", scope=TokenScope.CASES_READ, act=show_cases, answer=CasePage, query=CaseQuery),
    ApiRoute(method="GET", path="/cases/{case_id}", name="read_case", summary="Read a case with what happened to it.", scope=TokenScope.CASES_READ, act=show_case, answer=CaseDetail, errors=(404,)),
)  # fmt: skip
