"""Secrets from files: a client's secret, an alert's password. What others of the machine may read is no secret, and is refused."""

from __future__ import annotations

import os
from pathlib import Path

from ledger.errors import BadInputError, Problem

_MOST_BYTES = 10_000


def read_secret(path: Path, where: str) -> str:
    """Return the text of a file, without the line's end. where: what names the file. Errors: BadInputError."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode & 0o777
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise _problem(
            where, path, error.strerror or str(error), "write the secret into it, and close it to others with chmod 600"
        ) from error
    # a credential of systemd lies in a folder of the service's own; its group's bits are those of an access list for the service
    too_wide = 0o007 if _is_credential(path) else 0o077
    if mode & too_wide:
        raise _problem(
            where,
            path,
            f"one that others may read (mode {mode:o})",
            f"chmod 600 {path}, and think of the secret as known",
        )
    try:
        secret = content.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise _problem(where, path, "other bytes than text in UTF-8", "write the secret as text") from error
    if not secret or len(content) > _MOST_BYTES or "\n" in secret:
        got = "an empty one" if not secret else "more than one line, or a very long one"
        raise _problem(where, path, got, "write the secret alone, in one line")
    return secret


def _is_credential(path: Path) -> bool:
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    return bool(folder) and path.resolve().parent == Path(folder).resolve()


def _problem(where: str, path: Path, got: str, next_step: str) -> BadInputError:
    return BadInputError(
        Problem(
            where=f"{where}, {path}",
            expected="a file with a secret that its owner alone can read",
            got=got,
            next_step=next_step,
        )
    )
