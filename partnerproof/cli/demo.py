"""`partnerproof demo`: the main job on a small web of fictional vendors, served on this machine."""

from __future__ import annotations

import time
from pathlib import Path

import click

from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.tables import print_findings
from partnerproof.demo import run_demo


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for the report; default: report/ in the workspace's var/."
)
@pass_choice
def demo(choice: Choice, out: Path | None) -> None:
    """Crawl a fictional web on loopback, judge a fictional brand's partners, write the report.

    In a checkout it fills data/var/; elsewhere it makes the workspace partnerproof-demo/ in the current folder.

    \b
    Example:
      partnerproof demo
    """
    started = time.monotonic()
    done = run_demo(choice.named, out)
    with done.workspace.open_readonly() as ledger:
        print_findings(ledger, crawl_id=done.crawl_id)
    click.echo(f"\ncrawled, matched and judged in {time.monotonic() - started:.0f} s")
    click.echo(f"database: {done.workspace.database}")
    click.echo(f"report:   {done.report}")
