"""Whether the WARC files are as they were sealed, and when each part was last found so.

Reads: seals, WARC files, database. Writes: `var/fixity.jsonl`, what was checked when.

1. The sealed parts, in two threads: one digest a part; of a part that differs, which records.
2. What is stored and not sealed yet, against the digests in the database's rows.

A record that was deleted is in order when what stands in its place is what the custody log tells of.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.archive.stores import StoreAwayError
from ledger.archive.warc import read_exchange
from ledger.archive.warc_places import AWAY, open_warc, size_of_warc
from ledger.database import Ledger
from ledger.errors import EvidenceBrokenError, OutsideFailureError, PartnerproofError
from ledger.identity import sha256_hex, utc_text
from ledger.proof.custody import CustodyLog
from ledger.proof.seals import Seals
from ledger.proof.verifier import BROKEN, CHUNK_BYTES, NOT_CHECKED, OK, Check, canonical

READERS = 2  # threads: reading and SHA-256 both leave Python's lock alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a workspace keeps what is verified."""

    database: Path
    warc_dir: Path
    seals_dir: Path
    fixity: Path
    log: CustodyLog
    is_backup: bool = False  # nothing is sealed or stamped there

    def advise(self, advice: str) -> str:
        """Return a next step as the end of a sentence; of a backup there is none."""
        return "" if self.is_backup else f": {advice}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A sealed part [start, stop) of a WARC file."""

    file: str
    start: int
    stop: int
    sha256: str
    seal_id: str


@dataclass
class Fixity:
    """A check of the WARC files. seals: those that are in order; deleted: of a file, where records were deleted and what is there since.

    since: as in Verification.
    """

    place: Place
    seals: Seals
    deleted: Callable[[str], Mapping[int, str]]
    since: str | None = None
    on_bytes: Callable[[int], None] = lambda _: None

    def checks(self) -> Iterator[Check]:
        """Yield every check of a WARC file."""
        parts = self._parts()
        known = self._checked_before()
        fresh = [part for part in parts if not self._is_known(part, known)]
        if len(fresh) < len(parts):
            yield Check(
                "WARC files",
                OK,
                f"{len(parts) - len(fresh)} of {len(parts)} parts were found in order since {self.since}",
            )
        with ThreadPoolExecutor(READERS) as readers:
            for part, result in zip(fresh, readers.map(self._digest, fresh), strict=True):
                checks = list(self._judge_part(part, result))
                self._note(part, checks)
                yield from checks
        yield from self._unsealed_warc({part.file: max(p.stop for p in parts if p.file == part.file) for part in parts})

    def _parts(self) -> list[Part]:
        return [
            Part(file=leaf["file"], start=leaf["from"], stop=leaf["to"], sha256=leaf["sha256"], seal_id=seal.seal_id)
            for seal in self.seals.all
            for leaf in seal.leaves("warc")
        ]

    def _digest(self, part: Part) -> str | OSError | StoreAwayError:
        """The digest of a part, or why it could not be read. Runs in a thread."""
        whole = hashlib.sha256()
        try:
            with open_warc(self.place.warc_dir, part.file) as file:
                file.seek(part.start)
                left = part.stop - part.start
                while left and (chunk := file.read(min(CHUNK_BYTES, left))):
                    whole.update(chunk)
                    left -= len(chunk)
                    self.on_bytes(len(chunk))
        except (OSError, StoreAwayError) as error:
            return error
        return whole.hexdigest()

    def _judge_part(self, part: Part, result: str | OSError | StoreAwayError) -> Iterator[Check]:
        what = f"{part.file}, bytes {part.start} to {part.stop}"
        if isinstance(result, StoreAwayError):
            yield Check(what, NOT_CHECKED, str(result))
        elif isinstance(result, OSError):
            yield Check(part.file, BROKEN, f"can't be read ({result.strerror or result})")
        elif result == part.sha256:
            yield Check(what, OK, f"as sealed by {part.seal_id}")
        else:
            broken, deleted = list(self._broken_records(part)), self.deleted(part.file)
            gone = [offset for offset in deleted if part.start <= offset < part.stop]
            if broken:
                yield from broken
            elif not gone:
                yield Check(
                    what,
                    BROKEN,
                    f"is not as sealed by {part.seal_id}, and each of its records is: it is being written to",
                )
            else:
                yield Check(
                    what,
                    OK,
                    f"as sealed by {part.seal_id}, but for {len(gone)} records that were deleted, as the custody log tells",
                )

    def _broken_records(self, part: Part) -> Iterator[Check]:
        seal = next(seal for seal in self.seals.all if seal.seal_id == part.seal_id)
        deleted = self.deleted(part.file)
        urls = self._urls(part.file)
        with open_warc(self.place.warc_dir, part.file) as file:
            for leaf in seal.leaves("record"):
                if leaf["file"] != part.file:
                    continue
                file.seek(leaf["offset"])
                found = sha256_hex(file.read(leaf["length"]))
                if found not in (leaf["sha256"], deleted.get(leaf["offset"])):
                    at = f"byte {leaf['offset']}"
                    yield Check(
                        f"{part.file}, {at}",
                        BROKEN,
                        f"the record of {urls.get(leaf['offset'], 'no capture')} was changed",
                    )

    def _urls(self, warc_file: str) -> dict[int, str]:
        sql = (
            "SELECT warc_offset, url FROM captures WHERE warc_file = :f"
            " UNION ALL SELECT request_warc_offset, 'the request for ' || url FROM captures WHERE warc_file = :f"
            " UNION ALL SELECT screenshot_warc_offset, 'a picture' FROM pictures WHERE screenshot_warc_file = :f"
            " UNION ALL SELECT outlined_warc_offset, 'a picture' FROM pictures WHERE outlined_warc_file = :f"
            " UNION ALL SELECT warc_offset, 'the connection to ' || host FROM connections WHERE warc_file = :f"
            " UNION ALL SELECT warc_offset, 'the certificate ' || certificate_sha256 FROM certificates WHERE warc_file = :f"
        )
        try:
            with Ledger.open_readonly(self.place.database) as ledger:
                return {row[0]: row[1] for row in ledger.rows(sql, {"f": warc_file})}
        except (PartnerproofError, sqlite3.Error):
            return {}

    def _unsealed_warc(self, sealed: Mapping[str, int]) -> Iterator[Check]:
        """What is stored but not sealed yet is checked against the digests in the database's rows."""
        try:
            with Ledger.open_readonly(self.place.database) as ledger:
                files = ledger.rows("SELECT warc_file, committed_bytes FROM warc_files ORDER BY warc_file")
                for file in files:
                    yield from self._unsealed_file(ledger, file["warc_file"], file["committed_bytes"], sealed)
                known = {file["warc_file"] for file in files}
                for path in sorted(self.place.warc_dir.glob("*")):
                    if path.name.removesuffix(AWAY) not in known:
                        yield Check(path.name, NOT_CHECKED, "no crawl of this workspace wrote it")
        except (PartnerproofError, sqlite3.Error):
            return  # the database's own check tells of it

    def _unsealed_file(self, ledger: Ledger, name: str, committed: int, sealed: Mapping[str, int]) -> Iterator[Check]:
        size = size_of_warc(self.place.warc_dir, name) or 0
        start = sealed.get(name, 0)
        if size < committed:
            yield Check(name, BROKEN, f"has {size} bytes, and {committed} were stored")
            return
        if size > committed:
            yield Check(
                name, NOT_CHECKED, f"{size - committed} bytes at its end were not finished, or are being written"
            )
        if committed <= start:
            return
        rows = ledger.rows(
            "SELECT capture_id, url FROM captures WHERE warc_file = ? AND warc_offset >= ?", [name, start]
        )
        broken = 0
        for row in rows:
            try:
                read_exchange(self.place.warc_dir, ledger, row["capture_id"])
            except StoreAwayError as error:
                yield Check(name, NOT_CHECKED, str(error))
                return
            except EvidenceBrokenError as error:
                broken += 1
                yield Check(f"{name}, {row['url']}", BROKEN, str(error))
        if not broken:
            yield Check(
                name, NOT_CHECKED,
                f"{committed - start} bytes are not sealed yet; the {len(rows)} payloads in them are as their rows say{self.place.advise('run `partnerproof seal`')}",
            )  # fmt: skip

    # --- the fixity log

    def _checked_before(self) -> dict[tuple[str, int, int], dict[str, Any]]:
        if self.since is None or not self.place.fixity.exists():
            return {}
        latest: dict[tuple[str, int, int], dict[str, Any]] = {}
        for line in self.place.fixity.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                entry = json.loads(line)
                latest[entry["file"], entry["from"], entry["to"]] = entry
            except (ValueError, KeyError, TypeError):
                continue  # a line that can't be read vouches for nothing
        return latest

    def _is_known(self, part: Part, known: Mapping[tuple[str, int, int], Mapping[str, Any]]) -> bool:
        entry = known.get((part.file, part.start, part.stop))
        path = self.place.warc_dir / part.file
        if entry is None or self.since is None or not path.exists():
            return False
        status = path.stat()
        return bool(
            entry.get("outcome") == OK
            and entry.get("sha256") == part.sha256
            and str(entry.get("at")) >= self.since
            and entry.get("mtime_ns") == status.st_mtime_ns
            and entry.get("size") == status.st_size
        )

    def _note(self, part: Part, checks: list[Check]) -> None:
        path = self.place.warc_dir / part.file
        status = path.stat() if path.exists() else None
        entry = {
            "at": utc_text(),
            "file": part.file,
            "from": part.start,
            "to": part.stop,
            "sha256": part.sha256,
            "outcome": next((each for each in (BROKEN, NOT_CHECKED) if any(c.outcome == each for c in checks)), OK),
            "mtime_ns": status.st_mtime_ns if status else None,
            "size": status.st_size if status else None,
        }
        try:
            with self.place.fixity.open("ab") as file:
                file.write(canonical(entry) + b"\n")
        except OSError as error:
            raise OutsideFailureError(
                f"{self.place.fixity}: could not be written ({error}); free some space"
            ) from error
