"""`partnerproof retention` and `partnerproof hold`: what is kept how long, and what is kept whatever happens."""

from __future__ import annotations

import getpass

import click
from rich.table import Table

from casebook.export.retention import Retention, decide_hold, read_holds, read_retention
from casebook.files.tables import plain
from ledger.proof.deletion import delete_captures, finish_deletions
from ledger.vocabulary import HoldEvent, RetentionClass
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.tables import plain_console


@click.command()
@click.option("--delete", "is_delete", is_flag=True, help="Delete what is due; without it, it is only shown.")
@pass_choice
def retention(choice: Choice, is_delete: bool) -> None:  # noqa: FBT001  # click passes by name
    """Show which stored payloads have been kept as long as [retention] of partnerproof.toml says, and delete them.

    What is deleted leaves its digest, its address and time, and an entry in the custody log; whatever else was sealed can
    still be verified. A legal hold keeps all of a vendor (`partnerproof hold`).

    \b
    Example:
      partnerproof retention
    """
    workspace = choice.workspace()
    days = workspace.config.retention.days
    if not is_delete:
        with workspace.open_readonly() as ledger:
            _tell(read_retention(ledger, days), days)
        return
    with workspace.writing("retention"), workspace.open() as ledger:
        finish_deletions(ledger, workspace.warc, workspace.custody)
        found = read_retention(ledger, days)
        _tell(found, days)
        count = delete_captures(ledger, workspace.warc, workspace.custody, found.due)
    click.echo(f"deleted the payloads of {count} captures; next: partnerproof seal")


def _tell(found: Retention, days: dict[RetentionClass, int]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("class", "kept", "stored", "due", "kept by a hold or a later look"):
        table.add_column(heading, justify="left" if heading == "class" else "right")
    for kind in RetentionClass:
        due = sum(one.retention_class is kind for one in found.due)
        kept = f"{days[kind]} days" if days[kind] else "for ever"
        table.add_row(kind, kept, str(found.stored.get(kind, 0)), str(due), str(found.held.get(kind, 0)))
    plain_console().print(table)


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
                plain(
                    f"{row['vendor_domain']}  {row['vendor']}  since {row['decided_at']} by {row['decided_by']}: {row['why']}"
                )
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
        f"{'lifted' if lift else 'held'}: {', '.join(row['vendor'] for row in decided)}"
        if decided
        else "it is so already"
    )
