"""`partnerproof reject`: a person says that an image does not show a brand's logo."""

from __future__ import annotations

import getpass
import json
import re
import sys

import click

from casebook.dossier.findings import REJECTION_COLUMNS, read_rejections, require_brand
from casebook.files.tables import write_csv
from ledger.database import Ledger, as_row
from ledger.typed_texts import Sha256
from ledger.vocabulary import RejectionEvent
from matcher.logo_matches import store_brands
from matcher.rejections import Decision, hold_back, record_decision, visits_that_show
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.tables import print_rows
from partnerproof.flow import LOGOS_CHANGED, FlowTools, run_stages
from partnerproof.workspace import Workspace


@click.command()
@click.argument("image_sha256", required=False)
@click.option("--brand", help="The brand whose logo it is not; with --list: only this brand.")
@click.option("--why", help="The reason, for whoever reads it later.")
@click.option("--by", "decided_by", help="Who says so; default: the login name.")
@click.option("--undo", is_flag=True, help="Take the rejection back.")
@click.option("--list", "is_list", is_flag=True, help="Show all rejections, and whether they still hold.")
@click.option("--json", "as_json", is_flag=True, help="With --list: a JSON list with the columns of v_rejections.")
@click.option("--csv", "as_csv", is_flag=True, help="With --list: CSV with the same columns.")
@pass_choice
def reject(
    choice: Choice,
    image_sha256: Sha256 | None,
    brand: str | None,
    why: str | None,
    decided_by: str | None,
    undo: bool,  # noqa: FBT001  # click passes by name
    is_list: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
    as_csv: bool,  # noqa: FBT001
) -> None:
    """Say that an image does not show a brand's logo: it and its copies match that brand no more.

    Its matches count no more from now on, and claims lose them as evidence; `partnerproof judge` gives the verdicts. A
    rejection holds until the official logos of the brand change: then `partnerproof match` judges the image anew.

    \b
    Example:
      partnerproof reject IMAGE_SHA256 --brand acme --why "the mark of a bakery of the same name"
      partnerproof reject --list
    """
    if as_json and as_csv:
        raise click.UsageError("choose one of --json and --csv")
    if is_list:
        if image_sha256 or why or decided_by or undo:
            raise click.UsageError("--list goes with --brand, --json and --csv only")
        with choice.workspace().open_readonly() as ledger:
            require_brand(ledger, brand)
            _list(ledger, brand, as_json=as_json, as_csv=as_csv)
        return
    if as_json or as_csv:
        raise click.UsageError("--json and --csv go with --list")
    if image_sha256 is None or not re.fullmatch("[0-9a-f]{64}", image_sha256):
        raise click.UsageError("give the SHA-256 of the image: 64 hexadecimal digits, as `findings --json` has it")
    if not brand or not why or not why.strip():
        raise click.UsageError("say --brand and --why")
    decision = Decision(
        event=RejectionEvent.UNDONE if undo else RejectionEvent.REJECTED,
        image_sha256=image_sha256,
        brand=brand,
        decided_by=decided_by or _login(),
        why=why.strip(),
    )
    _decide(choice.workspace(), decision)


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:  # a container may run as a user who has no name
        raise click.UsageError("this login has no name: say --by NAME") from error


def _decide(workspace: Workspace, decision: Decision) -> None:
    brands = workspace.load_brands([decision.brand])
    with workspace.writing("reject"), workspace.open() as ledger:
        if store_brands(ledger, brands):
            click.echo(LOGOS_CHANGED, err=True)
        with ledger.transaction():  # the event and what it changes, or nothing
            event = record_decision(ledger, decision)
            changed = hold_back(ledger, [decision.brand])
            visits = visits_that_show(ledger, changed)
            tools = FlowTools(ledger=ledger, brands=(decision.brand,), warc_dir=workspace.warc)
            run_stages(["claims"], tools, visits)
    if event is None:
        click.echo(f"unchanged: the image is already rejected for {decision.brand}")
        return
    images = f"{len(changed)} images, {len(changed - {decision.image_sha256})} of them copies"
    if decision.event is RejectionEvent.REJECTED:
        click.echo(f"rejected: the image does not show {decision.brand}, until its official logos change")
        click.echo(f"held back: matches in {images}; claims of {len(visits)} visits found anew")
    else:
        click.echo(f"undone: the image is judged for {decision.brand} as any other")
        click.echo(f"counting again: matches in {images}; claims of {len(visits)} visits found anew")
    click.echo("next: partnerproof judge")


def _list(ledger: Ledger, brand: str | None, *, as_json: bool, as_csv: bool) -> None:
    rows = read_rejections(ledger, brand=brand)
    if as_json:
        click.echo(json.dumps([as_row(row) for row in rows], ensure_ascii=False, indent=2))
        return
    if as_csv:
        write_csv(sys.stdout, REJECTION_COLUMNS, (list(as_row(row).values()) for row in rows))
        return
    print_rows(
        ("state", "brand", "images held back", "by", "on"),
        [
            (
                (row.state, row.brand, str(row.images), row.decided_by, row.decided_at),
                f"{row.image_sha256}  {row.why}",
            )
            for row in rows
        ],
    )
    click.echo(f"{sum(row.state == 'holds' for row in rows)} rejections hold, {len(rows)} in all")
