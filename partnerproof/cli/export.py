"""`partnerproof export`: one claim with all its evidence, for a stranger to check."""

from __future__ import annotations

from pathlib import Path

import click

from casebook.cases.case_files import read_case_files
from casebook.cases.letter_templates import LetterTemplates
from casebook.dossier.findings import read_finding
from casebook.export.claim_export import ExportOrder, export_claim, export_name
from casebook.export.personal import find_personal
from casebook.export.redaction_list import read_list, write_list
from casebook.files.pdf import require_pdf
from crawler.drawing.browser import why_no_browser
from ledger.errors import OutsideFailureError
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.picture import take_pictures
from partnerproof.safekeeping.sealing import describe_program
from partnerproof.workspace import Workspace


@click.command()
@click.argument("claim")
@click.option("--out", type=click.Path(path_type=Path), help="The zip file to write; default: named after vendor, brand and claim.")  # fmt: skip
@click.option("--pictures/--no-pictures", "with_pictures", default=True, help="Have a browser draw the pages that lack a picture, where the extra [browser] is installed; default: yes.")  # fmt: skip
@click.option("--list-personal", type=click.Path(path_type=Path, dir_okay=False), metavar="CSV", help="Only list names, e-mail addresses and telephone numbers in the pages of the claim, for a person to tick.")  # fmt: skip
@click.option("--redact", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="CSV", help="Blank what is ticked in this list in all copies; originals stay as they are.")  # fmt: skip
@click.option("--pdf", "with_pdf", is_flag=True, help="Also the dossier as PDF; needs the extra [pdf].")
@pass_choice
def export(
    choice: Choice,
    claim: str,
    out: Path | None,
    list_personal: Path | None,
    redact: Path | None,
    with_pictures: bool,  # noqa: FBT001  # click passes by name
    with_pdf: bool,  # noqa: FBT001
) -> None:
    """Write all evidence of one claim as a zip file that anybody can check offline.

    CLAIM is a claim_id of `partnerproof findings`, or its first digits. The zip holds the dossier, the pages as a WACZ
    that public players show, the search certificate, the proofs that lead to the sealed digests, and the verifier.

    For a copy without what names persons: list that, put an x before what is to go, export again with --redact.

    \b
    Example:
      partnerproof export 3f2a9c01
      partnerproof export 3f2a9c01 --list-personal personal.csv
      partnerproof export 3f2a9c01 --redact personal.csv --out for-counsel.zip
    """
    if list_personal is not None and (redact is not None or out is not None or with_pdf):
        raise click.UsageError("--list-personal writes a list and no export: leave --out, --pdf and --redact out")
    workspace = choice.workspace()
    ticked = None if redact is None else read_list(redact)
    if with_pdf:
        require_pdf()
    if with_pictures and list_personal is None and redact is None:  # such pictures show words as pixels
        _draw(workspace, claim)
    with workspace.open_readonly() as ledger:
        finding = read_finding(ledger, claim)
        if list_personal is not None:
            found = find_personal(ledger, workspace.warc, finding.claim_id)
            write_list(found, list_personal)
            click.echo(f"wrote {list_personal}: {len(found)} findings, none ticked")
            click.echo(f"put x before what is to be blanked, then: partnerproof export {claim} --redact {list_personal}", err=True)  # fmt: skip
            return
        order = ExportOrder(
            claim_id=finding.claim_id,
            out=out or Path(export_name(finding, is_redacted=ticked is not None)),
            made_with=describe_program(workspace),
            with_pdf=with_pdf,
            redact_by=ticked,
            authorities=workspace.authorities,
            files=read_case_files(
                ledger,
                finding.claim_id,
                warc_dir=workspace.warc,
                templates=LetterTemplates(workspace.own_letters),
                sender=workspace.sender,
                is_redacted=ticked is not None,
            ),
        )
        made = export_claim(ledger, order, warc_dir=workspace.warc, seals_dir=workspace.seals, log=workspace.custody)
    click.echo(f"wrote {made.path}: {made.bytes:,} bytes, SHA-256 {made.sha256}")
    if made.redaction is not None:
        summary = made.redaction
        click.echo(f"redacted: {summary['texts']} texts and {summary['outlines']} outlines blanked in {summary['rows']} rows, {summary['records']} records and {summary['log_entries']} log entries; look through it before you hand it out")  # fmt: skip
    if made.unsealed:
        click.echo(f"{made.unsealed} rows and records in it are not sealed yet: run `partnerproof seal` and export again", err=True)  # fmt: skip
    elif not made.tokens:
        click.echo("no time-stamping authority has stamped its seals: see [seal] in partnerproof.toml", err=True)
    for failure in made.unstamped:
        click.echo(f"its pages have no time of that authority: {failure}; export again later", err=True)
    click.echo(f"check it: partnerproof verify {made.path}", err=True)


def _draw(workspace: Workspace, claim: str) -> None:
    """What stands in the way of a picture is told: the evidence is there without it."""
    why = why_no_browser(workspace.config.crawl.browser or None, workspace.config.crawl.browser_user or None)
    if why is not None:
        click.echo(
            f"no pictures of pages that lack one: a browser draws them, and there is none here ({why})", err=True
        )
        return
    try:
        summary, _ = take_pictures(workspace, "export", (claim,))
    except OutsideFailureError as error:
        click.echo(f"no pictures of pages that lack one: {error}", err=True)
        return
    if summary.failed:
        click.echo(f"{summary.failed} pages could not be drawn: the dossier says why", err=True)
