"""`partnerproof diff`: which verdicts changed between two runs of judging, and why."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from casebook.verdicts.verdict_changes import compare_judgings, list_judgings
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.tables import print_rows


@click.command()
@click.argument("before", required=False)
@click.argument("after", required=False)
@click.option("--list", "is_list", is_flag=True, help="The runs of judging with their ids, newest first.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON list.")
@pass_choice
def diff(choice: Choice, before: str | None, after: str | None, is_list: bool, as_json: bool) -> None:  # noqa: FBT001  # click passes by name
    """Show which verdicts changed between two runs of judging, and why: claim, register, rules or page.

    Without BEFORE and AFTER: the last two runs. With BEFORE alone: that run, or that replay, against what holds now.
    The beginning of an id is enough.

    \b
    Example:
      partnerproof diff
      partnerproof diff --list
    """
    with choice.workspace().open_readonly() as ledger:
        if is_list:
            rows = [asdict(judging) for judging in list_judgings(ledger)]
        else:
            rows = [asdict(change) for change in compare_judgings(ledger, before, after)]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not rows:
        click.echo("nothing was judged yet" if is_list else "no verdict changed")
        return
    if is_list:
        lines = [([_cell(row[column]) for column in _RUNS], "") for row in rows]
        print_rows([column.replace("_", " ") for column in _RUNS], lines)
    else:
        changes = [([_cell(change[column]) for column in _CHANGES], "; ".join(change["details"])) for change in rows]
        print_rows(_CHANGES, changes)


_RUNS = ("judging_id", "cause", "as_of", "known_at", "rules_version", "started_at", "claims", "verdicts")
_CHANGES = ("before", "after", "vendor", "brand", "relation", "because")


def _cell(value: object) -> str:
    if value is None:
        return "—"
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
