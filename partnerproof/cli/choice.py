"""Which workspace a command works in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:  # `partnerproof --help` needs no workspace, whose configuration takes .3 s to import
    from partnerproof.workspace import Workspace


class Choice:
    """Which workspace the command works in; found when it is first needed."""

    def __init__(self, named: Path | None, wait_s: float | None = None) -> None:
        self.named = named
        self.wait_s = wait_s  # None: as long as a workspace's own commands wait

    def workspace(self) -> Workspace:
        from partnerproof.workspace import find_workspace

        workspace = find_workspace(self.named)
        return workspace if self.wait_s is None else replace(workspace, wait_s=self.wait_s)


pass_choice = click.make_pass_decorator(Choice)


F = TypeVar("F", bound=Callable[..., Any])


def brand_option(function: F) -> F:
    """Add `--brand`, which may be repeated, as the argument brands."""
    option = click.option(
        "--brand", "brands", multiple=True, help="Only this brand; may be repeated; default: all of the workspace."
    )
    return option(function)
