"""Rows that follow from the archive, in two databases: as they are stored, and as they were made again.

Reads: both databases. Writes: only the copy in which rows are to be made again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.database import Ledger

MOST_NAMED = 5  # differences of one table that are named; the others are counted
MAX_VALUE_CHARS = 60

READING = ("tool", "extractor_version", "lexicon_digest")
# words are read only in images that logos leave unsure
LETTERING = ("tool", "lettering_engine", "extractor_version", "official_logos_digest")
LOGOS = ("tool", "official_logos_digest", "extractor_version")
NAMING = (*READING, "official_logos_digest", "lettering_engine")  # brand.toml lies beside the logos
JUDGING = (*NAMING, "rules_digest")
VERDICTS = (*JUDGING, "rules_version", "search_version")


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeTable:
    """A table whose rows follow from the archive. key: what tells a row; left_out: columns that say when, or that only this file has."""

    table: str
    key: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    is_kept: bool = False  # making it again needs its rows
    only: str = "1"  # SQL: of which stored rows it is said that they are missing
    follows_from: tuple[str, ...] = READING  # what of a seal's made-with its rows follow from, besides the archive

    @property
    def is_made_later(self) -> bool:
        """Whether its rows come when a visit is judged, and not when its pages are read."""
        return self.table == "page_continuity" or self.follows_from != READING

    @property
    def rests_on_others(self) -> bool:
        """Whether its rows also follow from what else was seen of the vendor, or of others."""
        return self.table == "page_continuity" or self.follows_from == JUDGING

    @property
    def is_by_brand(self) -> bool:
        """Whether its rows also follow from brands and logos."""
        return "official_logos_digest" in self.follows_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What is stored otherwise than it comes out.

    may_be_later: register or brands may have become others since; may_be_to_come: rows of visits that are not judged yet explain it.
    """

    what: str
    words: str
    may_be_later: bool = False
    may_be_to_come: bool = False
    follows_from: tuple[str, ...] = READING


TABLES = (
    MadeTable(table="pages", key=("page_id",), is_kept=True),
    MadeTable(table="page_continuity", key=("page_id",), left_out=("compared_at",)),
    MadeTable(table="inline_images", key=("image_sha256",)),
    MadeTable(table="sightings", key=("sighting_id",)),
    MadeTable(table="passages", key=("passage_id",), left_out=("passage_no", "search_words")),
    MadeTable(table="image_readings", key=("image_sha256",), left_out=("reading_no", "read_at", "search_words"), follows_from=LETTERING),
    MadeTable(table="image_words", key=("image_sha256", "line_no"), follows_from=LETTERING),
    MadeTable(table="recognitions", key=("image_sha256", "logo_set_id"), left_out=("recognised_at",), follows_from=LOGOS),
    MadeTable(table="logo_matches", key=("match_id",), follows_from=NAMING),
    MadeTable(table="name_matches", key=("name_match_id",), follows_from=NAMING),
    MadeTable(table="text_matches", key=("text_match_id",), follows_from=NAMING),
    MadeTable(table="claims", key=("claim_id",), follows_from=JUDGING, only="claim_id IN (SELECT claim_id FROM stored.claim_evidence)"),
    MadeTable(table="claim_evidence", key=("claim_id", "evidence_id"), follows_from=JUDGING),
    # a group may have lost a wall to retention since; seals hold what came of it
    MadeTable(table="walls", key=("wall_id",), left_out=("alike_id", "template_id"), follows_from=JUDGING),
    MadeTable(table="wall_images", key=("wall_id", "position"), follows_from=JUDGING),
    MadeTable(table="mark_findings", key=("claim_id", "evidence_id", "kind"), follows_from=JUDGING),
    MadeTable(table="absences", key=("claim_id", "page_id", "url"), follows_from=JUDGING),
)  # fmt: skip
_INDEXES = ("image_hashes", "hashed_images")  # filled as images are recognised


def forget_made(copy: Ledger) -> None:
    """Take out of a copy what is to be made again."""
    database: Any = copy.database
    # what people decided rests on claims: they come again, under the same ids
    database.execute("PRAGMA foreign_keys = OFF")
    with copy.transaction():
        for table in (*(made.table for made in TABLES if not made.is_kept), *_INDEXES):
            copy.execute(f"DELETE FROM {table}")
    database.execute("PRAGMA foreign_keys = ON")


def attach_stored(copy: Ledger, stored: Path) -> None:
    """Let queries of the copy read the database that it was made from, as `stored`."""
    copy.database.execute("ATTACH ? AS stored", [f"{stored.resolve().as_uri()}?mode=ro"])


def count_stored(copy: Ledger, made: MadeTable) -> int:
    return int(copy.value(f"SELECT count(*) FROM stored.{made.table}"))


def compare_made(copy: Ledger, made: MadeTable) -> Iterator[Difference]:
    """Yield what a table has that does not come out like this, and what comes out and is not stored."""
    kinds = {
        row["name"]: row["type"] for row in copy.rows(f"PRAGMA main.table_xinfo({made.table})") if not row["hidden"]
    }
    columns = [column for column in kinds if column not in made.left_out]
    listed = ", ".join(f"round({column}, 6)" if kinds[column] == "REAL" else column for column in columns)
    key, what = ", ".join(made.key), f"table {made.table}, made again"
    rows = f"SELECT {listed}, {key} FROM {{}}.{made.table}"
    there = f"{rows.format('stored')} WHERE {made.only}"
    other = f"(SELECT DISTINCT {key} FROM ({there} EXCEPT {rows.format('main')}))"
    count: int = copy.value(f"SELECT count(*) FROM {other}")
    for row in copy.rows(f"SELECT * FROM {other} ORDER BY {key} LIMIT {MOST_NAMED}"):
        yield _difference(copy, made, columns, tuple(row))
    if count > MOST_NAMED:
        words = f"{count - MOST_NAMED} more rows differ"
        yield Difference(what=what, words=words, may_be_to_come=made.rests_on_others, follows_from=made.follows_from)
    more = f"SELECT {key} FROM main.{made.table} EXCEPT SELECT {key} FROM stored.{made.table}"
    if count := copy.value(f"SELECT count(*) FROM ({more})"):
        first = " ".join(map(str, copy.rows(f"{more} LIMIT 1")[0]))
        words = f"{count} rows come out that are not stored, such as {first}"
        yield Difference(
            what=what,
            words=words,
            may_be_later=made.is_by_brand,
            may_be_to_come=made.is_made_later,
            follows_from=made.follows_from,
        )


def _difference(copy: Ledger, made: MadeTable, columns: Sequence[str], key: tuple[Any, ...]) -> Difference:
    what = f"table {made.table}, {' '.join(map(str, key))}"
    where = " AND ".join(f"{name} = ?" for name in made.key)
    sql = f"SELECT {', '.join(columns)} FROM {{}}.{made.table} WHERE {where}"
    (stored,), again = copy.rows(sql.format("stored"), key), copy.rows(sql.format("main"), key)
    if not again:
        words = "is stored, and does not come out of the archive"
        return Difference(what=what, words=words, may_be_to_come=made.rests_on_others, follows_from=made.follows_from)
    pairs = [(name, stored[name], again[0][name]) for name in columns if stored[name] != again[0][name]]
    return Difference(
        what=what, words=_told(pairs), may_be_to_come=made.rests_on_others, follows_from=made.follows_from
    )


def compare_verdicts(copy: Ledger) -> Iterator[Difference]:
    """Yield the verdicts that hold and are others by the rules and the register of now."""
    for row in copy.rows(_VERDICTS):
        pairs = [(name, row[name], row[f"{name}_again"]) for name in ("verdict", "rule", "as_of", "reasons")]
        words = _told([(name, stored, again) for name, stored, again in pairs if stored != again])
        if words and row["verdict_id_again"] != row["verdict_id"]:
            what = f"verdict {row['verdict_id']} on claim {row['claim_id']}"
            yield Difference(
                what=what,
                words=words,
                may_be_later=bool(row["imported_later"]),
                may_be_to_come=True,
                follows_from=VERDICTS,
            )


_VERDICTS = """
    SELECT s.claim_id, s.verdict_id, a.verdict_id AS verdict_id_again, s.verdict, a.verdict AS verdict_again, s.rule, a.rule AS rule_again,
           s.as_of, a.as_of AS as_of_again, s.reasons, a.reasons AS reasons_again,
           (SELECT count(*) FROM stored.register_snapshots r WHERE r.recorded_at >= s.judged_at)
           + (SELECT count(*) FROM stored.snapshot_undos u WHERE u.undone_at >= s.judged_at)
           + (SELECT count(*) FROM stored.group_snapshots g WHERE g.recorded_at >= s.judged_at) AS imported_later
    FROM stored.verdicts s JOIN main.verdicts a ON a.claim_id = s.claim_id
    WHERE NOT s.is_replay AND NOT a.is_replay
      AND s.sequence = (SELECT max(sequence) FROM stored.verdicts WHERE claim_id = s.claim_id AND NOT is_replay)
      AND a.sequence = (SELECT max(sequence) FROM main.verdicts WHERE claim_id = a.claim_id AND NOT is_replay)
    ORDER BY s.claim_id
"""


def _told(pairs: Sequence[tuple[str, Any, Any]]) -> str:
    return "; ".join(f"{name} is {_shown(stored)}, and comes out as {_shown(again)}" for name, stored, again in pairs)


def _shown(value: object) -> str:
    text = f"{len(value)} bytes" if isinstance(value, bytes) else repr(value)
    return text if len(text) <= MAX_VALUE_CHARS else f"{text[: MAX_VALUE_CHARS - 1]}…"
