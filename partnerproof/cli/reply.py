"""`partnerproof reply`: an answer that the reply form saved, noted with its case."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from casebook.cases.follow_up import Reply, store_reply
from casebook.cases.reply_form import MAX_FORM_BYTES, fill_from_form, read_filled_form, require_case_of
from casebook.files.tables import plain
from ledger.errors import BadInputError, Problem
from ledger.identity import utc_text
from ledger.vocabulary import ReplyKind
from partnerproof.cli.choice import Choice, pass_choice


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--received", metavar="DAY", help="When it was received, YYYY-MM-DD; default: today.")
@click.option("--by", help="Who notes it; default: the user of this system.")
@pass_choice
def reply(choice: Choice, file: Path, received: str | None, by: str | None) -> None:
    """Note an answer that the reply form of an export saved as a file, with the case that its reference names.

    Its kind, sender and words become the reply, the day that the sender wrote under it stands beside the day on which
    it was received, and the file itself is kept with it. Other replies are noted in the review application.

    \b
    Example:
      partnerproof reply reply-01KB000000.json --by "Ann Example"
    """
    content = _read(file)
    form = read_filled_form(content)
    workspace = choice.workspace()
    with workspace.writing_beside("reply"), workspace.open() as ledger:
        case = require_case_of(ledger, form)
        blank = Reply(
            kind=ReplyKind.OTHER,
            received_on=received or utc_text()[:10],
            sender="",
            words="",
            file_name=file.name,
            file=content,
        )
        store_reply(ledger, workspace.custody, case.case_id, fill_from_form(blank, case), by=by or getpass.getuser())
    kind = form.kind.replace("-", " ")
    click.echo(plain(f"noted: {case.vendor} ({case.vendor_domain}) {kind}, dated {form.on}"))


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_FORM_BYTES + 1)
    except OSError as error:
        problem = Problem(where=str(file), expected="a readable file", got=error.strerror or str(error), next_step="name an existing file")  # fmt: skip
        raise BadInputError(problem) from error
