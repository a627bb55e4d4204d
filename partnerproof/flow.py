"""The flow: the stages in order, each with what it reads and writes, and how a finished visit goes through them."""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from casebook.verdicts.claims import find_claims
from casebook.verdicts.judge import Judge
from ledger.database import Ledger
from ledger.identity import utc_text
from ledger.lexicon import Lexicon
from ledger.typed_texts import VisitId
from ledger.vocabulary import JudgingCause
from matcher.brands.official_logos import Brand
from matcher.logo_matches import match_logos
from matcher.recognition_process import Recogniser
from matcher.text_matches import match_texts
from partnerproof.workspace import Workspace

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of the flow, as documentation and the overview show it."""

    name: str
    command: str
    reads: str
    writes: str
    module: str


STAGES = (
    Stage(name="brand", command="partnerproof brand add", reads="logo files, brand.toml", writes="brands, official_logos", module="matcher/brands/official_logos.py"),
    Stage(name="register", command="partnerproof register import", reads="CSV", writes="register_snapshots, grants", module="casebook/register/grants.py"),
    Stage(name="crawl", command="partnerproof crawl", reads="seed list", writes="seeds, visits, captures, looks, pages", module="crawler/spiders/partners.py"),
    Stage(name="ingest", command="partnerproof ingest", reads="WARC, WACZ of others", writes="seeds, visits, captures, looks, pages", module="crawler/archives/ingest.py"),
    Stage(name="extract", command="partnerproof extract", reads="captures", writes="sightings, passages", module="crawler/images/sightings.py, crawler/reading/passages.py"),
    Stage(name="match", command="partnerproof match", reads="sightings, passages, official logos", writes="logo_matches, text_matches, recognitions", module="matcher/logo_matches.py, matcher/text_matches.py"),
    Stage(name="claims", command="partnerproof claims", reads="matches and their surroundings", writes="walls, claims, claim_evidence, mark_findings", module="casebook/verdicts/claims.py"),
    Stage(name="judge", command="partnerproof judge", reads="claims, grants", writes="judgings, searches, verdicts", module="casebook/verdicts/rules.py, casebook/verdicts/judge.py"),
    Stage(name="cases", command="partnerproof serve", reads="verdicts, visits, people's decisions", writes="cases, letters, removal_checks", module="casebook/cases/cases.py, casebook/cases/letters.py, casebook/cases/removal.py"),
    Stage(name="watch", command="partnerproof watch", reads="cases, visits", writes="a new crawl, alerts", module="partnerproof/watch_round.py, casebook/cases/alerts.py"),
    Stage(name="report", command="partnerproof report", reads="all of it", writes="HTML files", module="casebook/dossier/dossier.py"),
    Stage(name="seal", command="partnerproof seal", reads="all of it", writes="seals, tokens", module="ledger/proof/seals.py, ledger/proof/timestamps.py"),
    Stage(name="export", command="partnerproof export", reads="one claim", writes="a zip file", module="casebook/export/claim_export.py, ledger/proof/verifier.py"),
)  # fmt: skip


def follow_visits(
    ledger: Ledger,
    recogniser: Recogniser,
    judge: Judge,
    lexicon: Lexicon,
    *,
    warc_dir: Path,
    visit_ids: Iterable[VisitId],
) -> None:
    """Take finished visits through matches, claims and verdicts, and mark them as judged."""
    for visit_id in visit_ids:
        match_logos(ledger, recogniser, warc_dir=warc_dir, visit_ids=[visit_id])
        match_texts(ledger, recogniser.brands, lexicon, visit_ids=[visit_id])
        judge.judge(find_claims(ledger, recogniser.brands, visit_ids=[visit_id]))
        ledger.execute("UPDATE visits SET judged_at = ? WHERE visit_id = ?", [utc_text(), visit_id])


LOGOS_CHANGED = (
    "official logos have changed; earlier visits keep their matches until you run: "
    "partnerproof match && partnerproof claims && partnerproof judge"
)


def finished_visits(ledger: Ledger) -> list[str]:
    """Return the visits that are done or failed, oldest crawl first."""
    return [row[0] for row in ledger.rows(f"{_FINISHED} ORDER BY v.crawl_id, v.ordinal")]


def unjudged_visits(ledger: Ledger, brands: Sequence[str]) -> list[str]:
    """Return the finished visits that a killed crawl of the same brands left to be judged."""
    sql = f"{_FINISHED} AND v.judged_at IS NULL AND json_extract(c.settings, '$.PARTNERPROOF_BRANDS') = json(?)"
    return [row[0] for row in ledger.rows(f"{sql} ORDER BY v.crawl_id, v.ordinal", [json.dumps(sorted(brands))])]


_FINISHED = "SELECT v.visit_id FROM visits v JOIN crawls c USING (crawl_id) WHERE v.state IN ('done', 'failed')"


def count_logo_evidence(ledger: Ledger, visit_id: VisitId) -> int:
    """Return how many sightings of official logos a visit's claims rest on."""
    sql = "SELECT count(*) FROM claim_evidence e JOIN pages p USING (page_id) WHERE p.visit_id = ? AND e.evidence = 'logo'"
    return int(ledger.value(sql, [visit_id]))


class Follower(threading.Thread):
    """Judges visits while the crawl goes on, in a thread with a connection of its own."""

    def __init__(
        self, workspace: Workspace, brands: Sequence[Brand], on_judged: Callable[[str, int], None] = lambda *_: None
    ) -> None:
        super().__init__(name="follower", daemon=True)
        self.workspace = workspace
        self.brands = brands
        self.on_judged = on_judged
        self.error: BaseException | None = None
        self._visits: queue.SimpleQueue[str | None] = queue.SimpleQueue()

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
                judge = Judge(ledger, JudgingCause.CRAWL)  # reads each brand's register once: the pen keeps it as it is
                while (visit_id := self._visits.get()) is not None:
                    follow_visits(
                        ledger, recogniser, judge, lexicon, warc_dir=self.workspace.warc, visit_ids=[visit_id]
                    )
                    self.on_judged(visit_id, count_logo_evidence(ledger, visit_id))
        except BaseException as error:  # noqa: BLE001  # handed to the main thread by finish()
            self.error = error
