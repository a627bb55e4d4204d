"""An archive that others made → visits, captures, looks, pages, sightings: read as a crawl is, with its own dates.

Reads: an archive's index; a vendor list, if there is one. Writes: seeds, crawls, visits, captures, looks, pages, sightings,
passages, and the answers' bytes into our own archive. No request is made.

1. Documents are told apart by vendor (registrable domain) and day: each is one visit, dated as the captures are.
2. Of one address and day the first good answer is read; a visit's pages are read best first, up to MAX_PAGES.
3. Style sheets and images that a page shows are taken from the same archive, as near in time as possible.
4. What it does not hold is a look that could not be taken ("not-in-archive"), never "nothing there".

All ids follow from the file's digest and its addresses and dates: the same file twice changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from ulid import ULID

from crawler.archives.archive_index import Answer, ArchiveIndex, ReadAnswer
from crawler.images.stylesheets import Sheet, decode_sheet, sheet_urls
from crawler.reading.links import score_link
from crawler.reading.page_health import is_html
from crawler.reading.page_reader import PageSource, ReadPage, read_page, store_page
from crawler.visits.seeds import seed_of
from crawler.visits.visit import read_seed
from ledger.archive.codings import BodyRefusedError
from ledger.archive.warc import Exchange, WarcArchive
from ledger.database import Ledger
from ledger.domains import registrable_domain
from ledger.identity import content_id, look_id_of, sha256_hex, utc_text
from ledger.lexicon import Lexicon
from ledger.records import Crawl, Look, Seed, Visit
from ledger.vocabulary import CrawlKind, LookOutcome, Purpose, VisitState

MAX_PAGES = 200  # of one vendor and day; an archive may hold a whole shop
MAX_IMAGES = 600
MAX_BYTES = {Purpose.PAGE: 5_000_000, Purpose.IMAGE: 10_000_000, Purpose.STYLESHEET: 1_000_000}


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

    crawl_id: str
    digest: str
    plans: tuple[VisitPlan, ...]
    left_out: int


@dataclass
class _Visit:
    """One visit while it is read."""

    visit_id: str
    looks: dict[tuple[Purpose, str], Look] = field(default_factory=dict)
    captures: dict[str, str] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)  # of style sheets
    seen: set[str] = field(default_factory=set)
    pages: int = 0
    images: int = 0
    body_bytes: int = 0


def plan_ingest(index: ArchiveIndex, ledger: Ledger, lexicon: Lexicon, listed: Sequence[Seed]) -> IngestOrder:
    """Return what is to be read. listed: vendors of a list; when there are any, only they are read."""
    by_domain: dict[str, Seed] = {}
    for seed in listed:
        by_domain.setdefault(seed.vendor_domain, seed)
    chosen: dict[tuple[str, str], dict[str, Answer]] = {}
    left_out = 0
    page_domains = {registrable_domain(host) for host in index.archive.page_hosts}
    for answer in index.documents():
        domain = registrable_domain(urlsplit(answer.uri).hostname or "")
        if (listed and domain not in by_domain) or (not listed and page_domains and domain not in page_domains):
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


def _crawl_id(digest: str, plans: Sequence[VisitPlan]) -> str:
    """A ULID that follows from the file: it sorts by the first day of its captures, before crawls made later."""
    first = datetime.fromisoformat(f"{plans[0].day}T00:00:00+00:00") if plans else datetime.fromtimestamp(0, UTC)
    moment = max(0, int(first.timestamp() * 1000)).to_bytes(6, "big")
    return str(ULID.from_bytes(moment + bytes.fromhex(digest)[:10]))


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
    ended = ledger.row("SELECT ended_at FROM crawls WHERE crawl_id = ?", [order.crawl_id])
    if ended is not None:
        return ended["ended_at"] is None
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
                visit_id=content_id("visit", order.crawl_id, plan.seed.seed_id, plan.day),
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
    """Reads the visits of one archive. told: what could not be read, by reason."""

    def __init__(self, index: ArchiveIndex, ledger: Ledger, archive: WarcArchive, lexicon: Lexicon) -> None:
        self.index = index
        self.ledger = ledger
        self.archive = archive
        self.lexicon = lexicon
        self.told: Counter[str] = Counter()

    def read_visits(self, order: IngestOrder) -> Iterator[str]:
        """Read the visits that are not done, one by one; yield the id of each."""
        for ordinal, plan in enumerate(order.plans):
            row = self.ledger.row(
                "SELECT visit_id, state FROM visits WHERE crawl_id = ? AND ordinal = ?", [order.crawl_id, ordinal]
            )
            if row is None or row["state"] in (VisitState.DONE, VisitState.FAILED):
                continue
            self.read_visit(row["visit_id"], plan)
            self.archive.sync()
            yield row["visit_id"]

    def read_visit(self, visit_id: str, plan: VisitPlan) -> None:
        """Read the pages of one vendor and day."""
        visit = _Visit(visit_id)
        for document in plan.documents:
            self._read_page(visit, document)
        state = VisitState.DONE if visit.pages else VisitState.FAILED
        reason = "nothing could be read" if not visit.pages else "budget of pages" if plan.is_cut else "complete"
        self.ledger.execute(
            "UPDATE visits SET state = ?, ended_at = ?, end_reason = ?, pages = ?, requests = 0, body_bytes = ? WHERE visit_id = ?",
            [state, max(d.at for d in plan.documents), reason, visit.pages, visit.body_bytes, visit_id],
        )

    def _read_page(self, visit: _Visit, document: Answer) -> None:
        look, content = self._look(visit, document.uri, Purpose.PAGE, document, document.at)
        if content is None or not is_html(document.content_type, content) or look.content_sha256 in visit.seen:
            return
        source = PageSource(
            visit_id=visit.visit_id,
            look_id=look.look_id,
            url=document.uri,
            status=look.status or document.status,
            content=content,
            content_type=document.content_type,
        )
        page = read_page(source, self.lexicon)
        if page.is_healthy:
            visit.seen.add(look.content_sha256 or "")
            page = page.with_images(self._sheets(visit, page, document.at), self.lexicon)
        store_page(self.ledger, page)
        if not page.is_healthy:
            self.told[f"page: {page.page.health}"] += 1
            return
        visit.pages += 1
        for url in dict.fromkeys(s.image_url for s in page.sightings if s.image_url):
            if (Purpose.IMAGE, url) not in visit.looks and visit.images < MAX_IMAGES:
                visit.images += 1
                self._look(visit, url, Purpose.IMAGE, self.index.near(url, document.at), document.at)

    def _sheets(self, visit: _Visit, page: ReadPage, at: str) -> list[Sheet]:
        sheets = []
        for url in sheet_urls(page.document):
            if (Purpose.STYLESHEET, url) not in visit.looks:
                _, content = self._look(visit, url, Purpose.STYLESHEET, self.index.near(url, at), at)
                if content is not None:
                    visit.contents[url] = content
            if url in visit.contents:
                sheets.append(Sheet(url, decode_sheet(visit.contents[url])))
        return sheets

    def _look(
        self, visit: _Visit, url: str, purpose: Purpose, answer: Answer | None, at: str
    ) -> tuple[Look, bytes | None]:
        """Record what the archive holds for an address; returns the look, and the content when there is one to read."""
        read: ReadAnswer | None = None
        reason, detail = "not-in-archive", "the archive holds no answer for it near that day"
        if answer is not None:
            try:
                read = self.index.read(answer, max_bytes=MAX_BYTES[purpose])
            except BodyRefusedError as error:
                reason, detail = error.reason, error.detail
        status = read.status if read is not None else None
        is_error = status is not None and status >= 400
        is_looked = status is not None and (status < 300 or (is_error and purpose is Purpose.PAGE))
        if status is not None and (not is_looked or is_error):
            reason = f"http-{status}"
        look = Look(
            look_id=look_id_of(visit.visit_id, purpose, url),
            visit_id=visit.visit_id,
            purpose=purpose,
            requested_url=url,
            outcome=LookOutcome.LOOKED if is_looked else LookOutcome.COULD_NOT_LOOK,
            reason=None if is_looked and not is_error else reason,
            detail=None if read is not None else detail,
            status=status,
            final_url=answer.uri if answer is not None and read is not None else None,
            capture_id=self._store(visit, answer, read) if answer is not None and read is not None else None,
            content_sha256=sha256_hex(read.body.content) if read is not None else None,
            content_bytes=len(read.body.content) if read is not None else None,
            looked_at=answer.at if answer is not None else at,
        )
        self.ledger.put([look])
        visit.looks[purpose, url] = look
        if not is_looked:
            self.told[f"{purpose}: {reason}"] += 1
        return look, read.body.content if read is not None and is_looked else None

    def _store(self, visit: _Visit, answer: Answer, read: ReadAnswer) -> str:
        """Put an answer into our own archive, once for each visit and address, under its own date; returns its id."""
        if answer.uri in visit.captures:
            return visit.captures[answer.uri]
        capture_id = content_id("capture", visit.visit_id, answer.uri, 0)
        visit.captures[answer.uri] = capture_id
        visit.body_bytes += len(read.body.payload)
        if self.ledger.value("SELECT 1 FROM captures WHERE capture_id = ?", [capture_id]):
            return capture_id
        self.archive.store(
            Exchange(
                visit_id=visit.visit_id,
                url=answer.uri,
                attempt=0,
                method=read.request.first if read.request is not None else "GET",
                request_headers=None if read.request is None else read.request.headers,
                protocol=read.http.first,
                status=read.status,
                reason=read.http.reason,
                response_headers=_without_transfer_coding(read.http.headers),
                payload=read.body.payload,
                content_type=read.http.value("content-type"),
                redirect_url=answer.location if 300 <= read.status < 400 else None,
                remote_ip=answer.ip,
                fetched_at=answer.at,
            )
        )
        return capture_id


def _without_transfer_coding(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    # our archive keeps payloads with the transfer coding undone; players would undo it a second time
    return [(f"X-Archive-{name}" if name.lower() == "transfer-encoding" else name, value) for name, value in headers]
