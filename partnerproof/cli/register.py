"""`partnerproof register`: who may call itself a brand's partner."""

from __future__ import annotations

from pathlib import Path

import click

from casebook.register.grants import import_register
from matcher.logo_matches import store_brands
from partnerproof.cli.choice import Choice, pass_choice


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
    valid_until, parent, source. Dates are YYYY-MM-DD; valid_until is the first day without the grant.

    \b
    Example:
      partnerproof register import acme partners.csv
    """
    workspace = choice.workspace()
    brands = workspace.load_brands([brand])
    with workspace.writing(), workspace.open() as ledger:
        store_brands(ledger, brands)
        done = import_register(ledger, brand, file)
    if done.is_new:
        click.echo(f"imported {done.snapshot.grants} grants for {brand} from {file}")
    else:
        click.echo(f"unchanged: {file} is already the register of {brand} ({done.snapshot.grants} grants)")
    click.echo("next: partnerproof crawl vendors.csv --brand " + brand)
