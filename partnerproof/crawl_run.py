"""One crawl from the front door: Scrapy in this thread, matches to verdicts in the follower's, progress on stderr."""

from __future__ import annotations

import ipaddress
import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from scrapy.crawler import Crawler, CrawlerProcess
from scrapy.settings import Settings

import crawler.settings as crawl_settings
from crawler.seeds import end_crawl_if_complete, read_seeds, seed_of_url
from crawler.spiders.partners import PartnersSpider, visit_ended
from crawler.visit_run import page_read
from ledger.database import Ledger
from ledger.errors import BadInputError, OutsideFailureError, Problem
from matcher.logo_matches import store_brands
from matcher.official_logos import Brand
from partnerproof.flow import LOGOS_CHANGED, Follower, unjudged_visits
from partnerproof.version import program_version
from partnerproof.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlOrder:
    """What the user asked for. One of seeds and url."""

    seeds: Path | None = None
    url: str | None = None
    brands: tuple[str, ...] = ()
    allow_private: bool = False
    resolve: tuple[str, ...] = ()
    delay_s: float | None = None
    is_quiet: bool = False


@dataclass
class _Progress:
    """Counts for the progress line; quiet when stderr is not a terminal."""

    total: int
    is_quiet: bool
    pages: int = 0
    judged: int = 0
    failed: int = 0
    _bar: Progress | None = None
    _task: Any = field(default=None)

    def __enter__(self) -> _Progress:
        console = Console(stderr=True)
        if console.is_terminal and not self.is_quiet:
            self._bar = Progress(
                SpinnerColumn(),
                TextColumn("vendors"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[counts]}"),
                TimeElapsedColumn(),
                console=console,
            )
            self._bar.start()
            self._task = self._bar.add_task("crawl", total=self.total, counts="")
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def on_page(self, **_: object) -> None:
        self.pages += 1
        self._show(0)

    def on_visit(self, *, state: str, **_: object) -> None:
        self.failed += state == "failed"
        self._show(1)

    def on_judged(self, _: str) -> None:
        self.judged += 1
        self._show(0)

    def _show(self, advance: int) -> None:
        if self._bar is not None:
            counts = f"{self.pages} pages · {self.failed} failed · {self.judged} judged"
            self._bar.update(self._task, advance=advance, counts=counts)


def run_crawl(workspace: Workspace, order: CrawlOrder) -> str:
    """Run a crawl to its end, or on from where it stopped; returns its id.

    Errors: BadInputError for what the user gave, OutsideFailureError when the disk or another process is in the way,
    KeyboardInterrupt when it was stopped before all visits were done.
    """
    brands = workspace.load_brands(order.brands)
    total = _count_seeds(order)
    workspace.lexicon()  # names the mistakes of the workspace's own languages before Scrapy starts
    with workspace.writing():
        settings = scrapy_settings(workspace, order)
        with workspace.open() as ledger:
            if store_brands(ledger, brands):
                click.echo(LOGOS_CHANGED, err=True)
            if order.seeds is not None:
                _tell_missing_registers(ledger, brands)
            left_over = unjudged_visits(ledger, order.brands)
        process = CrawlerProcess(settings)
        scrapy_crawler = process.create_crawler(PartnersSpider)
        follower = Follower(workspace, brands)
        for visit_id in left_over:
            follower.add(visit_id)
        seeds = str(order.seeds) if order.seeds else None
        with _Progress(total=total, is_quiet=order.is_quiet) as progress:
            follower.on_judged = progress.on_judged

            def hand_over(visit_id: str, state: str) -> None:
                progress.on_visit(state=state)
                follower.add(visit_id)

            scrapy_crawler.signals.connect(hand_over, signal=visit_ended)
            scrapy_crawler.signals.connect(progress.on_page, signal=page_read)
            follower.start()
            process.crawl(scrapy_crawler, seeds=seeds, url=order.url)
            process.start()
            signal.signal(signal.SIGINT, signal.default_int_handler)  # Scrapy's handler would wait for the judging
            follower.finish()
        return _end(scrapy_crawler, workspace)


def _end(scrapy_crawler: Crawler, workspace: Workspace) -> str:
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


def _count_seeds(order: CrawlOrder) -> int:
    """Also names the mistakes of the list or the URL before anything starts."""
    if order.url is not None:
        seed_of_url(order.url)
    return len(read_seeds(order.seeds)) if order.seeds else 1


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
            "PARTNERPROOF_TOOL": f"partnerproof {program_version()}",
            "PARTNERPROOF_RESOLVE": read_resolve(order.resolve),
            "PARTNERPROOF_ALLOW_PRIVATE": order.allow_private,
            "PARTNERPROOF_BRANDS": sorted(order.brands),
            "PARTNERPROOF_HAS_PEN": True,
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


def _tell_missing_registers(ledger: Ledger, brands: Sequence[Brand]) -> None:
    known = {row[0] for row in ledger.rows("SELECT DISTINCT brand FROM register_snapshots")}
    missing = [brand.slug for brand in brands if brand.slug not in known]
    if missing:
        named = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        click.echo(
            f"no register yet for {named}: such claims will be undetermined (partnerproof register import BRAND FILE)",
            err=True,
        )
