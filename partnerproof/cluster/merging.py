"""Shards from a place → the workspace, from the front door: each taken in, what came judged, a crawl that is whole ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from casebook.cases.casework import update_casework
from casebook.verdicts.judge import Judge
from crawler.visits.seeds import end_crawl_if_complete
from ledger.archive.stores import Store
from ledger.errors import BadInputError, Problem
from ledger.merging.take_in import ShardHome, TakenShard, find_shards, take_in
from ledger.typed_texts import CrawlId, VisitId
from ledger.vocabulary import JudgingCause
from partnerproof.crawl_answers import brands_of_crawl, count_visits
from partnerproof.flow import FlowTools, take_home, unjudged_of_crawl
from partnerproof.workspace import Workspace


def shard_home(workspace: Workspace) -> ShardHome:
    """Where shards come to in a workspace."""
    return ShardHome(
        database=workspace.database, warc_dir=workspace.warc, shards_dir=workspace.shards, log=workspace.custody
    )


def judge_taken(workspace: Workspace, brands: Sequence[str], visits: Sequence[VisitId]) -> None:
    """Make claims and verdicts of visits that came home. The caller holds the writer lock."""
    with workspace.open() as ledger:
        tools = FlowTools(
            ledger=ledger,
            brands=tuple(brands),
            warc_dir=workspace.warc,
            lexicon=workspace.lexicon(),
            judge=Judge(ledger, JudgingCause.CRAWL),
        )
        take_home(tools, visits)


def whole_address(place: str) -> str:
    """Return the address of a store as it is, of a folder the whole path: others stand elsewhere, and what was left there is read later."""
    return place if "://" in place else str(Path(place).resolve())


def no_shards(where: str) -> BadInputError:
    """Return the error of places in which no shard lies. where: as the user named them."""
    return BadInputError(
        Problem(where=where, expected="shards (folders with a shard.json)", got="none", next_step="check the path")
    )


def merge_shards(workspace: Workspace, places: Sequence[Store], *, leaves_warc: bool = False) -> Iterator[TakenShard]:
    """Yield what became of each shard of some places. Errors: StoreAwayError, OutsideFailureError; what was merged stays."""
    shards = [shard for place in places for shard in find_shards(place)]
    judged = 0
    with workspace.writing("merge") as lock:
        for shard in shards:
            taken = take_in(shard_home(workspace), shard, leaves_warc=leaves_warc)
            if taken.manifest is not None and taken.is_taken:
                judged += _judge(workspace, taken.manifest.crawl_id, taken.manifest.crawl_visits)
            yield taken
            lock.give_way()
        if judged:
            with workspace.open() as ledger:
                update_casework(ledger, workspace.removal_terms)


def _judge(workspace: Workspace, crawl_id: CrawlId, crawl_visits: int) -> int:
    """Judge what came of a crawl and was not judged, also what a killed merge left; returns how many visits.

    A crawl of which all is here has ended.
    """
    with workspace.open() as ledger:
        visits, brands = unjudged_of_crawl(ledger, crawl_id), brands_of_crawl(ledger, crawl_id)
        judge_taken(workspace, brands, visits)
        if count_visits(ledger, crawl_id) == crawl_visits:
            end_crawl_if_complete(ledger, crawl_id)
    return len(visits)
