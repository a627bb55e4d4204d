"""`partnerproof changes`: what became of claims and images since they were first seen."""

from __future__ import annotations

import json

import click

from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.tables import print_rows

_NAMES = ("state", "vendor", "brand", "relation")
_DAYS = ("first_seen", "last_seen", "last_known")
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
    lines = [[row[name] or "—" for name in _NAMES] + [(row[day] or "—")[:10] for day in _DAYS] for row in rows]
    print_rows([name.replace("_", " ") for name in (*_NAMES, *_DAYS)], [(line, "") for line in lines])
    if not rows:
        click.echo("no claims" + (f" are {state}" if state else " yet"))
    told = ", ".join(f"{row['images']} {row['state']}" for row in images)
    click.echo(f"images: {told or 'none yet'} (view v_changes)")
