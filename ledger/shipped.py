"""Where the program's own data lies: what comes with it, beside the packages, and what a machine made of that, in the user's cache folder.

What is cached can be made again: it may be deleted at any time. What is damaged, foreign or unreadable there counts as not there, and
a folder that other users may write to is not used. Where nothing can be written nothing is stored, and all else goes on.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import mmap
import os
import shutil
import stat
import tempfile
import time
from pathlib import Path
from typing import Final

FORGOTTEN_AFTER_DAYS: Final = 60
_DIGEST_BYTES: Final = hashlib.sha256().digest_size
logger = logging.getLogger(__name__)


def shipped_data(name: str) -> Path:
    """Return the folder or file `name` ("lexicon", "noise.toml") of the data shipped with the program."""
    return Path(__file__).resolve().parents[1] / "data" / name


_handed_over: list[Path] = []


def cache_folder() -> Path | None:
    """Return the user's folder for what can be made again; None where the user has no home."""
    if _handed_over:
        return _handed_over[0]
    # the specification has relative paths ignored: https://specifications.freedesktop.org/basedir-spec/
    named, home = (Path(os.environ.get(name, "")) for name in ("XDG_CACHE_HOME", "HOME"))
    root = named if named.is_absolute() else home / ".cache"
    return root if root.is_absolute() else None


def use_cache_folder(folder: str) -> None:
    """Use a folder, in a process that has no environment. Empty: none."""
    _handed_over[:] = [Path(folder)] if folder else []


def load_cached(path: Path) -> memoryview | None:
    """Return what was stored there as it was stored; None if it was not, or is not ours. The folder's name is that of a version."""
    try:
        if not _is_own(path.parent):
            return None
        with path.open("rb") as file:
            stored = memoryview(
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            )  # files are replaced, never changed
    except (OSError, ValueError):  # there is none, or an empty one
        return None
    content, seal = stored[:-_DIGEST_BYTES], stored[-_DIGEST_BYTES:]
    if seal != _seal(path, content):
        logger.info("%s: damaged or foreign, made anew", path)
        return None
    return content


def store_cached(path: Path, content: bytes) -> None:
    """Store what load_cached returns. Folders of other versions to which nothing was added for FORGOTTEN_AFTER_DAYS go."""
    folder = path.parent
    try:
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _forget_others(folder)
        if _is_own(folder):
            _write_whole(path, content + _seal(path, content))
    except OSError as error:
        logger.info("%s: not stored: %s", folder, error)


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file so that whoever reads it at the same time has the old one or the new one."""
    handle, name = tempfile.mkstemp(prefix=f"{path.name}-", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _is_own(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _seal(path: Path, content: bytes | memoryview) -> bytes:
    digest = hashlib.sha256(f"{path.parent.name}/{path.stem}\n".encode())
    digest.update(content)
    return digest.digest()


def _forget_others(folder: Path) -> None:
    """Remove what other versions stored that nobody has used for long."""
    oldest = time.time() - FORGOTTEN_AFTER_DAYS * 24 * 3600
    for other in folder.parent.iterdir():
        with contextlib.suppress(OSError):
            if other != folder and other.stat().st_mtime < oldest:
                shutil.rmtree(other)
