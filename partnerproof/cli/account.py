"""`partnerproof account`: who may use the review application."""

from __future__ import annotations

import sys

import click

from casebook.web.access.accounts import add_account, close_account, list_accounts, log_account
from casebook.web.access.second_factor import has_second_factor, remove_second_factor
from ledger.errors import BadInputError, Problem
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
@pass_choice
def add(choice: Choice, name: str, role: str) -> None:
    """Make an account, or give one another role and password.

    The password is asked for, and not shown; without a terminal one line of the input is read.

    \b
    Example:
      partnerproof account add ann --role reviewer
    """
    workspace = choice.workspace()
    password = _ask_password()
    with workspace.writing_beside("account add"), workspace.open() as ledger:
        add_account(ledger, name, Role(role), password)
        log_account(ledger, workspace.custody, name)
    click.echo(f"{name} may log in as {role}")


def _ask_password() -> str:
    """Return a password from the terminal, or else the next line of the input. Errors: BadInputError when there is none."""
    if sys.stdin.isatty():
        asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return asked
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise BadInputError(
            Problem(
                where="password",
                expected="a terminal to ask for it, or a line of input",
                got="neither",
                next_step="run it in a terminal, or send the password to its input",
            )
        )
    return line


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
        log_account(ledger, workspace.custody, name)
    click.echo(f"{name} may log in no more")


@account.command("reset-second-factor")
@click.argument("name")
@pass_choice
def reset_second_factor(choice: Choice, name: str) -> None:
    """Take the second factor of an account away, as its owner lost the app and the recovery codes; its sessions end.

    The owner sets up another one on the page of the account. Be sure who is asking.

    \b
    Example:
      partnerproof account reset-second-factor ann
    """
    workspace = choice.workspace()
    with workspace.writing_beside("account reset-second-factor"), workspace.open() as ledger:
        had = remove_second_factor(ledger, name)
    if not had:
        raise BadInputError(
            Problem(
                where="NAME",
                expected="an account with a second factor",
                got=repr(name),
                next_step="see `partnerproof account list`",
            )
        )
    click.echo(f"{name} has no second factor any more")


@account.command("list")
@pass_choice
def show(choice: Choice) -> None:
    """List the accounts.

    \b
    Example:
      partnerproof account list
    """
    with choice.workspace().open_readonly() as ledger:
        accounts = list_accounts(ledger)
        factors = {row.account for row in accounts if has_second_factor(ledger, row.account)}
    for row in accounts:
        ends = "" if row.is_active else ", closed"
        means = (
            f", by the login of {row.issuer}"
            if row.issuer
            else ", with a second factor"
            if row.account in factors
            else ""
        )
        click.echo(f"{row.account:20} {row.role:10} since {row.created_at}{means}{ends}")
    if not accounts:
        click.echo("no accounts yet: partnerproof account add NAME --role admin", err=True)
