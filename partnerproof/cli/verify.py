"""`partnerproof verify`: whether what is stored, or an export, is as it was sealed."""

from __future__ import annotations

import json
import re
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from casebook.files.tables import plain
from ledger.errors import BadInputError, PartnerproofError, Problem
from ledger.merging.shard_chains import check_shard_chains
from ledger.proof.fixity import Place
from ledger.proof.verification import Verification
from ledger.proof.verifier import BROKEN, MANIFEST, NOT_CHECKED, OK, Check, check_export
from ledger.vocabulary import CustodyEvent
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.progress import progress_bar
from partnerproof.cli.tables import plain_console
from partnerproof.crawl_answers import count_rows
from partnerproof.safekeeping.anchoring import check_anchors, trusted_certificates
from partnerproof.safekeeping.backups import check_backup, find_sound_backup, is_backup
from partnerproof.safekeeping.case_events import NEVER_WRITTEN, CaseCheck
from partnerproof.safekeeping.made_again import MadeAgain
from partnerproof.workspace import Workspace

_SINCE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")


def _is_day_or_instant(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return _SINCE.fullmatch(text) is not None


@click.command()
@click.argument("export", required=False, type=click.Path(path_type=Path))
@click.option("--since", help="Do not read again what was found in order on or after this date (2026-11-01) and has its file's time and length of then.")  # fmt: skip
@click.option("--deep", "is_deep", is_flag=True, help="Also make again from the archive what can be made, and hold cases and letters against their events and the log.")  # fmt: skip
@click.option("--anchor", "is_anchored", is_flag=True, help="Also hold the workspace against what stands at the anchors of partnerproof.toml.")  # fmt: skip
@click.option("--statement", "messages", multiple=True, type=click.Path(path_type=Path, exists=True), help="A saved message of an anchor, or the folder in which its owner keeps statements; implies --anchor; may be repeated.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Every check as a JSON list.")
@pass_choice
def verify(
    choice: Choice,
    export: Path | None,
    since: str | None,
    is_deep: bool,  # noqa: FBT001
    is_anchored: bool,  # noqa: FBT001
    messages: tuple[Path, ...],
    as_json: bool,  # noqa: FBT001
) -> int:
    """Check that everything stored is as it was sealed: database, web archive, seals, timestamps, custody log.

    With EXPORT, a zip file or its unpacked folder, or the folder of a backup, that is checked instead. Three outcomes: ok, BROKEN, not checked.
    Exit 1 when something is broken, 3 when nothing is and something could not be checked.

    \b
    Example:
      partnerproof verify
      partnerproof verify --since 2026-11-01
      partnerproof verify --deep
      partnerproof verify --anchor --statement anchor-mail.eml
    """
    if since is not None and not _is_day_or_instant(since):
        raise BadInputError(
            Problem(where="--since", expected="a date", got=repr(since), next_step="write it as 2026-11-01")
        )
    if export is not None and (is_deep or is_anchored or messages or since):
        raise click.UsageError(
            "--since, --deep, --anchor and --statement are of the workspace: leave EXPORT out, or them"
        )
    if export is not None and is_backup(export):
        checks = check_backup(export)
    elif export is not None:
        if not export.exists():
            raise BadInputError(
                Problem(
                    where=str(export),
                    expected="the zip file or the folder of an export, or the folder of a backup",
                    got="nothing there",
                    next_step="make one with `partnerproof export CLAIM`",
                )
            )
        checks = [*check_export(export), *_find_in_log(choice, export)]
    else:
        workspace = choice.workspace()
        checks = _verify_workspace(workspace, since)
        if is_deep:
            checks += _check_deeply(workspace)
        if is_anchored or messages:
            checks += check_anchors(workspace, messages)
    _tell(checks, as_json=as_json)
    if not as_json and export is None and any(check.outcome == BROKEN for check in checks):
        _advise(choice.workspace())
    outcomes = {check.outcome for check in checks}
    return 1 if BROKEN in outcomes else 3 if NOT_CHECKED in outcomes else 0


def _find_in_log(choice: Choice, export: Path) -> Iterator[Check]:
    """Whether this workspace's custody log tells of an export: no seal covers the pages for people, and their digests are there."""
    try:
        entries = choice.workspace().custody.entries()
        text = (export / MANIFEST).read_bytes() if export.is_dir() else zipfile.Path(export, MANIFEST).read_bytes()
        digest = json.loads(text)["sha256"]
    except (PartnerproofError, OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return  # there is no workspace here, or the export's own checks have told what it is
    made = [entry for entry in entries if entry["details"].get("manifest_sha256") == digest]
    if made:
        yield Check(
            MANIFEST, OK, f"is the export that the custody log of this workspace tells of, made {made[-1]['at']}"
        )
    elif any(entry["event"] == CustodyEvent.EXPORTED for entry in entries):
        yield Check(
            MANIFEST,
            NOT_CHECKED,
            "the custody log of this workspace tells of no such export: it was made elsewhere, or changed",
        )


def _verify_workspace(workspace: Workspace, since: str | None) -> list[Check]:
    place = Place(
        database=workspace.database,
        warc_dir=workspace.warc,
        seals_dir=workspace.seals,
        fixity=workspace.var / "fixity.jsonl",
        log=workspace.custody,
    )
    with progress_bar() as progress:
        total = sum(path.stat().st_size for path in workspace.warc.glob("*")) if workspace.warc.is_dir() else 0
        task = progress.add_task("reading", total=total)
        checks = Verification(
            place,
            since=since,
            trusted=trusted_certificates(workspace),
            on_bytes=lambda count: progress.advance(task, count),
        ).run()
    if not _is_log_broken(checks, workspace.custody.path.name):
        checks += check_shard_chains(workspace.shards, workspace.custody.entries())
    if workspace.var.is_dir() and not _is_log_broken(checks, workspace.custody.path.name):
        counts = {outcome: sum(check.outcome == outcome for check in checks) for outcome in (OK, BROKEN, NOT_CHECKED)}
        workspace.custody.add(CustodyEvent.VERIFIED, {"since": since, "outcomes": counts})
    return checks


def _check_deeply(workspace: Workspace) -> Iterator[Check]:
    try:
        with workspace.open_readonly() as ledger:
            yield from CaseCheck(ledger, workspace.custody.entries()).checks()
            visits = count_rows(ledger, "visits")
        with progress_bar() as progress:
            task = progress.add_task("making again", total=visits)
            yield from MadeAgain(workspace, on_visit=lambda _: progress.advance(task)).checks()
    except (PartnerproofError, sqlite3.Error) as error:
        yield Check("deep", NOT_CHECKED, f"it could not be made again ({error})")
    except NEVER_WRITTEN as error:
        yield Check("deep", BROKEN, f"a row holds what this program never writes ({type(error).__name__}: {error})")


def _advise(workspace: Workspace) -> None:
    """Name the latest backup that is still there and was found in order when it was made."""
    try:
        entry = find_sound_backup(workspace.custody.entries())
    except PartnerproofError:
        entry = None
    if entry is None:
        click.echo(
            "keep everything as it is; no backup that the custody log tells of, and that was found in order, is there"
        )
        return
    folder = entry["details"]["to"]
    click.echo(plain(f"keep everything as it is; the latest backup that was found in order is of {entry['at']}: partnerproof restore {folder} NEW-FOLDER"))  # fmt: skip


def _is_log_broken(checks: list[Check], name: str) -> bool:
    return any(check.outcome == BROKEN and check.what.startswith(name) for check in checks)


def tell_broken(checks: Iterable[Check]) -> None:
    """Print what is broken."""
    for check in checks:
        if check.outcome == BROKEN:
            click.echo(f"BROKEN  {plain(check.what)}: {plain(check.detail)}")


def _tell(checks: list[Check], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], ensure_ascii=False, indent=2))
        return
    console = plain_console()
    styles = {OK: "green", BROKEN: "bold red", NOT_CHECKED: "yellow"}
    for check in sorted(checks, key=lambda check: [OK, NOT_CHECKED, BROKEN].index(check.outcome)):
        console.print(f"{check.outcome:>11}", style=styles[check.outcome], end="  ")
        console.print_indented(f"{check.what}: {check.detail}", indent=13, is_begun=True)
    broken = sum(check.outcome == BROKEN for check in checks)
    unchecked = sum(check.outcome == NOT_CHECKED for check in checks)
    more = f"; {unchecked} could not be checked" if unchecked else ""
    console.print(f"\n{broken} broken{more}" if broken else f"\nnothing is broken{more}", style="bold", highlight=False)
