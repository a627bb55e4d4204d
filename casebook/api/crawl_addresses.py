"""The API's addresses of crawls and of how much of each vendor they looked at. Reads: crawls, visits, v_vendor_coverage."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from casebook.api.api_calls import ApiAnswer, ApiCall, ApiRoute
from casebook.api.api_models import CrawlAnswer, CrawlPage, PageQuery, VendorAnswer, VendorPage, VendorQuery
from casebook.web.responses import NotThereError
from ledger.database import Ledger, columns_of
from ledger.records import Crawl
from ledger.typed_texts import CrawlId, Instant, VisitId
from ledger.vocabulary import TokenScope, VisitState


@dataclass(frozen=True, slots=True, kw_only=True)
class _StateCount:
    crawl_id: CrawlId
    state: VisitState
    visits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vendor:
    """A row of v_vendor_coverage, as far as it is told."""

    visit_id: VisitId
    vendor: str
    vendor_domain: str
    outcome: str
    reason: str | None
    pages_read: int
    partner_pages: int
    pages_unseen: int
    started_at: Instant | None
    ended_at: Instant | None


def show_crawls(call: ApiCall) -> ApiAnswer:
    query: PageQuery = call.query
    sql = f"SELECT {columns_of(Crawl)} FROM crawls WHERE (:cursor IS NULL OR crawl_id < :cursor) ORDER BY crawl_id DESC LIMIT :limit"
    crawls = call.ledger.select(Crawl, sql, {"cursor": query.cursor, "limit": query.limit + 1})
    shown = crawls[: query.limit]
    visits = _count_visits(call.ledger, shown)
    items = [CrawlAnswer.of(crawl, visits.get(crawl.crawl_id, {})) for crawl in shown]
    return ApiAnswer(model=CrawlPage(items=items, next=shown[-1].crawl_id if len(crawls) > query.limit else None))


def show_crawl(call: ApiCall) -> ApiAnswer:
    crawl = _require(call)
    return ApiAnswer(model=CrawlAnswer.of(crawl, _count_visits(call.ledger, [crawl]).get(crawl.crawl_id, {})))


def show_vendors(call: ApiCall) -> ApiAnswer:
    query: VendorQuery = call.query
    crawl = _require(call)
    keys = {"crawl": crawl.crawl_id, "cursor": query.cursor, "limit": query.limit + 1}
    ids = call.ledger.values(_VISITS_OF_PAGE, keys)
    rows = call.ledger.select(_Vendor, _VENDORS, [json.dumps(ids[: query.limit])])
    by_id = {row.visit_id: row for row in rows}
    items = [
        VendorAnswer.model_validate(asdict(by_id[visit_id])) for visit_id in ids[: query.limit] if visit_id in by_id
    ]
    return ApiAnswer(model=VendorPage(items=items, next=ids[query.limit - 1] if len(ids) > query.limit else None))


def _require(call: ApiCall) -> Crawl:
    crawl = call.ledger.find(Crawl, crawl_id=call.path["crawl_id"])
    if crawl is None:
        raise NotThereError
    return crawl


def _count_visits(ledger: Ledger, crawls: list[Crawl]) -> dict[CrawlId, dict[str, int]]:
    sql = (
        "SELECT crawl_id, state, count(*) AS visits FROM visits WHERE crawl_id IN (SELECT value FROM json_each(?))"
        " GROUP BY crawl_id, state"
    )
    counts: dict[CrawlId, dict[str, int]] = {}
    for row in ledger.select(_StateCount, sql, [json.dumps([crawl.crawl_id for crawl in crawls])]):
        counts.setdefault(row.crawl_id, {})[row.state] = row.visits
    return counts


_VISITS_OF_PAGE = """
    SELECT visit_id FROM visits WHERE crawl_id = :crawl AND ordinal > coalesce(
        (SELECT ordinal FROM visits WHERE visit_id = :cursor AND crawl_id = :crawl), -1)
    ORDER BY ordinal LIMIT :limit
"""
_VENDORS = """
    SELECT visit_id, vendor, vendor_domain, outcome, reason, pages_read, partner_pages, pages_unseen, started_at, ended_at
    FROM v_vendor_coverage WHERE visit_id IN (SELECT value FROM json_each(?))
"""
CRAWL_ROUTES = (
    ApiRoute(method="GET", path="/crawls", name="list_crawls", summary="List crawls, the newest first, with their visits by state.", scope=TokenScope.CRAWLS_READ, act=show_crawls, answer=CrawlPage, query=PageQuery),
    ApiRoute(method="GET", path="/crawls/{crawl_id}", name="read_crawl", summary="Read how far a crawl is.", scope=TokenScope.CRAWLS_READ, act=show_crawl, answer=CrawlAnswer, errors=(404,)),
    ApiRoute(method="GET", path="/crawls/{crawl_id}/vendors", name="list_vendors", summary="List how much of each vendor a crawl looked at, and why not more.", scope=TokenScope.CRAWLS_READ, act=show_vendors, answer=VendorPage, query=VendorQuery, errors=(404,)),
)  # fmt: skip
