"""`partnerproof report`: HTML for people, and its summary as PDF for a meeting."""

from __future__ import annotations

from pathlib import Path

import click

from casebook.dossier.report import Paper, ReportOrder, write_report
from casebook.dossier.summary import SummaryScope
from ledger.vocabulary import VerdictKind
from partnerproof.cli.choice import Choice, pass_choice


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("report"), show_default=True, help="Folder to write into."
)
@click.option("--verdict", type=click.Choice([str(kind) for kind in VerdictKind]), metavar="VERDICT", help=f"Only this verdict: {', '.join(VerdictKind)}.")  # fmt: skip
@click.option("--brand", help="Only this brand.")
@click.option("--pdf", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Also the summary as PDF, for a meeting; needs the extra [pdf].")  # fmt: skip
@click.option("--paper", type=click.Choice([str(paper) for paper in Paper], case_sensitive=False), default=str(Paper.A4), show_default=True, help="Of the PDF.")  # fmt: skip
@click.option("--by", help="Who makes it, as the summary says at its end; default: it does not say.")
@pass_choice
def report(
    choice: Choice, out: Path, verdict: str | None, brand: str | None, pdf: Path | None, paper: str, by: str | None
) -> None:
    """Write an HTML report: summary, index, coverage, and one dossier per claim. It needs nothing from outside.

    The summary is one page for a meeting: findings by brand and verdict, the most serious ones, what could be looked at,
    what changed, what was decided. It prints on A4 and Letter; --pdf writes it as PDF too.

    \b
    Example:
      partnerproof report --out report/
      partnerproof report --pdf meeting.pdf --by "Ada Miller"
    """
    workspace = choice.workspace()
    scope = SummaryScope(brand=brand, verdict=verdict, made_by=by, seals_dir=workspace.seals)
    order = ReportOrder(out=out, scope=scope, pdf=pdf, paper=Paper(paper))
    with workspace.open_readonly() as ledger:
        written = write_report(ledger, workspace.warc, order)
    click.echo(f"{written.dossiers} dossiers: {written.index}")
    click.echo(f"summary: {written.summary}")
    if pdf is not None:
        click.echo(f"summary as PDF: {pdf}")
