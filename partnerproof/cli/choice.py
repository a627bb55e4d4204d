"""Which workspace a command works in."""

from __future__ import annotations

from pathlib import Path

import click

from partnerproof.workspace import Workspace, find_workspace


class Choice:
    """Which workspace the command works in; found when it is first needed."""

    def __init__(self, named: Path | None) -> None:
        self.named = named

    def workspace(self) -> Workspace:
        return find_workspace(self.named)


pass_choice = click.make_pass_decorator(Choice)
