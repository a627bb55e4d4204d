"""The flow: the stages in order, each with what it reads and writes and the function that runs it.

Whoever takes visits through the stages calls this list: a crawl and an ingest as their visits end, the command line for what is
stored, the review application after a decision. Each stage is told one visit, may be run again without harm, and says how much it did.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from casebook.verdicts.absences import find_absences
from casebook.verdicts.claims import find_claims
from casebook.verdicts.judge import Judge
from crawler.reading.page_continuity import compare_pages
from crawler.reading.stored_pages import read_again
from crawler.visits.visit import mark_judged
from ledger.database import Ledger
from ledger.lexicon import Lexicon
from ledger.typed_texts import ClaimId, CrawlId, VisitId
from ledger.vocabulary import JudgingCause
from matcher.image_words import match_words, read_image_words
from matcher.logo_matches import match_logos
from matcher.name_matches import match_names
from matcher.recognition_process import Recogniser
from matcher.rejections import hold_back, visits_that_show
from matcher.text_matches import match_texts

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class FlowTools:
    """What stages work with, and what one hands to the next. A stage needs only the tools that it names."""

    ledger: Ledger
    brands: tuple[str, ...]
    warc_dir: Path | None = None  # extract, match; claims, where the archive is at hand
    lexicon: Lexicon | None = None  # extract, match
    recogniser: Recogniser | None = None  # match
    judge: Judge | None = None  # judge
    reads_all_pages: bool = False  # extract: also those that this version of the reading has read
    touched: set[ClaimId] = field(default_factory=set)  # claims that the judge stage has to look at


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of the flow, as documentation and the overview show it. run: for one visit; None: it is no step of a visit."""

    name: str
    command: str
    reads: str
    writes: str
    module: str
    run: Callable[[FlowTools, VisitId], int] | None = None


def _extract(tools: FlowTools, visit_id: VisitId) -> int:
    warc_dir, lexicon = _require(tools.warc_dir), _require(tools.lexicon)
    pages = read_again(tools.ledger, warc_dir, lexicon, visit_id=visit_id, is_all=tools.reads_all_pages)
    compare_pages(tools.ledger, visit_id)
    return pages


def _compare(tools: FlowTools, visit_id: VisitId) -> int:
    return compare_pages(tools.ledger, visit_id)


def _match(tools: FlowTools, visit_id: VisitId) -> int:
    warc_dir, recogniser = _require(tools.warc_dir), _require(tools.recogniser)
    ledger, brands, lexicon = tools.ledger, tools.brands, _require(tools.lexicon)
    judged = match_logos(ledger, recogniser, warc_dir=warc_dir, visit_ids=[visit_id])
    match_names(ledger, brands, lexicon, visit_ids=[visit_id])
    read_image_words(ledger, warc_dir=warc_dir, visit_ids=[visit_id])
    match_words(ledger, brands, lexicon, visit_ids=[visit_id])
    match_texts(ledger, brands, lexicon, visit_ids=[visit_id])
    return judged


def _claims(tools: FlowTools, visit_id: VisitId) -> int:
    touched = find_claims(tools.ledger, tools.brands, visit_ids=[visit_id])
    tools.touched |= touched
    find_absences(tools.ledger, visit_id, tools.warc_dir)
    return len(touched)


def _judge(tools: FlowTools, visit_id: VisitId) -> int:
    new = _require(tools.judge).judge(tools.touched)
    tools.touched.clear()
    mark_judged(tools.ledger, visit_id)
    return new


STAGES = (
    Stage(name="brand", command="partnerproof brand add", reads="logo files, brand.toml", writes="brands, official_logos", module="matcher/brands/official_logos.py"),
    Stage(name="register", command="partnerproof register import", reads="CSV, XLSX, JSON, HTML", writes="register_snapshots, grants", module="casebook/register/grants.py"),
    Stage(name="crawl", command="partnerproof crawl", reads="vendor list", writes="seeds, visits, captures, looks, pages", module="crawler/lists/vendor_list.py, crawler/spiders/partners.py"),
    Stage(name="ingest", command="partnerproof ingest", reads="WARC, WACZ of others", writes="seeds, visits, captures, looks, pages", module="crawler/archives/ingest.py"),
    Stage(name="extract", command="partnerproof extract", reads="captures", writes="sightings, passages", module="crawler/images/sightings.py, crawler/reading/passages.py", run=_extract),
    Stage(name="compare", command="partnerproof extract", reads="pages, passages, sightings of the vendor's visits", writes="page_continuity", module="crawler/reading/page_continuity.py", run=_compare),
    Stage(name="match", command="partnerproof match", reads="sightings, passages, official logos", writes="logo_matches, name_matches, image_words, text_matches, recognitions", module="matcher/logo_matches.py, matcher/name_matches.py, matcher/image_words.py, matcher/text_matches.py", run=_match),
    Stage(name="claims", command="partnerproof claims", reads="matches and their surroundings", writes="walls, claims, claim_evidence, mark_findings, absences", module="casebook/verdicts/claims.py, casebook/verdicts/weighing.py, casebook/verdicts/absences.py", run=_claims),
    Stage(name="judge", command="partnerproof judge", reads="claims, grants", writes="judgings, searches, verdicts", module="casebook/verdicts/rules.py, casebook/verdicts/judge.py", run=_judge),
    Stage(name="cases", command="partnerproof serve", reads="verdicts, visits, people's decisions", writes="cases, letters, removal_checks", module="casebook/cases/cases.py, casebook/cases/letters.py, casebook/cases/removal.py"),
    Stage(name="watch", command="partnerproof watch", reads="cases, visits", writes="a new crawl, alerts", module="partnerproof/watch_round.py, casebook/cases/alerts.py"),
    Stage(name="report", command="partnerproof report", reads="all of it", writes="HTML files", module="casebook/dossier/dossier.py"),
    Stage(name="seal", command="partnerproof seal", reads="all of it", writes="seals, tokens", module="ledger/proof/seals.py, ledger/proof/timestamps.py"),
    Stage(name="export", command="partnerproof export", reads="one claim", writes="a zip file", module="casebook/export/claim_export.py, ledger/proof/verifier.py"),
)  # fmt: skip
AFTER_A_VISIT = ("compare", "match", "claims", "judge")  # what a visit goes through when it has ended


LOGOS_CHANGED = (
    "official logos have changed; earlier visits keep their matches until you run: "
    "partnerproof match && partnerproof claims && partnerproof judge"
)
_FINISHED = "SELECT v.visit_id FROM visits v JOIN crawls c USING (crawl_id) WHERE v.state IN ('done', 'failed')"


def run_stages(
    names: Iterable[str],
    tools: FlowTools,
    visit_ids: Iterable[VisitId],
    on_visit: Callable[[VisitId], None] = lambda _: None,
) -> int:
    """Take visits through stages, one visit after the other; returns what the last stage says that it did in all.

    on_visit is called as each visit is through. Errors: KeyError for a name that is no step of a visit.
    """
    steps = {stage.name: stage.run for stage in STAGES if stage.run is not None}
    runs = [steps[name] for name in names]
    total = 0
    for visit_id in visit_ids:
        done = 0
        for run in runs:
            done = run(tools, visit_id)
        total += done
        on_visit(visit_id)
    return total


def finished_visits(ledger: Ledger) -> list[VisitId]:
    """Return the visits that are done or failed, oldest crawl first."""
    return ledger.values(f"{_FINISHED} ORDER BY v.crawl_id, v.ordinal")


def unjudged_visits(ledger: Ledger, brands: Sequence[str], *, is_running: Callable[[CrawlId], bool]) -> list[VisitId]:
    """Return the finished visits that killed crawls of the same brands left to be judged; one that is running judges its own."""
    of_brands = "json_extract(c.settings, '$.PARTNERPROOF_BRANDS') = json(?)"
    crawls = f"SELECT DISTINCT v.crawl_id FROM visits v JOIN crawls c USING (crawl_id) WHERE v.judged_at IS NULL AND v.state IN ('done', 'failed') AND {of_brands}"
    killed = [crawl_id for crawl_id in ledger.values(crawls, [json.dumps(sorted(brands))]) if not is_running(crawl_id)]
    sql = f"{_FINISHED} AND v.judged_at IS NULL AND v.crawl_id IN (SELECT value FROM json_each(?))"
    return ledger.values(f"{sql} ORDER BY v.crawl_id, v.ordinal", [json.dumps(killed)])


def follow_rejections(ledger: Ledger, brands: Iterable[str], warc_dir: Path) -> None:
    """Bring matches, claims and verdicts of brands in line with what was rejected or taken back. Again: no harm.

    It looks at every match of a brand, so whoever decides does not wait for it. No visit counts as judged by it: its other
    brands may still have to be.
    """
    tools = FlowTools(ledger=ledger, brands=tuple(brands), warc_dir=warc_dir)
    with ledger.transaction():
        visits = visits_that_show(ledger, hold_back(ledger, tools.brands))
        run_stages(["claims"], tools, visits)
    Judge(ledger, JudgingCause.JUDGE).judge(tools.touched)


def _require(tool: T | None) -> T:
    assert tool is not None, "a stage was run without one of its tools"  # noqa: S101  # a mistake of the program
    return tool
