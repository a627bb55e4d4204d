"""How far this machine's clock is off, by what the servers of a crawl say in `Date`.

Reads: captures of a crawl. Writes: nothing; the crawl's row keeps what comes of it.

Servers keep their clocks better than one may think, and many are asked: what they say together is a second opinion
beside the time-stamping authorities'. Each server counts once, with the median of its answers, and of the servers the
median counts, so that no few of them decide. Answers from a cache are left out: their date is that of the cache's origin.
Our instant is when an answer was whole, theirs when it began, both cut to seconds: a second or two above 0 means nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlsplit

from ledger.database import Ledger
from ledger.identity import parse_utc, utc_text
from ledger.typed_texts import CrawlId, Instant

MAX_ANSWERS = 50  # of one server


@dataclass(frozen=True, slots=True, kw_only=True)
class _DatedAnswer:
    fetched_at: Instant
    server_date: str
    remote_ip: str | None
    url: str


def read_server_date(headers: Mapping[str, str]) -> str | None:
    """Return what a fresh answer says of its time as UTC text; None when it says nothing that can be read.

    headers: by their names in lower case.
    """
    if headers.get("age", "0").strip() not in ("", "0"):
        return None
    try:
        moment = parsedate_to_datetime(headers["date"][:100])
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return utc_text(moment) if moment.year >= 1970 else None
    except (KeyError, ValueError, TypeError, OverflowError, IndexError):
        return None


def measure_clock(ledger: Ledger, crawl_id: CrawlId) -> dict[str, Any]:
    """Return the offset of our clock from the servers' of a crawl, in seconds; positive: ours is ahead.

    middle_half_s: between which the half of the servers lies that is nearest to the median.
    """
    offsets: dict[str, list[float]] = {}
    answers = 0
    for answer in ledger.select_each(
        _DatedAnswer,
        "SELECT c.fetched_at, c.server_date, c.remote_ip, c.url FROM captures c JOIN visits v ON v.visit_id = c.visit_id"
        " WHERE v.crawl_id = ? AND c.server_date IS NOT NULL",
        [crawl_id],
    ):
        of_server = offsets.setdefault(answer.remote_ip or urlsplit(answer.url).netloc, [])
        if len(of_server) < MAX_ANSWERS:
            of_server.append((parse_utc(answer.fetched_at) - parse_utc(answer.server_date)).total_seconds())
            answers += 1
    medians = [median(of_server) for of_server in offsets.values()]
    if not medians:
        return {"servers": 0, "answers": 0, "median_s": None, "middle_half_s": None}
    low, _, high = quantiles(medians, n=4, method="inclusive") if len(medians) > 1 else [medians[0]] * 3
    return {
        "servers": len(medians),
        "answers": answers,
        "median_s": round(median(medians), 1),
        "middle_half_s": [round(low, 1), round(high, 1)],
    }
