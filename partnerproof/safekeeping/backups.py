"""Backups: a consistent copy of a whole workspace with the digest of each file, its check, and a workspace made from it.

Reads: the workspace's folder. Writes: `<folder>/<name>-<instant>/` with backup.json and the files; the custody log.

1. The writer lock keeps commands out; for the moment in which database and custody log are copied, a server's writes wait too.
2. The log's entry about the backup has the digest of the database's copy, and is the last one in the copy of the log.
3. Files are copied with their digests. One that is equal in the backup before is linked to it: an archive that only grows takes its space once.
4. The folder gets its name when all of it is there. Then it is verified as a workspace is.
5. A restored workspace tells in its log from which backup it comes: an anchor still shows that later seals are gone.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ledger.errors import BadInputError, EvidenceBrokenError, OutsideFailureError, Problem
from ledger.identity import sha256_hex, utc_text
from ledger.proof.custody import CustodyLog
from ledger.proof.database_digest import digest_database, signs_of
from ledger.proof.fixity import Place
from ledger.proof.verification import Verification
from ledger.proof.verifier import BROKEN, CHUNK_BYTES, OK, Check, canonical, file_facts
from ledger.proof.writer_lock import LOG_NAME, SEALS_NAME
from ledger.vocabulary import CustodyEvent
from partnerproof.config import CONFIG_FILE
from partnerproof.workspace import Workspace, find_workspace

FORMAT = "partnerproof backup 1"
MANIFEST = "backup.json"
FILES = "workspace"  # where the files of the workspace lie in a backup
_OF_THE_MOMENT = frozenset({"lock", "entry-lock", "partnerproof.db-wal", "partnerproof.db-shm"})  # in var
_NEVER = frozenset({".git", "__pycache__"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A finished backup. linked_bytes: of files that are the same in the backup before."""

    folder: Path
    files: int
    file_bytes: int
    linked_bytes: int


def make_backup(workspace: Workspace, target: Path, on_bytes: Callable[[int], None] = lambda _: None) -> Backup:
    """Copy a workspace into a new folder below target. The caller holds the writer lock.

    Errors: BadInputError where it can't be taken back from there, OutsideFailureError when the disk refuses.
    """
    root, var = workspace.root.resolve(), workspace.var.resolve()
    _check_places(root, var, target.resolve())
    now, folder = _name_backup(target, root.name)
    part = target / f".{folder.name}"
    copying = _Copying(part / FILES, _previous(target, root.name), on_bytes)
    try:
        shutil.rmtree(part, ignore_errors=True)
        (part / FILES).mkdir(parents=True)
        inner = part / FILES / var.relative_to(root)
        inner.mkdir(parents=True)
        _copy_moment(workspace, inner, folder, copying)
        for path in sorted(_files(root, var)):
            copying.copy(path, path.relative_to(root).as_posix())
        manifest = {
            "format": FORMAT,
            "made_at": now,
            "var": var.relative_to(root).as_posix(),
            "files": dict(sorted(copying.files.items())),
        }
        (part / MANIFEST).write_bytes(canonical({**manifest, "sha256": sha256_hex(canonical(manifest))}) + b"\n")
        os.sync()
        part.rename(folder)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise OutsideFailureError(f"{target}: the backup could not be written ({error}); free some space, or name another folder") from error  # fmt: skip
    total = sum(facts["bytes"] for facts in copying.files.values())
    return Backup(folder=folder, files=len(copying.files), file_bytes=total, linked_bytes=copying.linked_bytes)


def _name_backup(target: Path, name: str) -> tuple[str, Path]:
    """Now, and the folder of a backup that begins now: of two in one second the later waits for the next."""
    for _ in range(30):
        now = utc_text()
        folder = target / f"{name}-{now.replace(':', '')}"
        if not folder.exists():
            break
        time.sleep(0.1)
    return now, folder


def _check_places(root: Path, var: Path, target: Path) -> None:
    if not var.is_relative_to(root) or var == root:
        raise BadInputError(
            Problem(
                where=f"{CONFIG_FILE}, [paths] var", expected="a folder in the workspace's own", got=str(var),
                next_step="copy both folders yourself, with the program stopped",
            )
        )  # fmt: skip
    if target.is_relative_to(root):
        raise BadInputError(
            Problem(where=str(target), expected="a folder outside the workspace", got="one in it", next_step="name one on another disk")
        )  # fmt: skip


def _copy_moment(workspace: Workspace, inner: Path, folder: Path, copying: _Copying) -> None:
    """Copy database and log as of one moment: whoever writes to the database waits, as a server's decisions do."""
    database = inner / workspace.database.name
    log, entry = workspace.custody, {"to": str(folder)}
    prefix = inner.relative_to(copying.into).as_posix()
    if not workspace.database.exists():
        log.add(CustodyEvent.BACKED_UP, entry)
        copying.copy(log.path, f"{prefix}/{LOG_NAME}")
        return
    with workspace.open() as ledger, ledger.transaction():
        with workspace.open_readonly() as reading:
            reading.copy_to(database)
        log.add(CustodyEvent.BACKED_UP, {**entry, "database": file_facts(database)})
        copying.copy(log.path, f"{prefix}/{LOG_NAME}")
    copying.note(f"{prefix}/{database.name}", file_facts(database))


def _files(root: Path, var: Path) -> Iterator[Path]:
    """The files of a workspace that are copied as they lie there; what a link leads to is not part of it."""
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        folders[:] = [name for name in folders if name not in _NEVER and not (here / name).is_symlink()]
        for name in names:
            path = here / name
            is_copied_already = here == var and name in (_OF_THE_MOMENT | {LOG_NAME, "partnerproof.db"})
            if not is_copied_already and path.is_file() and not path.is_symlink():
                yield path


class _Copying:
    """Files on their way into a backup. files: relative path → length and SHA-256."""

    def __init__(self, into: Path, previous: Path | None, on_bytes: Callable[[int], None]) -> None:
        self.into = into
        self.files: dict[str, dict[str, Any]] = {}
        self.linked_bytes = 0
        self._previous = previous
        self._known = read_manifest(previous)["files"] if previous else {}
        self._on_bytes = on_bytes

    def note(self, name: str, facts: dict[str, Any]) -> None:
        self.files[name] = facts

    def copy(self, path: Path, name: str) -> None:
        """Copy one file, or link it to the equal one of the backup before."""
        target = self.into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with path.open("rb") as source, target.open("wb") as file:
            while chunk := source.read(CHUNK_BYTES):
                digest.update(chunk)
                file.write(chunk)
                size += len(chunk)
                self._on_bytes(len(chunk))
        facts = {"bytes": size, "sha256": digest.hexdigest()}
        if self._previous is not None and self._known.get(name) == facts:
            self._link(self._previous / FILES / name, target, size)
        self.note(name, facts)

    def _link(self, before: Path, target: Path, size: int) -> None:
        spare = target.with_name(f"{target.name}.copy")
        try:
            os.link(before, spare)
            spare.replace(target)
            self.linked_bytes += size
        except OSError:
            spare.unlink(missing_ok=True)  # a file system without links keeps the copy


def _previous(target: Path, name: str) -> Path | None:
    """The latest finished backup of a workspace of this name."""
    found = sorted(path for path in target.glob(f"{name}-*Z") if (path / MANIFEST).is_file())
    return found[-1] if found else None


def is_backup(path: Path) -> bool:
    return (path / MANIFEST).is_file()


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return what a backup says of itself. Errors: EvidenceBrokenError."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        body = {key: value for key, value in manifest.items() if key != "sha256"}
        if manifest["format"] != FORMAT or manifest["sha256"] != sha256_hex(canonical(body)):
            raise ValueError("its digest is another")
        for name in (*manifest["files"], manifest["var"]):
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or not path.parts:
                raise ValueError(f"it names {name!r}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EvidenceBrokenError(f"{folder / MANIFEST}: expected what a backup says of itself, got something else ({error}); take another backup") from error  # fmt: skip
    return manifest


def check_backup(folder: Path, on_bytes: Callable[[int], None] = lambda _: None) -> list[Check]:
    """Check that a backup is whole, and what is in it as a workspace is checked. Errors: EvidenceBrokenError."""
    manifest = read_manifest(folder)
    files, wrong = folder / FILES, []
    for name, facts in manifest["files"].items():
        path = files / name
        if not path.is_file():
            wrong.append(Check(name, BROKEN, "is missing from the backup"))
        elif file_facts(path) != facts:
            wrong.append(Check(name, BROKEN, "was changed since the backup was made: its digest is another"))
    there = {path.relative_to(files).as_posix() for path in files.rglob("*") if path.is_file()}
    added = sorted(there - manifest["files"].keys())
    wrong += [Check(name, BROKEN, "was added to the backup") for name in added]
    if wrong:
        return wrong
    var = files / manifest["var"]
    with tempfile.TemporaryDirectory() as made:
        place = Place(
            database=var / "partnerproof.db", warc_dir=var / "warc", seals_dir=var / SEALS_NAME, fixity=Path(made) / "fixity.jsonl",
            log=CustodyLog(var / LOG_NAME),
        )  # fmt: skip
        checks = Verification(place, on_bytes=on_bytes).run()
    for leftover in ("partnerproof.db-wal", "partnerproof.db-shm"):  # of the reader
        (var / leftover).unlink(missing_ok=True)
    database = f"{manifest['var']}/partnerproof.db"
    if not _is_logged(var, manifest["files"].get(database)):
        checks.append(Check(database, BROKEN, "is not the copy that the custody log's last entry tells of"))
    whole = Check(MANIFEST, OK, f"{len(manifest['files'])} files as they were backed up on {manifest['made_at']}")
    return [whole, *(check for check in checks if not check.what.endswith("whole file"))]


def _is_logged(var: Path, facts: dict[str, Any] | None) -> bool:
    backed_up = CustodyLog(var / LOG_NAME).newest({CustodyEvent.BACKED_UP})
    return backed_up is not None and backed_up["details"].get("database") == facts


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
    try:
        for name in manifest["files"]:
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / FILES / name, path)
        os.sync()
    except OSError as error:
        raise OutsideFailureError(f"{target}: could not be written ({error}); free some space, and restore into an empty folder") from error  # fmt: skip
    workspace = find_workspace(target)
    details: dict[str, Any] = {"from": str(folder.resolve()), "backed_up_at": manifest["made_at"], "broken": broken}
    if workspace.database.exists():
        details |= {"database": digest_database(workspace.database), "signs": signs_of(workspace.database)}
    workspace.custody.add(CustodyEvent.RESTORED, details)
    return workspace
