"""`partnerproof watch`: visit again what is due, follow removals, tell who asked to be told."""

from __future__ import annotations

import datetime as dt
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import click

from casebook.cases.casework import update_casework
from crawler.lists.vendor_list import ListOptions
from ledger.identity import utc_now, utc_text
from ledger.proof.writer_lock import WriterLockHeldError
from partnerproof.alert_channels import send_alerts
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.crawl import network_options
from partnerproof.crawl_run import CrawlOrder, run_crawl
from partnerproof.watch_round import find_unfinished, read_schedule, write_list
from partnerproof.workspace import Workspace

NOT_TOLD = 3
_LONGEST_SLEEP_S = 3_600  # a case may have come to be followed up in between, and then its vendor is due earlier


@click.command()
@click.option("--once", is_flag=True, help="One round, then end: for cron or a systemd timer.")
@click.option(
    "--timer",
    type=click.Choice(["cron", "systemd"]),
    help="Print what makes this machine do a round each hour, and end.",
)
@network_options
@pass_choice
def watch(
    choice: Choice,
    once: bool,  # noqa: FBT001  # click passes by name
    timer: str | None,
    allow_private: bool,  # noqa: FBT001
    resolve: tuple[str, ...],
    delay_s: float | None,
    allow_unverified: bool,  # noqa: FBT001
    quiet: bool,  # noqa: FBT001
    log_json: bool,  # noqa: FBT001
) -> int:
    """Visit vendors again when they are due, prove removals, and tell who asked to be told.

    How often, and who is told, stands in partnerproof.toml under [watch]. A vendor is watched once a crawl has visited it. A round
    that was killed goes on where it was. Exit 3 when somebody could not be told: they are told next time.

    \b
    Example:
      partnerproof watch --once
      partnerproof watch --timer systemd
    """
    workspace = choice.workspace()
    if timer is not None:
        click.echo(_cron(workspace) if timer == "cron" else _systemd(workspace))
        return 0
    if not workspace.database.exists():
        raise click.UsageError("nothing was crawled here yet: run `partnerproof crawl` first")
    if not once:
        return _watch_on(workspace)
    order = CrawlOrder(
        allow_private=allow_private, resolve=resolve, delay_s=delay_s, allow_unverified=allow_unverified, is_quiet=quiet, log_json=log_json
    )  # fmt: skip
    try:
        with workspace.hold("watch") as is_ours:
            if not is_ours:
                click.echo("skipped this round: another process is doing one", err=True)
                return 0
            if not _visit(workspace, order):
                _update_cases(workspace)  # a crawl has done that at its end
            return _tell_teams(workspace)
    except WriterLockHeldError as error:
        click.echo(f"skipped this round: {error}", err=True)
        return 0


def _visit(workspace: Workspace, order: CrawlOrder) -> bool:
    """Crawl what is due; returns whether anything was."""
    with workspace.open() as ledger:
        seeds = find_unfinished(ledger, workspace.var)
        schedule = read_schedule(ledger, workspace.config.watch)
        now = utc_now()
        due = [vendor.seed for vendor in schedule if vendor.due_at <= now]
        if seeds is None and not due:
            later = f"the next one is due {utc_text(schedule[0].due_at)}" if schedule else "no vendor was visited yet"
            click.echo(f"nothing is due; {later}", err=True)
            return False
        if seeds is None:
            seeds = write_list(due, workspace.var)
            click.echo(f"{len(due)} of {len(schedule)} vendors are due", err=True)
    run_crawl(workspace, replace(order, seeds=seeds, list_options=ListOptions(is_own=True)))
    return True


def _update_cases(workspace: Workspace) -> None:
    """Also when nothing was due: a day passes by itself."""
    with workspace.writing_beside("watch"), workspace.open() as ledger:
        done = update_casework(ledger, workspace.removal_terms)
    if done.tell():
        click.echo(done.tell(), err=True)


def _tell_teams(workspace: Workspace) -> int:
    with workspace.open() as ledger:  # without the writer lock: a channel that hangs keeps nobody else from writing
        is_all_told = send_alerts(
            ledger,
            workspace.config.watch.alert,
            lambda line: click.echo(line, err=True),
            writing=lambda: workspace.writing_beside("watch"),
            address=workspace.config.service.address,
        )
    return 0 if is_all_told else NOT_TOLD


def _watch_on(workspace: Workspace) -> int:
    """Rounds without end, each in a process of its own: Scrapy's reactor runs once in one."""
    arguments = [*_program(), *sys.argv[1:], "--once"]
    while True:
        code = subprocess.run(arguments, check=False).returncode  # our own program with our own options
        if code not in (0, NOT_TOLD):
            click.echo(f"the round ended with exit {code}; the next one is in an hour", err=True)
        with workspace.open_readonly() as ledger:
            schedule = read_schedule(ledger, workspace.config.watch)
        wait_s = (schedule[0].due_at - utc_now()).total_seconds() if schedule else _LONGEST_SLEEP_S
        is_failing = code != 0
        wait_s = _LONGEST_SLEEP_S if is_failing else min(max(wait_s, 60.0), _LONGEST_SLEEP_S)
        click.echo(f"next look at {utc_text(utc_now() + dt.timedelta(seconds=wait_s))}", err=True)
        time.sleep(wait_s)


def _program() -> list[str]:
    return [sys.executable, "-m", "partnerproof"]


def _command(workspace: Workspace) -> str:
    found = shutil.which(sys.argv[0]) or shutil.which("partnerproof")
    program = [str(Path(found).resolve())] if found and not found.endswith(".py") else _program()
    return shlex.join([*program, "--workspace", str(workspace.root.resolve()), "watch", "--once", "--quiet"])


def _cron(workspace: Workspace) -> str:
    command = _command(workspace).replace("%", "\\%")  # a bare % ends the command in a crontab
    return f"# add this line with `crontab -e`\n17 * * * * {command}"


def _systemd(workspace: Workspace) -> str:
    return f"""\
# ~/.config/systemd/user/partnerproof-watch.service
[Unit]
Description=partnerproof: visit again what is due

[Service]
Type=oneshot
ExecStart={_command(workspace).replace("%", "%%")}

# ~/.config/systemd/user/partnerproof-watch.timer
[Unit]
Description=partnerproof: a round each hour

[Timer]
OnCalendar=hourly
RandomizedDelaySec=10min
Persistent=true

[Install]
WantedBy=timers.target

# then: systemctl --user daemon-reload && systemctl --user enable --now partnerproof-watch.timer"""
