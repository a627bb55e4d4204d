"""The command line: one module a verb; errors become one clear message and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import click

from ledger.errors import PartnerproofError
from partnerproof.cli.command import root


def main(note: Callable[[Exception], None] = lambda _: None) -> None:
    """Run the command line. Exit: 0 done, 1 a check found a problem, 2 bad usage or input, 3 outside failure, 130 interrupted.

    note: is told what is told to the user, before the program ends with it.
    """
    os.umask(0o077)  # what is written here concerns vendors and people: nobody else of the machine reads it
    try:
        code = root(prog_name="partnerproof", standalone_mode=False)
    except PartnerproofError as error:
        note(error)
        click.echo(f"partnerproof: {error}", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        note(error)
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("partnerproof: interrupted; what was stored stays, run the same command to go on", err=True)
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:  # disk full, read-only folder: the operating system's words say which
        is_refused = isinstance(error, PermissionError)
        what = (
            "let it be read and written, or name another"
            if is_refused
            else "free the disk or choose a place that you may write"
        )
        note(error)
        click.echo(f"partnerproof: {error}; {what}", err=True)
        sys.exit(3)
    sys.exit(code if isinstance(code, int) else 0)
