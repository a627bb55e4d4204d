"""The public views of one database as Parquet files, so that many databases can be asked as one.

Reads: any v_ view. Writes: no row. Times, dates, lists and objects stay the texts that the views have; the columns and what they mean are
those of docs/reference/schema.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ledger.database import Ledger
from ledger.dictionary import PUBLIC_VIEWS, sql_type
from ledger.errors import OutsideFailureError
from ledger.extras import how_to_install

# what a shard has to say by itself; the others rest on what is made at home
SHARD_VIEWS = (
    "v_sightings",
    "v_logo_matches",
    "v_perhaps",
    "v_image_words",
    "v_name_matches",
    "v_refusals",
    "v_namings",
    "v_text_claims",
    "v_coverage",
    "v_vendor_coverage",
    "v_image_hashes",
)
BATCH_ROWS = 20_000


def known_views(ledger: Ledger) -> list[str]:
    """Return the names of the public views."""
    return ledger.values(PUBLIC_VIEWS.format(schema="main"))


def read_view(ledger: Ledger, view: str) -> Any:
    """Return a view as an Arrow table. Errors: OutsideFailureError without the extra."""
    schema = _schema(ledger, view)
    return _arrow().Table.from_batches(_batches(ledger, view, schema), schema=schema)


def write_view(ledger: Ledger, view: str, path: Path) -> int:
    """Write a view as a Parquet file, some rows at a time; returns how many. Errors: OutsideFailureError without the extra."""
    _arrow()
    from pyarrow import parquet

    schema, rows = _schema(ledger, view), 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in _batches(ledger, view, schema):
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _batches(ledger: Ledger, view: str, schema: Any) -> Iterator[Any]:
    columns: list[list[object]] = [[] for _ in schema]
    arrow = _arrow()

    def batch() -> Any:
        return arrow.record_batch(
            [arrow.array(values, field.type) for values, field in zip(columns, schema, strict=True)], schema=schema
        )

    for row in ledger.each(f"SELECT * FROM {view}"):
        for values, value in zip(columns, row, strict=True):
            values.append(value)
        if len(columns[0]) >= BATCH_ROWS:
            yield batch()
            columns = [[] for _ in schema]
    if columns[0]:
        yield batch()


def _schema(ledger: Ledger, view: str) -> Any:
    arrow = _arrow()
    types = {"INTEGER": arrow.int64(), "REAL": arrow.float64(), "BLOB": arrow.binary(), "TEXT": arrow.string()}
    return arrow.schema(
        [
            (name, types[declared or sql_type(view, name)])
            for name, declared in ledger.rows("SELECT name, type FROM pragma_table_info(?) ORDER BY cid", [view])
        ]
    )


def _arrow() -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise OutsideFailureError(f"a lake needs the lake extra; run: {how_to_install('lake')}") from error
    return pyarrow
