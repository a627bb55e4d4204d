"""`partnerproof restore`: a workspace made from a backup."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.proof.verifier import BROKEN
from partnerproof.cli.verify import tell_broken
from partnerproof.safekeeping.backups import check_backup
from partnerproof.safekeeping.restoring import restore_backup


@click.command()
@click.argument("backup", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--broken", "is_broken_accepted", is_flag=True, help="Restore what is there although the backup is broken; the log says so.")  # fmt: skip
def restore(backup: Path, folder: Path, is_broken_accepted: bool) -> int:  # noqa: FBT001
    """Check BACKUP, and make a workspace from it in FOLDER, which is new or empty. Nothing is ever overwritten.

    The custody log tells from which backup it comes. What happened after the backup is gone, and an anchor still shows that.
    Exit 1 when the backup is broken.

    \b
    Example:
      partnerproof restore /mnt/backups/myspace-2026-12-01T020000Z restored
    """
    checks = check_backup(backup)
    tell_broken(checks)
    broken = sum(check.outcome == BROKEN for check in checks)
    if broken and not is_broken_accepted:
        click.echo("nothing was restored: try an older backup, or take what is there with --broken")
        return 1
    workspace = restore_backup(backup, folder, broken=broken)
    click.echo(f"{workspace.root}: restored; check it with `partnerproof -w {workspace.root} verify --anchor`")
    return 1 if broken else 0
