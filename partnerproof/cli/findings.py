"""`partnerproof findings`: what was found, as a table, JSON or CSV."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from casebook.dossier.findings import (
    COLUMNS,
    PERHAPS_COLUMNS,
    STANDING_COLUMNS,
    read_findings,
    read_perhaps,
    read_standings,
    require_brand,
)
from casebook.files.tables import make_xlsx, write_csv
from ledger.database import Record, as_row
from ledger.errors import OutsideFailureError
from ledger.vocabulary import VerdictKind
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.tables import print_findings, print_perhaps, print_standings

# of both views: decoded in --json, so that nobody has to decode it a second time
_JSON_COLUMNS = frozenset({"reasons", "objections", "close", "region"})


@click.command()
@click.option(
    "--claims", is_flag=True, help="Each claim: one row per vendor, brand and relation, as v_findings has them."
)
@click.option("--json", "as_json", is_flag=True, help="A JSON list with exactly the columns of the view.")
@click.option(
    "--csv",
    "as_csv",
    is_flag=True,
    help="CSV with the same columns; cells that a spreadsheet would run are quoted with '.",
)
@click.option(
    "--xlsx",
    "xlsx_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a workbook with the same columns; needs the extra xlsx.",
)
@click.option("--verdict", type=click.Choice([str(kind) for kind in VerdictKind]), metavar="VERDICT", help=f"Only this verdict: {', '.join(VerdictKind)}.")  # fmt: skip
@click.option("--brand", help="Only this brand.")
@click.option("--perhaps", is_flag=True, help="Instead: images that may show a logo, which a person has to look at.")
@pass_choice
def findings(
    choice: Choice,
    claims: bool,  # noqa: FBT001  # click passes by name
    as_json: bool,  # noqa: FBT001  # click passes by name
    as_csv: bool,  # noqa: FBT001
    xlsx_file: Path | None,
    verdict: str | None,
    brand: str | None,
    perhaps: bool,  # noqa: FBT001
) -> None:
    """Print the findings: where each vendor stands to each brand, by its most serious claim and the verdict that holds.

    One row per vendor and brand, as v_standings has them; marks that claim nothing, such as social icons, make none. With --claims: each
    claim, as v_findings has them. With --perhaps: the images of v_perhaps, which resemble an official logo too little to count as a match. They are
    evidence of nothing until a person has looked.

    \b
    Example:
      partnerproof findings --verdict no-authorisation
      partnerproof findings --claims --json
      partnerproof findings --perhaps
      partnerproof findings --xlsx findings.xlsx
    """
    if as_json + as_csv + (xlsx_file is not None) > 1:
        raise click.UsageError("choose one of --json, --csv and --xlsx")
    if perhaps and claims:
        raise click.UsageError("choose one of --claims and --perhaps")
    if perhaps and verdict:
        raise click.UsageError("--verdict does not go with --perhaps: what perhaps shows a logo has no verdict")
    with choice.workspace().open_readonly() as ledger:
        require_brand(ledger, brand)
        if not as_json and not as_csv and xlsx_file is None:
            if perhaps:
                print_perhaps(ledger, brand=brand)
            elif claims:
                print_findings(ledger, verdict=verdict, brand=brand)
            else:
                print_standings(ledger, verdict=verdict, brand=brand)
            return
        rows: Sequence[Record]
        if perhaps:
            columns, rows = PERHAPS_COLUMNS, read_perhaps(ledger, brand=brand)
        elif claims:
            columns, rows = COLUMNS, read_findings(ledger, verdict=verdict, brand=brand)
        else:
            columns, rows = STANDING_COLUMNS, read_standings(ledger, verdict=verdict, brand=brand)
    if xlsx_file is not None:
        _write_workbook(xlsx_file, "perhaps" if perhaps else "findings", columns, rows)
        return
    _write([as_row(row) for row in rows], columns, as_json=as_json)


def _write_workbook(file: Path, title: str, columns: Sequence[str], rows: Sequence[Record]) -> None:
    table = make_xlsx(title, columns, (tuple(as_row(row)[name] for name in columns) for row in rows))
    try:
        file.write_bytes(table)
    except OSError as error:
        raise OutsideFailureError(
            f"{file}: could not be written ({error}); choose a place that you may write"
        ) from error
    click.echo(f"{file}: {len(rows)} rows", err=True)


def _write(rows: list[dict[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        for row in rows:
            for column in _JSON_COLUMNS & row.keys():
                row[column] = json.loads(row[column] or "[]")  # not judged yet: no reasons
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    write_csv(sys.stdout, columns, ([row[column] for column in columns] for row in rows))
