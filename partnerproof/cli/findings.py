"""`partnerproof findings`: what was found, as a table, JSON or CSV."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from casebook.findings import COLUMNS, PERHAPS_COLUMNS, read_findings, read_perhaps, require_brand
from ledger.vocabulary import VerdictKind
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.tables import print_findings, print_perhaps, safe_cell


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
@click.option("--perhaps", is_flag=True, help="Instead: images that may show a logo, which a person has to look at.")
@pass_choice
def findings(
    choice: Choice,
    as_json: bool,  # noqa: FBT001  # click passes by name
    as_csv: bool,  # noqa: FBT001
    verdict: str | None,
    brand: str | None,
    perhaps: bool,  # noqa: FBT001
) -> None:
    """Print the findings: one per vendor, brand and relation, with the verdict that holds.

    With --perhaps: the images of v_perhaps, which resemble an official logo too little to count as a match. They are
    evidence of nothing until a person has looked.

    \b
    Example:
      partnerproof findings --verdict no-authorisation --json
      partnerproof findings --perhaps
    """
    if as_json and as_csv:
        raise click.UsageError("choose one of --json and --csv")
    if perhaps and verdict:
        raise click.UsageError("--verdict does not go with --perhaps: what perhaps shows a logo has no verdict")
    with choice.workspace().open_readonly() as ledger:
        require_brand(ledger, brand)
        if not as_json and not as_csv:
            if perhaps:
                print_perhaps(ledger, brand=brand)
            else:
                print_findings(ledger, verdict=verdict, brand=brand)
            return
        rows = read_perhaps(ledger, brand=brand) if perhaps else read_findings(ledger, verdict=verdict, brand=brand)
    _write([dict(row) for row in rows], PERHAPS_COLUMNS if perhaps else COLUMNS, as_json=as_json)


def _write(rows: list[dict[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        for row in rows:
            for column, empty in (("reasons", "[]"), ("region", "{}")):
                if column in row:
                    row[column] = json.loads(row[column] or empty)
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    writer = csv.writer(sys.stdout)
    writer.writerow(columns)
    writer.writerows([safe_cell(row[column]) for column in columns] for row in rows)
