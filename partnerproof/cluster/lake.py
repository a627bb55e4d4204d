"""Many shards asked as one, without merging them: their views as Parquet files in a folder or a store, and DuckDB over all of it.

Writes: `<lake>/<view>/crawl=<crawl>/shard=<shard>/rows.parquet`, then `<lake>/shards/<shard>.json`, which says that the shard is there whole.

What is made at home (claims, verdicts, cases) is small and merged; a query has it beside the lake, from the workspace.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.archive.stores import Store
from ledger.database import Ledger
from ledger.errors import BadInputError, OutsideFailureError, Problem
from ledger.extras import how_to_install
from ledger.identity import utc_text
from ledger.merging.lake_files import SHARD_VIEWS, known_views, read_view, write_view
from ledger.merging.shard_manifest import DATABASE, MANIFEST, read_shard_manifest
from partnerproof.workspace import Workspace

_NOTES = "shards"


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeShard:
    """One shard that was written into a lake. rows: of all views; failure: why it was not."""

    place: str
    rows: int = 0
    is_new: bool = True
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a query gives."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def add_shards(lake: Store, shards: Sequence[Store]) -> Iterator[LakeShard]:
    """Write shards into a lake; one that is there already is left. Errors: StoreAwayError, OutsideFailureError."""
    there = set(lake.below(_NOTES).names())
    for shard in shards:
        data = shard.read(MANIFEST)
        if data is None:
            yield LakeShard(place=shard.url, failure=f"it is half copied: it has no {MANIFEST}")
            continue
        manifest = read_shard_manifest(data, f"{shard.url}/{MANIFEST}")
        if f"{manifest.name}.json" in there:
            yield LakeShard(place=shard.url, is_new=False)
            continue
        with tempfile.TemporaryDirectory() as made:
            database = Path(made) / DATABASE
            if shard.fetch(DATABASE, database) != manifest.files[DATABASE]:
                yield LakeShard(place=shard.url, failure=f"{DATABASE} is not as {MANIFEST} says: copy the shard again")
                continue
            rows = {}
            with Ledger.open_readonly(database) as ledger:
                for view in SHARD_VIEWS:
                    path = Path(made) / f"{view}.parquet"
                    rows[view] = write_view(ledger, view, path)
                    lake.put(path, _place(view, manifest.crawl_id, manifest.name))
                    path.unlink()
        note = {"shard": manifest.name, "crawl": manifest.crawl_id, "rows": rows, "added_at": utc_text()}
        lake.below(_NOTES).write(f"{manifest.name}.json", json.dumps(note, sort_keys=True).encode())
        yield LakeShard(place=shard.url, rows=sum(rows.values()))


def _place(view: str, crawl_id: str, name: str) -> str:
    return f"{view}/crawl={crawl_id}/shard={name}/rows.parquet"


def ask_lake(lake: Store, sql: str, workspace: Workspace | None) -> Answer:
    """Ask one query of all shards of a lake, and of the workspace's own views that it names and the lake has not.

    Errors: BadInputError for a query that DuckDB refuses or a lake without shards, StoreAwayError, OutsideFailureError.
    """
    try:
        import duckdb
    except ImportError as error:
        raise OutsideFailureError(f"a lake needs the lake extra; run: {how_to_install('lake')}") from error
    notes = [json.loads(lake.below(_NOTES).read(name) or b"{}") for name in lake.below(_NOTES).names()]
    if not notes:
        raise BadInputError(
            Problem(
                where=lake.url,
                expected="a lake",
                got="no shard in it",
                next_step="add some with `partnerproof lake add`",
            )
        )
    with duckdb.connect() as database:
        # nothing is fetched: what DuckDB lacks it would look for on the Internet
        database.execute("SET autoinstall_known_extensions = false")
        database.execute("SET autoload_known_extensions = false")
        if "://" in lake.url:
            lake.register_with(database)
        for view in SHARD_VIEWS:
            if _names(sql, view):
                files = [f"{lake.url}/{_place(view, note['crawl'], note['shard'])}" for note in notes]
                database.read_parquet(files, hive_partitioning=True, union_by_name=True).create_view(view)
        if workspace is not None and workspace.database.is_file():
            with workspace.open_readonly() as ledger:
                for view in known_views(ledger):
                    if view not in SHARD_VIEWS and _names(sql, view):
                        database.register(view, read_view(ledger, view))
        try:
            found = database.execute(sql)
            columns = tuple(column[0] for column in found.description or ())
            return Answer(columns=columns, rows=found.fetchall())
        except duckdb.Error as error:
            raise BadInputError(
                Problem(
                    where="query",
                    expected=f"SQL of DuckDB over {', '.join(SHARD_VIEWS)} and the workspace's other views",
                    got=str(error)[:500],
                    next_step="docs/reference/schema.md has the columns",
                )
            ) from error


def _names(sql: str, view: str) -> bool:
    return re.search(rf"\b{view}\b", sql, re.I) is not None
