"""Verification of a workspace: whether everything stored is as it was sealed, and what is not sealed yet.

Reads: custody log, seals, WARC files, database. Writes: `var/fixity.jsonl`, what was checked when.

1. The custody log's chain.
2. The seals: each as the log has it, each over the one before it, its tokens by openssl.
3. The WARC files: every sealed byte; of a part that differs, which records.
4. The database: sound to SQLite, every sealed group of rows, and the whole file as the last command left it.

Rows that may be computed anew and were, by a command that the log tells of, are not broken: they are not sealed yet.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ledger.custody import CustodyLog
from ledger.database import Ledger
from ledger.errors import EvidenceBrokenError, OutsideFailureError, PartnerproofError
from ledger.identity import sha256_hex, utc_text
from ledger.sealed_rows import TABLES, Table, read_groups
from ledger.seals import FORMAT, HEAD, MANIFEST, Leaf, Seal, Seals
from ledger.verifier import (
    BROKEN,
    CHUNK_BYTES,
    NOT_CHECKED,
    OK,
    Check,
    canonical,
    check_log,
    check_token,
    file_facts,
    leaf_hash,
    merkle_root,
)
from ledger.vocabulary import CustodyEvent
from ledger.warc import read_exchange

_WRITES = frozenset({CustodyEvent.BEGAN, CustodyEvent.ENDED, CustodyEvent.DECIDED, CustodyEvent.HELD})
_OUTSIDE = (
    "disk I/O error",
    "unable to open",
    "locked",
    "disk is full",
)  # SQLite could not look; it found nothing wrong
READERS = 2  # threads: reading and SHA-256 both leave Python's lock alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a workspace keeps what is verified."""

    database: Path
    warc_dir: Path
    seals_dir: Path
    fixity: Path
    log: CustodyLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A sealed part [start, stop) of a WARC file."""

    file: str
    start: int
    stop: int
    sha256: str
    seal_id: str


@dataclass
class Verification:
    """One verification. since: parts that were found in order at or after this UTC text, and whose file has the time and
    length of then, are not read again; None: everything is read."""

    place: Place
    since: str | None = None
    on_bytes: Callable[[int], None] = lambda _: None
    _logged: list[dict[str, Any]] = field(default_factory=list)
    _sound: list[Seal] = field(default_factory=list)

    def run(self) -> list[Check]:
        """Return every check. Writes how it went to the fixity log."""
        return [*self._log(), *self._seals(), *self._warc(), *self._database()]

    # --- the log

    def _log(self) -> Iterator[Check]:
        path = self.place.log.path
        if not path.exists():
            yield Check(path.name, NOT_CHECKED, "there is no custody log: nothing was sealed here")
            return
        try:
            data = path.read_bytes()
            lines = data.decode("utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            yield Check(path.name, BROKEN, f"can't be read ({error})")
            return
        checks = list(check_log(lines[:-1], name=path.name))
        yield from checks
        if lines[-1]:
            yield Check(path.name, NOT_CHECKED, "its last line was not finished: a process was killed while it wrote")
        if all(check.outcome == OK for check in checks):
            self._logged = [json.loads(line) for line in lines[:-1]]

    def _entries(self, event: CustodyEvent) -> Iterator[Mapping[str, Any]]:
        return (entry["details"] for entry in self._logged if entry["event"] == event)

    # --- the seals

    def _seals(self) -> Iterator[Check]:
        logged = {entry["seal"]: entry["head_sha256"] for entry in self._entries(CustodyEvent.SEALED)}
        seals = Seals.of(self.place.seals_dir).all
        there = {seal.seal_id for seal in seals}
        for seal_id in sorted(logged.keys() - there):
            yield Check(f"seal {seal_id}", BROKEN, "is missing, and the custody log tells of it")
        if not there:
            yield Check("seals", NOT_CHECKED, "nothing is sealed yet: run `partnerproof seal`")
        previous: bytes | None = None
        for seal in seals:
            try:
                check = self._seal(seal, previous, logged.get(seal.seal_id))
                yield check
                if check.outcome == OK:
                    self._sound.append(seal)
                yield from self._tokens(seal)
                previous = seal.head_bytes
            except (PartnerproofError, OSError, KeyError, TypeError, ValueError) as error:
                yield Check(f"seal {seal.seal_id}", BROKEN, f"can't be read ({error})")
                previous = None

    def _seal(self, seal: Seal, previous: bytes | None, logged_sha256: str | None) -> Check:
        what = f"seal {seal.seal_id}"
        head, data = seal.head, (seal.folder / MANIFEST).read_bytes()
        if canonical(head) + b"\n" != seal.head_bytes or head["format"] != FORMAT or head["seal_id"] != seal.seal_id:
            return Check(f"{what}, {HEAD}", BROKEN, "is not as seals are written")
        if logged_sha256 is not None and sha256_hex(seal.head_bytes) != logged_sha256:
            return Check(f"{what}, {HEAD}", BROKEN, "is not the one that the custody log tells of")
        if head["previous_head_sha256"] != (sha256_hex(previous) if previous is not None else None):
            return Check(
                f"{what}, {HEAD}",
                BROKEN,
                "does not follow from the seal before it: one of the two was changed or taken out",
            )
        if sha256_hex(data) != head["manifest_sha256"]:
            return Check(f"{what}, {MANIFEST}", BROKEN, "was changed: its digest is not the one in the seal's head")
        if merkle_root(leaf_hash(line) for line in data.splitlines()).hex() != head["root"]:
            return Check(f"{what}, {HEAD}", BROKEN, "its root is not that of its manifest")
        if self._logged and not self._has_log_of(head):
            return Check(what, BROKEN, "was made over another custody log than the one that is here")
        return Check(what, OK, f"{head['leaves']} digests, made {head['made_at']}")

    def _has_log_of(self, head: Mapping[str, Any]) -> bool:
        count, digest = head["custody"]["entries"], head["custody"]["sha256"]
        return bool(count == 0 or (count <= len(self._logged) and self._logged[count - 1]["sha256"] == digest))

    def _tokens(self, seal: Seal) -> Iterator[Check]:
        logged = {e["authority"]: e for e in self._entries(CustodyEvent.STAMPED) if e["seal"] == seal.seal_id}
        there = {token.stem for token in seal.tokens}
        if not there and not logged:
            yield Check(f"seal {seal.seal_id}", NOT_CHECKED, "no authority has stamped it yet: run `partnerproof seal`")
        for name in sorted(logged.keys() - there):
            yield Check(f"seal {seal.seal_id}, token of {name}", BROKEN, "is missing, and the custody log tells of it")
        for token in seal.tokens:
            what, roots = f"seal {seal.seal_id}, token of {token.stem}", token.with_suffix(".pem")
            said = logged.get(token.stem)
            if said and sha256_hex(token.read_bytes()) != said["token_sha256"]:
                yield Check(
                    what, BROKEN, f"{token.name} was changed: it is not the token that the custody log tells of"
                )
            elif said and (not roots.is_file() or sha256_hex(roots.read_bytes()) != said["roots_sha256"]):
                yield Check(what, BROKEN, f"{roots.name}, the authority's root certificates, was changed or is missing")
            else:
                yield check_token(seal.folder / HEAD, token, roots, what=what)

    @cached_property
    def seals(self) -> Seals:
        """The seals that are in order: what the others say is worth nothing."""
        return Seals(self.place.seals_dir, tuple(self._sound))

    # --- the WARC files

    def _parts(self) -> list[Part]:
        return [
            Part(file=leaf["file"], start=leaf["from"], stop=leaf["to"], sha256=leaf["sha256"], seal_id=seal.seal_id)
            for seal in self.seals.all
            for leaf in seal.leaves("warc")
        ]

    def _warc(self) -> Iterator[Check]:
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

    def _digest(self, part: Part) -> str | OSError:
        """The digest of a part, or why it could not be read. Runs in a thread."""
        whole = hashlib.sha256()
        try:
            with (self.place.warc_dir / part.file).open("rb") as file:
                file.seek(part.start)
                left = part.stop - part.start
                while left and (chunk := file.read(min(CHUNK_BYTES, left))):
                    whole.update(chunk)
                    left -= len(chunk)
                    self.on_bytes(len(chunk))
        except OSError as error:
            return error
        return whole.hexdigest()

    def _judge_part(self, part: Part, result: str | OSError) -> Iterator[Check]:
        what = f"{part.file}, bytes {part.start} to {part.stop}"
        if isinstance(result, OSError):
            yield Check(part.file, BROKEN, f"can't be read ({result.strerror or result})")
        elif result == part.sha256:
            yield Check(what, OK, f"as sealed by {part.seal_id}")
        else:
            broken, deleted = list(self._broken_records(part)), self._deleted.get(part.file, {})
            gone = [offset for offset in deleted if part.start <= offset < part.stop]
            if broken:
                yield from broken
            else:
                yield Check(
                    what,
                    OK,
                    f"as sealed by {part.seal_id}, but for {len(gone)} records that were deleted, as the custody log tells",
                )

    def _broken_records(self, part: Part) -> Iterator[Check]:
        seal = next(seal for seal in self.seals.all if seal.seal_id == part.seal_id)
        deleted = self._deleted.get(part.file, {})
        urls = self._urls(part.file)
        with (self.place.warc_dir / part.file).open("rb") as file:
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

    @cached_property
    def _deleted(self) -> dict[str, dict[int, str]]:
        """Of each file where records were deleted, and the digest of what stands there since."""
        deleted: dict[str, dict[int, str]] = {}
        for entry in self._entries(CustodyEvent.DELETED):
            for record in entry["records"]:
                deleted.setdefault(record["file"], {})[record["offset"]] = record["left_sha256"]
        return deleted

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
        except (PartnerproofError, sqlite3.Error):
            return  # the database's own check tells of it

    def _unsealed_file(self, ledger: Ledger, name: str, committed: int, sealed: Mapping[str, int]) -> Iterator[Check]:
        path = self.place.warc_dir / name
        size = path.stat().st_size if path.exists() else 0
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
            except EvidenceBrokenError as error:
                broken += 1
                yield Check(f"{name}, {row['url']}", BROKEN, str(error))
        if not broken:
            yield Check(
                name, NOT_CHECKED,
                f"{committed - start} bytes are not sealed yet; the {len(rows)} payloads in them are as their rows say: run `partnerproof seal`",
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
            "outcome": BROKEN if any(check.outcome == BROKEN for check in checks) else OK,
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

    # --- the database

    def _database(self) -> Iterator[Check]:
        name = self.place.database.name
        if not self.place.database.exists():
            is_known = any(True for _ in self._entries(CustodyEvent.ENDED))
            yield Check(name, BROKEN if is_known else NOT_CHECKED, "there is no database")
            return
        yield from self._whole_file(name)
        try:
            with Ledger.open_readonly(self.place.database) as ledger:
                faults = [row[0] for row in ledger.rows("PRAGMA integrity_check(5)")]
                if faults != ["ok"]:
                    yield Check(name, BROKEN, f"SQLite finds it damaged: {'; '.join(faults)[:300]}")
                    return
                for table in TABLES:
                    yield from self._table(ledger, table)
        except (PartnerproofError, sqlite3.Error, UnicodeDecodeError) as error:
            is_outside = any(word in str(error) for word in _OUTSIDE)
            yield Check(name, NOT_CHECKED if is_outside else BROKEN, f"can't be read ({error})")

    def _whole_file(self, name: str) -> Iterator[Check]:
        last = next((e for e in reversed(self._logged) if e["event"] in _WRITES), None)
        if last is None or "database" not in last["details"]:
            because = _why_no_digest(last["event"] if last else None)
            yield Check(f"{name}, whole file", NOT_CHECKED, because)
        elif (found := file_facts(self.place.database)) != last["details"]["database"]:
            what = (
                "its length differs" if found["bytes"] != last["details"]["database"]["bytes"] else "its digest differs"
            )
            yield Check(
                f"{name}, whole file",
                BROKEN,
                f"was changed since {last['at']}, when a command of ours last wrote to it ({what})",
            )
        else:
            yield Check(f"{name}, whole file", OK, f"as the last command left it at {last['at']}")

    def _table(self, ledger: Ledger, table: Table) -> Iterator[Check]:
        sealed = {group: told for (name, group), told in self.seals.sealed_groups.items() if name == table.name}
        by_columns: dict[tuple[str, ...], set[str]] = {}
        for group, (_, leaf) in sealed.items():
            by_columns.setdefault(tuple(leaf["columns"]), set()).add(group)
        right = 0
        seen: set[str] = set()
        for columns, groups in by_columns.items() or [((), set())]:
            for found in read_groups(ledger, table, columns=columns or None, spans=self.seals.spans(table.name)):
                if found.group not in groups:
                    continue
                seen.add(found.group)
                seal, leaf = sealed[found.group]
                if found.root == leaf["root"]:
                    right += 1
                else:
                    yield self._changed(table, found.group, seal, leaf, rows=found.rows)
        for group in sorted(sealed.keys() - seen):
            seal, leaf = sealed[group]
            if leaf["rows"]:
                yield self._changed(table, group, seal, leaf, rows=0)
        if right:
            yield Check(f"table {table.name}", OK, f"{right} groups of rows as sealed")

    def _changed(self, table: Table, group: str, seal: Seal, leaf: Leaf, *, rows: int) -> Check:
        what = f"table {table.name}, {'visit ' if table.key.endswith('visit_id') else ''}{group}"
        told = f"{leaf['rows']} rows were sealed by {seal.seal_id}"
        later = self._written_after(seal)
        if not table.is_once and later:
            return Check(
                what, NOT_CHECKED, f"{told}; since then {later} wrote to the database: run `partnerproof seal`"
            )
        return Check(
            what, BROKEN, f"{told}, {rows} are here, and they are not the same: some were changed, added or taken out"
        )

    def _written_after(self, seal: Seal) -> str | None:
        """The command that wrote to the database after a seal, as the log has it; or a server that was open when it was made."""
        entries = int(seal.head["custody"]["entries"])
        open_since = [
            entry for entry in self._logged[:entries]
            if entry["details"].get("command") == "serve" and entry["event"] in (CustodyEvent.BEGAN, CustodyEvent.ENDED)
        ]  # fmt: skip
        if open_since and open_since[-1]["event"] == CustodyEvent.BEGAN:
            return f"`serve`, open since {open_since[-1]['at']},"
        for entry in self._logged[entries:]:
            is_seal = entry["details"].get("command") == "seal"
            if entry["event"] == CustodyEvent.BEGAN and not is_seal:
                return f"`{entry['details'].get('command')}` at {entry['at']}"
        return None


def _why_no_digest(last_event: str | None) -> str:
    if last_event == CustodyEvent.BEGAN:
        return "a command is writing to it, or was killed"
    if last_event in (CustodyEvent.DECIDED, CustodyEvent.HELD):
        return "a decision was written to it since a command last told its digest: run `partnerproof seal`"
    return "the log has no digest of it"
