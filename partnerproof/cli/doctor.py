"""`partnerproof doctor`: what protects this machine from the bytes of strangers, and what is missing."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import click

from crawler.drawing.browser import find_executable
from crawler.drawing.browser_user import try_browser
from ledger.box_check import check_box
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.workspace import NoWorkspaceError

OK, MISSING, NOT_INSTALLED = "ok", "missing", "not installed"
PROBLEM = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """state: OK, MISSING or NOT_INSTALLED, which is no problem."""

    part: str
    state: str
    detail: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As a JSON list.")
@pass_choice
def doctor(choice: Choice, as_json: bool) -> None:  # noqa: FBT001  # click passes by name
    """Say whether foreign pages, pictures and PDF files are read in a whole box here, and try it.

    Ends with 1 where a layer is missing. Needs no workspace.

    \b
    Example:
      partnerproof doctor
    """
    findings = [*_box(), _browser(choice)]
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            click.echo(f"{finding.state:<14} {finding.part}: {finding.detail}")
    if any(finding.state == MISSING for finding in findings):
        raise SystemExit(PROBLEM)


def _box() -> list[Finding]:
    with tempfile.NamedTemporaryFile(prefix="partnerproof-doctor-") as own:
        check = check_box(Path(own.name))
    findings = []
    for layer in check.missing:
        name, _, detail = layer.partition(": ")
        findings.append(Finding(part=name, state=MISSING, detail=detail))
    if not check.missing:
        findings.append(
            Finding(part="layers", state=OK, detail="empty environment, no new privileges, Landlock, seccomp")
        )
    if check.got_through:
        detail = f"a process in it could {', '.join(check.got_through)}"
        findings.append(Finding(part="tried in a box", state=MISSING, detail=detail))
    else:
        detail = "it could read and write no file of yours, reach no network, start no program, touch no other process"
        findings.append(Finding(part="tried in a box", state=OK, detail=detail))
    return findings


def _browser(choice: Choice) -> Finding:
    part = "Chromium"
    try:
        config = choice.workspace().config.crawl
        named, user = config.browser or None, config.browser_user or None
    except NoWorkspaceError:
        named, user = None, None
    executable = find_executable(named)
    if find_spec("playwright") is None or executable is None:
        detail = (
            "pages that scripts draw are not drawn; pip install 'partnerproof[browser]', and Chromium of the system"
        )
        return Finding(part=part, state=NOT_INSTALLED, detail=detail)
    why = try_browser(executable, user)
    if why is not None:
        return Finding(part=part, state=MISSING, detail=why)
    return Finding(part=part, state=OK, detail="runs in its own sandbox, not as root, with an empty environment")
