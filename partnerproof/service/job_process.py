"""The process of one job: the command line's own command, with a lock that tells that it lives and a file that tells how it ended.

Writes: `lock` and `end.json` in the job's folder. Started as `python -m partnerproof.service.job_process FOLDER ARGUMENT…`.

The lock is the process's own (fcntl, not flock): what it starts has no part in it, and the system frees it however the process ends. So
a server that was killed and started again knows whether the job still runs, and a job never runs twice at once.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import traceback
from pathlib import Path
from typing import IO, Any

ALREADY_RUNNING = 75  # EX_TEMPFAIL
LOCK_NAME, END_NAME = "lock", "end.json"
MOST_PROBLEMS, MOST_CHARS = 200, 500


def take_lock(folder: Path) -> IO[str] | None:
    """Return the open lock of a job with this process's number in it; None when another process has it."""
    lock = (folder / LOCK_NAME).open("a+", encoding="ascii")
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def find_process(folder: Path) -> int | None:
    """Return the number of the process that runs a job; None when none does."""
    try:
        with (folder / LOCK_NAME).open("r+", encoding="ascii") as lock:
            try:
                fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                text = lock.read(20)
                return int(text) if text.isdecimal() else None
    except FileNotFoundError:
        return None
    return None


def write_end(folder: Path, exit_code: int, problems: list[dict[str, str]]) -> None:
    """Say how the job ended, whole or not at all."""
    part = folder / f"{END_NAME}.part"
    with part.open("w", encoding="utf-8") as file:
        json.dump({"exit_code": exit_code, "problems": problems[:MOST_PROBLEMS]}, file, ensure_ascii=True)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / END_NAME)


def read_end(folder: Path) -> dict[str, Any] | None:
    """Return how the job ended; None: it has not said so."""
    try:
        end: dict[str, Any] = json.loads((folder / END_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return end


def describe_failure(error: Exception, command: str) -> list[dict[str, str]]:
    """Return what an error says, each mistake with where, expected, got and next_step."""
    from ledger.errors import BadInputError

    if isinstance(error, BadInputError):
        told = [
            {"where": p.where, "expected": p.expected, "got": p.got, "next_step": p.next_step}
            for p in error.problems[:MOST_PROBLEMS]
        ]
    else:
        told = [{"where": command, "expected": "what it needs to be there", "got": str(error), "next_step": "mend that, then order the job again"}]  # fmt: skip
    return [{name: text[:MOST_CHARS] for name, text in problem.items()} for problem in told]


def main() -> int:
    """Run a job to its end."""
    folder, arguments = Path(sys.argv[1]), sys.argv[2:]
    os.umask(0o077)
    lock = take_lock(folder)
    if lock is None:
        return ALREADY_RUNNING
    problems: list[dict[str, str]] = []
    sys.argv = ["partnerproof", *arguments]
    try:
        from partnerproof.cli import main as run_command

        run_command(note=lambda error: problems.extend(describe_failure(error, arguments[2])))
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        code = 130
    except Exception:  # noqa: BLE001  # nobody foresaw it; the log has it whole
        traceback.print_exc()
        code = 70  # EX_SOFTWARE
    sys.stdout.flush()
    write_end(folder, code, problems)
    return code


if __name__ == "__main__":
    sys.exit(main())
