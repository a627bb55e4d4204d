"""What can be made again from the archive, made again and held against what is stored.

Reads: the database, WARC files, official logos, word lists, register. Writes: a copy of the database in a folder of its own, thrown away afterwards.

1. The database is copied, and what a crawl makes of its captures is taken out of the copy.
2. The flow runs over every visit: pages, sightings, passages, matches, claims and their evidence, absences, verdicts.
3. Stored rows that come out otherwise, or not at all, are named with both values; so are those that come out and are not stored.

Visits that a killed process left to be judged have rows still to come: what they explain is "not checked".

A difference is broken where all that its rows follow from (versions, word lists, rules, logos) is today what it was for every seal; else it is
"not checked", and says what was another.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
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
from partnerproof.flow import FlowTools, run_stages
from partnerproof.safekeeping.case_events import NEVER_WRITTEN
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
    _others: dict[str, str] = field(default_factory=dict)  # what was another when some seal was made → when
    _unjudged: int = 0  # visits
    _tripped: list[Check] = field(default_factory=list)

    def checks(self) -> Iterator[Check]:
        """Yield what differs, and sums. Errors: PartnerproofError when brands or archive can't be read."""
        with tempfile.TemporaryDirectory(prefix="partnerproof-") as made:
            path = Path(made) / "again.db"
            with self.workspace.open_readonly() as stored:
                stored.copy_to(path)
            with Ledger.open(path) as copy:
                self._find_others()
                self._unjudged = int(copy.value("SELECT count(*) FROM visits WHERE judged_at IS NULL"))
                self._make(copy, copy.values(_VISITS))
                yield from self._tripped
                attach_stored(copy, self.workspace.database)
                for table in TABLES:
                    differences = list(compare_made(copy, table))
                    yield from map(self._judge, differences)
                    if not differences and (count := count_stored(copy, table)):
                        said = f"{count} rows come out of the archive as they are stored"
                        yield Check(f"table {table.table}, made again", OK, said)
                differences = list(compare_verdicts(copy))
                yield from map(self._judge, differences)
                if not differences:
                    said = "those that hold come out as they are stored; seals hold earlier ones"
                    yield Check("verdicts, made again", OK, said)

    def _find_others(self) -> None:
        """Find what made rows then and is another now."""
        now = describe_program(self.workspace)
        seals = Seals.of(self.workspace.seals).all
        if not seals:
            self._others = dict.fromkeys(MADE_WITH, "no seal says with which")
        for seal in seals:
            then = next(iter(seal.leaves("made-with")), {})
            for name in MADE_WITH:
                if then.get(name) != now.get(name):
                    self._others.setdefault(name, f"another on {seal.head['made_at']}")

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
            for visit_id in visits:
                again = partial(run_stages, ("extract", "match"), tools, [visit_id], self.on_visit)
                self._guarded(f"visit {visit_id}", again)
        self._guarded("rejections", partial(hold_back, copy, slugs))
        for visit_id in visits:
            self._guarded(f"claims of visit {visit_id}", partial(run_stages, ("claims",), tools, [visit_id]))
        self._guarded("verdicts", partial(Judge(copy, JudgingCause.JUDGE).judge, brands=slugs))

    def _guarded(self, what: str, act: Callable[[], object]) -> None:
        """Make one thing again; what trips over a value is told, and the rest is made."""
        try:
            act()
        except NEVER_WRITTEN as error:
            said = f"a row holds what this program never writes ({type(error).__name__}: {error})"[:300]
            self._tripped.append(Check(f"{what}, made again", BROKEN, said))

    def _judge(self, difference: Difference) -> Check:
        others = [f"{name} was {when}" for name, when in self._others.items() if name in difference.follows_from]
        if others:
            return Check(difference.what, NOT_CHECKED, f"{difference.words} ({others[0]})")
        if self._unjudged and difference.may_be_to_come:
            later = f"{self._unjudged} visits are not judged yet: crawl again, or wait for the crawl that runs"
            return Check(difference.what, NOT_CHECKED, f"{difference.words} ({later})")
        if difference.may_be_later:
            later = "brands, names or registers may have changed since"
            return Check(difference.what, NOT_CHECKED, f"{difference.words} ({later})")
        return Check(difference.what, BROKEN, difference.words)


_VISITS = "SELECT visit_id FROM visits ORDER BY crawl_id, ordinal"
