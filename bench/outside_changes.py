"""What the comparison before each command costs, and whether it raises false alarms: a large database, and honest commands that are killed.

Usage: python -m bench.outside_changes [--gigabytes 1] [--runs 200] [--migrations 40]

1. The time to find a database of that size unchanged, touched (its times differ, its bytes do not), and changed.
2. Honest runs, each in a process of its own, most of them killed with SIGKILL at a random moment while they write; now and then a
   server that writes beside them. Afterwards the custody log must tell of no change by others.
3. Migrations of the database that are killed in the midst, and made again by the next command.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ledger.database import Ledger
from ledger.identity import utc_text
from ledger.proof.custody import CustodyLog
from ledger.proof.outside_changes import note_outside_change
from ledger.proof.writer_lock import LOG_NAME, SEALS_NAME, acquire_writer_lock
from ledger.records import BrandRow
from ledger.vocabulary import CustodyEvent

WRITER = """
import sys, time
from pathlib import Path
from ledger.database import Ledger
from ledger.proof.writer_lock import acquire_entry_lock, acquire_writer_lock
database, kind = Path(sys.argv[1]), sys.argv[2]
hold = acquire_entry_lock if kind == "serve" else acquire_writer_lock
with hold(database, kind), Ledger.open(database) as ledger:
    print("writing", flush=True)
    for number in range(60):
        with ledger.transaction():
            ledger.execute("UPDATE brands SET name = ?", [f"{kind} {number}"])
        time.sleep(0.002)
"""


MIGRATOR = """
import sys, time
from pathlib import Path
from ledger.database import Ledger
from ledger.migrations import migrations
from ledger.proof.writer_lock import acquire_writer_lock
@migrations()
def m0002_more(database):
    database.execute("CREATE TABLE more (number INTEGER PRIMARY KEY, words TEXT NOT NULL)")
    for number in range(2_000):
        database.execute("INSERT INTO more VALUES (?, ?)", [number, "x" * 200])
        if number % 200 == 0:
            time.sleep(0.01)
    database.execute("UPDATE brands SET name = name || '!'")
database = Path(sys.argv[1])
with acquire_writer_lock(database, "match"):
    print("writing", flush=True)
    with Ledger.open(database) as ledger:
        print(ledger.value("SELECT count(*) FROM more"), ledger.value("SELECT name FROM brands"), flush=True)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--migrations", type=int, default=40)
    options = parser.parse_args()
    os.umask(0o077)
    with tempfile.TemporaryDirectory() as folder:
        time_comparisons(Path(folder), options.gigabytes)
    with tempfile.TemporaryDirectory() as folder:
        run_honestly(Path(folder), options.runs)
    with tempfile.TemporaryDirectory() as folder:
        migrate_honestly(Path(folder), options.migrations)


def make(database: Path, gigabytes: float = 0) -> None:
    """Make a database of ours by a command of ours."""
    with acquire_writer_lock(database, "make"):
        with Ledger.open(database) as ledger:
            ledger.add([BrandRow(brand="acme", name="Acme", aliases=(), domains=(), recorded_at=utc_text())])
        if gigabytes:
            with sqlite3.connect(database) as connection:
                connection.execute("CREATE TABLE filler (data BLOB)")
                connection.executemany(
                    "INSERT INTO filler VALUES (?)", ((os.urandom(1 << 20),) for _ in range(int(gigabytes * 1024)))
                )
            connection.close()


def time_comparisons(folder: Path, gigabytes: float) -> None:
    """Print the times of step 1."""
    database = folder / "var" / "partnerproof.db"
    make(database, gigabytes)
    log, seals = CustodyLog(database.parent / LOG_NAME), database.parent / SEALS_NAME
    print(f"database of {database.stat().st_size / 1e9:.2f} GB")
    for what in ("unchanged", "touched", "changed"):
        if what == "touched":
            os.utime(database, (time.time() - 60, time.time() - 60))
        elif what == "changed":
            with sqlite3.connect(database) as connection:
                connection.execute("UPDATE brands SET name = 'Other'")
            connection.close()
        began = time.perf_counter()
        is_changed = note_outside_change(database, seals, log)
        print(f"{what}: {time.perf_counter() - began:.3f} s, change entered: {is_changed}")


def run_honestly(folder: Path, runs: int) -> None:
    """Print what the log tells after step 2."""
    database, chance = folder / "var" / "partnerproof.db", random.Random(1)
    make(database)
    killed, server = 0, None
    for number in range(runs):
        if number % 20 == 10:
            server = start(database, "serve")
        writer = start(database, "command")
        if chance.random() < 0.7:
            time.sleep(chance.random() * 0.25)
            writer.send_signal(signal.SIGKILL)
            killed += 1
        writer.wait(60)
        if server is not None and number % 20 == 15:
            server.send_signal(signal.SIGKILL if chance.random() < 0.5 else signal.SIGCONT)
            server.wait(60)
            server = None
    with acquire_writer_lock(database, "last"):
        pass
    entries = CustodyLog(database.parent / LOG_NAME).entries()
    alarms = [entry for entry in entries if entry["event"] == CustodyEvent.CHANGED]
    compared = sum(1 for entry in entries if entry["event"] == CustodyEvent.ENDED and "database" in entry["details"])
    print(f"{runs} runs, {killed} killed: {len(alarms)} false alarms, {compared} ends left a digest to compare with")


def migrate_honestly(folder: Path, runs: int) -> None:
    """Print what is left of migrations that are killed and made again."""
    chance, alarms, whole, killed = random.Random(2), 0, 0, 0
    for number in range(runs):
        database = folder / str(number) / "var" / "partnerproof.db"
        make(database)
        migrating = start(database, "", MIGRATOR)
        time.sleep(chance.random() * 0.25)
        killed += migrating.poll() is None
        migrating.kill()
        migrating.wait(60)
        again = start(database, "", MIGRATOR)
        said, _ = again.communicate(timeout=60)
        if said.strip() == "2000 Acme!":  # once, and all of it
            whole += 1
        else:
            print(f"migration {number}: exit {again.returncode}, said {said!r}")
        entries = CustodyLog(database.parent / LOG_NAME).entries()
        alarms += sum(1 for entry in entries if entry["event"] == CustodyEvent.CHANGED)
    print(f"{runs} migrations, {killed} killed in the midst and made again: {whole} whole, {alarms} false alarms")


def start(database: Path, kind: str, program: str = WRITER) -> subprocess.Popen[str]:
    """Start a process that writes, and wait until it does."""
    process = subprocess.Popen([sys.executable, "-c", program, str(database), kind], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    return process


if __name__ == "__main__":
    main()
