"""A crawl on several workers, from the front door: begun, cut, handed out, merged as it comes home, judged, ended.

1. The crawl begins here as any crawl does: its row, the vendors, the visits. So a plain crawl can go on with it, and the other way round.
2. Shards that came home before, and were not merged, are merged first. The others are handed out.
3. Each shard that comes home is merged and judged at once, with the writer lock for just that.
4. When no visit is left, the crawl ends as any crawl does: cases are brought in line, and all of it is sealed.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

import click

from casebook.cases.casework import update_casework
from crawler.lists.vendor_list import ListOptions, read_vendor_list
from crawler.spiders.partners import recorded_settings
from crawler.visits.seeds import begin_crawl, end_crawl_if_complete
from crawler.wire.opt_out import read_opt_out
from ledger.archive.stores import Store
from ledger.errors import OutsideFailureError
from ledger.merging.take_in import TakenShard, find_shards, take_in
from ledger.records import Visit
from ledger.typed_texts import CrawlId, VisitId
from ledger.vocabulary import CustodyEvent
from matcher.brands.official_logos import Brand
from matcher.logo_matches import store_brands
from partnerproof.cluster.merging import judge_taken, shard_home, whole_address
from partnerproof.cluster.orders import SHARD_VENDORS, cut_shards, read_workspace_files
from partnerproof.cluster.scheduling import ClusterTerms, reach_cluster, run_shards
from partnerproof.cluster.shard_task import HomeTerms, ShardResult
from partnerproof.crawl_answers import count_captures, count_done_visits
from partnerproof.crawl_progress import CrawlProgress
from partnerproof.crawl_run import CrawlOrder, scrapy_settings
from partnerproof.flow import LOGOS_CHANGED, count_unfinished, unjudged_of_crawl
from partnerproof.follower import count_logo_evidence
from partnerproof.safekeeping.sealing import describe_program, seal_after_crawl
from partnerproof.version import program_version
from partnerproof.workspace import Workspace
from partnerproof.yields import yield_drops


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterOrder:
    """What the user asked of a cluster. store: where shards come home to; None: a folder of this workspace, for a local cluster.

    leaves_warc: the web archive's files stay in the store.
    """

    cluster: ClusterTerms
    store: str | None = None
    shard_vendors: int = SHARD_VENDORS
    leaves_warc: bool = False


def run_cluster_crawl(workspace: Workspace, order: CrawlOrder, cluster: ClusterOrder) -> CrawlId:
    """Run a crawl on a cluster to its end, or on from where it stopped; returns its id.

    Errors: as run_crawl, and OutsideFailureError when shards are left that no worker could do.
    """
    brands = workspace.load_brands(order.brands)
    read_opt_out(workspace.opt_out)
    workspace.lexicon()
    with workspace.writing_beside("crawl"):
        crawl_id = begin_cluster_crawl(workspace, order, brands)
        with workspace.open_readonly() as ledger:
            done = count_done_visits(ledger, order.seeds.name) if order.seeds is not None else 0
        progress = CrawlProgress(total=order.vendors or 0, done=done, is_quiet=order.is_quiet, as_json=order.log_json)
        with progress, workspace.hold(crawl_id) as is_ours:
            if not is_ours:
                raise OutsideFailureError(
                    f"crawl {crawl_id}: another process is doing just this crawl; `partnerproof status` shows how far it is"
                )
            home = _Home(workspace, tuple(brand.slug for brand in brands), cluster, progress)
            failures = _bring_all_home(home, crawl_id, order)
            _end(workspace, crawl_id, progress, failures)
    return crawl_id


def _bring_all_home(home: _Home, crawl_id: CrawlId, order: CrawlOrder) -> list[ShardResult]:
    """Take in what came home before, have the rest visited and take that in; returns the shards that nobody could do."""
    workspace, cluster = home.workspace, home.cluster
    scratch = workspace.var / "cluster"
    store = Store(whole_address(cluster.store) if cluster.store else str((scratch / "store").resolve()))
    home.judge_left_over(crawl_id)
    for shard in find_shards(store.below(crawl_id)):
        home.take(shard)
    failures: list[ShardResult] = []
    with workspace.open_readonly() as ledger:
        # cut as they are handed out: memory does not grow with the list
        orders = cut_shards(ledger, crawl_id, vendors=cluster.shard_vendors)
        first = next(orders, None)
        if first is not None:
            files = read_workspace_files(workspace, order.brands)
            terms = HomeTerms(order=_for_workers(order), store=store.url, program=program_version())
            with reach_cluster(cluster.cluster, scratch) as client:
                for result in run_shards(client, chain([first], orders), files, terms):
                    if result.name is None:
                        failures.append(result)
                        home.progress.warn(f"shard {result.shard_id}: {result.failure}", event="shard")
                    else:
                        home.take(store.below(crawl_id).below(result.name))
    if cluster.store is None and not failures:
        shutil.rmtree(scratch, ignore_errors=True)  # all of it came home
    return failures


def begin_cluster_crawl(workspace: Workspace, order: CrawlOrder, brands: Sequence[Brand]) -> CrawlId:
    """Write what a crawl begins with, as on one machine: brands, vendors, the crawl and its visits; returns its id.

    The caller holds the entry lock.
    """
    options = order.list_options or ListOptions()
    assert order.seeds is not None  # noqa: S101  # the front door reads a list
    with workspace.turn("crawl"), workspace.open() as ledger:
        if store_brands(ledger, brands):
            click.echo(LOGOS_CHANGED, err=True)
        settings = scrapy_settings(workspace, order)
        return begin_crawl(
            ledger,
            read_vendor_list(order.seeds, options).seeds,
            seeds_file=order.seeds.name,
            settings=recorded_settings(settings),
            tool_version=settings["PARTNERPROOF_TOOL"],
            made_with=describe_program(workspace),
        )


def _for_workers(order: CrawlOrder) -> CrawlOrder:
    """The order without what only this machine has."""
    return replace(order, seeds=None, list_options=None, vendors=None)


@dataclass
class _Home:
    """Takes shards in, one after the other, and judges what came."""

    workspace: Workspace
    brands: tuple[str, ...]
    cluster: ClusterOrder
    progress: CrawlProgress

    def take(self, shard: Store) -> TakenShard:
        """Merge a shard and judge its visits; one that is not taken is told, and stays where it is."""
        with self.workspace.turn("crawl"):
            taken = take_in(shard_home(self.workspace), shard, leaves_warc=self.cluster.leaves_warc)
            if taken.merged is not None:
                self._judge(taken.merged.visits)
        if not taken.is_taken:
            self.progress.warn(f"{taken.place}: {taken.outcome}: {taken.detail}", event="shard")
        elif self.cluster.store is None:
            shard.remove()
        return taken

    def judge_left_over(self, crawl_id: CrawlId) -> None:
        """Judge what a killed merge had taken in."""
        with self.workspace.open_readonly() as ledger:
            left = unjudged_of_crawl(ledger, crawl_id)
        if left:
            with self.workspace.turn("crawl"):
                self._judge(left)

    def _judge(self, visits: Sequence[VisitId]) -> None:
        with self.workspace.open() as ledger:
            judge_taken(self.workspace, self.brands, visits)
            for visit_id in visits:
                visit = ledger.find(Visit, visit_id=visit_id)
                if visit is not None:
                    self.progress.on_visit_begun()
                    self.progress.on_visit(visit_id, visit.state, visit.end_reason)
                    self.progress.on_judged(visit_id, count_logo_evidence(ledger, visit_id))


def _end(workspace: Workspace, crawl_id: CrawlId, progress: CrawlProgress, failures: Sequence[ShardResult]) -> None:
    with workspace.turn("crawl"):
        with workspace.open() as ledger:
            left = count_unfinished(ledger, crawl_id)
            if left:
                update_casework(ledger, workspace.removal_terms)
                why = (
                    f"{len(failures)} shards failed, the last because: {failures[-1].failure}"
                    if failures
                    else "they were begun on this machine: run the same command without --cluster"
                )
                raise OutsideFailureError(f"{left} visits are left, {why}; run the same command to go on")
            end_crawl_if_complete(ledger, crawl_id)
            for line in yield_drops(ledger, crawl_id):
                progress.warn(line)
            update_casework(ledger, workspace.removal_terms)
            captures = count_captures(ledger, crawl_id)
        workspace.custody.add(CustodyEvent.CAPTURED, {"crawl": crawl_id, "captures": captures})
        seal_after_crawl(workspace, lambda line: progress.warn(line, event="seal"))
