"""`partnerproof extract`: stored pages read again, without the network."""

from __future__ import annotations

import click

from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.progress import run_with_progress
from partnerproof.crawl_answers import count_rows
from partnerproof.flow import FlowTools


@click.command()
@click.option("--again", "is_all", is_flag=True, help="Also those that this version of the reading has read.")
@pass_choice
def extract(choice: Choice, is_all: bool) -> None:  # noqa: FBT001  # click passes by name
    """Read stored pages that an earlier version of the reading has read, without the network: pages → sightings, passages.

    \b
    Example:
      partnerproof extract --again
    """
    workspace = choice.workspace()
    with workspace.writing("extract") as lock, workspace.open() as ledger:
        tools = FlowTools(
            ledger=ledger, brands=(), warc_dir=workspace.warc, lexicon=workspace.lexicon(), reads_all_pages=is_all
        )
        pages = run_with_progress("extract", tools, lock)
        sightings, passages = count_rows(ledger, "sightings"), count_rows(ledger, "passages")
    click.echo(f"read {pages} pages: {sightings} sightings, {passages} passages in all")
