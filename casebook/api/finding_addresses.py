"""The API's addresses of findings: pages, one, and lines to follow."""

from __future__ import annotations

from collections.abc import Iterator

from casebook.api.api_calls import ApiAnswer, ApiCall, ApiRoute, NotAskedSoError
from casebook.api.api_models import FeedQuery, FindingAnswer, FindingFilter, FindingPage, FindingQuery
from casebook.dossier.finding_feed import FeedFilter, FeedPage, read_feed, read_feed_finding
from casebook.web.responses import NotThereError
from ledger.vocabulary import TokenScope

_BATCH = 200


def show_findings(call: ApiCall) -> ApiAnswer:
    query: FindingQuery = call.query
    _require_one_begin(query.cursor, query.changed_since)
    page = read_feed(call.ledger, _filter(query), after=query.cursor, since=query.changed_since, limit=query.limit)
    return ApiAnswer(model=FindingPage(items=_items(call, page), next=page.next))


def show_finding(call: ApiCall) -> ApiAnswer:
    finding = read_feed_finding(call.ledger, call.path["claim_id"])
    if finding is None:
        raise NotThereError
    return ApiAnswer(model=FindingAnswer.of(finding, call.settings.address))


def follow_findings(call: ApiCall) -> ApiAnswer:
    query: FeedQuery = call.query
    _require_one_begin(query.after, query.since)
    first = _read(
        call, query.after, query.since, query.limit
    )  # so that a cursor that is none is said before the first line
    return ApiAnswer(lines=_lines(call, first, query.limit))


def _lines(call: ApiCall, page: FeedPage, left: int) -> Iterator[bytes]:
    while True:
        for item in _items(call, page):
            yield item.model_dump_json().encode() + b"\n"
        left -= _BATCH
        if page.next is None or left <= 0:
            return
        page = _read(call, page.next, None, left)


def _read(call: ApiCall, after: str | None, since: str | None, left: int) -> FeedPage:
    return read_feed(call.ledger, _filter(call.query), after=after, since=since, limit=min(_BATCH, left))


def _items(call: ApiCall, page: FeedPage) -> list[FindingAnswer]:
    return [FindingAnswer.of(finding, call.settings.address) for finding in page.findings]


def _filter(query: FindingFilter) -> FeedFilter:
    return FeedFilter(vendor=query.vendor, brand=query.brand, verdict=query.verdict)


def _require_one_begin(cursor: str | None, since: str | None) -> None:
    if cursor is not None and since is not None:
        raise NotAskedSoError(400, "a cursor and an instant both say where to begin: give one of them")


FINDING_ROUTES = (
    ApiRoute(method="GET", path="/findings", name="list_findings", summary="List findings in the order in which their verdicts were given.", scope=TokenScope.FINDINGS_READ, act=show_findings, answer=FindingPage, query=FindingQuery, errors=(422,)),
    ApiRoute(method="GET", path="/findings.jsonl", name="follow_findings", summary="Findings as JSON lines, for a SIEM: from an instant, or on from the cursor of the last line that was taken. A finding with a new verdict comes again.", scope=TokenScope.FINDINGS_READ, act=follow_findings, answer=FindingAnswer, query=FeedQuery, errors=(422,), is_lines=True),
    ApiRoute(method="GET", path="/findings/{claim_id}", name="read_finding", summary="Read one finding.", scope=TokenScope.FINDINGS_READ, act=show_finding, answer=FindingAnswer, errors=(404,)),
)  # fmt: skip
