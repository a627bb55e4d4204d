"""`partnerproof export`: one claim with all its evidence, for a stranger to check."""

from __future__ import annotations

from pathlib import Path

import click

from casebook.export import ExportOrder, export_claim, export_name
from casebook.findings import read_finding
from casebook.pdf import require_pdf
from crawler.browser import why_no_browser
from ledger.errors import OutsideFailureError
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.picture import take_pictures
from partnerproof.sealing import describe_program
from partnerproof.workspace import Workspace


@click.command()
@click.argument("claim")
@click.option("--out", type=click.Path(path_type=Path), help="The zip file to write; default: named after vendor, brand and claim.")  # fmt: skip
@click.option("--pictures/--no-pictures", "with_pictures", default=True, help="Have a browser draw the pages that lack a picture, where the extra [browser] is installed; default: yes.")  # fmt: skip
@click.option("--pdf", "with_pdf", is_flag=True, help="Also the dossier as PDF; needs the extra [pdf].")
@pass_choice
def export(choice: Choice, claim: str, out: Path | None, with_pictures: bool, with_pdf: bool) -> None:  # noqa: FBT001  # click passes by name
    """Write all evidence of one claim as a zip file that anybody can check offline.

    CLAIM is a claim_id of `partnerproof findings`, or its first digits. The zip holds the dossier, the pages as a WACZ
    that public players show, the search certificate, the proofs that lead to the sealed digests, and the verifier.

    \b
    Example:
      partnerproof export 3f2a9c01
    """
    workspace = choice.workspace()
    if with_pdf:
        require_pdf()
    if with_pictures:
        _draw(workspace, claim)
    with workspace.open_readonly() as ledger:
        finding = read_finding(ledger, claim)
        order = ExportOrder(
            claim_id=finding["claim_id"],
            out=out or Path(export_name(finding)),
            made_with=describe_program(workspace),
            with_pdf=with_pdf,
        )
        made = export_claim(ledger, order, warc_dir=workspace.warc, seals_dir=workspace.seals, log=workspace.custody)
    click.echo(f"wrote {made.path}: {made.bytes:,} bytes, SHA-256 {made.sha256}")
    if made.unsealed:
        click.echo(f"{made.unsealed} rows and records in it are not sealed yet: run `partnerproof seal` and export again", err=True)  # fmt: skip
    elif not made.tokens:
        click.echo("no time-stamping authority has stamped its seals: see [seal] in partnerproof.toml", err=True)
    click.echo(f"check it: partnerproof verify {made.path}", err=True)


def _draw(workspace: Workspace, claim: str) -> None:
    """What stands in the way of a picture is told: the evidence is there without it."""
    why = why_no_browser(workspace.config.crawl.browser or None)
    if why is not None:
        click.echo(
            f"no pictures of pages that lack one: a browser draws them, and there is none here ({why})", err=True
        )
        return
    try:
        told, _ = take_pictures(workspace, "export", (claim,))
    except OutsideFailureError as error:
        click.echo(f"no pictures of pages that lack one: {error}", err=True)
        return
    if told.failed:
        click.echo(f"{told.failed} pages could not be drawn: the dossier says why", err=True)
