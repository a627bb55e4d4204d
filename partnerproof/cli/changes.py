"""`partnerproof changes`: what became of claims and images since they were first seen."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.tables import print_rows
from partnerproof.crawl_answers import count_image_changes, read_claim_changes

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
        rows = read_claim_changes(ledger, state)
        images = count_image_changes(ledger)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=2))
        return
    lines = [
        [getattr(row, name) or "—" for name in _NAMES] + [(getattr(row, day) or "—")[:10] for day in _DAYS]
        for row in rows
    ]
    print_rows(
        [name.replace("_", " ") for name in (*_NAMES, *_DAYS)],
        [(line, row.why or "") for line, row in zip(lines, rows, strict=True)],
    )
    if not rows:
        click.echo("no claims" + (f" are {state}" if state else " yet"))
    states = ", ".join(f"{count.number} {count.name}" for count in images)
    click.echo(f"images: {states or 'none yet'} (view v_changes)")
