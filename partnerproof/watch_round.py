"""One round of the watch: which vendors are due, as a list that a crawl can go on with after a kill.

Reads: seeds, crawls, visits, claims, cases. Writes: watch.csv, a seed list.

Due is a vendor whose last visit lies as long back as `[watch]` says: with a case that is followed up, with another case, without.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.database import Ledger
from ledger.identity import parse_utc
from ledger.records import Seed
from ledger.typed_texts import Instant, SeedId
from partnerproof.config import WatchConfig

WATCH_LIST = "watch.csv"
_COLUMNS = ("name", "url", "country", "parent", "identifiers", "aliases")


@dataclass(frozen=True, slots=True, kw_only=True)
class DueVendor:
    """A vendor that was crawled, and when it is due again."""

    seed: Seed
    due_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _LastVisit:
    seed_id: SeedId
    last_visit: Instant
    why: str


def read_schedule(ledger: Ledger, terms: WatchConfig) -> list[DueVendor]:
    """Return every vendor that was ever crawled with the instant when it is due, the earliest first."""
    days = {"followed": terms.followed_days, "case": terms.case_days, "other": terms.other_days}
    seeds = {seed.seed_id: seed for seed in ledger.select_each(Seed, "SELECT * FROM seeds")}
    due = [
        DueVendor(seed=seeds[visit.seed_id], due_at=parse_utc(visit.last_visit) + dt.timedelta(days=days[visit.why]))
        for visit in ledger.select(_LastVisit, _LAST_VISITS)
    ]
    return sorted(due, key=lambda vendor: (vendor.due_at, vendor.seed.seed_id))


def find_unfinished(ledger: Ledger, var: Path) -> Path | None:
    """Return the list of a round that was stopped or killed, to go on with."""
    path = var / WATCH_LIST
    sql = "SELECT 1 FROM crawls WHERE seeds_file = ? AND ended_at IS NULL"
    return path if path.exists() and ledger.value(sql, [WATCH_LIST]) else None


def write_list(seeds: Sequence[Seed], var: Path) -> Path:
    """Write the vendors of a round as a list, one a row with all its start addresses; it stays until the next round."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for seed in seeds:
        several = (";".join(seed.identifiers), ";".join(seed.aliases))
        writer.writerow([seed.vendor, " ".join(seed.start_urls), seed.country or "", seed.parent or "", *several])
    path = var / WATCH_LIST
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as file:
        file.write(out.getvalue())
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return path


_LAST_VISITS = """
    SELECT s.seed_id, max(coalesce(v.started_at, v.ended_at, w.started_at)) AS last_visit,
           CASE WHEN EXISTS (SELECT 1 FROM claims c JOIN cases k ON k.claim_id = c.claim_id WHERE c.seed_id = s.seed_id
                             AND k.followup IN ('sent', 'acknowledged', 'disputed', 'removed', 'reappeared', 'escalated'))
                THEN 'followed'
                WHEN EXISTS (SELECT 1 FROM claims c JOIN cases k ON k.claim_id = c.claim_id WHERE c.seed_id = s.seed_id
                             AND (k.followup IS NOT NULL OR k.state IN ('open', 'later', 'waiting-approval', 'confirmed')))
                THEN 'case' ELSE 'other' END AS why
    FROM seeds s
    JOIN visits v ON v.seed_id = s.seed_id AND v.state IN ('done', 'failed')
    JOIN crawls w ON w.crawl_id = v.crawl_id AND w.kind = 'crawl'
    GROUP BY s.seed_id
"""
