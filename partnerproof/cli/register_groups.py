"""`partnerproof register groups`: which companies belong together."""

from __future__ import annotations

from pathlib import Path

import click

from casebook.cases.casework import update_casework
from casebook.register.group_imports import import_groups
from casebook.verdicts.affected import judge_affected
from ledger.tables.table_rows import has_control
from partnerproof.cli.choice import Choice, pass_choice

MAX_NAME_CHARS = 80


def read_name(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Return the name of a register or source without spaces around. Errors: BadParameter: certificates have to name it."""
    name = value.strip() if value is not None else None
    if name is not None and (not name or has_control(name) or len(name) > MAX_NAME_CHARS):
        raise click.BadParameter(f"expected a name of 1 to {MAX_NAME_CHARS} characters, got {value!r:.100}")
    return name


@click.command("groups")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", callback=read_name, help="Of each source the newest import holds; default: companies, relationships or groups, by the kind of file.")  # fmt: skip
@pass_choice
def groups(choice: Choice, file: Path, source: str | None) -> None:
    """Import who belongs to whom, for all brands: a search then also looks for parents and subsidiaries.

    FILE is GLEIF's level 2 (RR-CDF: relationships) or level 1 (LEI-CDF: names and countries), as XML or CSV, zipped or
    not; or a CSV with the columns child and parent, and if you like from, until, child_identifier and parent_identifier
    (an LEI, or ISSUER:NUMBER). `until` is the first day on which they no longer belonged together.

    \b
    Example:
      partnerproof register groups groups.csv
      partnerproof register groups rr-golden-copy.csv.zip
    """
    workspace = choice.workspace()
    # one transaction: killed in between, the groups would be new and the verdicts old
    with workspace.writing("register groups"), workspace.open() as ledger:
        with ledger.transaction():
            done = import_groups(ledger, file, source=source)
            changed = judge_affected(ledger, None) if done.is_new else 0
        if done.is_new:
            update_casework(ledger, workspace.removal_terms)
    counts = f"{done.snapshot.companies:,} companies, {done.snapshot.relationships:,} relationships"
    if not done.is_new:
        click.echo(f"unchanged: {file} is already the source {done.snapshot.source} ({counts})")
        return
    click.echo(f"imported {counts} from {file} as the source {done.snapshot.source}")
    for reason, count in sorted(done.left_out.items()):
        click.echo(f"left out: {count:,} {reason}", err=True)
    click.echo(f"{changed} new verdicts")
