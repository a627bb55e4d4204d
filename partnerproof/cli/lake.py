"""`partnerproof lake`: many shards asked as one, as Parquet files and DuckDB."""

from __future__ import annotations

import json
import sys

import click

from casebook.files.tables import write_csv
from ledger.archive.stores import Store
from ledger.merging.take_in import find_shards
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cluster.lake import add_shards, ask_lake
from partnerproof.cluster.merging import no_shards, whole_address
from partnerproof.workspace import NoWorkspaceError


@click.group()
def lake() -> None:
    """Ask many shards as one, without merging them: what is too much for one database.

    \b
    Example:
      partnerproof lake add lake/ shards/
    """


@lake.command()
@click.argument("place", metavar="LAKE")
@click.argument("shards", nargs=-1, required=True, metavar="SHARD...")
def add(place: str, shards: tuple[str, ...]) -> int:
    """Write the views of shards into LAKE, a folder or a store, as Parquet files. A shard that is there already is left.

    SHARD is as `partnerproof merge` takes it. Exit 1 when one is half copied.

    \b
    Example:
      partnerproof lake add lake/ shards/
      partnerproof lake add s3://evidence/lake s3://evidence/crawls
    """
    found = [shard for each in shards for shard in find_shards(Store(whole_address(each)))]
    if not found:
        raise no_shards(", ".join(shards))
    code = 0
    for shard in add_shards(Store(whole_address(place)), found):
        if shard.failure is not None:
            click.echo(f"left out  {shard.place}: {shard.failure}")
            code = 1
        else:
            click.echo(
                f"{'added' if shard.is_new else 'there already'}  {shard.place}{f': {shard.rows} rows' if shard.is_new else ''}"
            )
    return code


@lake.command()
@click.argument("place", metavar="LAKE")
@click.argument("sql", metavar="SQL")
@click.option("--json", "as_json", is_flag=True, help="The rows as a JSON list; default: CSV.")
@pass_choice
def query(choice: Choice, place: str, sql: str, as_json: bool) -> None:  # noqa: FBT001  # click passes by name
    """Ask one query of all shards in LAKE: their views have the names and columns of the workspace's, with crawl and shard.

    In a workspace its other views (v_findings, v_cases, …) may be asked beside them.

    \b
    Example:
      partnerproof lake query lake/ "SELECT brand, count(*) FROM v_logo_matches GROUP BY brand"
      partnerproof lake query lake/ "SELECT f.vendor, count(*) FROM v_findings f JOIN v_sightings USING (vendor) GROUP BY 1"
    """
    try:
        workspace = choice.workspace()
    except NoWorkspaceError:
        if choice.named is not None:
            raise
        workspace = None
    answer = ask_lake(Store(whole_address(place)), sql, workspace)
    if as_json:
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2, default=str))
    else:
        write_csv(sys.stdout, answer.columns, answer.rows)
