"""`partnerproof account`: who may use the review application."""

from __future__ import annotations

import click

from casebook.web.accounts import add_account, close_account, list_accounts
from ledger.vocabulary import Role
from partnerproof.cli.choice import Choice, pass_choice


@click.group()
def account() -> None:
    """Make, list and close accounts of the review application.

    \b
    Example:
      partnerproof account add ann --role reviewer
    """


@account.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice([str(role) for role in Role]), required=True, help="What it may do: each role may do what those before it may.")  # fmt: skip
@click.password_option(help="Asked for when it is not given, and then not shown.")
@pass_choice
def add(choice: Choice, name: str, role: str, password: str) -> None:
    """Make an account, or give one another role and password.

    \b
    Example:
      partnerproof account add ann --role reviewer
    """
    workspace = choice.workspace()
    with workspace.writing_beside("account add"), workspace.open() as ledger:
        add_account(ledger, name, Role(role), password)
    click.echo(f"{name} may log in as {role}")


@account.command("close")
@click.argument("name")
@pass_choice
def close(choice: Choice, name: str) -> None:
    """Let an account log in no more; what it decided stays.

    \b
    Example:
      partnerproof account close ann
    """
    workspace = choice.workspace()
    with workspace.writing_beside("account close"), workspace.open() as ledger:
        close_account(ledger, name)
    click.echo(f"{name} may log in no more")


@account.command("list")
@pass_choice
def show(choice: Choice) -> None:
    """List the accounts.

    \b
    Example:
      partnerproof account list
    """
    with choice.workspace().open_readonly() as ledger:
        for row in list_accounts(ledger):
            click.echo(f"{row.account:20} {row.role:10} since {row.created_at}{'' if row.is_active else ', closed'}")
