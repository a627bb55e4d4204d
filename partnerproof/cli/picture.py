"""`partnerproof picture`: pages on which findings rest, as a browser shows them, drawn from the archive."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from casebook.cases.case_pictures import find_case_pages
from casebook.dossier.findings import read_finding
from casebook.dossier.pictures import Pictured, PictureOrder, draw_pictures, find_pages, require_browser
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.progress import progress_bar
from partnerproof.safekeeping.sealing import seal_after_crawl
from partnerproof.version import program_version
from partnerproof.workspace import Workspace

MAX_PAGES_A_CASE = 4  # with --cases: a case rarely stands on more, and others wait for the lock


@click.command()
@click.argument("claims", nargs=-1, metavar="[CLAIM]...")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many pages; the same command goes on later.")
@click.option("--cases", is_flag=True, help="The pages of all cases that wait for a decision, in the queue's order; other commands get their turn between two cases. As `serve` does in the background.")  # fmt: skip
@pass_choice
def picture(choice: Choice, claims: tuple[str, ...], limit: int | None, cases: bool) -> int:  # noqa: FBT001  # click passes by name
    """Draw the pages on which findings rest from the archive, and outline what was found: screenshots for dossiers.

    CLAIM is a claim_id of `partnerproof findings`, or its first digits; without any, the pages of all findings that nothing
    allows. No request is made: the browser gets stored captures only. Pages that have their picture are not drawn again.
    Exit 3 when a page could not be drawn. Needs the extra [browser] and Chromium.

    \b
    Example:
      partnerproof picture --limit 20
    """
    workspace = choice.workspace()
    if cases and claims:
        raise click.UsageError("give claims or --cases, not both")
    if cases:
        return draw_for_cases(workspace, limit)
    pictured, left = take_pictures(workspace, "picture", claims or None, limit=limit)
    failed = f", {pictured.failed} pages could not be drawn" if pictured.failed else ""
    nothing = (
        f", {pictured.not_outlined} without an outline: nothing of the claim was found again"
        if pictured.not_outlined
        else ""
    )
    click.echo(f"{pictured.drawn} pictures{nothing}{failed}")
    if left:
        click.echo(f"{left} more pages lack one: run the same command again", err=True)
    return 3 if pictured.failed else 0


def draw_for_cases(workspace: Workspace, limit: int | None) -> int:
    """Draw case by case what cases lack, with the writer lock for one case at a time; returns the exit status."""
    drawn = failed = 0
    while limit is None or drawn + failed < limit:
        with workspace.open_readonly() as ledger:
            pages = find_case_pages(ledger, limit=1)
        if not pages:
            break
        require_browser(pages, workspace.config.crawl.browser or None, workspace.config.crawl.browser_user or None)
        with workspace.writing("picture --cases"), workspace.open() as ledger:
            pictured = draw_pictures(ledger, pages[:MAX_PAGES_A_CASE], _order(workspace, lambda: None))
        drawn, failed = drawn + pictured.drawn, failed + pictured.failed
    if drawn or failed:
        with workspace.writing("picture --cases"):
            seal_after_crawl(workspace, lambda line: click.echo(line, err=True))
    click.echo(f"{drawn} pictures{f', {failed} pages could not be drawn' if failed else ''}")
    return 3 if failed else 0


def _order(workspace: Workspace, on_page: Callable[[], None]) -> PictureOrder:
    return PictureOrder(
        warc_dir=workspace.warc,
        lexicon=workspace.lexicon(),
        tool=f"partnerproof {program_version()}",
        executable=workspace.config.crawl.browser or None,
        browser_user=workspace.config.crawl.browser_user or None,
        on_page=on_page,
    )


def take_pictures(
    workspace: Workspace, command: str, claims: Sequence[str] | None, *, limit: int | None = None
) -> tuple[Pictured, int]:
    """Draw what lacks a picture and seal it; returns what came of it, and how many pages are left."""
    with workspace.open_readonly() as ledger:
        ids = None if claims is None else [read_finding(ledger, claim).claim_id for claim in claims]
        if not find_pages(ledger, ids):
            return Pictured(), 0  # without the writer lock: an export is also wanted while a crawl runs
    with workspace.writing(command) as lock:
        with workspace.open() as ledger, progress_bar() as progress:
            pages = find_pages(ledger, ids)
            require_browser(pages, workspace.config.crawl.browser or None, workspace.config.crawl.browser_user or None)
            task = progress.add_task("drawing", total=len(pages[:limit]))

            def on_page() -> None:
                progress.advance(task)
                lock.give_way()

            order = _order(workspace, on_page)
            pictured = draw_pictures(ledger, pages[:limit], order)
        if pictured.drawn or pictured.failed:
            seal_after_crawl(workspace, lambda line: click.echo(line, err=True))
    return pictured, len(pages) - len(pages[:limit])
