"""Whether database and web archive are sound at a quick look: no byte of the archive is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ledger.archive.warc_places import AWAY, size_of_warc
from ledger.database import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class StrayFiles:
    """What does not fit. unknown: files that no crawl wrote; short: with fewer bytes than stored, or gone."""

    files: int
    file_bytes: int
    unknown: tuple[str, ...]
    short: tuple[str, ...]
    in_stores: int  # files that were left in a store, and are read from there
    unfinished_bytes: int  # at the ends of files, beyond what was stored


def find_stray_files(ledger: Ledger, warc_dir: Path) -> StrayFiles:
    """Compare names and lengths; no byte is read. Errors: OSError."""
    known = {
        row["warc_file"]: row["committed_bytes"]
        for row in ledger.rows("SELECT warc_file, committed_bytes FROM warc_files")
    }
    paths = sorted(warc_dir.glob("*")) if warc_dir.is_dir() else []
    there = {path.name: path.stat().st_size for path in paths if path.suffix != AWAY}
    away = {path.stem: size_of_warc(warc_dir, path.stem) or 0 for path in paths if path.suffix == AWAY}
    return StrayFiles(
        files=len(there),
        file_bytes=sum(there.values()),
        unknown=tuple(name for name in (*there, *away) if name not in known),
        short=tuple(name for name, size in sorted(known.items()) if there.get(name, away.get(name, 0)) < size),
        in_stores=len(away.keys() - there.keys()),
        unfinished_bytes=sum(max(0, there[name] - size) for name, size in known.items() if name in there),
    )


def find_faults(ledger: Ledger) -> list[str]:
    """Return what SQLite finds damaged, and the tables whose rows refer to rows that are not there."""
    faults = [str(row[0]) for row in ledger.rows("PRAGMA quick_check(3)") if row[0] != "ok"]
    loose = {str(row[0]) for row in ledger.rows("PRAGMA foreign_key_check")}
    return [*faults, *(f"rows of {table} refer to none" for table in sorted(loose))]
