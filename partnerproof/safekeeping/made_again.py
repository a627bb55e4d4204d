"""What can be made again from the archive, made again and held against what is stored.

Reads: the database, WARC files, official logos, word lists, register. Writes: a copy of the database in a folder of its own, thrown away afterwards.

1. The database is copied, and what a crawl makes of its captures is taken out of the copy.
2. The flow runs over every visit that was judged: pages, sightings, passages, matches, claims and their evidence, absences, verdicts.
3. Stored rows that come out otherwise, or not at all, are named with both values; so are those that come out and are not stored.

A difference is broken where the same versions, settings, word lists and logos made both; else it is "not checked": it may be they.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from casebook.verdicts.judge import Judge
from ledger.database import Ledger
from ledger.proof.seals import Seals
from ledger.proof.verifier import BROKEN, NOT_CHECKED, OK, Check
from ledger.typed_texts import VisitId
from ledger.vocabulary import JudgingCause
from matcher.logo_matches import store_brands
from matcher.recognition_process import Recogniser, count_processes
from matcher.rejections import hold_back
from partnerproof.flow import FlowTools, run_stages
from partnerproof.safekeeping.sealing import describe_program
from partnerproof.workspace import Workspace

MOST_NAMED = 5  # differences of one table that are named; the others are counted
MAX_VALUE_CHARS = 60
MADE_BY = ("tool", "extractor_version", "lexicon_digest", "rules_version", "search_version", "lettering_engine", "rules_digest", "official_logos_digest")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A table whose rows follow from the archive. key: what tells a row; left_out: columns that say when, or that only this file has."""

    table: str
    key: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    is_by_brand: bool = False  # its rows also follow from brands and logos


TABLES = (
    _Made(table="pages", key=("page_id",)),
    _Made(table="page_continuity", key=("page_id",), left_out=("compared_at",)),
    _Made(table="inline_images", key=("image_sha256",)),
    _Made(table="sightings", key=("sighting_id",)),
    _Made(table="passages", key=("passage_id",), left_out=("passage_no", "search_words")),
    _Made(table="image_readings", key=("image_sha256",), left_out=("reading_no", "read_at", "search_words"), is_by_brand=True),
    _Made(table="image_words", key=("image_sha256", "line_no"), is_by_brand=True),
    _Made(table="recognitions", key=("image_sha256", "logo_set_id"), left_out=("recognised_at",), is_by_brand=True),
    _Made(table="logo_matches", key=("match_id",), is_by_brand=True),
    _Made(table="name_matches", key=("name_match_id",), is_by_brand=True),
    _Made(table="text_matches", key=("text_match_id",), is_by_brand=True),
    _Made(table="claims", key=("claim_id",), is_by_brand=True),
    _Made(table="claim_evidence", key=("claim_id", "evidence_id"), is_by_brand=True),
    _Made(table="walls", key=("wall_id",), is_by_brand=True),
    _Made(table="wall_images", key=("wall_id", "position"), is_by_brand=True),
    _Made(table="mark_findings", key=("claim_id", "evidence_id", "kind"), is_by_brand=True),
    _Made(table="absences", key=("claim_id", "page_id", "url"), is_by_brand=True),
)  # fmt: skip
_JUDGED = (
    "SELECT v.visit_id FROM visits v WHERE v.state IN ('done', 'failed') AND v.judged_at IS NOT NULL"
    " ORDER BY v.crawl_id, v.ordinal"
)


@dataclass
class MadeAgain:
    """One making again. on_visit: called as a visit is through."""

    workspace: Workspace
    on_visit: Callable[[VisitId], None] = lambda _: None
    _reasons: list[str] = field(default_factory=list)  # why a difference need not be anybody's doing

    def checks(self) -> Iterator[Check]:
        """Yield what differs, and a sum. Errors: PartnerproofError when brands or archive can't be read."""
        with tempfile.TemporaryDirectory(prefix="partnerproof-") as made:
            copy = Path(made) / "again.db"
            with self.workspace.open_readonly() as stored:
                stored.copy_to(copy)
            with Ledger.open(copy) as again:
                self._reasons = list(self._excuses(again))
                visits = again.values(_JUDGED)
                self._make(again, visits)
                again.database.execute("ATTACH ? AS stored", [f"{self.workspace.database.resolve().as_uri()}?mode=ro"])
                for table in TABLES:
                    yield from self._compare(again, table)
                yield from self._verdicts(again)

    def _excuses(self, ledger: Ledger) -> Iterator[str]:
        """Why what is made now may be other than what was made then."""
        now = describe_program(self.workspace)
        seals = Seals.of(self.workspace.seals).all
        if not seals:
            yield "no seal says what the rows were made with"
        for seal in seals:
            then = next(iter(seal.leaves("made-with")), {})
            if differs := [name for name in MADE_BY if then.get(name) != now.get(name)]:
                yield f"{', '.join(differs)} was another on {seal.head['made_at']}"
        if ledger.value(f"SELECT count(*) FROM visits WHERE visit_id NOT IN ({_JUDGED})"):
            yield "a crawl is not through yet"
        if ledger.value("SELECT count(*) FROM deletions"):
            yield "captures were deleted when their time was over"

    def _make(self, ledger: Ledger, visits: Sequence[VisitId]) -> None:
        database: Any = ledger.database
        database.execute("PRAGMA foreign_keys = OFF")  # what people decided rests on claims, which come again
        with ledger.transaction():
            for table in TABLES:
                if table.table not in ("pages", "claims"):
                    ledger.execute(f"DELETE FROM {table.table}")
            ledger.execute("DELETE FROM hashed_images")
            ledger.execute("DELETE FROM image_hashes")
        database.execute("PRAGMA foreign_keys = ON")
        brands = self.workspace.load_brands()
        slugs = tuple(brand.slug for brand in brands)
        store_brands(ledger, brands)
        with Recogniser(brands, processes=count_processes()) as recogniser:
            tools = FlowTools(
                ledger=ledger, brands=slugs, warc_dir=self.workspace.warc, lexicon=self.workspace.lexicon(),
                recogniser=recogniser, reads_all_pages=True,
            )  # fmt: skip
            run_stages(("extract", "match"), tools, visits, self.on_visit)
        hold_back(ledger, slugs)
        run_stages(("claims",), tools, visits)
        Judge(ledger, JudgingCause.JUDGE).judge(brands=slugs)

    def _compare(self, ledger: Ledger, made: _Made) -> Iterator[Check]:
        columns = [column for column in _columns(ledger, made.table) if column not in made.left_out]
        listed = ", ".join(f"round({c}, 6)" if kind == "REAL" else c for c, kind in _kinds(ledger, made.table, columns))
        key, what = ", ".join(made.key), f"table {made.table}, made again"
        keys = f"SELECT {key} FROM {{}}.{made.table}"
        differing = f"SELECT {{}} FROM (SELECT {listed}, {key} FROM stored.{made.table} EXCEPT SELECT {listed}, {key} FROM main.{made.table})"
        other: int = ledger.value(differing.format("count(*)"))
        named = [tuple(row) for row in ledger.rows(f"{differing.format(key)} ORDER BY {key} LIMIT {MOST_NAMED}")]
        for row in named:
            yield self._difference(ledger, made, columns, row)
        if other > len(named):
            yield Check(what, self._outcome, f"{other - len(named)} more rows differ{self._excuse}")
        more: int = ledger.value(f"SELECT count(*) FROM ({keys.format('main')} EXCEPT {keys.format('stored')})")
        if more:
            first = tuple(ledger.rows(f"{keys.format('main')} EXCEPT {keys.format('stored')} LIMIT 1")[0])
            outcome = NOT_CHECKED if made.is_by_brand else self._outcome
            yield Check(
                what, outcome, f"{more} rows come out that are not stored, such as {_shown(first)}{self._excuse}"
            )
        count: int = ledger.value(f"SELECT count(*) FROM stored.{made.table}")
        if not other and count:
            yield Check(what, OK, f"{count} rows come out of the archive as they are stored")

    def _difference(self, ledger: Ledger, made: _Made, columns: Sequence[str], key: tuple[object, ...]) -> Check:
        what = f"table {made.table}, {' '.join(map(str, key))}"
        where = " AND ".join(f"{name} = ?" for name in made.key)
        sql = f"SELECT {', '.join(columns)} FROM {{}}.{made.table} WHERE {where}"
        (stored,), again = ledger.rows(sql.format("stored"), key), ledger.rows(sql.format("main"), key)
        if not again:
            return Check(what, self._outcome, f"is stored, and does not come out of the archive{self._excuse}")
        values = [
            f"{name} is {_shown(stored[name])}, and comes out as {_shown(again[0][name])}"
            for name in columns
            if stored[name] != again[0][name]
        ]
        return Check(what, self._outcome, f"{'; '.join(values)}{self._excuse}")

    def _verdicts(self, ledger: Ledger) -> Iterator[Check]:
        """The verdict that holds of each claim, by the rules and the register of now."""
        count = 0
        for row in ledger.rows(_VERDICTS):
            count += 1
            what = f"verdict {row['verdict_id']} on claim {row['claim_id']}"
            told = {name: (row[name], row[f"{name}_again"]) for name in ("verdict", "rule", "as_of", "reasons")}
            values = "; ".join(
                f"{name} is {_shown(a)}, and comes out as {_shown(b)}" for name, (a, b) in told.items() if a != b
            )
            if row["verdict_id_again"] == row["verdict_id"] or not values:
                continue
            if row["is_asked_anew"]:
                yield Check(what, NOT_CHECKED, f"{values}; a register was imported since: run `partnerproof judge`")
            else:
                yield Check(what, self._outcome, f"{values}{self._excuse}")
        if count:
            yield Check(
                "verdicts, made again",
                OK,
                f"{count} verdicts that hold were looked at; earlier ones are as their seals say",
            )

    @property
    def _outcome(self) -> str:
        return NOT_CHECKED if self._reasons else BROKEN

    @property
    def _excuse(self) -> str:
        return f" ({self._reasons[0]})" if self._reasons else ""


_VERDICTS = """
    SELECT s.claim_id, s.verdict_id, a.verdict_id AS verdict_id_again, s.verdict, a.verdict AS verdict_again, s.rule, a.rule AS rule_again,
           s.as_of, a.as_of AS as_of_again, s.reasons, a.reasons AS reasons_again,
           (SELECT count(*) FROM stored.register_snapshots r WHERE r.recorded_at >= s.judged_at)
           + (SELECT count(*) FROM stored.snapshot_undos u WHERE u.undone_at >= s.judged_at) AS is_asked_anew
    FROM stored.verdicts s JOIN main.verdicts a ON a.claim_id = s.claim_id
    WHERE NOT s.is_replay AND NOT a.is_replay
      AND s.sequence = (SELECT max(sequence) FROM stored.verdicts WHERE claim_id = s.claim_id AND NOT is_replay)
      AND a.sequence = (SELECT max(sequence) FROM main.verdicts WHERE claim_id = a.claim_id AND NOT is_replay)
    ORDER BY s.claim_id
"""


def _columns(ledger: Ledger, table: str) -> list[str]:
    return [row["name"] for row in ledger.rows(f"PRAGMA main.table_xinfo({table})") if not row["hidden"]]


def _kinds(ledger: Ledger, table: str, columns: Sequence[str]) -> list[tuple[str, str]]:
    kinds: Mapping[str, str] = {row["name"]: row["type"] for row in ledger.rows(f"PRAGMA main.table_xinfo({table})")}
    return [(column, kinds[column]) for column in columns]


def _shown(value: object) -> str:
    text = f"{len(value)} bytes" if isinstance(value, bytes) else repr(value)
    return text if len(text) <= MAX_VALUE_CHARS else f"{text[: MAX_VALUE_CHARS - 1]}…"
