"""What can be made again from the archive, made again and held against what is stored.

Reads: the database, WARC files, official logos, word lists, register. Writes: a copy of the database in a folder of its own, thrown away afterwards.

1. The database is copied, and what a crawl makes of its captures is taken out of the copy.
2. The flow runs over every visit that was judged: pages, sightings, passages, matches, claims and their evidence, absences, verdicts.
3. Stored rows that come out otherwise, or not at all, are named with both values; so are those that come out and are not stored.

A difference is broken where the same versions, settings, word lists and logos made both; else it is "not checked": it may be they.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from casebook.verdicts.judge import Judge
from ledger.database import Ledger
from ledger.proof.made_rows import (
    TABLES,
    Difference,
    attach_stored,
    compare_made,
    compare_verdicts,
    count_stored,
    forget_made,
)
from ledger.proof.seals import Seals
from ledger.proof.verifier import BROKEN, NOT_CHECKED, OK, Check
from ledger.typed_texts import VisitId
from ledger.vocabulary import JudgingCause
from matcher.logo_matches import store_brands
from matcher.recognition_process import Recogniser, count_processes
from matcher.rejections import hold_back
from partnerproof.crawl_answers import count_rows
from partnerproof.flow import FlowTools, finished_visits, run_stages
from partnerproof.safekeeping.sealing import describe_program
from partnerproof.workspace import Workspace

MADE_WITH = (  # what a seal says of the program, and what made rows follow from
    "tool", "extractor_version", "lexicon_digest", "rules_version", "search_version", "lettering_engine", "rules_digest",
    "official_logos_digest",
)  # fmt: skip


@dataclass
class MadeAgain:
    """One making again. on_visit: called as a visit is through."""

    workspace: Workspace
    on_visit: Callable[[VisitId], None] = lambda _: None
    _reasons: list[str] = field(default_factory=list)  # why a difference need not be anybody's doing

    def checks(self) -> Iterator[Check]:
        """Yield what differs, and sums. Errors: PartnerproofError when brands or archive can't be read."""
        with tempfile.TemporaryDirectory(prefix="partnerproof-") as made:
            path = Path(made) / "again.db"
            with self.workspace.open_readonly() as stored:
                stored.copy_to(path)
            with Ledger.open(path) as copy:
                self._reasons = list(self._find_reasons(copy))
                self._make(copy, finished_visits(copy))
                attach_stored(copy, self.workspace.database)
                for table in TABLES:
                    differences = list(compare_made(copy, table))
                    yield from map(self._judge, differences)
                    if not differences and (count := count_stored(copy, table)):
                        yield Check(
                            f"table {table.table}, made again",
                            OK,
                            f"{count} rows come out of the archive as they are stored",
                        )
                differences = list(compare_verdicts(copy))
                yield from map(self._judge, differences)
                if not differences:
                    yield Check(
                        "verdicts, made again",
                        OK,
                        "those that hold come out as they are stored; seals hold earlier ones",
                    )

    def _find_reasons(self, copy: Ledger) -> Iterator[str]:
        """Why what is made now may be other than what was made then."""
        now = describe_program(self.workspace)
        seals = Seals.of(self.workspace.seals).all
        if not seals:
            yield "no seal says what the rows were made with"
        for seal in seals:
            then = next(iter(seal.leaves("made-with")), {})
            if others := [name for name in MADE_WITH if then.get(name) != now.get(name)]:
                yield f"{', '.join(others)} was another on {seal.head['made_at']}"
        if copy.value("SELECT count(*) FROM visits WHERE judged_at IS NULL"):
            yield "a crawl is not through yet"
        if count_rows(copy, "deletions"):
            yield "captures were deleted when their time was over"

    def _make(self, copy: Ledger, visits: Sequence[VisitId]) -> None:
        forget_made(copy)
        brands = self.workspace.load_brands()
        slugs = tuple(brand.slug for brand in brands)
        store_brands(copy, brands)
        with Recogniser(brands, processes=count_processes()) as recogniser:
            tools = FlowTools(
                ledger=copy, brands=slugs, warc_dir=self.workspace.warc, lexicon=self.workspace.lexicon(), recogniser=recogniser,
                reads_all_pages=True,
            )  # fmt: skip
            run_stages(("extract", "match"), tools, visits, self.on_visit)
        hold_back(copy, slugs)
        run_stages(("claims",), tools, visits)
        Judge(copy, JudgingCause.JUDGE).judge(brands=slugs)

    def _judge(self, difference: Difference) -> Check:
        if self._reasons:
            return Check(difference.what, NOT_CHECKED, f"{difference.words} ({self._reasons[0]})")
        if difference.may_be_later:
            return Check(
                difference.what, NOT_CHECKED, f"{difference.words} (brands, names or registers may have changed since)"
            )
        return Check(difference.what, BROKEN, difference.words)
