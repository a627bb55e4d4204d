"""An archive that others made → visits, captures, looks, pages, sightings: read as a crawl is, with its own dates.

Reads: an archive's index; a vendor list, if there is one. Writes: seeds, crawls, visits, captures, looks, pages, sightings,
passages, and the answers' bytes into our own archive. No request is made.

1. Documents are told apart by vendor (registrable domain) and day: each is one visit, dated as the captures are.
2. Of one address and day the first good answer is read; a visit's pages are read best first, up to MAX_PAGES.
3. Style sheets and images that a page shows are taken from the same archive, as near in time as possible.
4. Looks follow the rules of a crawl's (crawler/visits/looks.py), answered by the archive instead of the wire.
5. What it does not hold is a look that could not be taken ("not-in-archive"), never "nothing there".

All ids follow from the file's digest and its addresses and dates: the same file twice changes nothing.
"""

from __future__ import annotations

import asyncio
import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from ulid import ULID

from crawler.archives.archive_fetcher import ArchiveFetcher
from crawler.archives.archive_index import Answer, ArchiveIndex
from crawler.reading.boxed_reading import reading_with
from crawler.reading.links import score_link
from crawler.reading.page_health import is_html
from crawler.reading.page_reader import PageSource, ReadPage, store_page
from crawler.visits.looks import LookTaker
from crawler.visits.page_parts import PageParts
from crawler.visits.seeds import seed_of
from crawler.visits.visit import Budget, RunningVisit, end_visit, read_seed
from ledger.archive.warc import WarcArchive
from ledger.database import Ledger
from ledger.domains import registrable_domain, site_of
from ledger.identity import content_id, sha256_hex, utc_text
from ledger.lexicon import Lexicon
from ledger.records import Crawl, Look, Seed, Visit
from ledger.typed_texts import CrawlId, FinalUrl, Sha256, VisitId
from ledger.vocabulary import CrawlKind, Purpose, VisitState

MAX_PAGES = 200  # of one vendor and day; an archive may hold a whole shop
MAX_IMAGES = 600
# an archive asks nothing of anybody: what bounds a visit of a crawl beside its pages and images does not bound one here
BUDGET = Budget(pages=MAX_PAGES, images=MAX_IMAGES, requests=1, body_bytes=sys.maxsize, seconds=math.inf, renders=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPlan:
    """One vendor on one day, and the documents to read, best first."""

    seed: Seed
    day: str
    documents: tuple[Answer, ...]
    is_cut: bool  # there were more than MAX_PAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestOrder:
    """What one archive is to become. left_out: documents of hosts that are no vendors of the list."""

    crawl_id: CrawlId
    digest: Sha256
    plans: tuple[VisitPlan, ...]
    left_out: int


def plan_ingest(index: ArchiveIndex, ledger: Ledger, lexicon: Lexicon, listed: Sequence[Seed]) -> IngestOrder:
    """Return what is to be read. listed: vendors of a list; when there are any, only they are read."""
    by_domain: dict[str, Seed] = {}
    for seed in listed:
        by_domain.setdefault(seed.vendor_domain, seed)
    chosen: dict[tuple[str, str], dict[str, Answer]] = {}
    left_out = 0
    page_domains = {registrable_domain(host) for host in index.archive.page_hosts}
    for answer in index.documents():
        domain = site_of(answer.uri)
        host_domain = registrable_domain(urlsplit(answer.uri).hostname or "")
        if (listed and domain not in by_domain) or (not listed and page_domains and host_domain not in page_domains):
            left_out += 1
            continue
        day = chosen.setdefault((answer.at[:10], domain), {})
        known = day.get(answer.uri)
        if known is None or (known.status >= 400 > answer.status):
            day[answer.uri] = answer

    def worth(answer: Answer) -> float:
        link = score_link(answer.uri, "", lexicon)
        return link.worth if link is not None else 0.0

    plans = []
    for (day_text, domain), answers in sorted(chosen.items()):
        best_first = sorted(answers.values(), key=lambda answer: (-worth(answer), answer.uri))
        plans.append(
            VisitPlan(
                seed=by_domain.get(domain) or _seed_of_domain(ledger, domain, best_first[0].uri),
                day=day_text,
                documents=tuple(best_first[:MAX_PAGES]),
                is_cut=len(best_first) > MAX_PAGES,
            )
        )
    digest = sha256_hex("\n".join([index.archive.sha256, *map(repr, listed)]).encode())
    return IngestOrder(crawl_id=_crawl_id(digest, plans), digest=digest, plans=tuple(plans), left_out=left_out)


def _seed_of_domain(ledger: Ledger, domain: str, url: str) -> Seed:
    """Return the vendor that the database knows under a domain, or a new one, so that history joins what crawls found."""
    parts = urlsplit(url)
    made = seed_of(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/")
    known = ledger.value(
        "SELECT seed_id FROM seeds WHERE vendor_domain = ? ORDER BY seed_id <> ?, rowid LIMIT 1", [domain, made.seed_id]
    )
    return made if known is None else read_seed(ledger, known)


def _crawl_id(digest: Sha256, plans: Sequence[VisitPlan]) -> CrawlId:
    """A ULID that follows from the file: it sorts by the first day of its captures, before crawls made later."""
    first = datetime.fromisoformat(f"{plans[0].day}T00:00:00+00:00") if plans else datetime.fromtimestamp(0, UTC)
    moment = max(0, int(first.timestamp() * 1000)).to_bytes(6, "big")
    return CrawlId(str(ULID.from_bytes(moment + bytes.fromhex(digest)[:10])))


def begin_ingest(
    ledger: Ledger,
    order: IngestOrder,
    *,
    file: str,
    settings: dict[str, object],
    tool: str,
    made_with: dict[str, object] | None = None,
) -> bool:
    """Write the crawl and its visits; returns whether there is something left to read."""
    known = ledger.find(Crawl, crawl_id=order.crawl_id)
    if known is not None:
        return known.ended_at is None
    with ledger.transaction():
        ledger.add({plan.seed.seed_id: plan.seed for plan in order.plans}.values())
        ledger.add(
            [
                Crawl(
                    crawl_id=order.crawl_id,
                    order_sha256=order.digest,
                    seeds_file=file,
                    settings=settings,
                    tool_version=tool,
                    started_at=utc_text(),
                    ended_at=None,
                    kind=CrawlKind.INGEST,
                    made_with=made_with or {},
                )
            ]
        )
        ledger.add(
            Visit(
                visit_id=VisitId(content_id("visit", order.crawl_id, plan.seed.seed_id, plan.day)),
                crawl_id=order.crawl_id,
                seed_id=plan.seed.seed_id,
                ordinal=ordinal,
                state=VisitState.PENDING,
                started_at=min(answer.at for answer in plan.documents),
                ended_at=None,
                end_reason=None,
                pages=0,
                requests=0,
                body_bytes=0,
            )
            for ordinal, plan in enumerate(order.plans)
        )
    return True


class Ingest:
    """Reads the visits of one archive. unread: what could not be read, counted by what it is and why."""

    def __init__(self, index: ArchiveIndex, ledger: Ledger, archive: WarcArchive, lexicon: Lexicon) -> None:
        self.index = index
        self.ledger = ledger
        self.archive = archive
        self.lexicon = lexicon
        self.unread: Counter[str] = Counter()

    def read_visits(self, order: IngestOrder) -> Iterator[VisitId]:
        """Read the visits that are not done, one by one; yield the id of each."""
        for ordinal, plan in enumerate(order.plans):
            row = self.ledger.find(Visit, crawl_id=order.crawl_id, ordinal=ordinal)
            if row is None or row.state in (VisitState.DONE, VisitState.FAILED):
                continue
            self.read_visit(row.visit_id, plan)
            self.archive.sync()
            yield row.visit_id

    def read_visit(self, visit_id: VisitId, plan: VisitPlan) -> None:
        """Read the pages of one vendor and day."""
        visit = RunningVisit(visit_id=visit_id, seed=plan.seed, budget=BUDGET)
        asyncio.run(self._read_pages(visit, plan))
        if plan.is_cut:
            visit.spent = "pages"
        end_visit(self.ledger, visit, failure=None, now=max(document.at for document in plan.documents))
        if damage := self.index.archive.damage:  # what a visit lacks may have stood in what is missing
            self.ledger.execute(
                "UPDATE visits SET end_reason = end_reason || ? WHERE visit_id = ?",
                [f"; the archive is damaged: {damage[0]}", visit_id],
            )

    async def _read_pages(self, visit: RunningVisit, plan: VisitPlan) -> None:
        fetcher = ArchiveFetcher(self.index, self.archive, plan.documents)
        looks = LookTaker(ledger=self.ledger, warc_dir=self.archive.directory, fetcher=fetcher)
        parts = PageParts(looks, visit)
        contents: set[str] = set()
        for document in plan.documents:
            looked = await looks.look(visit, document.uri, Purpose.PAGE)
            content = looked.content
            if content is None:
                self.unread[f"{Purpose.PAGE}: {looked.look.reason}"] += 1
            elif is_html(document.content_type, content) and looked.look.content_sha256 not in contents:
                page = await self._read_page(visit, document, looked.look, content, parts)
                if page.is_healthy:
                    contents.add(looked.look.content_sha256 or "")
        self._count_unread_parts(visit)

    async def _read_page(
        self, visit: RunningVisit, document: Answer, look: Look, content: bytes, parts: PageParts
    ) -> ReadPage:
        source = PageSource(
            visit_id=visit.visit_id,
            look_id=look.look_id,
            url=FinalUrl(document.uri),
            status=look.status or document.status,
            content=content,
            content_type=document.content_type,
        )
        reading = reading_with(self.lexicon)
        page, leads = reading.read(source)
        if page.is_healthy and leads is not None:
            sheets = await parts.read_sheets(leads.sheet_urls, page_url=source.url, is_unchanged=False)
            page = reading.read_whole(source, sheets)
        store_page(self.ledger, page)
        if not page.is_healthy:
            self.unread[f"{Purpose.PAGE}: {page.page.health}"] += 1
            return page
        visit.pages += 1
        shown = dict.fromkeys(sighting.image_url for sighting in page.sightings if sighting.image_url)
        new = {*[url for url in shown if url not in parts.image_urls][: MAX_IMAGES - visit.images]}
        sightings = [sighting for sighting in page.sightings if sighting.image_url in new]
        parts.add_images(sightings, page_url=source.url, is_telling=True, is_unchanged=False)
        await parts.look_at_images()
        return page

    def _count_unread_parts(self, visit: RunningVisit) -> None:
        unread = (
            "SELECT purpose || ': ' || reason AS what, count(*) AS number FROM looks"
            " WHERE visit_id = ? AND outcome = 'could-not-look' AND purpose <> 'page' GROUP BY what"
        )
        for row in self.ledger.select(_UnreadParts, unread, [visit.visit_id]):
            self.unread[row.what] += row.number


@dataclass(frozen=True, slots=True, kw_only=True)
class _UnreadParts:
    what: str
    number: int
