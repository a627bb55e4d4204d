"""`partnerproof analyst-copy`: one file to hand out, with the documented views as tables and the dictionary inside."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from casebook.export.analyst_copy import CopyOrder, write_analyst_copy
from ledger.identity import utc_text
from ledger.proof.seals import Seals
from ledger.typed_texts import Instant
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.progress import progress_bar
from partnerproof.crawl_answers import describe_crawls
from partnerproof.version import program_version
from partnerproof.workspace import Workspace


@click.command("analyst-copy")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--brand", "brands", multiple=True, help="Only claims, matches and sentences of this brand; may be given again.")  # fmt: skip
@click.option("--since", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), help="Only what was seen from this day on.")
@click.option("--letters", "with_letters", is_flag=True, help="Also letters, with whom they name.")
@click.option("--people", "with_people", is_flag=True, help="Name who decided; default: person 1, person 2, …")
@click.option("--redact", "is_redacted", is_flag=True, help="Blank e-mail addresses wherever they stand.")
@pass_choice
def analyst_copy(
    choice: Choice,
    file: Path,
    brands: tuple[str, ...],
    since: dt.datetime | None,
    with_letters: bool,  # noqa: FBT001  # click passes by name
    with_people: bool,  # noqa: FBT001
    is_redacted: bool,  # noqa: FBT001
) -> None:
    """Write one SQLite file for analysts: the documented views as indexed tables, and what every column and value means.

    It holds no accounts, sessions or tokens, and opens anywhere, also where nothing can be written. What was seen while a crawl runs is as
    of one moment. The table README says what is in it and what is not; dictionary, terms and rules say what it means.

    \b
    Example:
      partnerproof analyst-copy findings.sqlite
      partnerproof analyst-copy for-counsel.sqlite --brand acme --since 2026-01-01 --redact
    """
    workspace = choice.workspace()
    order = CopyOrder(
        facts=_describe(workspace),
        brands=brands,
        since=None if since is None else Instant(f"{since:%Y-%m-%d}T00:00:00Z"),
        with_letters=with_letters,
        with_people=with_people,
        is_redacted=is_redacted,
    )
    with progress_bar() as progress:
        task = progress.add_task("views", total=None)
        copied = write_analyst_copy(
            workspace.database, file, order, on_view=lambda view: progress.update(task, description=view)
        )
    rows = sum(view.rows for view in copied)
    click.echo(f"{file}: {len(copied)} tables, {rows} rows, {file.stat().st_size / 1e6:.1f} MB")
    click.echo(f"next: open {file} with any SQLite tool; its table README says what is in it", err=True)


def _describe(workspace: Workspace) -> dict[str, str]:
    with workspace.open_readonly() as ledger:  # says what is wrong with it
        crawls = describe_crawls(ledger)
    seals = Seals.of(workspace.seals).all
    return {
        "made at": utc_text(),
        "made by": f"partnerproof {program_version()}",
        "crawls": crawls,
        "newest seal": f"{seals[-1].seal_id} of {seals[-1].head['made_at']}" if seals else "none",
        "its root": str(seals[-1].head["root"]) if seals else "none",
    }
