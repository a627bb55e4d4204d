"""Restoring: a workspace made from a backup.

Reads: the backup. Writes: a new folder with its files, and one entry in the custody log there.

1. Files are copied into a folder that is new or empty; what is missing from a broken backup is left out and counted.
2. The log tells from which backup the workspace comes: an anchor still shows that later seals are gone.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from ledger.errors import BadInputError, EvidenceBrokenError, OutsideFailureError, Problem
from ledger.proof.database_digest import digest_database, signs_of
from ledger.proof.verifier import CHUNK_BYTES
from ledger.vocabulary import CustodyEvent
from partnerproof.config import CONFIG_FILE
from partnerproof.safekeeping.backups import FILES, is_own, read_manifest
from partnerproof.workspace import Workspace, find_workspace


def restore_backup(folder: Path, target: Path, *, broken: int = 0) -> Workspace:
    """Make a workspace from a backup, in a folder that is new or empty. broken: what the caller found broken in it.

    Errors: BadInputError for a folder that holds something, OutsideFailureError when the disk refuses.
    """
    manifest = read_manifest(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BadInputError(
            Problem(
                where=str(target), expected="a new or an empty folder", got="one that holds something",
                next_step="name another one: nothing is ever overwritten by a restore",
            )
        )  # fmt: skip
    missing = 0
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name in manifest["files"]:
            missing += not _restore_file(folder / FILES, name, target / name)
        os.sync()
    except OSError as error:
        for path in target.iterdir() if target.is_dir() else ():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise OutsideFailureError(f"{target}: could not be written ({error}); free some space, and restore into an empty folder") from error  # fmt: skip
    if not (target / CONFIG_FILE).is_file():
        raise EvidenceBrokenError(f"{target}: the other files were restored, but {CONFIG_FILE} is missing from the backup; put one there, then run `partnerproof -w {target} verify`")  # fmt: skip
    workspace = find_workspace(target)
    details: dict[str, Any] = {
        "from": str(folder.resolve()),
        "backed_up_at": manifest["made_at"],
        "broken": broken,
        "missing": missing,
    }
    if workspace.database.exists():
        details |= {"database": digest_database(workspace.database), "signs": signs_of(workspace.database)}
    workspace.custody.add(CustodyEvent.RESTORED, details)
    return workspace


def _restore_file(files: Path, name: str, path: Path) -> bool:
    """Copy one file out of a backup; whether it could be read there. Errors: OSError of the writing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        try:
            source = (files / name).open("rb") if is_own(files, name) else None
        except OSError:
            source = None
        if source is not None:
            with source:
                while True:
                    try:
                        chunk = source.read(CHUNK_BYTES)
                    except OSError:
                        break  # a rotten disk
                    if not chunk:
                        return True
                    file.write(chunk)
    path.unlink()
    return False
