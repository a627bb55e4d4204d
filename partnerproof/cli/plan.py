"""`partnerproof plan`: what a crawl would cost, before it starts."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from crawler.wire.opt_out import read_opt_out
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.lists import ListChoice, list_options, read_list
from partnerproof.crawl_plan import CrawlPlan, plan_crawl


@click.command()
@click.argument("seeds", type=click.Path(path_type=Path))
@list_options
@click.option("--allow-private", is_flag=True, help="Let vendors lie on private and loopback addresses.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON object.")
@pass_choice
def plan(
    choice: Choice,
    seeds: Path,
    mapping: Path | None,
    rejects: Path | None,
    strict: bool,  # noqa: FBT001  # click passes by name
    allow_private: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Say how a list is understood, and what its crawl would cost: requests, bytes, hours, disk. No request is made.

    \b
    Example:
      partnerproof plan vendors.csv
    """
    workspace = choice.workspace()
    chosen = ListChoice(seeds=seeds, mapping=mapping, rejects=rejects, is_strict=strict, allow_private=allow_private)
    wanted = read_list(workspace, chosen, shows_rows=True).seeds
    opted_out = read_opt_out(workspace.opt_out)
    if workspace.database.exists():
        with workspace.open_readonly() as ledger:
            planned = plan_crawl(ledger, wanted, workspace.config.crawl, opted_out)
    else:
        planned = plan_crawl(None, wanted, workspace.config.crawl, opted_out)
    if as_json:
        click.echo(json.dumps(asdict(planned), indent=2))
        return
    for line in _lines(planned):
        click.echo(line)


def _lines(planned: CrawlPlan) -> list[str]:
    left_out = f", {planned.opted_out} more have opted out" if planned.opted_out else ""
    lines = [
        f"{planned.vendors} vendors{left_out}",
        f"about {planned.requests:,} requests, {_size(planned.received_bytes)} received, {_size(planned.disk_bytes)} on disk",
        f"about {_time(planned.hours)}, bound by {planned.bound_by}",
    ]
    if planned.hours_with_window > planned.hours:
        lines.append(f"about {_time(planned.hours_with_window)} until its end, within the hours of [crawl] hours")
    others = planned.vendors - planned.known_vendors
    known = f"{planned.known_vendors} vendors by their own last visit" if planned.known_vendors else ""
    rest = f"{others} by {planned.basis}" if others else ""
    lines.append("reckoned: " + ", ".join(filter(None, (known, rest))))
    return lines


def _size(count: int) -> str:
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"


def _time(hours: float) -> str:
    if hours >= 48:
        return f"{hours / 24:.1f} days"
    return f"{hours:.1f} hours" if hours >= 1 else f"{max(1, round(hours * 60))} min"
