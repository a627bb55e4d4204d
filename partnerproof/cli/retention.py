"""`partnerproof retention`: what is stored how long, and what is due to be deleted."""

from __future__ import annotations

import click
from rich.table import Table

from casebook.export.kept_correspondence import KeptCorrespondence, delete_correspondence, read_correspondence
from casebook.export.retention import Retention, forget_read, read_retention
from ledger.proof.deletion import delete_captures, finish_deletions
from ledger.proof.seals import Seals
from ledger.vocabulary import RetentionClass
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.tables import plain_console


@click.command()
@click.option("--delete", "is_delete", is_flag=True, help="Delete what is due; without it, it is only shown.")
@pass_choice
def retention(choice: Choice, is_delete: bool) -> None:  # noqa: FBT001  # click passes by name
    """Show which stored payloads, letters and replies have been kept as long as [retention] of partnerproof.toml says, and delete them.

    What is deleted leaves its digest, its address and time, and an entry in the custody log; whatever else was sealed can
    still be verified. A legal hold keeps all of a vendor (`partnerproof hold`). Of letters and replies the words and files go
    (class correspondence, counted from the last thing that happened to their case); exports that were made before have them still.

    \b
    Example:
      partnerproof retention
    """
    workspace = choice.workspace()
    days = workspace.config.retention.days
    if not is_delete:
        with workspace.open_readonly() as ledger:
            _print_retention(
                read_retention(ledger, days), read_correspondence(ledger, days[RetentionClass.CORRESPONDENCE]), days
            )
        return
    with workspace.writing("retention"), workspace.open() as ledger:
        finish_deletions(ledger, workspace.warc, workspace.custody)
        due = read_retention(ledger, days)
        kept_days = days[RetentionClass.CORRESPONDENCE]
        _print_retention(due, read_correspondence(ledger, kept_days), days)
        count = delete_captures(ledger, workspace.warc, workspace.custody, due.due, forget=forget_read)
        written = delete_correspondence(ledger, Seals.of(workspace.seals), workspace.custody, kept_days)
        if written:
            ledger.checkpoint()  # what the file still holds of them is overwritten by that
    click.echo(
        f"deleted the payloads of {count} captures and the words of {written} letters and replies; next: partnerproof seal"
    )


def _print_retention(stored: Retention, correspondence: KeptCorrespondence, days: dict[RetentionClass, int]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("class", "kept", "stored", "due", "kept by a hold or a later look"):
        table.add_column(heading, justify="left" if heading == "class" else "right")
    for kind in RetentionClass:
        kept = f"{days[kind]} days" if days[kind] else "for ever"
        if kind is RetentionClass.CORRESPONDENCE:
            counts = (correspondence.stored, correspondence.due, correspondence.held)
        else:
            due = sum(capture.retention_class is kind for capture in stored.due)
            counts = (stored.stored.get(kind, 0), due, stored.held.get(kind, 0))
        table.add_row(kind, kept, *map(str, counts))
    plain_console().print(table)
