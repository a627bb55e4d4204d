"""`partnerproof report`: HTML for people."""

from __future__ import annotations

from pathlib import Path

import click

from casebook.dossier.report import write_report
from ledger.vocabulary import VerdictKind
from partnerproof.cli.choice import Choice, pass_choice


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("report"), show_default=True, help="Folder to write into."
)
@click.option("--verdict", type=click.Choice([str(kind) for kind in VerdictKind]), help="Only this verdict.")
@click.option("--brand", help="Only this brand.")
@pass_choice
def report(choice: Choice, out: Path, verdict: str | None, brand: str | None) -> None:
    """Write an HTML report: index, coverage, and one dossier per claim. It needs nothing from outside.

    \b
    Example:
      partnerproof report --out report/
    """
    workspace = choice.workspace()
    with workspace.open_readonly() as ledger:
        written = write_report(ledger, workspace.warc, out, verdict=verdict, brand=brand)
    click.echo(f"{written.dossiers} dossiers: {written.index}")
