"""`partnerproof passages`: where words stand, in any script."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from ledger.passage_search import search_passages
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.tables import plain_console

SHOWN_CHARS = 300


@click.command()
@click.argument("text")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON list.")
@pass_choice
def passages(choice: Choice, text: str, limit: int, as_json: bool) -> int:  # noqa: FBT001  # click passes by name
    """Find the passages of all visits, and the words read in images, that hold some words, in any script. Exit 1 when none does.

    A word's beginning is enough; what stands in quotes has to stand together.

    \b
    Example:
      partnerproof passages "partner of Acme"
    """
    with choice.workspace().open_readonly() as ledger:
        rows = search_passages(ledger, text, limit)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=2))
    else:
        console = plain_console()
        for row in rows:
            console.print(f"{row.vendor}  {row.page_url}", highlight=False, markup=False)
            where = f"in the image {row.image_sha256[:16]}: " if row.image_sha256 else ""
            console.print_indented(f"{where}{row.text[:SHOWN_CHARS]}", indent=2)
        if not rows:
            console.print("no passage or image holds these words", highlight=False)
    return 0 if rows else 1
