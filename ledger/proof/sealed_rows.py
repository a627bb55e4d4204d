"""Which rows of the database are sealed together, and their digests.

A group is what one digest stands for: the captures of a visit, the grants of a snapshot, the verdicts of a span of time.
Groups of what is only ever added are sealed once, when nothing more can come to them; what may be computed anew (pages
read again, claims) is sealed as it stands, and again when it has changed. A row whose words were deleted counts as what it was, as
long as what is left of it is as the deletion left it (ledger/proof/row_deletion.py).
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ledger.database import Ledger
from ledger.proof.verifier import leaf_hash, merkle_root, row_bytes

Key = (
    str | int | tuple[int, int]
)  # a group's value of its key; of spans the places [from, to) in the order in which rows were added
NOT_SEALED = (
    "hashed_images",
    "image_hashes",
    "passage_search",
    "image_word_search",
    "register_keys",
    "likeness_names",
    "likeness_grams",
    "case_words",
    "case_search",
    "case_changes",
    "sessions",
    "second_factors",
    "recovery_codes",
    "saved_views",
    "kept_texts",
    "sent_forms",
    "alerts",
    "jobs",
    "api_tokens",
    "deliveries",
)
NOT_SEALED_COLUMNS = {
    "passages": ("passage_no", "search_words"),
    "image_readings": ("reading_no", "search_words"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """How a table's rows fall into groups. key: SQL of t and what is joined; is_closed: SQL that tells a closed group's rows."""

    name: str
    key: str
    join: str = ""
    order: str
    is_closed: str = ""
    is_once: bool = False
    is_span: bool = False  # an append-only table, cut into groups by the order in which its rows were added: no clock has a say in it


@dataclass(frozen=True, slots=True, kw_only=True)
class RowGroup:
    """One group as it stands. root: Merkle root over its rows in their order, hexadecimal."""

    table: str
    group: str
    columns: tuple[str, ...]
    is_once: bool
    rows: int
    root: str


_OF_PAGE = "JOIN pages p ON p.page_id = t.page_id"
_OF_VISIT = "JOIN visits v ON v.visit_id = t.visit_id"
_THROUGH = (  # a crawl that has ended, and all of whose visits were judged
    "t.crawl_id IN (SELECT c.crawl_id FROM crawls c WHERE c.ended_at IS NOT NULL"
    " AND NOT EXISTS (SELECT 1 FROM visits o WHERE o.crawl_id = c.crawl_id AND o.judged_at IS NULL))"
)
_DONE = "v.state IN ('done', 'failed')"


def _visit(name: str, order: str) -> Table:
    return Table(name=name, key="t.visit_id", join=_OF_VISIT, order=order, is_closed=_DONE, is_once=True)


def _page(name: str, order: str, join: str = _OF_PAGE) -> Table:
    return Table(name=name, key="p.visit_id", join=join, order=order)


def _prefix(name: str, column: str, order: str = "") -> Table:
    return Table(name=name, key=f"substr(t.{column}, 1, 2)", order=order or f"t.{column}")


def _snapshot(name: str, order: str, key: str = "t.snapshot_id") -> Table:
    return Table(name=name, key=key, order=order, is_once=True)


def _span(name: str) -> Table:
    return Table(name=name, key="", order="t.rowid", is_once=True, is_span=True)


TABLES = (
    Table(name="brands", key="t.brand", order="t.brand"),
    Table(name="official_logos", key="t.brand", order="t.official_logo_id"),
    _prefix("seeds", "seed_id"),
    Table(name="crawls", key="t.crawl_id", order="t.crawl_id", is_closed="t.ended_at IS NOT NULL", is_once=True),
    Table(name="visits", key="t.crawl_id", order="t.visit_id", is_closed=_THROUGH, is_once=True),
    Table(name="warc_files", key="t.crawl_id", order="t.warc_file"),
    _visit("captures", "t.capture_id"),
    _visit("connections", "t.connection_id"),
    _span("certificates"),
    _visit("looks", "t.look_id"),
    _visit("renders", "t.render_id"),
    Table(name="pages", key="t.visit_id", order="t.page_id"),
    _page("page_continuity", "t.page_id"),
    _page("sightings", "t.sighting_id"),
    _prefix("inline_images", "image_sha256"),
    _page("passages", "t.passage_id"),
    _prefix("recognitions", "image_sha256", "t.image_sha256, t.logo_set_id"),
    _prefix("image_readings", "image_sha256"),
    _prefix("image_words", "image_sha256", "t.image_sha256, t.line_no"),
    _prefix("logo_matches", "match_id"),
    _page("name_matches", "t.name_match_id", f"JOIN sightings a ON a.sighting_id = t.sighting_id {_OF_PAGE.replace('t.', 'a.')}"),
    _page("text_matches", "t.text_match_id", f"JOIN passages a ON a.passage_id = t.passage_id {_OF_PAGE.replace('t.', 'a.')}"),
    _prefix("claims", "claim_id"),
    _page("claim_evidence", "t.claim_id, t.evidence_id"),
    _page("absences", "t.claim_id, t.page_id, t.url"),
    _page("walls", "t.wall_id"),
    _page("wall_images", "t.wall_id, t.position", f"JOIN walls w ON w.wall_id = t.wall_id {_OF_PAGE.replace('t.', 'w.')}"),
    _prefix("mark_findings", "claim_id", "t.claim_id, t.evidence_id, t.kind"),
    _snapshot("register_snapshots", "t.snapshot_id"),
    _snapshot("snapshot_undos", "t.snapshot_id"),
    _snapshot("grants", "t.grant_id"),
    _snapshot("group_snapshots", "t.snapshot_id"),
    _snapshot("companies", "t.number", "t.snapshot_no"),
    _snapshot("relationships", "t.child, t.parent, t.kind, t.valid_from, t.valid_until", "t.snapshot_no"),
    Table(name="judgings", key="substr(t.started_at, 1, 10)", order="t.judging_id"),
    _span("searches"),
    _span("near_miss_checks"),
    _span("verdicts"),
    _span("pictures"),
    _span("rejections"),
    _span("deletions"),
    _span("row_deletions"),
    _span("holds"),
    Table(name="cases", key="substr(t.opened_at, 1, 10)", order="t.case_id"),
    _span("case_events"),
    Table(name="letters", key="substr(t.written_at, 1, 10)", order="t.letter_id"),
    _span("letter_texts"),
    _span("replies"),
    _span("removal_checks"),
    Table(name="proposed_grants", key="substr(t.proposed_at, 1, 10)", order="t.proposal_id"),
    Table(name="accounts", key="t.role", order="t.account"),
)  # fmt: skip


def columns_of(ledger: Ledger, table: str) -> tuple[str, ...]:
    """Return a table's columns, in their order, without those that are an index."""
    names = ledger.values("SELECT name FROM pragma_table_info(?) ORDER BY cid", [table])
    return tuple(name for name in names if name not in NOT_SEALED_COLUMNS.get(table, ()))


def read_groups(
    ledger: Ledger,
    table: Table,
    *,
    columns: tuple[str, ...] | None = None,
    spans: Sequence[tuple[int, int]] = (),
    skipped: Container[str] = (),
) -> Iterator[RowGroup]:
    """Yield a table's groups. spans: places [from, to) of an append-only table; skipped: groups that need not be read.

    columns: those that were sealed; None: all. A column that was added later is not part of an earlier seal.
    """
    columns = columns or columns_of(ledger, table.name)
    if table.is_once:
        deleted = read_deleted_leaves(ledger, table)
        for key in spans_or_keys(ledger, table, spans):
            if _group_name(key) not in skipped:
                yield _group(table, _group_name(key), columns, read_rows(ledger, table, key, columns), deleted)
        return
    sql = f"SELECT {table.key} AS sealed_group, {_listed(columns)} FROM {table.name} t {table.join} ORDER BY 1, {table.order}"
    rows = (tuple(row) for row in ledger.each(sql))
    for name, members in itertools.groupby(rows, key=lambda row: str(row[0])):
        yield _group(table, name, columns, (row[1:] for row in members))


def spans_or_keys(ledger: Ledger, table: Table, spans: Sequence[tuple[int, int]]) -> list[Key]:
    """Return what tells the groups of a table that is only added to."""
    if table.is_span:
        return list(spans)
    where = f"WHERE {table.is_closed}" if table.is_closed else ""
    sql = f"SELECT DISTINCT {table.key} FROM {table.name} t {table.join} {where} ORDER BY 1"
    return [row[0] for row in ledger.rows(sql)]


def read_rows(ledger: Ledger, table: Table, key: Key, columns: Sequence[str]) -> Iterator[tuple[object, ...]]:
    """Yield the rows of one group, in their order."""
    select = f"SELECT {_listed(columns)} FROM {table.name} t {table.join}"
    if isinstance(key, tuple):
        found = ledger.each(f"{select} ORDER BY {table.order} LIMIT ? OFFSET ?", [key[1] - key[0], key[0]])
    else:
        found = ledger.each(f"{select} WHERE {table.key} = ? ORDER BY {table.order}", [key])
    yield from map(tuple, found)


def place_of(ledger: Ledger, table: Table, condition: str, values: Sequence[object]) -> int:
    """Return the place of a row in the order in which the rows of an append-only table were added, from 0."""
    sql = f"SELECT count(*) FROM {table.name} WHERE rowid < (SELECT rowid FROM {table.name} WHERE {condition})"
    return int(ledger.value(sql, values))


def key_of(table: Table, group: str) -> Key:
    """Return what tells a group, from its name in a seal."""
    if table.is_span:
        start, _, stop = group.partition("/")
        return int(start), int(stop)
    return int(group) if table.key == "t.snapshot_no" else group


def read_deleted_leaves(ledger: Ledger, table: Table) -> dict[bytes, bytes]:
    """Return of each row whose words were deleted the leaf of what is left of it, and the leaf that it was."""
    sql = "SELECT left_sha256, row_sha256 FROM row_deletions WHERE table_name = ?"
    return {bytes.fromhex(left): bytes.fromhex(was) for left, was in ledger.rows(sql, [table.name])}


def _group(
    table: Table,
    name: str,
    columns: tuple[str, ...],
    rows: Iterable[tuple[object, ...]],
    deleted: Mapping[bytes, bytes] | None = None,
) -> RowGroup:
    count, was = itertools.count(), deleted or {}
    leaves = (leaf_hash(row_bytes(row)) for row, _ in zip(rows, count, strict=False))
    root = merkle_root(was.get(leaf, leaf) for leaf in leaves).hex()
    return RowGroup(table=table.name, group=name, columns=columns, is_once=table.is_once, rows=next(count), root=root)


def _group_name(key: Key) -> str:
    return f"{key[0]}/{key[1]}" if isinstance(key, tuple) else str(key)


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(f"t.{column}" for column in columns)
