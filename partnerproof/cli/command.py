"""The root command: options that all verbs share, and the overview that stands for them when none is given."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from ledger.boxes.box import describe_missing
from partnerproof.cli.choice import Choice
from partnerproof.cli.verbs import GROUPS, READ_FOREIGN_BYTES, VERBS
from partnerproof.version import program_version

if TYPE_CHECKING:
    from partnerproof.workspace import Workspace


class Verbs(click.Group):
    """The verbs, each in a module of its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs in groups, in the order of the work."""
        widest = max(map(len, VERBS))
        for group, verbs in GROUPS.items():
            with formatter.section(group):
                formatter.write_dl([(verb.name.ljust(widest), verb.summary) for verb in verbs])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a verb by the table of verbs; the modules take seconds to import, and a Tab key must not."""
        found = [CompletionItem(name, help=verb.summary) for name, verb in VERBS.items() if name.startswith(incomplete)]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        name = cmd_name.replace("-", "_")
        module = importlib.import_module(f"partnerproof.cli.{name}")
        command: click.Command = getattr(module, name)
        return command


@click.group(
    cls=Verbs,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "-w", "--workspace", type=click.Path(path_type=Path), help="Folder of the workspace; default: the current one."
)
@click.option("--wait", "wait_s", type=click.FloatRange(min=0), metavar="SECONDS", envvar="PARTNERPROOF_WAIT", help="How long to wait for another process that is writing; default: 600.")  # fmt: skip
@click.version_option(program_version(), prog_name="partnerproof")
@click.pass_context
def root(context: click.Context, workspace: Path | None, wait_s: float | None) -> None:
    """Check vendors' claims to be a brand's partner, and keep the evidence.

    Without a command: the flow, and the next sensible step in this workspace.

    \b
    Example:
      partnerproof init myspace
    """
    context.obj = Choice(workspace, wait_s)
    if context.invoked_subcommand in READ_FOREIGN_BYTES and (line := describe_missing()) is not None:
        click.echo(line, err=True)
    if context.invoked_subcommand is None:
        show_overview(context.obj)


def show_overview(choice: Choice) -> None:
    """Print the flow and the next sensible command."""
    from rich.console import Console  # what is imported here takes a second, and `--help` needs none of it
    from rich.table import Table

    from partnerproof.flow import STAGES
    from partnerproof.next_step import next_step

    console = Console()
    table = Table(
        title="The flow: each stage reads what the earlier ones wrote", title_justify="left", box=None, pad_edge=False
    )
    for heading in ("command", "reads", "writes"):
        table.add_column(heading, no_wrap=heading == "command")
    for stage in STAGES:
        table.add_row(stage.command, stage.reads, stage.writes)
    console.print(table)
    console.print(f"\nNext: [bold]{next_step(_workspace(choice))}[/bold]", highlight=False)
    console.print(
        "Help on each: partnerproof COMMAND --help. A tour without the network: partnerproof demo", highlight=False
    )


def _workspace(choice: Choice) -> Workspace | None:
    from partnerproof.workspace import NoWorkspaceError

    try:
        return choice.workspace()
    except NoWorkspaceError:
        return None
