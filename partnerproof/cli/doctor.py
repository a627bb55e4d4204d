"""`partnerproof doctor`: the health of this installation, and of the workspace."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from casebook.files.tables import plain
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.tables import plain_console
from partnerproof.safekeeping.health import Health
from partnerproof.safekeeping.installation import Finding, State, look_at_machine
from partnerproof.workspace import NoWorkspaceError, Workspace

STYLES = {State.OK: "green", State.NOT_SET_UP: "dim", State.NOT_CHECKED: "yellow", State.PROBLEM: "bold red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As a JSON list, for a monitor.")
@pass_choice
def doctor(choice: Choice, as_json: bool) -> int:  # noqa: FBT001  # click passes by name
    """Say how this installation and the workspace are: boxes for foreign bytes, Chromium, fonts, extras; disk, modes, clock, database,
    archive, log, seals, anchors, backups, the watch. Each problem comes with what to do.

    Quick, and without a workspace it looks at the machine alone. Exit 1 when there is a problem, 3 when something could not be checked.

    \b
    Example:
      partnerproof doctor
    """
    workspace: Workspace | None = None
    try:
        workspace = choice.workspace()
    except NoWorkspaceError:
        if choice.named is not None:
            raise
    crawl = workspace.config.crawl if workspace else None
    findings = list(look_at_machine((crawl and crawl.browser) or None, (crawl and crawl.browser_user) or None))
    if workspace is not None:
        findings += Health(workspace).findings()
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        _tell(findings)
    states = {finding.state for finding in findings}
    return 1 if State.PROBLEM in states else 3 if State.NOT_CHECKED in states else 0


def _tell(findings: list[Finding]) -> None:
    console = plain_console()
    widest = max(len(finding.part) for finding in findings)
    for finding in findings:
        console.print(f"{finding.state:>11}", style=STYLES[finding.state], end="  ")
        console.print(plain(f"{finding.part:<{widest}}  "), markup=False, highlight=False, end="")
        console.print_indented(finding.detail, indent=widest + 15, is_begun=True)
        if finding.advice and finding.state is not State.OK:
            console.print_indented(f"→ {finding.advice}", indent=widest + 15)
    problems = sum(finding.state is State.PROBLEM for finding in findings)
    unchecked = sum(finding.state is State.NOT_CHECKED for finding in findings)
    summary = f"{problems} {'problem' if problems == 1 else 'problems'}" if problems else "no problem"
    more = f"; {unchecked} could not be checked" if unchecked else ""
    console.print(f"\n{summary}{more}", style="bold", highlight=False)
