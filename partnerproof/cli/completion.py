"""`partnerproof completion`: the shell completes commands and options."""

from __future__ import annotations

import os
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from ledger.errors import BadInputError, OutsideFailureError, Problem

_VARIABLE = "_PARTNERPROOF_COMPLETE"
_PLACES = {  # where each shell looks by itself, below the home folder or what XDG names
    "bash": ("XDG_DATA_HOME", ".local/share", "bash-completion/completions/partnerproof"),
    "fish": ("XDG_CONFIG_HOME", ".config", "fish/completions/partnerproof.fish"),
    "zsh": ("XDG_DATA_HOME", ".local/share", "zsh/site-functions/_partnerproof"),
}
_ZSH = "add this line to ~/.zshrc before the one with compinit: fpath=({folder} $fpath)"


@click.command()
@click.argument("shell", type=click.Choice(sorted(_PLACES)), required=False)
@click.option("--print", "prints", is_flag=True, help="Print the script instead of installing it.")
@click.pass_context
def completion(context: click.Context, shell: str | None, prints: bool) -> None:  # noqa: FBT001  # click passes by name
    """Install what lets the shell complete commands and options with the Tab key. New shells have it.

    SHELL is bash, zsh or fish; without it, the one that $SHELL names.

    \b
    Example:
      partnerproof completion
      partnerproof completion fish --print
    """
    shell = shell or _current_shell()
    maker = get_completion_class(shell)
    assert maker is not None, "click knows the shells of _PLACES"  # noqa: S101
    script = maker(context.find_root().command, {}, "partnerproof", _VARIABLE).source()
    if prints:
        click.echo(script)
        return
    variable, folder, name = _PLACES[shell]
    named = Path(os.environ.get(variable, ""))
    path = (named if named.is_absolute() else Path.home() / folder) / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{script}\n", encoding="utf-8")
    except OSError as error:
        raise OutsideFailureError(
            f"{path}: could not be written ({error}); use --print and put it elsewhere"
        ) from error
    click.echo(f"{path}: written; a new {shell} completes commands and options")
    if shell == "zsh":
        click.echo(_ZSH.format(folder=path.parent))


def _current_shell() -> str:
    name = Path(os.environ.get("SHELL", "")).name
    if name not in _PLACES:
        raise BadInputError(
            Problem(
                where="$SHELL", expected="bash, zsh or fish", got=name or "nothing", next_step="name the shell: partnerproof completion bash"
            )
        )  # fmt: skip
    return name
