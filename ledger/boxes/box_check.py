"""What a box holds back on this machine: said by the system, and tried in a box."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ledger.boxes.box import missing_layers
from ledger.boxes.boxed_calls import BoxedCalls, Limits

_BESIDE = ".box-check"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxCheck:
    """missing: layers that the system lacks, a sentence each. got_through: what a process in a box could do and should not."""

    missing: tuple[str, ...]
    got_through: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return not self.missing and not self.got_through


def check_box(own_file: Path) -> BoxCheck:
    """Ask the system, and try it. own_file: one that no box may read. Errors: OutsideFailureError where no process can start."""
    calls = BoxedCalls(Limits(clock_s=60))
    try:
        got_through = calls.call(_try_all, str(own_file.absolute()), os.getpid())
    finally:
        calls.close()
        Path(f"{own_file}{_BESIDE}").unlink(missing_ok=True)
    return BoxCheck(missing=missing_layers(), got_through=got_through)


def _try_all(own_file: str, parent: int) -> tuple[str, ...]:
    tries: dict[str, Callable[[], object]] = {
        "read a file of yours": lambda: Path(own_file).open("rb").close(),
        "write beside it": lambda: os.open(f"{own_file}{_BESIDE}", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600),
        "open a network socket": lambda: socket.socket(socket.AF_INET).close(),
        "start a program": lambda: subprocess.run(["/bin/sh", "-c", ":"], check=True),
        "send a signal to another process": lambda: os.kill(parent, 0),
        "read another process's memory": lambda: Path(f"/proc/{parent}/maps").open("rb").close(),
    }
    got_through = []
    for name, attempt in tries.items():
        try:
            attempt()
        except (OSError, subprocess.SubprocessError):
            continue
        got_through.append(name)
    if os.environ:
        got_through.append("see the environment")
    return tuple(got_through)
