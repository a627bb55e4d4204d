"""`partnerproof register`: who may call itself a brand's partner."""

from __future__ import annotations

from pathlib import Path

import click

from casebook.judge import Judge
from casebook.register.imports import import_register
from matcher.logo_matches import store_brands
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.flow import LOGOS_CHANGED


@click.group()
def register() -> None:
    """Import a brand's register of authorised partners.

    \b
    Example:
      partnerproof register import acme partners.csv
    """


@register.command("import")
@click.argument("brand")
@click.argument("file", type=click.Path(path_type=Path))
@pass_choice
def import_file(choice: Choice, brand: str, file: Path) -> None:
    """Make a CSV file the register of BRAND, from now on. All mistakes are named at once; then nothing is imported.

    Columns: company, valid_from (needed), aliases, domain, relation, programme, tier, marks, territory,
    valid_until, parent, source. Dates are YYYY-MM-DD; valid_until is the first day without the grant. Domain, relation,
    tier, marks and dates decide; a parent makes a group member known; programme and territory are recorded only.
    Claims that were found already are judged anew.

    \b
    Example:
      partnerproof register import acme partners.csv
    """
    workspace = choice.workspace()
    brands = workspace.load_brands([brand])
    with workspace.writing(), workspace.open() as ledger:
        if store_brands(ledger, brands):
            click.echo(LOGOS_CHANGED, err=True)
        done = import_register(ledger, brand, file)
        changed = Judge(ledger).judge(brands=[brand]) if done.is_new else 0
    if done.is_new:
        click.echo(f"imported {done.snapshot.grants} grants for {brand} from {file}; {changed} new verdicts")
    else:
        click.echo(f"unchanged: {file} is already the register of {brand} ({done.snapshot.grants} grants)")
    click.echo("next: partnerproof crawl vendors.csv --brand " + brand)
