"""`partnerproof hold`: what of a vendor stays whatever happens."""

from __future__ import annotations

import getpass

import click

from casebook.export.retention import decide_hold, read_holds
from casebook.files.tables import plain
from ledger.vocabulary import HoldEvent
from partnerproof.cli.choice import Choice, pass_choice


@click.command()
@click.argument("vendor", required=False)
@click.option("--why", help="The reason, for whoever reads it later.")
@click.option("--by", help="Who decides; default: the user of this system.")
@click.option("--lift", is_flag=True, help="Lift the hold.")
@pass_choice
def hold(choice: Choice, vendor: str | None, why: str | None, by: str | None, lift: bool) -> None:  # noqa: FBT001
    """Keep all that is stored of a vendor, whatever its retention says; without VENDOR, list the holds.

    VENDOR is a vendor_domain, as findings show it.

    \b
    Example:
      partnerproof hold vendor.example --why "case 12/2026"
    """
    workspace = choice.workspace()
    if vendor is None:
        if why or lift:
            raise click.UsageError("name the vendor's domain")
        with workspace.open_readonly() as ledger:
            rows = read_holds(ledger)
        for row in rows:
            click.echo(
                plain(f"{row.vendor_domain}  {row.vendor}  since {row.decided_at} by {row.decided_by}: {row.why}")
            )
        if not rows:
            click.echo("no legal hold is in force")
        return
    if not why:
        raise click.UsageError("say why with --why")
    event = HoldEvent.LIFTED if lift else HoldEvent.LAID
    with workspace.writing_beside("hold"), workspace.open() as ledger:
        decided = decide_hold(ledger, workspace.custody, vendor, event, why=why, by=by or getpass.getuser())
    click.echo(
        f"{'lifted' if lift else 'held'}: {', '.join(seed.vendor for seed in decided)}"
        if decided
        else "it is so already"
    )
