"""One crawl from the front door: Scrapy in this thread, matches to verdicts in the follower's, progress on stderr."""

from __future__ import annotations

import ipaddress
import logging
import os
import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
from scrapy.crawler import Crawler, CrawlerProcess
from scrapy.settings import Settings
from scrapy.signals import response_received, spider_opened
from twisted.python.failure import Failure

import crawler.settings as crawl_settings
from casebook.cases.casework import update_casework
from crawler.lists.vendor_list import ListOptions, read_vendor_list
from crawler.spiders.crawl_stats import PREFIX
from crawler.spiders.partners import PartnersSpider, page_read, visit_begun, visit_ended, visits_put_back
from crawler.visits.seeds import end_crawl_if_complete, seed_of_url
from crawler.wire.opt_out import read_opt_out
from crawler.wire.proxy_address import describe_unused_proxy
from ledger.archive.warc import cut_torn_tails
from ledger.database import Ledger
from ledger.errors import BadInputError, OutsideFailureError, PartnerproofError, Problem
from ledger.typed_texts import CrawlId, VisitId
from ledger.vocabulary import CustodyEvent
from matcher.brands.official_logos import Brand
from matcher.logo_matches import store_brands
from partnerproof.crawl_answers import brands_without_register, count_captures, count_done_visits
from partnerproof.crawl_progress import CrawlProgress
from partnerproof.flow import LOGOS_CHANGED, unjudged_visits
from partnerproof.follower import Follower
from partnerproof.safekeeping.sealing import describe_program, seal_after_crawl
from partnerproof.version import program_version
from partnerproof.workspace import Workspace
from partnerproof.yields import yield_drops


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlOrder:
    """What the user asked for. One of seeds and url. vendors: how many the list holds, if it was read already."""

    seeds: Path | None = None
    list_options: ListOptions | None = None  # None: take the whole list or nothing
    vendors: int | None = None
    url: str | None = None
    brands: tuple[str, ...] = ()
    allow_private: bool = False
    resolve: tuple[str, ...] = ()
    delay_s: float | None = None
    allow_unverified: bool = False
    log_json: bool = False
    is_quiet: bool = False


def run_crawl(workspace: Workspace, order: CrawlOrder) -> CrawlId:
    """Run a crawl to its end, or on from where it stopped; returns its id. Other commands may write meanwhile.

    Errors: BadInputError for what the user gave, OutsideFailureError when the disk or another process is in the way,
    KeyboardInterrupt when it was stopped before all visits were done.
    """
    brands = workspace.load_brands(order.brands)
    options = order.list_options or ListOptions(
        allow_private=order.allow_private, pinned_hosts=pinned_hosts(order.resolve), is_strict=True
    )
    total = _count_vendors(order, options)
    unused_proxy = describe_unused_proxy(workspace.config.crawl.proxy, os.environ)
    if unused_proxy and not order.log_json:
        click.echo(unused_proxy, err=True)
    read_opt_out(workspace.opt_out)
    workspace.lexicon()  # names the mistakes of the workspace's own languages before Scrapy starts
    with workspace.writing_beside("crawl"):
        settings = scrapy_settings(workspace, order)
        with workspace.turn("crawl"), workspace.open() as ledger:
            if store_brands(ledger, brands):
                click.echo(LOGOS_CHANGED, err=True)
            if order.seeds is not None and not order.log_json:
                _tell_missing_registers(ledger, brands)
            if workspace.warc.is_dir():
                cut_torn_tails(workspace.warc, ledger)  # names broken evidence before Scrapy starts
            left_over = unjudged_visits(ledger, order.brands, is_running=workspace.is_held)
            # a crawl that goes on does not begin at 0
            done = count_done_visits(ledger, order.seeds.name) if order.seeds is not None else 0
        logging.raiseExceptions = False  # a log that can't be written is no news beside what we tell of the disk
        process = CrawlerProcess(settings)
        scrapy_crawler = process.create_crawler(PartnersSpider)
        follower = Follower(workspace, brands)
        for visit_id in left_over:
            follower.add(visit_id)
        seeds = str(order.seeds) if order.seeds else None
        progress = CrawlProgress(total=total, done=done, is_quiet=order.is_quiet, as_json=order.log_json)
        with progress:
            follower.on_judged = progress.on_judged
            follower.on_counted = partial(_add_stats, scrapy_crawler)

            def hand_over(visit_id: VisitId, state: str, reason: str | None) -> None:
                progress.on_visit(visit_id, state, reason)
                follower.add(visit_id)

            scrapy_crawler.signals.connect(hand_over, signal=visit_ended)

            def begin(spider: PartnersSpider) -> None:
                progress.on_crawl(spider.crawl_id)

            scrapy_crawler.signals.connect(begin, signal=spider_opened)
            scrapy_crawler.signals.connect(progress.on_visit_begun, signal=visit_begun)
            scrapy_crawler.signals.connect(progress.on_put_back, signal=visits_put_back)
            scrapy_crawler.signals.connect(progress.on_page, signal=page_read)
            scrapy_crawler.signals.connect(progress.on_response, signal=response_received)
            follower.start()
            began = process.crawl(scrapy_crawler, seeds=seeds, url=order.url, list_options=options)
            at_start: list[BaseException] = []
            began.addErrback(lambda failure: _note_failure(failure, at_start))
            process.start()
            signal.signal(signal.SIGINT, signal.default_int_handler)  # Scrapy's handler would wait for the judging
            follower.finish()
        if at_start:
            raise at_start[0]
        crawl_id = _end(scrapy_crawler, workspace)
        with workspace.turn("crawl"):
            with workspace.open() as ledger:
                for line in yield_drops(ledger, crawl_id):
                    progress.warn(line)
                update_casework(ledger, workspace.removal_terms)
                captures = count_captures(ledger, crawl_id)
            workspace.custody.add(CustodyEvent.CAPTURED, {"crawl": crawl_id, "captures": captures})
            seal_after_crawl(workspace, lambda line: progress.warn(line, event="seal"))
        return crawl_id


def _add_stats(scrapy_crawler: Crawler, counts: dict[str, int]) -> None:
    """Add to Scrapy's stats from the follower's thread: they belong to the reactor's. What comes after its end is in no dump."""
    from twisted.internet import reactor  # installed by now

    def add() -> None:
        if scrapy_crawler.stats is not None:
            for name, number in counts.items():
                scrapy_crawler.stats.inc_value(f"{PREFIX}/{name}", number)

    reactor.callFromThread(add)


def _note_failure(failure: Failure, failures: list[BaseException]) -> Failure | None:
    """Keep what ended the crawl while Scrapy was starting, for whoever started it; returns what is to end in Scrapy's log too."""
    if isinstance(failure.value, KeyboardInterrupt | PartnerproofError):
        failures.append(failure.value)
    return None if isinstance(failure.value, PartnerproofError) else failure


def _end(scrapy_crawler: Crawler, workspace: Workspace) -> CrawlId:
    spider = scrapy_crawler.spider
    log = workspace.var / "crawl.log"
    if not isinstance(spider, PartnersSpider):
        raise OutsideFailureError(f"the crawl could not be started; {log} says why")
    if spider.failure is not None:
        raise spider.failure
    with workspace.open() as ledger:
        if not end_crawl_if_complete(ledger, spider.crawl_id):
            if scrapy_crawler.stats is not None and scrapy_crawler.stats.get_value("finish_reason") == "shutdown":
                raise KeyboardInterrupt
            raise OutsideFailureError(
                f"the crawl stopped before its end; {log} says why; run the same command to go on"
            )
    return spider.crawl_id


def _count_vendors(order: CrawlOrder, options: ListOptions) -> int:
    """Also names the mistakes of the list or the URL before anything starts."""
    if order.url is not None:
        seed_of_url(order.url)
    if order.seeds is None:
        return 1
    return len(read_vendor_list(order.seeds, options).seeds) if order.vendors is None else order.vendors


def scrapy_settings(workspace: Workspace, order: CrawlOrder) -> Settings:
    """Return Scrapy's settings for a crawl: crawler/settings.py, then partnerproof.toml, then the command line."""
    config = workspace.config.crawl
    settings = Settings()
    settings.setmodule(crawl_settings, priority="project")
    workspace.var.mkdir(parents=True, exist_ok=True)
    settings.setdict(
        {
            **crawl_settings.settings_of(config.model_dump()),
            **({} if order.delay_s is None else crawl_settings.settings_of({"delay_s": order.delay_s})),
            **({} if order.url is None else {"PARTNERPROOF_MAX_PAGES": 1}),
            "LOG_FILE": str(workspace.var / "crawl.log"),
            "LOG_LEVEL": "INFO",
            "PARTNERPROOF_DATABASE": str(workspace.database),
            "PARTNERPROOF_WARC_DIR": str(workspace.warc),
            "PARTNERPROOF_LEXICON_DIR": str(workspace.own_lexicon),
            "PARTNERPROOF_OPT_OUT_FILE": str(workspace.opt_out),
            "PARTNERPROOF_ALLOW_UNVERIFIED": order.allow_unverified,
            "PARTNERPROOF_TOOL": f"partnerproof {program_version()}",
            "PARTNERPROOF_MADE_WITH": describe_program(workspace),
            "PARTNERPROOF_RESOLVE": read_resolve(order.resolve),
            "PARTNERPROOF_ALLOW_PRIVATE": order.allow_private,
            "PARTNERPROOF_BRANDS": sorted(order.brands),
            "PARTNERPROOF_HAS_ENTRY_LOCK": True,
            "PARTNERPROOF_END_CRAWL": False,  # it ends when its visits are judged
            "PARTNERPROOF_FOLLOW_LINKS": order.url is None,
        },
        priority="cmdline",
    )
    return settings


def read_resolve(entries: Sequence[str]) -> dict[str, str]:
    """Return `--resolve HOST:PORT:ADDRESS` entries as "host:port" → address. Errors: BadInputError with every mistake."""
    pinned: dict[str, str] = {}
    problems: list[Problem] = []
    for entry in entries:
        match = re.fullmatch(r"([^:\s]+):(\d{1,5}):\[?([0-9a-fA-F.:]+)\]?", entry)
        try:
            if match is None:
                raise ValueError
            pinned[f"{match[1].lower()}:{int(match[2])}"] = str(ipaddress.ip_address(match[3]))
        except ValueError:
            problems.append(
                Problem(
                    where="--resolve",
                    expected="HOST:PORT:ADDRESS",
                    got=repr(entry),
                    next_step="write it as www.vendor.example:80:127.0.0.1",
                )
            )
    if problems:
        raise BadInputError(problems)
    return pinned


def pinned_hosts(entries: Sequence[str]) -> frozenset[str]:
    """Return the hosts that `--resolve` names. Errors: BadInputError."""
    return frozenset(pin.rpartition(":")[0] for pin in read_resolve(entries))


def _tell_missing_registers(ledger: Ledger, brands: Sequence[Brand]) -> None:
    missing = brands_without_register(ledger, [brand.slug for brand in brands])
    if missing:
        named = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        click.echo(
            f"no register yet for {named}: such claims will be undetermined (partnerproof register import BRAND FILE)",
            err=True,
        )
