"""`partnerproof claims`: matches and what stands around them turned into claims."""

from __future__ import annotations

import click

from partnerproof.cli.choice import Choice, brand_option, pass_choice
from partnerproof.cli.progress import run_with_progress
from partnerproof.crawl_answers import count_claims_with_evidence
from partnerproof.flow import FlowTools


@click.command()
@brand_option
@pass_choice
def claims(choice: Choice, brands: tuple[str, ...]) -> None:
    """Turn matches and what stands around them into claims.

    \b
    Example:
      partnerproof claims
    """
    workspace = choice.workspace()
    slugs = [brand.slug for brand in workspace.load_brands(brands)]
    with workspace.writing("claims") as lock, workspace.open() as ledger:
        run_with_progress("claims", FlowTools(ledger=ledger, brands=tuple(slugs), warc_dir=workspace.warc), lock)
        count = count_claims_with_evidence(ledger)
    click.echo(f"{count} claims")
