"""What it costs to begin: python -m bench.opening. A new database, the same again, and `partnerproof --help`, in processor time."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ledger.database import Ledger

ROUNDS = 9


def main() -> None:
    """Print the median of each, of ROUNDS tries; the first new database is left out, for it warms up Python."""
    new, again = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS + 1):
            path = Path(folder, f"{number}.db")
            new.append(_open(path))
            again.append(_open(path))
    print(f"a new database          {statistics.median(new[1:]):5.1f} ms (the first of a process: {new[0]:.1f} ms)")
    print(f"opened again            {statistics.median(again[1:]):5.1f} ms")
    print(f"partnerproof --help     {statistics.median(_help() for _ in range(ROUNDS)):5.0f} ms")


def _open(path: Path) -> float:
    begin = time.process_time()
    Ledger.open(path).close()
    return 1e3 * (time.process_time() - begin)


def _help() -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "partnerproof", "--help"], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1e3 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


if __name__ == "__main__":
    main()
