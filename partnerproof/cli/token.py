"""`partnerproof token`: by which programs ask the API."""

from __future__ import annotations

import getpass

import click

from casebook.api.api_tokens import MOST_DAYS, close_token, list_tokens, make_token
from ledger.identity import utc_text
from ledger.vocabulary import TokenScope
from partnerproof.cli.choice import Choice, pass_choice


@click.group()
def token() -> None:
    """Make, list and close tokens of the API: each names what it may do, and ends by itself.

    \b
    Example:
      partnerproof token add siem --scope findings:read
    """


@token.command("add")
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice([str(scope) for scope in TokenScope]), help="What it may do. Repeatable.")  # fmt: skip
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=365, show_default=True, help="After which it ends.")
@pass_choice
def add(choice: Choice, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a token, and print it this once: what is stored is its digest.

    \b
    Example:
      partnerproof token add siem --scope findings:read
      partnerproof token add scheduler --scope jobs:write --scope jobs:read --days 90
    """
    workspace = choice.workspace()
    with workspace.writing_beside("token add"), workspace.open() as ledger:
        given = [TokenScope(scope) for scope in scopes]
        text, made = make_token(ledger, workspace.custody, name, given, days=days, by=getpass.getuser())
    click.echo(text)
    click.echo(f"{name} may do {', '.join(made.scopes)} until {made.expires_at}; keep it as a password", err=True)


@token.command("close")
@click.argument("name")
@pass_choice
def close(choice: Choice, name: str) -> None:
    """Let a token open nothing any more, at once.

    \b
    Example:
      partnerproof token close siem
    """
    workspace = choice.workspace()
    with workspace.writing_beside("token close"), workspace.open() as ledger:
        close_token(ledger, workspace.custody, name, by=getpass.getuser())
    click.echo(f"{name} opens nothing any more")


@token.command("list")
@pass_choice
def show(choice: Choice) -> None:
    """List the tokens: what each may do, until when, and when it was last used.

    \b
    Example:
      partnerproof token list
    """
    with choice.workspace().open_readonly() as ledger:
        tokens = list_tokens(ledger)
    for row in tokens:
        state = f"closed {row.closed_at}" if row.closed_at else "over" if row.expires_at <= utc_text() else "open"
        used = f"last used {row.last_used_at}" if row.last_used_at else "never used"
        click.echo(f"{row.name:20} {', '.join(row.scopes)}; {state}, until {row.expires_at}; {used}")
    if not tokens:
        click.echo("no tokens yet: partnerproof token add NAME --scope findings:read", err=True)
