"""One round of the watch: which vendors are due, as a list that a crawl can go on with after a kill.

Due is a vendor whose last visit lies as long back as `[watch]` says: with a case that is followed up, with another case, without.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
from pathlib import Path

from ledger.database import Ledger, Row
from ledger.identity import parse_utc
from partnerproof.config import WatchConfig

WATCH_LIST = "watch.csv"
_COLUMNS = ("name", "url", "country", "parent", "identifiers")


def read_schedule(ledger: Ledger, terms: WatchConfig) -> list[tuple[dt.datetime, Row]]:
    """Return every vendor that was ever crawled with the instant when it is due, the earliest first."""
    days = {"followed": terms.followed_days, "case": terms.case_days, "other": terms.other_days}
    due = [
        (parse_utc(row["last_visit"]) + dt.timedelta(days=days[row["why"]]), row) for row in ledger.rows(_LAST_VISITS)
    ]
    return sorted(due, key=lambda one: (one[0], one[1]["seed_id"]))


def find_unfinished(ledger: Ledger, var: Path) -> Path | None:
    """Return the list of a round that was stopped or killed, to go on with."""
    path = var / WATCH_LIST
    sql = "SELECT 1 FROM crawls WHERE seeds_file = ? AND ended_at IS NULL"
    return path if path.exists() and ledger.value(sql, [WATCH_LIST]) else None


def write_list(seeds: list[Row], var: Path) -> Path:
    """Write the vendors of a round as a seed list; it stays until the next round."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for seed in seeds:
        identifiers = ";".join(json.loads(seed["identifiers"]))
        for url in json.loads(seed["start_urls"]):
            writer.writerow([seed["vendor"], url, seed["country"] or "", seed["parent"] or "", identifiers])
    path = var / WATCH_LIST
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as file:
        file.write(out.getvalue())
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return path


_LAST_VISITS = """
    SELECT s.*, max(coalesce(v.started_at, v.ended_at, w.started_at)) AS last_visit,
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
