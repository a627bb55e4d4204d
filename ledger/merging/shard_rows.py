"""The rows of a shard's database → the workspace's, in one transaction: all of them, or none.

Reads: the shard's database, attached. Writes: the tables of merged_tables.py, visits, warc_files, hashed_images, image_hashes.

1. Hold what both have against each other: rows of visits have to be equal, or the shard contradicts what is here and nothing is taken.
2. Add what is new, in the order in which the shard wrote it; the visits are then as the shard left them, and not judged.
3. Foreign keys are held at the end. Merging again, or in another order, gives the same rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.database import Ledger
from ledger.errors import EvidenceBrokenError
from ledger.merging.merged_tables import MERGED, MergedTable
from ledger.typed_texts import CrawlId, VisitId

_FINISHED = "v.state IN ('done', 'failed')"
_JUDGED_ANEW = frozenset({"judged_at"})
_NAMED_ROWS = 3
# an image that one machine could not judge in time, and another could
_MACHINES_FAULT = "('too-slow', 'crashed')"


class ContradictionError(EvidenceBrokenError):
    """A shard says of a row that is here something else than what is here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedRows:
    """What came of merging. kept: of tables whose rows both had, in how many rows they differ and the first one holds."""

    visits: tuple[VisitId, ...]  # that came, in the crawl's order
    rows: int
    kept: dict[str, int]


def merge_rows(ledger: Ledger, database: Path, crawl_id: CrawlId) -> MergedRows:
    """Take over what a shard's database has of a crawl; visits that came before come no more.

    The caller holds the writer lock, and has checked that the database is one of this version.
    Errors: ContradictionError, EvidenceBrokenError for rows that do not fit together, OutsideFailureError when the disk refuses.
    """
    with ledger.attached(database, "shard"):
        try:
            with ledger.transaction():
                ledger.execute("PRAGMA defer_foreign_keys = ON")
                return _merge(ledger, crawl_id)
        except sqlite3.IntegrityError as error:
            raise EvidenceBrokenError(
                f"{database}: its rows do not fit together, or those that are here ({error}); copy the shard again"
            ) from error


def _merge(ledger: Ledger, crawl_id: CrawlId) -> MergedRows:
    columns = {table.name: _columns(ledger, table.name) for table in MERGED}
    problems = [*_other_crawl(ledger, crawl_id), *_other_visits(ledger, crawl_id), *_other_files(ledger, crawl_id)]
    for table in MERGED:
        if table.is_own:
            problems += _other_rows(ledger, table, columns[table.name])
    if problems:
        more = f"; and {len(problems) - _NAMED_ROWS} more" if len(problems) > _NAMED_ROWS else ""
        raise ContradictionError(f"{'; '.join(problems[:_NAMED_ROWS])}{more}")
    kept = {
        table.name: count
        for table in MERGED
        if not table.is_own and (count := _count_differing(ledger, table, columns[table.name]))
    }
    coming: list[VisitId] = ledger.values(
        f"SELECT v.visit_id FROM shard.visits v LEFT JOIN main.visits m USING (visit_id) WHERE v.crawl_id = ? AND {_FINISHED}"
        " AND coalesce(m.state, 'pending') NOT IN ('done', 'failed') ORDER BY v.ordinal",
        [crawl_id],
    )
    ledger.execute(
        f"DELETE FROM main.recognitions AS m WHERE m.refusal_reason IN {_MACHINES_FAULT} AND EXISTS (SELECT 1 FROM shard.recognitions r"
        " WHERE r.image_sha256 = m.image_sha256 AND r.logo_set_id = m.logo_set_id"
        f" AND coalesce(r.refusal_reason, '') NOT IN {_MACHINES_FAULT})"
    )
    ledger.execute("DROP TABLE IF EXISTS temp.new_readings")
    ledger.execute(
        "CREATE TEMP TABLE new_readings AS SELECT r.image_sha256 FROM shard.image_readings r"
        " WHERE NOT EXISTS (SELECT 1 FROM main.image_readings m WHERE m.image_sha256 = r.image_sha256)"
    )
    # what others refer to comes first: as long as one reference leads nowhere, SQLite looks for those that a new row mends,
    # in tables that have no index for that
    rows = 0
    for table in MERGED:
        rows += _add(ledger, table, columns[table.name])
        if table.name == "seeds":
            rows += _add_crawl(ledger, crawl_id) + _add_visits(ledger, crawl_id)
    ledger.execute("DROP TABLE temp.new_readings")
    rows += _add_hashes(ledger)
    return MergedRows(visits=tuple(coming), rows=rows, kept=kept)


# --- what contradicts


def _other_crawl(ledger: Ledger, crawl_id: CrawlId) -> Iterator[str]:
    if ledger.value("SELECT 1 FROM shard.crawls WHERE crawl_id = ?", [crawl_id]) is None:
        yield f"crawl {crawl_id}: is not in its database"
    for name in ("order_sha256", "kind", "started_at"):
        sql = f"SELECT 1 FROM shard.crawls r JOIN main.crawls m USING (crawl_id) WHERE crawl_id = ? AND r.{name} <> m.{name}"
        if ledger.value(sql, [crawl_id]) is not None:
            yield f"crawl {crawl_id}: has another {name} here"


def _other_visits(ledger: Ledger, crawl_id: CrawlId) -> Iterator[str]:
    """Visits that came home already, from another run of the shard, or were made here."""
    names = [name for name in _columns(ledger, "visits") if name not in _JUDGED_ANEW]
    sql = (
        "SELECT v.visit_id, s.vendor FROM shard.visits v JOIN main.visits m USING (visit_id) JOIN shard.seeds s ON s.seed_id = v.seed_id"
        f" WHERE v.crawl_id = ? AND {_FINISHED} AND m.state IN ('done', 'failed') AND {_differ('v', 'm', names)}"
    )
    for visit_id, vendor in ledger.rows(sql, [crawl_id]):
        yield f"visit {visit_id} of {vendor}: is here from another run, and not the same"


def _other_files(ledger: Ledger, crawl_id: CrawlId) -> Iterator[str]:
    sql = (
        "SELECT r.warc_file FROM shard.warc_files r JOIN main.warc_files m USING (warc_file)"
        " WHERE r.crawl_id = ? AND (r.committed_bytes <> m.committed_bytes OR r.crawl_id <> m.crawl_id)"
    )
    for name in ledger.values(sql, [crawl_id]):
        yield f"{name}: has another length here"


def _other_rows(ledger: Ledger, table: MergedTable, columns: Sequence[str]) -> Iterator[str]:
    names = [name for name in columns if name not in (*table.local, *table.varying)]
    sql = f"SELECT {_listed('r', table.key)} FROM {_both(table)} WHERE {_differ('r', 'm', names)} LIMIT {_NAMED_ROWS}"
    for row in ledger.rows(sql):
        yield f"{table.name} {' '.join(map(str, row))}: is here, and not the same"


def _count_differing(ledger: Ledger, table: MergedTable, columns: Sequence[str]) -> int:
    names = [name for name in columns if name not in (*table.key, *table.local, *table.varying)]
    return int(ledger.value(f"SELECT count(*) FROM {_both(table)} WHERE {_differ('r', 'm', names)}")) if names else 0


def _both(table: MergedTable) -> str:
    return f"shard.{table.name} r JOIN main.{table.name} m USING ({', '.join(table.key)})"


def _differ(one: str, other: str, names: Sequence[str]) -> str:
    return "(" + " OR ".join(f"{one}.{name} IS NOT {other}.{name}" for name in names) + ")"


# --- what comes


def _add_crawl(ledger: Ledger, crawl_id: CrawlId) -> int:
    """The crawl's row is home's where it has one. It ends here, and not in a shard."""
    names = _columns(ledger, "crawls")
    values = [
        "NULL" if name in ("ended_at", "clock", "waits_until", "waits_for") else f"r.{name}"
        for name in names
    ]  # fmt: skip
    rows = ledger.execute(
        f"INSERT INTO main.crawls ({', '.join(names)}) SELECT {', '.join(values)} FROM shard.crawls r"
        " WHERE crawl_id = ? AND NOT EXISTS (SELECT 1 FROM main.crawls m WHERE m.crawl_id = r.crawl_id)",
        [crawl_id],
    )
    names = _columns(ledger, "warc_files")
    return rows + ledger.execute(
        f"INSERT INTO main.warc_files ({', '.join(names)}) SELECT {_listed('r', names)} FROM shard.warc_files r"
        " WHERE crawl_id = ? AND NOT EXISTS (SELECT 1 FROM main.warc_files m WHERE m.warc_file = r.warc_file) ORDER BY warc_file",
        [crawl_id],
    )


def _add(ledger: Ledger, table: MergedTable, columns: Sequence[str]) -> int:
    names = [name for name in columns if name not in table.local]
    is_new = f"NOT EXISTS (SELECT 1 FROM main.{table.name} m WHERE {' AND '.join(f'm.{name} = r.{name}' for name in table.key)})"
    if table.name == "image_words":
        is_new = "r.image_sha256 IN (SELECT image_sha256 FROM temp.new_readings)"
    where = f"{_FINISHED} AND {is_new}" if table.is_own else is_new
    order = "" if table.name in _WITHOUT_ROWID else " ORDER BY r.rowid"
    return ledger.execute(
        f"INSERT INTO main.{table.name} ({', '.join(names)}) SELECT {_listed('r', names)} FROM shard.{table.name} r {table.of}"
        f" WHERE {where}{order}"
    )


_WITHOUT_ROWID = frozenset({"image_words", "recognitions"})


def _add_hashes(ledger: Ledger) -> int:
    """Images have numbers of their own in each file; the regions of one that is new here get the number that it has here."""
    ledger.execute("DROP TABLE IF EXISTS temp.new_images")
    ledger.execute(
        "CREATE TEMP TABLE new_images AS SELECT r.image_no, r.image_sha256 FROM shard.hashed_images r"
        " WHERE NOT EXISTS (SELECT 1 FROM main.hashed_images m WHERE m.image_sha256 = r.image_sha256) ORDER BY r.image_no"
    )
    rows = ledger.execute(
        "INSERT INTO main.hashed_images (image_sha256) SELECT image_sha256 FROM temp.new_images ORDER BY image_no"
    )
    names = [name for name in _columns(ledger, "image_hashes") if name != "image_no"]
    rows += ledger.execute(
        f"INSERT INTO main.image_hashes (image_no, {', '.join(names)}) SELECT m.image_no, {_listed('r', names)}"
        " FROM temp.new_images n JOIN main.hashed_images m USING (image_sha256) JOIN shard.image_hashes r ON r.image_no = n.image_no"
    )
    ledger.execute("DROP TABLE temp.new_images")
    return rows


def _add_visits(ledger: Ledger, crawl_id: CrawlId) -> int:
    names = _columns(ledger, "visits")
    values = ["NULL" if name in _JUDGED_ANEW else f"v.{name}" for name in names]
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name != "visit_id")
    return ledger.execute(
        f"INSERT INTO main.visits ({', '.join(names)}) SELECT {', '.join(values)} FROM shard.visits v"
        f" WHERE v.crawl_id = ? AND {_FINISHED} ORDER BY v.ordinal"
        f" ON CONFLICT (visit_id) DO UPDATE SET {changes} WHERE main.visits.state NOT IN ('done', 'failed')",
        [crawl_id],
    )


def _columns(ledger: Ledger, table: str) -> list[str]:
    """The table's columns that are stored; those that follow from others are made anew."""
    return ledger.values("SELECT name FROM pragma_table_info(?) ORDER BY cid", [table])


def _listed(alias: str, names: Sequence[str]) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)
