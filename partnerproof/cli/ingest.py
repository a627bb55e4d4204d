"""`partnerproof ingest`: archives that others made, read and judged as a crawl is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from casebook.files.tables import plain
from ledger.errors import BadInputError, Problem
from ledger.proof.writer_lock import WriterLock
from ledger.records import Seed
from ledger.typed_texts import CrawlId
from matcher.logo_matches import store_brands
from matcher.recognition_process import Recogniser, count_processes
from partnerproof.cli.choice import Choice, brand_option, pass_choice
from partnerproof.cli.lists import ListChoice, read_list
from partnerproof.cli.tables import print_findings
from partnerproof.flow import LOGOS_CHANGED
from partnerproof.ingest_run import IngestedFile, ingest_file, require_archives
from partnerproof.safekeeping.sealing import seal_after_crawl


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--seeds", type=click.Path(path_type=Path), help="Vendor list: read only these, under the names that it gives."
)
@brand_option
@pass_choice
def ingest(choice: Choice, files: tuple[Path, ...], seeds: Path | None, brands: tuple[str, ...]) -> int:
    """Read WARC and WACZ files made by others as a crawl is read, with their own dates; no request is made.

    Vendors are the registrable domains of the pages; each day of captures is a visit. An image or style sheet that the file
    does not hold is listed as "not-in-archive". The same file twice changes nothing. What was read is sealed, as after a crawl.

    \b
    Example:
      partnerproof ingest vendor-2019.warc.gz --brand acme
    """
    workspace = choice.workspace()
    listed: Sequence[Seed] = ()
    if seeds is not None:
        # archives may be of any host, and nothing is connected to
        listed = read_list(workspace, ListChoice(seeds=seeds, allow_private=True), shows_rows=False).seeds
    require_archives(files)
    chosen = workspace.load_brands(brands)
    crawl_ids: list[CrawlId] = []
    problems: list[Problem] = []
    recognising = Recogniser(chosen, processes=count_processes())
    with workspace.writing("ingest") as lock:

        def track(steps: Iterable[str], total: int, word: str) -> None:
            _track(steps, total, word, lock)

        with workspace.open() as ledger, recognising as recogniser:
            if store_brands(ledger, chosen):
                click.echo(LOGOS_CHANGED, err=True)
            for file in files:
                try:
                    ingested = ingest_file(
                        workspace, ledger, recogniser, file, listed=listed, chosen=brands, track=track
                    )
                except BadInputError as error:  # the others are read all the same
                    problems.extend(error.problems)
                    continue
                crawl_ids.append(ingested.crawl_id)
                _print_ingested(file, ingested)
            for crawl_id in crawl_ids:
                print_findings(ledger, crawl_id=crawl_id)
        if crawl_ids:
            seal_after_crawl(workspace, lambda line: click.echo(line, err=True))
    if problems:
        raise BadInputError(problems)
    return 0


def _track(steps: Iterable[str], total: int, word: str, lock: WriterLock) -> None:
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        for _ in progress.track(steps, total=total, description=word):
            lock.give_way()


def _print_ingested(file: Path, ingested: IngestedFile) -> None:
    read = ingested.read
    summary = f"{read.pages} pages of {read.vendors} vendors on {read.visits} days of captures"
    click.echo(f"{file}: {summary if ingested.is_new else f'is there already: {summary}'}")
    for damage in ingested.damage:
        click.echo(f"  the file is damaged: {plain(damage)}", err=True)
    for warning in ingested.warnings[:20]:
        click.echo(f"  left out: {plain(warning)}", err=True)
    counts = ", ".join(f"{n} × {plain(what)}" for what, n in ingested.not_read.most_common() if n)
    if counts:
        click.echo(f"  not read: {counts}", err=True)
