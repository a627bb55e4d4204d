"""What was looked at and what was not, vendor by vendor, as of each vendor's last visit.

Reads: v_vendor_coverage, v_coverage, visits. Writes: nothing. The whole lists, every visit included, are the two views.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

from ledger.database import Ledger, columns_of
from ledger.typed_texts import CrawlId, FinalUrl, Instant, RequestedUrl, VisitId
from ledger.vocabulary import PageHealth, PageKind, VisitState

NOT_THERE = frozenset({"soft-404", "http-404", "http-410"})  # a page that is not there hides nothing
NOT_WHOLE = frozenset({"needs-browser", "empty-main", "cut-short"})  # also of pages that were read
OUTCOMES = {
    "looked": "looked at",
    "looked-in-part": "looked at in part",
    "could-not-look": "could not be looked at",
    "running": "still running",
    "pending": "still to come",
}
MAX_VENDORS = 2_000  # in the page; a browser opens that at once
WHAT_TO_DO = {
    "empty-shell": "scripts draw it, and a browser did not help either: look by hand",
    "needs-browser": "drawn by scripts alone: install the browser extra and crawl again",
    "challenge": "the site asks whether a person is there: look by hand, or ask the vendor",
    "consent-wall": "nothing is shown before consent: look by hand, or with the browser extra",
    "login": "behind a login: what it shows is not public",
    "robots": "robots.txt forbids it: look by hand",
    "robots-unreachable": "robots.txt could not be read, so nothing may be asked: try again later",
    "retry-after": "the host asked to be left alone: try again later",
    "opt-out": "on the opt-out list",
    "tls": "its certificate could not be verified: --allow-bad-certificates asks again, marked in the rows",
    "dns": "its name leads to no address: is the domain right?",
    "timeout": "no answer in time: try again later",
    "connection-refused": "nobody answers there: try again later",
    "private-address": "its name leads to a private address: correct the start address, or crawl with --allow-private if the site is yours",
    "parked": "the domain is parked",
    "listing": "a server's list of files, no page; what it links to was read",
    "no-dns": "no name server answered: is this machine's own network there?",
    "no-route": "nothing leads out of this machine: is its own network there?",
    "cut-short": "the connection ended early: try again later",
    "unreadable": "reading it took too long or too much memory: look by hand",
    "no-text": "what came is no text, nor packed in a way that is known: look by hand",
    "empty": "the answer was empty: try again later",
    "empty-main": "menu and footer came, and nothing between them: look by hand, or with the browser extra",
    "maintenance": "the site says that it is being worked on: try again later",
    "server-error": "the site's own program failed: try again later",
    "not-in-your-country": "the site shows itself to other countries only: look from there, or through a proxy",
    "not-html": "no page but a file",
    "redirect-not-followed": "it leads away from the web",
    "http-401": "behind a login: what it shows is not public",
    "http-403": "the site refuses whoever asks by program: look by hand, or ask the vendor",
    "http-429": "the site asks for fewer requests: try again later, with a longer delay",
    "http-500": "the site's own program failed: try again later",
    "http-503": "the site is busy or being worked on: try again later",
    "budget-pages": "more pages than the budget allows: raise max_pages",
    "budget-images": "more images than the budget allows: raise max_images",
    "budget-requests": "more requests than the budget allows: raise max_requests",
    "budget-bytes": "more bytes than the budget allows: raise max_bytes",
    "budget-seconds": "more time than the budget allows: raise max_seconds",
    "not-in-archive": "the archive that was read does not hold it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageLook:
    """A row of v_coverage: a page that a visit wished to look at; a visit without any has one row without an address."""

    table: ClassVar[str] = "v_coverage"
    vendor: str
    vendor_domain: str
    crawl_id: CrawlId
    visit_state: VisitState
    end_reason: str | None
    requested_url: RequestedUrl | None
    page_url: FinalUrl | None
    outcome: str  # looked, could-not-look, or the state of a visit that has not ended
    reason: str | None
    detail: str | None
    status: int | None
    page_kind: PageKind | None
    page_health: PageHealth | None
    language: str | None
    title: str | None
    looked_at: Instant | None
    why: str | None
    unchanged_since: Instant | None
    visit_id: VisitId


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorOutcomes:
    """How many vendors have one outcome, for one reason; as rows of a count over v_vendor_coverage."""

    outcome: str
    reason: str | None  # None: all was looked at, or the visit has not ended
    vendors: int


@dataclass(frozen=True, slots=True)
class VendorTally:
    """Vendors by outcome; and those that were not, or only partly, looked at by the reason that decided it."""

    by_outcome: Counter[str] = field(default_factory=Counter)
    by_reason: Counter[tuple[str, str]] = field(default_factory=Counter)  # outcome, reason

    def add(self, outcome: str, reason: str | None, vendors: int = 1) -> None:
        self.by_outcome[outcome] += vendors
        if outcome in ("could-not-look", "looked-in-part"):
            self.by_reason[outcome, reason or ""] += vendors

    @classmethod
    def of(cls, groups: Iterable[VendorOutcomes]) -> Self:
        tally = cls()
        for group in groups:
            tally.add(group.outcome, group.reason, group.vendors)
        return tally


@dataclass(frozen=True, slots=True, kw_only=True)
class _LastVisit:
    """A vendor's last visit. visited_at: of its last whole visit, where there was one."""

    vendor: str
    vendor_domain: str
    visit_id: VisitId
    outcome: str
    reason: str | None
    pages_read: int
    partner_pages: int
    end_reason: str
    visited_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorCoverage:
    """What a vendor's last visit looked at."""

    vendor: str
    vendor_domain: str
    outcome: str  # looked, looked-in-part, could-not-look; pending, running: it has not ended
    reason: str | None  # that decided it
    end_reason: str
    visited_at: str
    pages_read: int
    partner_pages: int
    unseen: Counter[str]  # reason → pages
    looks: Sequence[CoverageLook]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What all vendors' last visits looked at; the vendors with the least to show come first."""

    vendors: Sequence[VendorCoverage]  # at most MAX_VENDORS
    left_out: int  # vendors that are not among them
    by_outcome: Counter[str]  # vendors
    by_reason: Counter[tuple[str, str]]  # outcome, deciding reason → vendors that were not, or only partly, looked at
    unseen_by_reason: Counter[str]  # pages
    pages_read: int
    with_partner_page: int

    def what_to_do(self, reason: str) -> str:
        return WHAT_TO_DO.get(reason, "")


def read_coverage(ledger: Ledger) -> Coverage:
    """Return the coverage of each vendor's last visit."""
    vendors: list[VendorCoverage] = []
    tally = VendorTally()
    unseen: Counter[str] = Counter()
    pages_read = with_partner_page = 0
    for visit in ledger.select_each(
        _LastVisit,
        "SELECT v.vendor, v.vendor_domain, v.visit_id, v.outcome, v.reason, v.pages_read, v.partner_pages,"
        " coalesce(v.end_reason, '') AS end_reason,"
        # a check of one page counts only where there was no whole visit
        " substr(max(iif(v.crawl_kind = 'check', '0', '1') || coalesce(v.started_at, '')), 2) AS visited_at"
        " FROM v_vendor_coverage v JOIN visits t USING (visit_id)"
        " GROUP BY t.seed_id ORDER BY v.outcome = 'could-not-look' DESC, v.outcome = 'looked', v.vendor",
    ):
        vendor = _vendor(ledger, visit)
        tally.add(vendor.outcome, vendor.reason)
        unseen += vendor.unseen
        pages_read += vendor.pages_read
        with_partner_page += vendor.partner_pages > 0
        if len(vendors) < MAX_VENDORS:
            vendors.append(vendor)
    return Coverage(
        vendors=vendors,
        left_out=tally.by_outcome.total() - len(vendors),
        by_outcome=tally.by_outcome,
        by_reason=tally.by_reason,
        unseen_by_reason=unseen,
        pages_read=pages_read,
        with_partner_page=with_partner_page,
    )


def _vendor(ledger: Ledger, visit: _LastVisit) -> VendorCoverage:
    looks = ledger.select(
        CoverageLook,
        f"SELECT {columns_of(CoverageLook)} FROM v_coverage WHERE visit_id = ?"
        " ORDER BY outcome, page_kind, requested_url",
        [visit.visit_id],
    )
    unseen = Counter(
        look.reason
        for look in looks
        if look.reason
        and look.reason not in NOT_THERE
        and (look.outcome == "could-not-look" or look.reason in NOT_WHOLE)
    )
    return VendorCoverage(
        vendor=visit.vendor,
        vendor_domain=visit.vendor_domain,
        outcome=visit.outcome,
        reason=visit.reason,
        end_reason=visit.end_reason,
        visited_at=visit.visited_at,
        pages_read=visit.pages_read,
        partner_pages=visit.partner_pages,
        unseen=unseen,
        looks=looks,
    )


def tell_vendors(by_outcome: Counter[str], by_reason: Counter[tuple[str, str]]) -> str:
    """Say how many vendors were looked at, in part, or not, and for which reasons; every vendor is in it."""
    told = []
    for outcome, words in OUTCOMES.items():
        if number := by_outcome.get(outcome, 0):
            reasons = [
                f"{reason or 'unknown'} {count}" for (kind, reason), count in by_reason.most_common() if kind == outcome
            ]
            told.append(f"{number} {words}{' (' + ', '.join(reasons) + ')' if reasons else ''}")
    return ", ".join(told)
