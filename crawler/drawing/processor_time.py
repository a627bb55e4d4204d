"""How much processor time a process and all that it started have used: what a page costs, however busy the machine is.

Reads: /proc, which Linux has; elsewhere nothing is known, and limits by the clock alone hold.
"""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def find_process(argument: str) -> int | None:
    """Return the id of the oldest process that was started with an argument, or None."""
    wanted = argument.encode()
    processes = sorted(int(entry.name) for entry in _entries())
    return next((process for process in processes if wanted in _command(process)), None)


def processor_time_s(process: int) -> float | None:
    """Return what a process and its descendants have used so far, those that ended included; None when it is gone."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for entry in _entries():
        try:
            # the name in brackets may hold anything; after it: state, parent, …, utime, stime, cutime, cstime (proc_pid_stat(5))
            fields = (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        parents[int(entry.name)], ticks[int(entry.name)] = int(fields[1]), sum(map(int, fields[11:15]))
    if process not in ticks:
        return None
    family, known = {process}, 0
    while len(family) > known:
        known = len(family)
        family |= {child for child, parent in parents.items() if parent in family}
    return sum(ticks[member] for member in family) / _TICKS_PER_S


def _entries() -> list[Path]:
    return [entry for entry in _PROC.iterdir() if entry.name.isdecimal()] if _PROC.is_dir() else []


def _command(process: int) -> list[bytes]:
    try:
        return (_PROC / str(process) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return []
