"""The root command: options that all verbs share, and the overview that stands for them when none is given."""

from __future__ import annotations

import importlib
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from partnerproof.cli.choice import Choice
from partnerproof.version import program_version
from partnerproof.workspace import NoWorkspaceError

VERBS = {  # verb → module and name; a module is imported when its verb is asked for: all of them take two seconds
    "init": "init",
    "brand": "brand",
    "register": "register",
    "plan": "plan",
    "crawl": "crawl",
    "check": "check",
    "status": "status",
    "ingest": "ingest",
    "extract": "stages",
    "match": "stages",
    "claims": "stages",
    "judge": "stages",
    "findings": "findings",
    "changes": "changes",
    "passages": "passages",
    "reject": "reject",
    "report": "report",
    "picture": "picture",
    "seal": "seal",
    "export": "export",
    "verify": "verify",
    "retention": "retention",
    "hold": "retention",
    "serve": "serve",
    "watch": "watch",
    "account": "serve",
    "recognise": "recognise",
    "demo": "demo",
    "diff": "diff",
}


class Verbs(click.Group):
    """The verbs, each in a module of its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"partnerproof.cli.{VERBS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return command


@click.group(
    cls=Verbs,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "-w", "--workspace", type=click.Path(path_type=Path), help="Folder of the workspace; default: the current one."
)
@click.version_option(program_version(), prog_name="partnerproof")
@click.pass_context
def root(context: click.Context, workspace: Path | None) -> None:
    """Check vendors' claims to be a brand's partner, and keep the evidence.

    Without a command: the flow, and the next sensible step in this workspace.

    \b
    Example:
      partnerproof init myspace
    """
    context.obj = Choice(workspace)
    if context.invoked_subcommand is None:
        show_overview(context.obj)


def show_overview(choice: Choice) -> None:
    """Print the flow and the next sensible command."""
    from partnerproof.flow import STAGES

    console = Console()
    table = Table(
        title="The flow: each stage reads what the earlier ones wrote", title_justify="left", box=None, pad_edge=False
    )
    for heading in ("command", "reads", "writes"):
        table.add_column(heading, no_wrap=heading == "command")
    for stage in STAGES:
        table.add_row(stage.command, stage.reads, stage.writes)
    console.print(table)
    console.print(f"\nNext: [bold]{next_step(choice)}[/bold]", highlight=False)
    console.print(
        "Help on each: partnerproof COMMAND --help. A tour without the network: partnerproof demo", highlight=False
    )


def next_step(choice: Choice) -> str:
    """Return the command that makes most sense now."""
    try:
        workspace = choice.workspace()
    except NoWorkspaceError:
        return "partnerproof init myspace"
    brands = sorted(path.parent.name for path in workspace.brands.glob("*/brand.toml"))
    if not brands:
        return 'partnerproof brand add acme --name "Acme" --domain acme.example --logos ./acme-logos/'
    if not workspace.database.exists():
        return f"partnerproof register import {brands[0]} partners.csv"
    with workspace.open_readonly() as ledger:
        if not ledger.value("SELECT count(*) FROM register_snapshots"):
            return f"partnerproof register import {brands[0]} partners.csv"
        if not ledger.value("SELECT count(*) FROM crawls"):
            return f"partnerproof crawl vendors.csv --brand {brands[0]}"
        stopped = ledger.value("SELECT kind FROM crawls WHERE ended_at IS NULL ORDER BY started_at DESC LIMIT 1")
        if stopped is not None:
            return f"run your last `partnerproof {stopped} …` again: it goes on where it stopped"
        if ledger.value("SELECT count(*) FROM v_findings"):
            return "partnerproof report --out report/"
    return f"partnerproof crawl vendors.csv --brand {brands[0]}"
