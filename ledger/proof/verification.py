"""Verification of a workspace: whether everything stored is as it was sealed, and what is not sealed yet.

Reads: custody log, seals, WARC files, database. Writes nothing itself; it may run beside a command that writes.

1. The custody log's chain.
2. The seals: each as the log has it, each over the one before it, its tokens by openssl.
3. The WARC files (ledger/proof/fixity.py): every sealed byte; of a part that differs, which records.
4. The database: sound to SQLite, every sealed group of rows, and the whole file as the last command left it.

Rows that may be computed anew and were, by a command that the log tells of, are not broken: they are not sealed yet.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ledger.database import Ledger
from ledger.errors import PartnerproofError
from ledger.identity import sha256_hex
from ledger.proof.fixity import Fixity, Place
from ledger.proof.log_entries import ODD, as_readers_see_it
from ledger.proof.log_runs import open_runs
from ledger.proof.outside_changes import WRITES, describe_change
from ledger.proof.row_deletion import LOGGED, list_not_blank
from ledger.proof.sealed_rows import TABLES, Table
from ledger.proof.seals import FORMAT, HEAD, MANIFEST, ComparedGroup, Seal, Seals, compare_groups
from ledger.proof.verifier import (
    BROKEN,
    NOT_CHECKED,
    OK,
    Check,
    canonical,
    certificate_digests,
    check_log,
    check_token,
    file_facts,
    leaf_hash,
    merkle_root,
)
from ledger.vocabulary import CustodyEvent

_OUTSIDE = (
    "disk I/O error",
    "unable to open",
    "locked",
    "disk is full",
)  # SQLite could not look; it found nothing wrong

COMPUTES_NOTHING = (
    "seal",
    "backup",
    "restore",
    "picture --cases",
    "export",
)  # commands after which rows are as they were


@dataclass
class Verification:
    """One verification. since: parts that were found in order at or after this UTC text, and whose file has the time and
    length of then, are not read again; None: everything is read. trusted: for each authority that the configuration names, the
    SHA-256 of its certificates; None: the configuration is not at hand."""

    place: Place
    since: str | None = None
    trusted: Mapping[str, Sequence[str]] | None = None
    on_bytes: Callable[[int], None] = lambda _: None
    _logged: list[dict[str, Any]] = field(default_factory=list)
    _is_log_sound: bool = True
    _sound: list[Seal] = field(default_factory=list)

    def run(self) -> list[Check]:
        """Return every check. Writes to the fixity log how the WARC files are."""
        return [*self._log(), *self._seals(), *self._warc(), *self._database()]

    # --- the log

    def _log(self) -> Iterator[Check]:
        path = self.place.log.path
        if not path.exists():
            yield Check(path.name, NOT_CHECKED, "there is no custody log")
            return
        self._is_log_sound = False
        try:
            lines = path.read_bytes().decode("utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            yield Check(path.name, BROKEN, f"can't be read ({error})")
            return
        checks = list(check_log(lines[:-1], name=path.name))
        yield from checks
        if lines[-1]:
            yield Check(path.name, NOT_CHECKED, "its last line was not finished: a process was killed while it wrote")
        if all(check.outcome == OK for check in checks):
            self._logged, self._is_log_sound = _as_entries(lines[:-1]), True
            for number, entry in enumerate(self._logged, 1):
                if entry["event"] == ODD:
                    yield Check(f"{path.name}, line {number}", BROKEN, "says what this program never writes: it was added by others")  # fmt: skip
            yield from self._clock(path.name)

    def _clock(self, name: str) -> Iterator[Check]:
        """Where the machine's clock went back: the order of entries and seals does not rest on it."""
        for entry in self._logged:
            if back := entry["details"].get("clock_went_back_s"):
                told = f"the machine's clock had gone back by {back} s: times before and after are as it told them, the order is the log's"
                yield Check(f"{name}, entry {entry['seq']}", OK, told)

    def _read_on(self) -> bool:
        """Take in what commands have entered in the log since it was read; whether there was anything."""
        lines = self.place.log.lines() if self._is_log_sound else []
        if len(lines) <= len(self._logged) or any(check.outcome != OK for check in check_log(lines)):
            return False
        self._logged = _as_entries(lines)
        return True

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
            yield Check("seals", NOT_CHECKED, f"nothing is sealed yet{self.place.advise('run `partnerproof seal`')}")
        previous: bytes | None = None
        for seal in seals:
            try:
                check = self._seal(seal, previous, logged.get(seal.seal_id))
                yield check
                if check.outcome == OK:
                    self._sound.append(seal)
                yield from self._tokens(seal)
                previous = seal.head_bytes
            except (
                PartnerproofError,
                OSError,
                KeyError,
                TypeError,
                ValueError,
                AttributeError,
                RecursionError,
            ) as error:
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
        if self._is_log_sound and not self._has_log_of(head) and not (self._read_on() and self._has_log_of(head)):
            return Check(
                what, BROKEN, "was made over another custody log than the one that is here, or over more of it"
            )
        return Check(what, OK, f"{head['leaves']} digests, made {head['made_at']}")

    def _has_log_of(self, head: Mapping[str, Any]) -> bool:
        count, digest = head["custody"]["entries"], head["custody"]["sha256"]
        return bool(count == 0 or (count <= len(self._logged) and self._logged[count - 1]["sha256"] == digest))

    def _tokens(self, seal: Seal) -> Iterator[Check]:
        stamped = [entry for entry in self._entries(CustodyEvent.STAMPED) if entry["seal"] == seal.seal_id]
        logged = {entry["authority"]: entry for entry in stamped}
        there = {token.stem for token in seal.tokens}
        if not there and not logged:
            first = (
                ""
                if self.trusted is None or self.trusted
                else "name one in partnerproof.toml ([[seal.authority]]), then "
            )
            yield Check(
                f"seal {seal.seal_id}",
                NOT_CHECKED,
                f"no authority has stamped it yet{self.place.advise(f'{first}run `partnerproof seal`')}",
            )
        for name in sorted(logged.keys() - there):
            yield Check(f"seal {seal.seal_id}, token of {name}", BROKEN, "is missing, and the custody log tells of it")
        for (
            entry
        ) in stamped:  # a seal is stamped once by each: a second token came because the first had been taken away
            if entry["token_sha256"] != logged[entry["authority"]]["token_sha256"]:
                yield Check(
                    f"seal {seal.seal_id}, token of {entry['authority']}", BROKEN,
                    f"the custody log tells of an earlier one, stamped {entry.get('stamped_at')}, which is not here",
                )  # fmt: skip
        for token in seal.tokens:
            what, roots = f"seal {seal.seal_id}, token of {token.stem}", token.with_suffix(".pem")
            logged_entry = logged.get(token.stem)
            if logged_entry and sha256_hex(token.read_bytes()) != logged_entry["token_sha256"]:
                yield Check(
                    what, BROKEN, f"{token.name} was changed: it is not the token that the custody log tells of"
                )
            elif logged_entry and (
                not roots.is_file() or sha256_hex(roots.read_bytes()) != logged_entry["roots_sha256"]
            ):
                yield Check(what, BROKEN, f"{roots.name}, the authority's root certificates, was changed or is missing")
            else:
                yield self._trust(token, check_token(seal.folder / HEAD, token, roots, what=what))

    def _trust(self, token: Path, check: Check) -> Check:
        """A token that holds, but under certificates that the configuration does not name for its authority, is not checked."""
        if self.trusted is None or check.outcome != OK:
            return check
        foreign = set(certificate_digests(token.with_suffix(".pem"))) - set(self.trusted.get(token.stem, ()))
        if not foreign:
            return check
        return Check(
            check.what, NOT_CHECKED,
            f"stamped under the certificate {min(foreign)}, which partnerproof.toml does not name for {token.stem}: if it is the authority's, "
            "keep it in the file of its roots",
        )  # fmt: skip

    @cached_property
    def seals(self) -> Seals:
        """The seals that are in order: what the others say is worth nothing."""
        return Seals(self.place.seals_dir, tuple(self._sound))

    # --- the WARC files

    def _warc(self) -> Iterator[Check]:
        return Fixity(self.place, self.seals, self._deleted, since=self.since, on_bytes=self.on_bytes).checks()

    def _deleted(self, warc_file: str) -> dict[int, str]:
        """Where records of a file were deleted, and the digest of what stands there since."""
        self._read_on()
        return {
            record["offset"]: record["left_sha256"]
            for entry in self._entries(CustodyEvent.DELETED)
            for record in entry["records"]
            if record["file"] == warc_file
        }

    # --- the database

    def _database(self) -> Iterator[Check]:
        name = self.place.database.name
        if not self.place.database.exists():
            is_known = any(True for _ in self._entries(CustodyEvent.ENDED))
            yield Check(name, BROKEN if is_known else NOT_CHECKED, "there is no database")
            return
        yield self._whole_file(name)
        for change in self._entries(CustodyEvent.CHANGED):
            yield Check(f"{name}, between commands", BROKEN, describe_change(change))
        try:
            with Ledger.open_readonly(self.place.database) as ledger:
                faults = [row[0] for row in ledger.rows("PRAGMA integrity_check(5)")]
                if faults != ["ok"]:
                    yield Check(name, BROKEN, f"SQLite finds it damaged: {'; '.join(faults)[:300]}")
                    return
                for table in TABLES:
                    yield from self._table(ledger, table)
                yield from self._row_deletions(ledger)
        except (PartnerproofError, sqlite3.Error, UnicodeDecodeError) as error:
            is_outside = any(word in str(error) for word in _OUTSIDE)
            yield Check(name, NOT_CHECKED if is_outside else BROKEN, f"can't be read ({error})")

    def _whole_file(self, name: str) -> Check:
        self._read_on()
        last = next((e for e in reversed(self._logged) if e["event"] in WRITES), None)
        what = f"{name}, whole file"
        if last is None or "database" not in last["details"]:
            return Check(what, NOT_CHECKED, _why_no_digest(last["event"] if last else None))
        logged_entry, found = last["details"]["database"], file_facts(self.place.database)
        # what a process has written and SQLite has not yet put into the file itself; readers see it
        beside = self.place.database.with_name(f"{name}-wal")
        is_beside = beside.exists() and beside.stat().st_size > 0
        if found == logged_entry and not is_beside:
            return Check(what, OK, f"as the last command left it at {last['at']}")
        if self._read_on():
            return Check(what, NOT_CHECKED, "a command wrote to it while it was read")
        differs = (
            "its length"
            if found["bytes"] != logged_entry["bytes"]
            else "its digest"
            if found != logged_entry
            else beside.name
        )
        return Check(
            what, BROKEN, f"was changed since {last['at']}, when a command of ours last wrote to it ({differs} differs)"
        )

    def _table(self, ledger: Ledger, table: Table) -> Iterator[Check]:
        right = 0
        for found in compare_groups(ledger, self.seals, table):
            if found.is_same:
                right += 1
            else:
                yield self._changed(table, found)
        if right:
            yield Check(f"table {table.name}", OK, f"{right} groups of rows as sealed")

    def _row_deletions(self, ledger: Ledger) -> Iterator[Check]:
        """What is said to have been deleted of rows against what the custody log tells of it."""
        self._read_on()
        logged = {tuple(row) for entry in self._entries(CustodyEvent.DELETING) for row in entry.get("rows", ())}
        stored = [tuple(row) for row in ledger.rows(f"SELECT {', '.join(LOGGED)} FROM row_deletions")]
        for row in stored:
            if row not in logged:
                yield Check(f"table {row[0]}, {row[1]}", BROKEN, "is said to be deleted, and the custody log does not tell of it")  # fmt: skip
        not_blank = list_not_blank(ledger)
        for row_id in not_blank:
            yield Check(f"deleted row {row_id}", BROKEN, "is said to be deleted, and says something else than a deletion leaves")  # fmt: skip
        if stored and logged.issuperset(stored) and not not_blank:
            yield Check("deleted rows", OK, f"{len(stored)} rows whose words were deleted, as the custody log tells")

    def _changed(self, table: Table, found: ComparedGroup) -> Check:
        what = f"table {table.name}, {'visit ' if table.key.endswith('visit_id') else ''}{found.group}"
        summary = f"{found.leaf['rows']} rows were sealed by {found.seal.seal_id}"
        later = self._written_after(found.seal)
        if not table.is_once and later:
            return Check(
                what, NOT_CHECKED, f"{summary}; since then {later} wrote to the database: run `partnerproof seal`"
            )
        return Check(
            what,
            BROKEN,
            f"{summary}, {found.rows} are here, and they are not the same: some were changed, added or taken out",
        )

    def _written_after(self, seal: Seal) -> str | None:
        """The command that wrote to the database after a seal, as the log has it; or another that was open when it was made."""
        self._read_on()
        entries = int(seal.head["custody"]["entries"])
        sealed = (
            e
            for e in self._logged[entries:]
            if e["event"] == CustodyEvent.SEALED and e["details"]["seal"] == seal.seal_id
        )
        its_run = next((entry["details"].get("run") for entry in sealed), None)
        for entry in open_runs(self._logged[:entries]):
            if entry["details"].get("run") != its_run and entry["details"].get("command") not in COMPUTES_NOTHING:
                return f"`{entry['details'].get('command')}`, open since {entry['at']},"
        for entry in self._logged[entries:]:
            if entry["event"] == CustodyEvent.BEGAN and entry["details"].get("command") not in COMPUTES_NOTHING:
                return f"`{entry['details'].get('command')}` at {entry['at']}"
        return None


def _as_entries(lines: Sequence[str]) -> list[dict[str, Any]]:
    return [as_readers_see_it(json.loads(line)) for line in lines]


def _why_no_digest(last_event: str | None) -> str:
    if last_event == CustodyEvent.BEGAN:
        return "a command is writing to it, or was killed"
    if last_event == CustodyEvent.ENDED:
        return "others were writing to it when a command last ended"
    if last_event in (CustodyEvent.DECIDED, CustodyEvent.HELD):
        return "a decision was written to it since a command last told its digest: run `partnerproof seal`"
    return "the log has no digest of it"
