"""`partnerproof changes`: what became of claims and images since they were first seen."""

from __future__ import annotations

import json

import click
from rich.table import Table

from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.tables import plain_console

CLAIM_STATES = ("appeared", "present", "gone", "could-not-look")


@click.command()
@click.option("--state", type=click.Choice(CLAIM_STATES), help="Only claims in this state.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON list.")
@pass_choice
def changes(choice: Choice, state: str | None, as_json: bool) -> None:  # noqa: FBT001  # click passes by name
    """Show which claims appeared, stayed or went, by each vendor's last visit. Gone means looked for and not there.

    Images one by one are in the view v_changes.

    \b
    Example:
      partnerproof changes --state gone
    """
    with choice.workspace().open_readonly() as ledger:
        rows = ledger.rows(
            "SELECT * FROM v_claim_changes WHERE state = coalesce(:state, state) ORDER BY last_seen DESC, vendor, brand",
            {"state": state},
        )
        images = ledger.rows("SELECT state, count(*) AS images FROM v_changes GROUP BY state ORDER BY 2 DESC")
    if as_json:
        click.echo(json.dumps([dict(row) for row in rows], ensure_ascii=False, indent=2))
        return
    console = plain_console()
    table = Table(box=None, pad_edge=False)
    columns = ("vendor", "brand", "relation", "state", "first_seen", "last_seen", "last_known")
    for column in columns:
        table.add_column(column.replace("_", " "))
    for row in rows:
        table.add_row(*(str(row[column])[:10] if "_" in column else str(row[column]) for column in columns))
    console.print(table if rows else "no claims" + (f" are {state}" if state else " yet"))
    told = ", ".join(f"{row['images']} {row['state']}" for row in images)
    console.print(f"images: {told or 'none yet'} (view v_changes)", highlight=False)
