"""`partnerproof status`: how far the crawl is, from another terminal."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from casebook.files.tables import plain
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.crawl_status import read_status


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As a JSON object.")
@pass_choice
def status(choice: Choice, as_json: bool) -> None:  # noqa: FBT001
    """Show how far the latest crawl is; may be run while it crawls.

    \b
    Example:
      partnerproof status
    """
    with choice.workspace().open_readonly() as ledger:
        state = read_status(ledger)
    if as_json:
        click.echo(json.dumps(state, ensure_ascii=False, indent=2))
        return
    console = Console()
    if not state:
        console.print("no crawl yet; next: partnerproof crawl vendors.csv", highlight=False)
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in state.items():
        words = (
            ", ".join(f"{n} {k}" for k, n in value.items())
            if isinstance(value, dict)
            else ""
            if value is None
            else str(value)
        )
        table.add_row(name.replace("_", " "), Text(plain(words or "none")))
    console.print(table)
