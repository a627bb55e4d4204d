"""A look: what one address gave a visit, judged and written down, whoever fetched it.

Reads: answers of a fetcher; looks of the vendor's last visit. Writes: looks.

1. An address that failed before a restart is not asked for again; where a budget is spent, nothing is asked for.
2. A host whose certificate failed is asked once more without the check, where the operator allowed it.
3. An answer below 300 is looked at. One of 400 and above too where its words or its status say something: a page may be
   a challenge, robots rules depend on the status, a probe asks for nothing else. A redirect that was not followed is not.
4. Content that the vendor's last visit had too is marked with the time since when it holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from crawler.visits.fetcher import FetchedAnswer, Fetcher, FetchFailure
from crawler.visits.visit import RunningVisit, find_earlier_look
from ledger.archive.warc import read_exchange
from ledger.database import Ledger
from ledger.identity import look_id_of, parse_utc, sha256_hex, utc_now, utc_text
from ledger.records import Look
from ledger.typed_texts import Instant, RequestedUrl, Sha256
from ledger.vocabulary import LookOutcome, Purpose

CUT = "cut-short"
MAX_WAITING = 64
_HTML = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body)\b", re.I)
READ_WHEN_AN_ERROR = frozenset({Purpose.PAGE, Purpose.ROBOTS, Purpose.PROBE})
WITHOUT_REASON = frozenset({Purpose.ROBOTS, Purpose.PROBE})  # an error is an answer as good as any other


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What one look gave: its row, and the answer when there was one."""

    look: Look
    answer: FetchedAnswer | None

    @property
    def content(self) -> bytes | None:
        """What there is to read; None where the look could not be taken."""
        return self.answer.content if self.answer is not None and self.look.outcome is LookOutcome.LOOKED else None

    @property
    def is_refused(self) -> bool:
        """Whether no request was made, because a rule or the budget forbids it."""
        return (self.look.reason or "").startswith(("budget-", "robots", "opt-out", "retry-after", "private-address"))

    @property
    def is_unchanged(self) -> bool:
        """Whether the content is what the vendor's last visit had."""
        return self.look.unchanged_since is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookTaker:
    """Takes the looks of visits. warc_dir: of the archive that the fetcher stores answers in."""

    ledger: Ledger
    warc_dir: Path
    fetcher: Fetcher
    recheck_days: float = 0.0  # images and style sheets of an unchanged page are asked for again after that
    may_skip_check: bool = False  # whether a host whose certificate failed may be asked without the check
    _waiting: list[Look] = field(default_factory=list)  # rows of images that are still to be written

    async def look(
        self,
        visit: RunningVisit,
        url: str,
        purpose: Purpose,
        *,
        why: str | None = None,
        instead: str | None = None,
        referrer: str | None = None,
    ) -> Looked:
        """Look at one URL and record what came of it. Never raises for what a server does.

        instead: the address to ask in its place, for the same image at another one. referrer: the page that shows it.
        Errors: PartnerproofError when the crawl can't go on.
        """
        before = visit.failed.get((purpose, url))
        if before is not None and instead is None:
            return Looked(look=before, answer=None)
        address = instead or url
        fetched = await self._fetch(visit, address, purpose, referrer)
        if isinstance(fetched, FetchFailure):
            host = urlsplit(address).netloc
            if fetched.reason == "tls" and self.may_skip_check and host not in visit.unverified_hosts:
                visit.unverified_hosts.add(host)
                return await self.look(visit, url, purpose, why=why, instead=instead, referrer=referrer)
            look = _failed_look(visit, url, purpose, fetched, why)
            answer = None
        else:
            look = self._answered_look(visit, url, purpose, fetched, why)
            answer = fetched
        self.keep(look)
        return Looked(look=look, answer=answer)

    def keep(self, look: Look) -> None:
        """Write a look's row; those of images whose answers are stored together, a few at a time.

        A visit that is killed before runs again from the archive, and makes the same rows.
        """
        if look.purpose is not Purpose.IMAGE or look.capture_id is None:
            self.ledger.put([look])
            return
        self._waiting.append(look)
        if len(self._waiting) >= MAX_WAITING:
            self.write_waiting()

    def write_waiting(self) -> None:
        """Write the rows that wait."""
        if self._waiting:
            self.ledger.put(self._waiting)
            self._waiting.clear()

    def leave(self, visit: RunningVisit, url: str, budget: str, why: str | None) -> None:
        """Note that a page was worth a look which the visit's budget left no room for."""
        self.ledger.add([_failed_look(visit, url, Purpose.PAGE, _spent(budget), why)])

    async def _fetch(
        self, visit: RunningVisit, address: str, purpose: Purpose, referrer: str | None
    ) -> FetchedAnswer | FetchFailure:
        budget = None if purpose is Purpose.ROBOTS else visit.overspent(purpose)
        if budget is not None:
            return _spent(budget)
        if purpose is Purpose.IMAGE:
            visit.images += 1
        return await self.fetcher.fetch(visit, address, purpose, referrer=referrer)

    def _answered_look(
        self, visit: RunningVisit, url: str, purpose: Purpose, answer: FetchedAnswer, why: str | None
    ) -> Look:
        is_looked = answer.status < 300 or (answer.status >= 400 and purpose in READ_WHEN_AN_ERROR)
        reason: str | None = None
        detail: str | None = None
        if answer.unfollowed_to is not None:
            reason, detail = "redirect-not-followed", f"to {answer.unfollowed_to}"
        elif answer.status >= 300:
            reason = f"http-{answer.status}"
        if answer.is_cut:
            detail = f"{CUT}: the connection ended after {len(answer.content)} bytes"
            if purpose is Purpose.IMAGE and is_looked:  # half a picture may lack the half with the logo
                is_looked, reason = False, CUT
        if purpose is Purpose.STYLESHEET and is_looked and _HTML.match(answer.content):
            is_looked, reason, detail = False, "no-style-sheet", "an HTML page"
        digest = sha256_hex(answer.content)
        return Look(
            look_id=look_id_of(visit.visit_id, purpose, url),
            visit_id=visit.visit_id,
            purpose=purpose,
            requested_url=RequestedUrl(url),
            outcome=LookOutcome.LOOKED if is_looked else LookOutcome.COULD_NOT_LOOK,
            reason=None if is_looked and purpose in WITHOUT_REASON else reason,
            detail=detail,
            status=answer.status,
            final_url=answer.url,
            capture_id=answer.capture_id,
            content_sha256=digest,
            content_bytes=len(answer.content),
            looked_at=self._fetched_at(visit, answer),
            why=why,
            unchanged_since=self._unchanged_since(visit, url, purpose, digest) if is_looked else None,
        )

    def _fetched_at(self, visit: RunningVisit, answer: FetchedAnswer) -> Instant:
        """The one instant of a look: when its answer was fetched, also where a visit that runs again has it from the archive."""
        if answer.capture_id in visit.fetched_at:
            return visit.fetched_at[answer.capture_id]
        sql = "SELECT fetched_at FROM captures WHERE capture_id = ?"
        fetched_at: Instant | None = self.ledger.value(sql, [answer.capture_id]) if answer.capture_id else None
        return fetched_at or answer.answered_at

    def _unchanged_since(self, visit: RunningVisit, url: str, purpose: Purpose, digest: Sha256) -> Instant | None:
        """Since when the content is what it is now, if the vendor's last visit had the same."""
        earlier = find_earlier_look(self.ledger, visit, url, purpose)
        if earlier is None or earlier.content_sha256 != digest:
            return None
        return earlier.unchanged_since or earlier.looked_at

    def carry_over(self, visit: RunningVisit, url: str, purpose: Purpose) -> Look | None:
        """Take over what the vendor's last visit saw at a URL, without a request, when that is recent enough."""
        earlier = find_earlier_look(self.ledger, visit, url, purpose)
        if earlier is None or earlier.status is None or earlier.status >= 500 or earlier.status == 429:
            return None
        if utc_now() - self._asked_at(earlier) > timedelta(days=self.recheck_days):
            return None
        look = replace(
            earlier,
            look_id=look_id_of(visit.visit_id, purpose, url),
            visit_id=visit.visit_id,
            looked_at=utc_text(),
            unchanged_since=earlier.unchanged_since or earlier.looked_at,
        )
        self.ledger.put([look])
        return look

    def _asked_at(self, look: Look) -> datetime:
        """When the server was last asked for what a look holds."""
        fetched_at = self.ledger.value("SELECT fetched_at FROM captures WHERE capture_id = ?", [look.capture_id])
        return parse_utc(fetched_at or look.unchanged_since or look.looked_at)

    def stored_content(self, look: Look) -> bytes | None:
        """Return the content that a look brought, from the archive; None where it brought none that counts."""
        if look.capture_id is None or look.status is None or look.status >= 300:
            return None
        return read_exchange(self.warc_dir, self.ledger, look.capture_id).content


def _spent(budget: str) -> FetchFailure:
    detail = f"the visit's budget of {budget} is spent"
    return FetchFailure(reason=f"budget-{budget}", detail=detail, failed_at=utc_text())


def _failed_look(visit: RunningVisit, url: str, purpose: Purpose, failure: FetchFailure, why: str | None) -> Look:
    return Look(
        look_id=look_id_of(visit.visit_id, purpose, url),
        visit_id=visit.visit_id,
        purpose=purpose,
        requested_url=RequestedUrl(url),
        outcome=LookOutcome.COULD_NOT_LOOK,
        reason=failure.reason,
        detail=failure.detail,
        status=None,
        final_url=None,
        capture_id=None,
        content_sha256=None,
        content_bytes=None,
        looked_at=failure.failed_at,
        why=why,
        robots_capture_id=failure.robots_capture_id,
    )
