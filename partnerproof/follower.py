"""Visits judged while the crawl goes on: a thread with a database connection of its own takes each through the stages."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from casebook.verdicts.judge import Judge
from crawler.visits.visit import mark_judged, read_visit
from ledger.database import Ledger
from ledger.typed_texts import VisitId
from ledger.vocabulary import JudgingCause
from matcher.brands.official_logos import Brand
from matcher.recognition_process import Recogniser
from partnerproof.flow import AFTER_A_VISIT, FlowTools, run_stages
from partnerproof.workspace import Workspace


def count_logo_evidence(ledger: Ledger, visit_id: VisitId) -> int:
    """Return how many images a visit's claims rest on."""
    sql = "SELECT count(DISTINCT e.sighting_id) FROM claim_evidence e JOIN pages p USING (page_id) WHERE p.visit_id = ?"
    return int(ledger.value(sql, [visit_id]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Number:
    name: str
    number: int


def count_judged(ledger: Ledger, visit_id: VisitId, logo_set_id: str) -> dict[str, int]:
    """Return what judging a visit gave, each under its name: matches by strength, claims by relation, refused images by reason."""
    parameters = {"visit": visit_id, "set": logo_set_id}
    return {count.name: count.number for count in ledger.select(_Number, _JUDGED, parameters)}


class Follower(threading.Thread):
    """Judges visits while the crawl goes on, in a thread with a connection of its own."""

    def __init__(
        self,
        workspace: Workspace,
        brands: Sequence[Brand],
        on_judged: Callable[[VisitId, int], None] = lambda *_: None,
        on_counted: Callable[[dict[str, int]], None] = lambda _: None,
        stages: Sequence[str] = AFTER_A_VISIT,
    ) -> None:
        super().__init__(name="follower", daemon=True)
        self.workspace = workspace
        self.brands = brands
        self.on_judged = on_judged  # this and the next are called in the follower's thread
        self.on_counted = on_counted
        self.stages = stages
        self.error: BaseException | None = None
        self._visits: queue.SimpleQueue[VisitId | None] = queue.SimpleQueue()

    def add(self, visit_id: VisitId) -> None:
        self._visits.put(visit_id)

    def finish(self) -> None:
        """Wait until everything added is judged. Raises what went wrong in the thread, if anything did."""
        self._visits.put(None)
        self.join()
        if self.error is not None:
            raise self.error

    def run(self) -> None:
        try:
            lexicon = self.workspace.lexicon()
            with self.workspace.open() as ledger, Recogniser(self.brands) as recogniser:
                tools = FlowTools(
                    ledger=ledger,
                    brands=tuple(recogniser.brands),
                    warc_dir=self.workspace.warc,
                    lexicon=lexicon,
                    recogniser=recogniser,
                    judge=Judge(ledger, JudgingCause.CRAWL),
                )
                while (visit_id := self._visits.get()) is not None:
                    with self.workspace.turn("crawl"):
                        if read_visit(ledger, visit_id).judged_at is None:  # else another process took up what was left
                            run_stages(self.stages, tools, [visit_id])
                        if "judge" not in self.stages:
                            mark_judged(ledger, visit_id)  # it is through all that is done here
                    self.on_judged(visit_id, count_logo_evidence(ledger, visit_id))
                    self.on_counted(count_judged(ledger, visit_id, recogniser.set_id))
        except BaseException as error:  # noqa: BLE001  # handed to the main thread by finish()
            self.error = error


_JUDGED = """
    WITH shown AS MATERIALIZED (
        SELECT DISTINCT g.image_sha256 FROM pages p JOIN seen_images g USING (page_id)
        WHERE p.visit_id = :visit AND g.image_sha256 IS NOT NULL)
    SELECT 'visits/judged' AS name, 1 AS number
    UNION ALL SELECT 'matches/' || m.strength, count(*) FROM shown JOIN logo_matches m USING (image_sha256)
              WHERE m.rejection_id IS NULL GROUP BY 1
    UNION ALL SELECT 'refusals/' || r.refusal_reason, count(*) FROM shown JOIN recognitions r USING (image_sha256)
              WHERE r.logo_set_id = :set AND r.refusal_reason IS NOT NULL GROUP BY 1
    UNION ALL SELECT 'claims/' || c.relation, count(DISTINCT c.claim_id)
              FROM claims c JOIN claim_evidence e USING (claim_id) JOIN pages p USING (page_id)
              WHERE p.visit_id = :visit GROUP BY 1
"""
