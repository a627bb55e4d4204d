"""`partnerproof register near-misses`: a person looks at what a search nearly found, and says that it is another company."""

from __future__ import annotations

import getpass
import json
from dataclasses import asdict

import click

from casebook.files.tables import plain
from casebook.register.near_miss_checks import check_near_misses, read_checks
from casebook.register.recorded_search import require_search
from ledger.typed_texts import SearchId
from ledger.vocabulary import NearMissEvent
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.tables import print_rows


@click.command("near-misses")
@click.argument("search_id")
@click.argument("numbers", nargs=-1, type=int)
@click.option("--why", help="Why it is another company, for whoever reads the certificate.")
@click.option("--by", help="Who looked at it; default: the user of this system.")
@click.option("--undo", is_flag=True, help="Take back that it was refused.")
@click.option("--json", "as_json", is_flag=True, help="Without NUMBERS: a JSON list.")
@pass_choice
def near_misses(
    choice: Choice,
    search_id: str,
    numbers: tuple[int, ...],
    why: str | None,
    by: str | None,
    undo: bool,  # noqa: FBT001  # click passes by name
    as_json: bool,  # noqa: FBT001
) -> None:
    """List the near misses of a stored search; with NUMBERS of the list, say that a person looked at them and they are other companies.

    Who, when and why then stand on the certificate (`partnerproof register search --again SEARCH_ID --certificate FILE`). A near
    miss that is the company after all asks for a new search with its name.

    \b
    Example:
      partnerproof register near-misses SEARCH_ID
      partnerproof register near-misses SEARCH_ID 1 2 --why "bakers in another country" --by "Ann Example"
    """
    workspace = choice.workspace()
    if not numbers:
        if why or by or undo:
            raise click.UsageError("name the NUMBERS of the near misses that were looked at")
        _list(choice, SearchId(search_id), as_json=as_json)
        return
    if as_json:
        raise click.UsageError("--json goes without NUMBERS")
    if not why:
        raise click.UsageError("say why with --why")
    event = NearMissEvent.WITHDRAWN if undo else NearMissEvent.REFUSED
    with workspace.writing_beside("register near-misses"), workspace.open() as ledger:
        checks = check_near_misses(
            ledger, workspace.custody, SearchId(search_id), numbers, why=why, by=by or getpass.getuser(), event=event
        )
    for check in checks:
        click.echo(plain(f"{event}: {check.near_miss_no}, {check.company}, by {check.decided_by}"))
    click.echo(f"next: partnerproof register search --again {search_id} --certificate certificate.html", err=True)


def _list(choice: Choice, search_id: SearchId, *, as_json: bool) -> None:
    with choice.workspace().open_readonly() as ledger:
        search = require_search(ledger, search_id)
        checks = read_checks(ledger, search_id)
    if as_json:
        listed = [
            {**miss, "near_miss_no": number, "check": asdict(checks[number]) if number in checks else None}
            for number, miss in enumerate(search.near_misses, start=1)
        ]
        click.echo(json.dumps(listed, ensure_ascii=False, indent=2))
        return
    print_rows(
        ("no", "company", "domain", "register", "looked at by"),
        [
            (
                (
                    str(number), miss["company"] or "-", miss["domain"] or "-", miss["register"],
                    f"{checks[number].decided_by}, {checks[number].decided_at[:10]}" if number in checks else "nobody",
                ),
                miss["why_refused"] + (f"; {checks[number].why}" if number in checks else ""),
            )
            for number, miss in enumerate(search.near_misses, start=1)
        ],
    )  # fmt: skip
    if not search.near_misses:
        click.echo("this search has no near miss", err=True)
