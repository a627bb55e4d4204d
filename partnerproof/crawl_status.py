"""How far the latest crawl is, from the database alone: it may be asked while it crawls."""

from __future__ import annotations

from casebook.dossier.coverage import NOT_THERE
from ledger.database import Ledger
from ledger.identity import utc_text
from ledger.records import Crawl
from ledger.typed_texts import CrawlId
from partnerproof.crawl_answers import Count, count_unseen_pages, count_vendor_outcomes, count_verdicts

_OF_CRAWL = "visit_id IN (SELECT visit_id FROM visits WHERE crawl_id = ?)"


def read_status(ledger: Ledger) -> dict[str, object]:
    """Return the state of the latest crawl; empty when there is none."""
    crawl = ledger.select_first(Crawl, "SELECT * FROM crawls ORDER BY crawl_id DESC LIMIT 1")
    if crawl is None:
        return {}
    judged = "SELECT count(*) FROM visits WHERE crawl_id = ? AND judged_at IS NOT NULL"
    return {
        "crawl": crawl.crawl_id,
        "seeds": crawl.seeds_file,
        "started_at": crawl.started_at,
        "ended_at": crawl.ended_at or "running or stopped",
        "visits": _counts(ledger, crawl.crawl_id, "state", "visits WHERE crawl_id = ?", order="name"),
        **(
            {"waits_until": crawl.waits_until, "waits_for": crawl.waits_for}
            if (crawl.waits_until or "") > utc_text()
            else {}
        ),
        "vendors": {
            f"{group.outcome}{': ' + group.reason if group.reason else ''}": group.vendors
            for group in count_vendor_outcomes(ledger, crawl.crawl_id)
        },
        "judged_visits": ledger.value(judged, [crawl.crawl_id]),
        "looks": _counts(ledger, crawl.crawl_id, "purpose", f"looks WHERE {_OF_CRAWL}", order="name"),
        "could_not_look": {  # pages, as findings and report count them
            unseen.reason: unseen.pages for unseen in count_unseen_pages(ledger, crawl.crawl_id, left_out=NOT_THERE)
        },
        "other_files_not_had": _counts(  # robots.txt, images, style sheets, …
            ledger,
            crawl.crawl_id,
            "purpose || ' ' || reason",
            f"looks WHERE {_OF_CRAWL} AND outcome = 'could-not-look' AND purpose <> 'page'",
        ),
        "pages_by_health": _counts(ledger, crawl.crawl_id, "health", f"pages WHERE {_OF_CRAWL}"),
        "findings_by_verdict": {count.name: count.number for count in count_verdicts(ledger)},
        "last_look_at": ledger.value(f"SELECT max(looked_at) FROM looks WHERE {_OF_CRAWL}", [crawl.crawl_id]),
    }


def _counts(
    ledger: Ledger, crawl_id: CrawlId, column: str, table: str, *, order: str = "number DESC, name"
) -> dict[str, int]:
    sql = f"SELECT {column} AS name, count(*) AS number FROM {table} GROUP BY 1 ORDER BY {order}"
    return {count.name: count.number for count in ledger.select(Count, sql, [crawl_id])}
