"""Backups: a consistent copy of a whole workspace with the digest of each file, its check, and a workspace made from it.

Reads: the workspace's folder. Writes: `<folder>/<name>-<instant>/` with backup.json and the files; the custody log.

1. The writer lock keeps commands out that compute; for the moment in which database and custody log are copied, all writes wait.
2. The log's entry about the backup has the digest of the database's copy, and is the last one in the copy of the log.
3. Files are copied with their digests. One that is equal in the backup before, as it lies there now, is linked to it: an archive that only
   grows takes its space once. What a link leads to is not part of the workspace: links are left out, and backup.json names them.
4. The folder gets its name when all of it is there. Then it is verified as a workspace is. Nothing is ever written into it again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ledger.errors import BadInputError, EvidenceBrokenError, OutsideFailureError, Problem
from ledger.identity import parse_utc, sha256_hex, utc_text
from ledger.proof.custody import CustodyLog
from ledger.proof.fixity import Place
from ledger.proof.verification import Verification
from ledger.proof.verifier import BROKEN, CHUNK_BYTES, OK, Check, canonical, file_facts
from ledger.proof.writer_lock import ENTRY_LOCK, HELD_NAMES, LOG_NAME, NEXT_LOCK, SEALS_NAME, WRITER_LOCK
from ledger.vocabulary import CustodyEvent
from partnerproof.config import CONFIG_FILE
from partnerproof.workspace import Workspace

FORMAT = "partnerproof backup 1"
MANIFEST = "backup.json"
FILES = "workspace"  # where the files of the workspace lie in a backup
_OF_THE_MOMENT = frozenset({WRITER_LOCK, NEXT_LOCK, ENTRY_LOCK, "partnerproof.db-wal", "partnerproof.db-shm"})  # in var
_INSTANT = r"\d{4}-\d\d-\d\dT\d{6}Z(-\d+)?"  # a second backup of the same second has a number
_MANIFEST_BYTES, _MOST_LETTERS = 500_000_000, 200  # of what a backup says of itself; of a foreign word that is shown
_NEVER = frozenset({".git", "__pycache__"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A finished backup. linked_bytes: of files that are the same in the backup before; notes: sentences that its maker should read."""

    folder: Path
    files: int
    file_bytes: int
    linked_bytes: int
    notes: tuple[str, ...]


def make_backup(workspace: Workspace, target: Path, on_bytes: Callable[[int], None] = lambda _: None) -> Backup:
    """Copy a workspace into a new folder below target. The caller holds the writer lock.

    Errors: BadInputError where it can't be taken back from there, OutsideFailureError when the disk refuses.
    """
    root, var, target = workspace.root.resolve(), workspace.var.resolve(), target.resolve()
    _check_places(root, var, target)
    now = utc_text()
    try:
        target.mkdir(parents=True, exist_ok=True)
        _clear_leftovers(target, root.name)
        folder = _new_name(target, f"{root.name}-{now.replace(':', '')}")
        with _unfinished(folder) as part:
            copying = _Copying(part / FILES, _backups(target, root.name), on_bytes)
            inner = part / FILES / var.relative_to(root)
            inner.mkdir(parents=True)
            _copy_moment(workspace, inner, folder, copying)
            links: list[str] = []
            for path in sorted(_files(root, var, links)):
                copying.copy(path, path.relative_to(root).as_posix())
            manifest = {
                "format": FORMAT,
                "made_at": now,
                "var": var.relative_to(root).as_posix(),
                "files": dict(sorted(copying.files.items())),
                "links_left_out": sorted(links),
            }
            (part / MANIFEST).write_bytes(canonical({**manifest, "sha256": sha256_hex(canonical(manifest))}) + b"\n")
            os.sync()
            part.rename(folder)
    except OSError as error:
        raise OutsideFailureError(f"{target}: the backup could not be written ({error}); free some space, or name another folder") from error  # fmt: skip
    total = sum(facts["bytes"] for facts in copying.files.values())
    if links:
        copying.notes.append(f"not in the backup, for they are links: {', '.join(sorted(links))[:_MOST_LETTERS]}; back up what they lead to yourself")  # fmt: skip
    return Backup(
        folder=folder, files=len(copying.files), file_bytes=total, linked_bytes=copying.linked_bytes, notes=tuple(copying.notes)
    )  # fmt: skip


def _new_name(target: Path, name: str) -> Path:
    """A folder that is not there yet, nor being made."""
    number = 1
    while (folder := target / (name if number == 1 else f"{name}-{number}")).exists() or _part(folder).exists():
        number += 1
    return folder


def _part(folder: Path) -> Path:
    """Where a backup lies until it is whole."""
    return folder.with_name(f".{folder.name}")


@contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    """A locked folder to fill, which is gone when filling it fails: the lock tells others that somebody is at it."""
    part = _part(folder)
    part.mkdir()
    opened = os.open(part, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield part
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    finally:
        os.close(opened)


def _clear_leftovers(target: Path, name: str) -> None:
    """Delete what killed backups of a workspace of this name left. Errors: OSError."""
    for part in target.iterdir():
        if not re.fullmatch(rf"\.{re.escape(name)}-{_INSTANT}", part.name) or part.is_symlink() or not part.is_dir():
            continue
        opened = os.open(part, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(part)
        except BlockingIOError:
            continue  # of another workspace with this name, whose backup is being made
        finally:
            os.close(opened)


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
        facts = file_facts(database)
        log.add(CustodyEvent.BACKED_UP, {**entry, "database": facts})
        copying.copy(log.path, f"{prefix}/{LOG_NAME}")
    copying.note(f"{prefix}/{database.name}", facts)


def _files(root: Path, var: Path, links: list[str]) -> Iterator[Path]:
    """The files of a workspace that are copied as they lie there. links: gets the names of links, which are left out."""
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        links += [
            (here / name).relative_to(root).as_posix() for name in (*folders, *names) if (here / name).is_symlink()
        ]
        folders[:] = [
            name
            for name in folders
            if name not in _NEVER and not (here / name).is_symlink() and (here, name) != (var, HELD_NAMES)
        ]
        for name in names:
            path = here / name
            is_copied_already = here == var and name in (_OF_THE_MOMENT | {LOG_NAME, "partnerproof.db"})
            if not is_copied_already and path.is_file() and not path.is_symlink():
                yield path


class _Copying:
    """Files on their way into a backup. files: relative path → length and SHA-256."""

    def __init__(self, into: Path, earlier: list[Path], on_bytes: Callable[[int], None]) -> None:
        self.into = into
        self.files: dict[str, dict[str, Any]] = {}
        self.linked_bytes = 0
        self.notes: list[str] = []
        self._previous: Path | None = None
        self._known: dict[str, Any] = {}
        for folder in earlier:
            try:
                self._previous, self._known = folder, read_manifest(folder)["files"]
                break
            except EvidenceBrokenError:
                self.notes.append(
                    f"{folder}: an earlier backup is damaged, nothing was taken from it; do not count on it"
                )
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
            self._link(self._previous, name, facts)
        self.note(name, facts)

    def _link(self, previous: Path, name: str, facts: dict[str, Any]) -> None:
        """Put a link to the file of the backup before in place of the copy, if that file still is what it was."""
        target = self.into / name
        spare = target.with_name(f"{target.name}.copy")
        try:
            if not is_own(previous / FILES, name) or file_facts(previous / FILES / name) != facts:
                self.notes.append(f"{previous}: its {name} was changed since, the copy made now is the good one; check that backup: partnerproof verify {previous}")  # fmt: skip
                return
            os.link(previous / FILES / name, spare)
            spare.replace(target)
            self.linked_bytes += int(facts["bytes"])
        except OSError:
            spare.unlink(missing_ok=True)  # a file system without links keeps the copy


def _backups(target: Path, name: str) -> list[Path]:
    """The finished backups of workspaces of this name, the latest first."""
    pattern = rf"{re.escape(name)}-{_INSTANT}"
    found = [path for path in target.iterdir() if re.fullmatch(pattern, path.name) and (path / MANIFEST).is_file()]
    return sorted(found, key=_turn, reverse=True)


def _turn(path: Path) -> tuple[str, int]:
    instant, _, number = path.name.rpartition("Z")
    return instant, int(number[1:] or 1)


def is_own(files: Path, name: str) -> bool:
    """Whether a name stands for a regular file in a backup, and no link on the way leads elsewhere."""
    path = files / name
    return path.is_file() and path.resolve() == files.resolve() / name


def find_sound_backup(entries: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the log's entry of the latest backup that is still there and in which its check found nothing broken."""
    outcomes: dict[str, Any] = {}
    for entry in entries:
        details = entry["details"]
        if entry["event"] == CustodyEvent.VERIFIED and isinstance(details.get("backup"), str):
            outcomes[details["backup"]] = details.get("outcomes")
    for backed_up in entries[::-1]:
        folder = backed_up["details"].get("to") if backed_up["event"] == CustodyEvent.BACKED_UP else None
        found = outcomes.get(folder) if isinstance(folder, str) else None
        if isinstance(found, dict) and found.get(BROKEN) == 0 and is_backup(Path(str(folder))):
            return backed_up
    return None


def is_backup(path: Path) -> bool:
    return (path / MANIFEST).is_file()


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return what a backup says of itself. Errors: EvidenceBrokenError."""
    try:
        if (folder / MANIFEST).stat().st_size > _MANIFEST_BYTES:
            raise ValueError("it is too long")
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        body = {key: value for key, value in manifest.items() if key != "sha256"}
        if manifest["format"] != FORMAT or manifest["sha256"] != sha256_hex(canonical(body)):
            raise ValueError("its digest is another")
        if not isinstance(manifest["files"], dict) or not isinstance(manifest["var"], str):
            raise TypeError("it lists no files")
        parse_utc(manifest["made_at"])
        for name in (*manifest["files"], manifest["var"]):
            path = PurePosixPath(name)
            if (
                path.is_absolute()
                or ".." in path.parts
                or path.as_posix() != name
                or not name.isprintable()
                or name == "."
            ):
                raise ValueError(f"it names {name[:_MOST_LETTERS]!r}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        why = f"it has no {error}" if isinstance(error, KeyError) else str(error)[: 2 * _MOST_LETTERS]
        raise EvidenceBrokenError(f"{folder / MANIFEST}: expected what a backup says of itself, got something else ({why}); take another backup") from error  # fmt: skip
    return manifest


def check_backup(folder: Path, on_bytes: Callable[[int], None] = lambda _: None) -> list[Check]:
    """Check that a backup is whole, and what is in it as a workspace is checked. Errors: EvidenceBrokenError."""
    manifest = read_manifest(folder)
    files, wrong = folder / FILES, []
    for name, facts in manifest["files"].items():
        try:
            if not is_own(files, name):
                wrong.append(Check(name[:_MOST_LETTERS], BROKEN, "is missing from the backup"))
            elif file_facts(files / name) != facts:
                wrong.append(
                    Check(name[:_MOST_LETTERS], BROKEN, "was changed since the backup was made: its digest is another")
                )
        except OSError as error:
            wrong.append(Check(name[:_MOST_LETTERS], BROKEN, f"can't be read ({error.strerror or error})"))
    there = {path.relative_to(files).as_posix() for path in files.rglob("*") if path.is_symlink() or not path.is_dir()}
    added = sorted(there - manifest["files"].keys())
    wrong += [Check(name, BROKEN, "was added to the backup") for name in added]
    if wrong:
        return wrong
    var = files / manifest["var"]
    with tempfile.TemporaryDirectory() as made:
        place = Place(
            database=_read_beside(var / "partnerproof.db", Path(made)), warc_dir=var / "warc", seals_dir=var / SEALS_NAME, fixity=Path(made) / "fixity.jsonl",
            log=CustodyLog(var / LOG_NAME), is_backup=True,
        )  # fmt: skip
        checks = Verification(place, on_bytes=on_bytes).run()
    database = f"{manifest['var']}/partnerproof.db"
    if not _is_logged(var, manifest["files"].get(database)):
        checks.append(Check(database, BROKEN, "is not the copy that the custody log's last entry tells of"))
    whole = Check(MANIFEST, OK, f"{len(manifest['files'])} files as they were backed up on {manifest['made_at']}")
    return [whole, *(check for check in checks if not check.what.endswith("whole file"))]


def _read_beside(database: Path, made: Path) -> Path:
    """A database that reading adds no file to: a backup's own, or a copy of one that is set to write-ahead logging."""
    if not database.is_file():
        return database
    with database.open("rb") as file:
        head = file.read(
            20
        )  # bytes 18 and 19: 1 for a rollback journal, 2 for a write-ahead log (sqlite.org/fileformat2.html)
    if 2 not in head[18:20]:
        return database
    return Path(shutil.copyfile(database, made / database.name))


def _is_logged(var: Path, facts: dict[str, Any] | None) -> bool:
    backed_up = CustodyLog(var / LOG_NAME).newest({CustodyEvent.BACKED_UP})
    return backed_up is not None and backed_up["details"].get("database") == facts
