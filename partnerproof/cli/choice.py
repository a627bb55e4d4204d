"""Which workspace a command works in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:  # `partnerproof --help` needs no workspace, whose configuration takes .3 s to import
    from partnerproof.workspace import Workspace


class Choice:
    """Which workspace the command works in; found when it is first needed."""

    def __init__(self, named: Path | None) -> None:
        self.named = named

    def workspace(self) -> Workspace:
        from partnerproof.workspace import find_workspace

        return find_workspace(self.named)


pass_choice = click.make_pass_decorator(Choice)


F = TypeVar("F", bound=Callable[..., Any])


def brand_option(function: F) -> F:
    """Add `--brand`, which may be repeated, as the argument brands."""
    option = click.option(
        "--brand", "brands", multiple=True, help="Only this brand; may be repeated; default: all of the workspace."
    )
    return option(function)
