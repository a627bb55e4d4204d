"""`partnerproof backup`: a consistent copy of the whole workspace, checked."""

from __future__ import annotations

from pathlib import Path

import click

from casebook.files.tables import plain
from ledger.proof.verifier import BROKEN, NOT_CHECKED, OK
from ledger.vocabulary import CustodyEvent
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.progress import progress_bar
from partnerproof.cli.verify import tell_broken
from partnerproof.safekeeping.backups import check_backup, make_backup


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@pass_choice
def backup(choice: Choice, folder: Path) -> int:
    """Copy the whole workspace (database, web archive, seals, custody log, brands, registers) into a new folder in FOLDER, and check the copy.

    A server may run meanwhile. While another command writes, this one ends at once with exit code 3, and so does another one while this
    one copies. Files that are equal in the backup before are linked to it; links are left out, and named. The custody log tells what the
    check found. A backup keeps what retention deletes later: delete old backups as the same rules say. Exit 1 when what was copied is broken.

    \b
    Example:
      partnerproof backup /mnt/backups
    """
    workspace = choice.workspace()
    with progress_bar() as progress:
        task = progress.add_task("copying", total=None)
        with workspace.writing("backup"):
            made = make_backup(workspace, folder, lambda count: progress.advance(task, count))
        progress.update(task, description="checking")
        checks = check_backup(made.folder)
    outcomes = {outcome: sum(check.outcome == outcome for check in checks) for outcome in (OK, BROKEN, NOT_CHECKED)}
    workspace.custody.add(CustodyEvent.VERIFIED, {"backup": str(made.folder), "outcomes": outcomes})
    linked = f", {made.linked_bytes / 1e6:.1f} MB of them as in the backup before" if made.linked_bytes else ""
    click.echo(f"{made.folder}: {made.files} files, {made.file_bytes / 1e6:.1f} MB{linked}")
    for note in made.notes:
        click.echo(plain(note))
    tell_broken(checks)
    return 1 if any(check.outcome == BROKEN for check in checks) else 0
