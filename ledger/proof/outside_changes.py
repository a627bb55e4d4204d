"""Whether somebody else changed the database between two commands of ours: held against what the last one left, and entered for good.

Reads: the custody log, the database file, seals. Writes: one entry of the custody log for each change by others.

1. A command's end leaves length, SHA-256 and the file system's signs of the database in the custody log.
2. The next command compares before it writes. Equal signs: nothing was written, and nothing is read. Else the digest decides: a copy
   that was put back whole is no change.
3. A change is entered with the two moments between which it was made, and with the groups of rows that differ from the last seal.
   No later command, and no later seal, takes the entry back; every verification shows it.

The signs are as good as the clock and the kernel of the machine: who may set both can hide a change from step 2, not from
`partnerproof verify`, which always reads the file, as long as it runs before the next command of ours writes.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ledger.database import Ledger
from ledger.errors import PartnerproofError
from ledger.proof.custody import CustodyLog
from ledger.proof.database_digest import digest_database, signs_of
from ledger.proof.sealed_rows import TABLES
from ledger.proof.seals import Seals, compare_groups
from ledger.vocabulary import CustodyEvent

logger = logging.getLogger(__name__)
WRITES = frozenset(
    {CustodyEvent.BEGAN, CustodyEvent.ENDED, CustodyEvent.DECIDED, CustodyEvent.HELD, CustodyEvent.RESTORED}
)
MOST_TABLES, MOST_GROUPS = 60, 5  # that an entry names


def database_facts(database: Path) -> dict[str, Any]:
    """Return what an end leaves in the log of a database whose write-ahead log is empty. Errors: OSError."""
    return {"database": digest_database(database), "signs": signs_of(database)}


def note_outside_change(database: Path, seals_dir: Path, log: CustodyLog) -> bool:
    """Enter in the log that others changed the database since the last command of ours ended; whether they did.

    Nothing is known, and nothing entered, where that command left no digest: it was killed, a server ran, or the database is large.
    """
    last = log.newest(WRITES)
    if last is None or "database" not in last["details"]:
        return False
    left: Mapping[str, Any] = last["details"]
    try:
        if not database.exists():
            found: dict[str, Any] = {"bytes": 0, "sha256": ""}
        elif signs_of(database) == left.get("signs") and not _waits_beside(database):
            return False
        else:
            found = digest_database(database)
            if found == left["database"] and not _waits_beside(database):
                return False
    except OSError:
        return False  # whoever writes next says what is wrong with the file
    details = {
        "since": last["at"],
        "left": left["database"],
        "found": found,
        "differs": _differing(database, seals_dir),
    }
    log.add(CustodyEvent.CHANGED, details)
    logger.warning("%s", describe_change(details))
    return True


def describe_change(details: Mapping[str, Any]) -> str:
    """Return an entry in words."""
    differs = ", ".join(
        f"{entry['table']} ({', '.join(entry['groups'])}{' …' if entry['more'] else ''})"
        for entry in details["differs"]
    )
    words = f"the database was changed by others after {details['since']}, when a command of ours had ended"
    return f"{words}; what differs from the last seal: {differs or 'nothing that is sealed'}"


def _waits_beside(database: Path) -> bool:
    """Whether somebody's writes wait in the write-ahead log: ours is written into the database at each end."""
    beside = database.with_name(f"{database.name}-wal")
    return beside.exists() and beside.stat().st_size > 0


def _differing(database: Path, seals_dir: Path) -> list[dict[str, Any]]:
    """The groups of rows that are not as they were sealed; some may have been computed anew by ourselves since."""
    differing: list[dict[str, Any]] = []
    try:
        seals = Seals.of(seals_dir)
        with Ledger.open_readonly(database) as ledger:
            for table in TABLES:
                compared = compare_groups(ledger, seals, table)
                groups = sorted(found.group for found in compared if found.leaf["rows"] and not found.is_same)
                if groups:
                    differing.append(
                        {"table": table.name, "groups": groups[:MOST_GROUPS], "more": len(groups) > MOST_GROUPS}
                    )
    except (PartnerproofError, sqlite3.Error, OSError, UnicodeDecodeError) as error:
        differing.append({"table": "?", "groups": [str(error)[:200]], "more": False})
    return differing[:MOST_TABLES]
