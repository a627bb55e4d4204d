"""What was looked at and what was not, vendor by vendor, as of each vendor's last visit.

Reads: v_coverage, visits. Writes: nothing. The whole list, every visit included, is the view v_coverage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.database import Ledger, Row

NOT_THERE = frozenset({"error", "soft-404", "http-404", "http-410"})  # a page that is not there hides nothing
NEEDS_BROWSER = "needs-browser"  # also on pages whose words were read
PARTNER_KINDS = ("partners", "clients", "resellers")
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
    "private-address": "its name leads to a private address",
    "parked": "the domain is parked",
    "unreadable": "reading it took too long or too much memory: look by hand",
    "not-html": "no page but a file",
    "redirect-not-followed": "it leads away from the web",
    "not-in-archive": "the archive that was read does not hold it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorCoverage:
    """What a vendor's last visit looked at."""

    vendor: str
    vendor_domain: str
    state: str
    end_reason: str
    visited_at: str
    pages_read: int
    partner_pages: int
    unseen: Counter[str]  # reason → pages
    looks: Sequence[Row]  # rows of v_coverage

    @property
    def outcome(self) -> str:
        """failed, in part, or read: how much of what was wished could be seen."""
        if self.pages_read == 0:
            return "failed"
        is_whole = not self.unseen and "error of the program" not in self.end_reason
        return "read" if is_whole else "in part"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What all vendors' last visits looked at; the vendors with the least to show come first."""

    vendors: Sequence[VendorCoverage]  # at most MAX_VENDORS
    left_out: int  # vendors that are not among them
    by_outcome: Counter[str]
    unseen_by_reason: Counter[str]  # pages
    pages_read: int
    with_partner_page: int

    def what_to_do(self, reason: str) -> str:
        return WHAT_TO_DO.get(reason, "")


def read_coverage(ledger: Ledger) -> Coverage:
    """Return the coverage of each vendor's last visit."""
    vendors: list[VendorCoverage] = []
    by_outcome: Counter[str] = Counter()
    unseen: Counter[str] = Counter()
    pages_read = with_partner_page = 0
    for vendor in ledger.each(
        "SELECT s.vendor, s.vendor_domain, v.visit_id, v.crawl_id, v.state, coalesce(v.end_reason, '') AS end_reason,"
        # a check of one page counts only where there was no whole visit
        " substr(max(iif(c.kind = 'check', '0', '1') || coalesce(v.started_at, '')), 2) AS visited_at"
        " FROM visits v JOIN seeds s USING (seed_id) JOIN crawls c USING (crawl_id)"
        " GROUP BY v.seed_id ORDER BY v.state = 'failed' DESC, s.vendor"
    ):
        one = _vendor(ledger, vendor)
        by_outcome[one.outcome if one.state in ("done", "failed") else one.state] += 1
        unseen += one.unseen
        pages_read += one.pages_read
        with_partner_page += one.partner_pages > 0
        if len(vendors) < MAX_VENDORS:
            vendors.append(one)
    return Coverage(
        vendors=vendors,
        left_out=by_outcome.total() - len(vendors),
        by_outcome=by_outcome,
        unseen_by_reason=unseen,
        pages_read=pages_read,
        with_partner_page=with_partner_page,
    )


def _vendor(ledger: Ledger, vendor: Row) -> VendorCoverage:
    looks = ledger.rows(
        "SELECT * FROM v_coverage WHERE visit_id = ? ORDER BY outcome, page_kind, requested_url", [vendor["visit_id"]]
    )
    read = [row for row in looks if row["outcome"] == "looked"]
    unseen = Counter(
        str(row["reason"])
        for row in looks
        if row["reason"]
        and row["reason"] not in NOT_THERE
        and (row["outcome"] == "could-not-look" or row["reason"] == NEEDS_BROWSER)
    )
    return VendorCoverage(
        vendor=vendor["vendor"],
        vendor_domain=vendor["vendor_domain"],
        state=vendor["state"],
        end_reason=vendor["end_reason"],
        visited_at=vendor["visited_at"],
        pages_read=len(read),
        partner_pages=sum(row["page_kind"] in PARTNER_KINDS for row in read),
        unseen=unseen,
        looks=looks,
    )
