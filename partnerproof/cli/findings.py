"""`partnerproof findings`: what was found, as a table, JSON or CSV."""

from __future__ import annotations

import csv
import json
import sys

import click

from casebook.findings import COLUMNS, read_findings, require_brand
from ledger.vocabulary import VerdictKind
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.tables import print_findings, safe_cell


@click.command()
@click.option("--json", "as_json", is_flag=True, help="A JSON list with exactly the columns of v_findings.")
@click.option(
    "--csv",
    "as_csv",
    is_flag=True,
    help="CSV with the same columns; cells that a spreadsheet would run are quoted with '.",
)
@click.option("--verdict", type=click.Choice([str(kind) for kind in VerdictKind]), help="Only this verdict.")
@click.option("--brand", help="Only this brand.")
@pass_choice
def findings(choice: Choice, as_json: bool, as_csv: bool, verdict: str | None, brand: str | None) -> None:  # noqa: FBT001
    """Print the findings: one per vendor, brand and relation, with the verdict that holds.

    \b
    Example:
      partnerproof findings --verdict no-authorisation --json
    """
    if as_json and as_csv:
        raise click.UsageError("choose one of --json and --csv")
    with choice.workspace().open_readonly() as ledger:
        require_brand(ledger, brand)
        if not as_json and not as_csv:
            print_findings(ledger, verdict=verdict, brand=brand)
            return
        rows = [dict(row) for row in read_findings(ledger, verdict=verdict, brand=brand)]
    if as_json:
        for row in rows:
            row["reasons"] = json.loads(row["reasons"] or "[]")
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    writer.writerows([safe_cell(row[column]) for column in COLUMNS] for row in rows)
