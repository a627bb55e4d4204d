"""One archive of others from the front door: planned, read, judged as a crawl is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from casebook.cases.casework import update_casework
from casebook.verdicts.judge import Judge
from crawler.archives.archive_files import kind_of, open_archive
from crawler.archives.archive_index import FUTURE, ArchiveIndex
from crawler.archives.ingest import Ingest, begin_ingest, plan_ingest
from crawler.visits.seeds import end_crawl_if_complete
from ledger.archive.warc import WarcArchive
from ledger.database import Ledger
from ledger.errors import BadInputError, OutsideFailureError, Problem
from ledger.records import Seed
from ledger.typed_texts import CrawlId
from ledger.vocabulary import JudgingCause
from matcher.recognition_process import Recogniser
from partnerproof.crawl_answers import ReadVisits, count_read_visits, visits_to_judge
from partnerproof.flow import AFTER_A_VISIT, FlowTools, run_stages
from partnerproof.safekeeping.sealing import describe_program
from partnerproof.version import program_version
from partnerproof.workspace import Workspace

Track = Callable[[Iterable[str], int, str], None]  # goes through steps, of how many, and what they are


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestedFile:
    """What came of one file. is_new: False when it was read before; not_read: answers that were left out, by reason."""

    crawl_id: CrawlId
    is_new: bool
    read: ReadVisits
    not_read: Counter[str]
    warnings: tuple[str, ...]
    damage: tuple[str, ...]  # why the file is not whole; what is whole of it was read


def require_archives(files: Sequence[Path]) -> None:
    """Errors: BadInputError naming every file that is no archive, before the first one is read."""
    problems: list[Problem] = []
    for file in files:
        try:
            kind_of(file)
        except BadInputError as error:
            problems.extend(error.problems)
    if problems:
        raise BadInputError(problems)


def ingest_file(
    workspace: Workspace,
    ledger: Ledger,
    recogniser: Recogniser,
    file: Path,
    *,
    listed: Sequence[Seed],
    chosen: Sequence[str],
    track: Track,
) -> IngestedFile:
    """Read an archive and judge what was read. listed: vendors of a list; chosen: brands that the user named."""
    lexicon, tool = workspace.lexicon(), f"partnerproof {program_version()}"
    with open_archive(file, workspace.var) as opened, closing(ArchiveIndex(opened)) as index:
        order = plan_ingest(index, ledger, lexicon, listed)
        if not order.plans and index.left_out[FUTURE]:
            raise BadInputError(_of_the_future(file, index.left_out[FUTURE]))
        settings: dict[str, object] = {"PARTNERPROOF_BRANDS": sorted(chosen), "file_sha256": opened.sha256}
        unread: Counter[str] = Counter()
        made_with = describe_program(workspace)
        is_new = begin_ingest(ledger, order, file=file.name, settings=settings, tool=tool, made_with=made_with)
        if is_new:
            with workspace.hold(order.crawl_id) as is_ours:
                if not is_ours:
                    raise OutsideFailureError(f"{file}: another process is reading just this file; wait until it has")
                with WarcArchive(workspace.warc, ledger, order.crawl_id, tool=tool) as archive:
                    reading = Ingest(index, ledger, archive, lexicon)
                    track(reading.read_visits(order), len(order.plans), "reading")
            unread = reading.unread
            end_crawl_if_complete(ledger, order.crawl_id)
        unread = index.left_out + Counter({"page of another host": order.left_out}) + unread
    _judge(workspace, ledger, recogniser, order.crawl_id, track)
    update_casework(ledger, workspace.removal_terms)
    return IngestedFile(
        crawl_id=order.crawl_id,
        is_new=is_new,
        read=count_read_visits(ledger, order.crawl_id),
        not_read=unread,
        warnings=tuple(opened.warnings),
        damage=tuple(opened.damage),
    )


def _of_the_future(file: Path, records: int) -> Problem:
    return Problem(
        where=str(file),
        expected="captures of the past",
        got=f"{records} records with a date in the future",
        next_step="ask whoever made it for the true dates, and see that this machine's clock is right",
    )


def _judge(workspace: Workspace, ledger: Ledger, recogniser: Recogniser, crawl_id: CrawlId, track: Track) -> None:
    tools = FlowTools(
        ledger=ledger,
        brands=tuple(recogniser.brands),
        warc_dir=workspace.warc,
        lexicon=workspace.lexicon(),
        recogniser=recogniser,
        judge=Judge(ledger, JudgingCause.CRAWL),
    )
    visits = visits_to_judge(ledger, crawl_id)
    track((str(run_stages(AFTER_A_VISIT, tools, [visit_id])) for visit_id in visits), len(visits), "judging")
