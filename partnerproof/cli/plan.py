"""`partnerproof plan`: what a crawl would cost, before it starts."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from crawler.wire.opt_out import read_opt_out
from ledger.errors import BadInputError
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.lists import ListChoice, list_options, read_list
from partnerproof.planning.crawl_plan import CrawlPlan, Limit, plan_crawl
from partnerproof.planning.machine_speed import MachineSpeed, measure_machine
from partnerproof.planning.visit_costs import corpus_costs, read_visit_costs
from partnerproof.workspace import Workspace


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

    Hours are reckoned for each limit (waits, dead hosts, one address, processor time, …); the longest binds, and is named with
    what to change. The processor time of a page and an image is measured on this machine, in some seconds, once.

    \b
    Example:
      partnerproof plan vendors.csv
    """
    workspace = choice.workspace()
    chosen = ListChoice(seeds=seeds, mapping=mapping, rejects=rejects, is_strict=strict, allow_private=allow_private)
    wanted = read_list(workspace, chosen, shows_rows=True).seeds
    opted_out = read_opt_out(workspace.opt_out)
    speed = _measure(workspace)
    costs = corpus_costs()
    if workspace.database.exists():
        with workspace.open_readonly() as ledger:
            seed_ids = [seed.seed_id for seed in wanted]
            costs = read_visit_costs(ledger, seed_ids, speed, max_seconds=workspace.config.crawl.max_seconds)
    planned = plan_crawl(costs, wanted, workspace.config.crawl, opted_out, speed)
    if as_json:
        click.echo(json.dumps(asdict(planned), indent=2))
        return
    for line in _lines(planned):
        click.echo(line)


def _measure(workspace: Workspace) -> MachineSpeed:
    """How fast this machine is, against the workspace's own brands if it has any that can be loaded."""
    try:
        brands = workspace.load_brands()
    except BadInputError:
        brands = []  # none yet, or broken: `brand check` and the crawl say which
    return measure_machine(workspace.var, brands, workspace.lexicon())


def _lines(planned: CrawlPlan) -> list[str]:
    left_out = f", {planned.opted_out} more have opted out" if planned.opted_out else ""
    binding = next(limit for limit in planned.limits if limit.name == planned.bound_by)
    lines = [
        f"{planned.vendors} vendors{left_out}",
        f"about {planned.requests:,} requests, {_size(planned.received_bytes)} received, {_size(planned.disk_bytes)} on disk",
        f"about {_time(planned.hours)}; what binds: {_name_binding(planned, binding)}",
        f"to be faster: {binding.advice}",
    ]
    if planned.hours_with_window > planned.hours:
        lines.append(f"about {_time(planned.hours_with_window)} until its end, within the hours of [crawl] hours")
    lines += ["", "how long it would take if nothing else held it up:"]
    width = max(len(limit.title) for limit in planned.limits)
    lines += [f"  {limit.title:<{width}}  {_time(limit.hours):>10}  {limit.reckoned}" for limit in planned.limits]
    others = planned.vendors - planned.known_vendors
    known = f"{planned.known_vendors} vendors by their own last visit" if planned.known_vendors else ""
    rest = f"{others} by {planned.basis}" if others else ""
    lines += [
        "",
        "reckoned: " + ", ".join(filter(None, (known, rest))),
        f"processor time: {planned.page_ms:g} ms a page, {planned.image_ms:g} ms an image, {planned.speed_basis}",
    ]
    return lines


def _name_binding(planned: CrawlPlan, binding: Limit) -> str:
    """The limit that binds; where waits and dead hosts share the places of visits, both of them."""
    beside = next((limit for limit in planned.limits if limit.name in _SHARE_PLACES and limit is not binding), None)
    named = f"{binding.title}, {_time(binding.hours)}"
    if binding.name in _SHARE_PLACES and beside is not None and round(beside.hours, 3) > 0:
        return f"{named}, and beside it {beside.title}, {_time(beside.hours)}"
    return named


_SHARE_PLACES = ("visits-at-once", "dead-hosts")


def _size(count: int) -> str:
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"


def _time(hours: float) -> str:
    if hours >= 48:
        return f"{hours / 24:.1f} days"
    if hours >= 1:
        return f"{hours:.1f} hours"
    return f"{round(hours * 60)} min" if hours * 3600 >= 100 else f"{round(hours * 3600)} s"
