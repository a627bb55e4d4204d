"""`partnerproof ingest`: archives that others made, read and judged as a crawl is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from casebook.cases.casework import update_casework
from casebook.files.tables import plain
from casebook.verdicts.judge import Judge
from crawler.archives.archive_files import kind_of, open_archive
from crawler.archives.archive_index import ArchiveIndex
from crawler.archives.ingest import Ingest, begin_ingest, plan_ingest
from crawler.visits.seeds import end_crawl_if_complete, read_seeds
from ledger.archive.warc import WarcArchive
from ledger.database import Ledger
from ledger.errors import BadInputError, Problem
from ledger.records import Seed
from ledger.typed_texts import CrawlId, VisitId
from ledger.vocabulary import JudgingCause
from matcher.logo_matches import store_brands
from matcher.recognition_process import Recogniser
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.stages import brand_option
from partnerproof.cli.tables import print_findings
from partnerproof.flow import LOGOS_CHANGED, follow_visits
from partnerproof.sealing import describe_program
from partnerproof.version import program_version
from partnerproof.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """What came of one file."""

    crawl_id: CrawlId
    told: str
    left_out: Counter[str]
    warnings: tuple[str, ...]


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
    does not hold is listed as "not-in-archive". The same file twice changes nothing.

    \b
    Example:
      partnerproof ingest vendor-2019.warc.gz --brand acme
    """
    workspace = choice.workspace()
    listed = read_seeds(seeds) if seeds is not None else []
    _require_archives(files)
    chosen = workspace.load_brands(brands)
    crawl_ids = []
    with workspace.writing("ingest"), workspace.open() as ledger, Recogniser(chosen) as recogniser:
        if store_brands(ledger, chosen):
            click.echo(LOGOS_CHANGED, err=True)
        for file in files:
            done = _ingest_file(workspace, ledger, recogniser, file, listed, sorted(brands))
            crawl_ids.append(done.crawl_id)
            click.echo(f"{file}: {done.told}")
            _tell(done)
        for crawl_id in crawl_ids:
            print_findings(ledger, crawl_id=crawl_id)
    return 0


def _require_archives(files: Sequence[Path]) -> None:
    """Name every file that is no archive before the first one is read."""
    problems: list[Problem] = []
    for file in files:
        try:
            kind_of(file)
        except BadInputError as error:
            problems.extend(error.problems)
    if problems:
        raise BadInputError(problems)


def _ingest_file(
    workspace: Workspace,
    ledger: Ledger,
    recogniser: Recogniser,
    file: Path,
    listed: Sequence[Seed],
    brands: list[str],
) -> _Done:
    lexicon, tool = workspace.lexicon(), f"partnerproof {program_version()}"
    with open_archive(file, workspace.var) as opened, closing(ArchiveIndex(opened)) as index:
        order = plan_ingest(index, ledger, lexicon, listed)
        settings: dict[str, object] = {"PARTNERPROOF_BRANDS": brands, "file_sha256": opened.sha256}
        told: Counter[str] = Counter()
        made_with = describe_program(workspace)
        is_new = begin_ingest(ledger, order, file=file.name, settings=settings, tool=tool, made_with=made_with)
        if is_new:
            with WarcArchive(workspace.warc, ledger, order.crawl_id, tool=tool) as archive:
                reading = Ingest(index, ledger, archive, lexicon)
                _count(reading.read_visits(order), len(order.plans), "reading")
            told = reading.told
            end_crawl_if_complete(ledger, order.crawl_id)
        left_out = index.left_out + Counter({"page of another host": order.left_out}) + told
    _judge(workspace, ledger, recogniser, order.crawl_id)
    update_casework(ledger, workspace.removal_terms)
    counts = ledger.row(
        "SELECT count(*) AS visits, coalesce(sum(pages), 0) AS pages, count(DISTINCT seed_id) AS vendors"
        " FROM visits WHERE crawl_id = ?",
        [order.crawl_id],
    )
    assert counts is not None  # noqa: S101  # a count always has a row
    said = f"{counts['pages']} pages of {counts['vendors']} vendors on {counts['visits']} days of captures"
    return _Done(
        crawl_id=order.crawl_id,
        told=said if is_new else f"is there already: {said}",
        left_out=left_out,
        warnings=tuple(opened.told),
    )


def _judge(workspace: Workspace, ledger: Ledger, recogniser: Recogniser, crawl_id: CrawlId) -> None:
    waiting = ledger.rows(
        "SELECT visit_id FROM visits WHERE crawl_id = ? AND judged_at IS NULL ORDER BY ordinal", [crawl_id]
    )
    lexicon, judge = workspace.lexicon(), Judge(ledger, JudgingCause.CRAWL)

    def one(visit_id: VisitId) -> str:
        follow_visits(ledger, recogniser, judge, lexicon, warc_dir=workspace.warc, visit_ids=[visit_id])
        return visit_id

    _count((one(row["visit_id"]) for row in waiting), len(waiting), "judging")


def _count(steps: Iterable[str], total: int, word: str) -> None:
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        for _ in progress.track(steps, total=total, description=word):
            pass


def _tell(done: _Done) -> None:
    for warning in done.warnings[:20]:
        click.echo(f"  left out: {plain(warning)}", err=True)
    counts = ", ".join(f"{n} × {plain(what)}" for what, n in done.left_out.most_common() if n)
    if counts:
        click.echo(f"  not read: {counts}", err=True)
