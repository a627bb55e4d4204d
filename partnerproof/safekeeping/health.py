"""The health of a workspace: disk, modes, clock, database, archive, log, seals, anchors, backups, the watch, what waits in queues.

Reads: database, WARC files, seals, custody log, configuration. Writes: nothing. It is quick: `verify` reads every byte, this does not.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.errors import OutsideFailureError, PartnerproofError
from ledger.identity import parse_utc, utc_now
from ledger.proof.log_entries import ODD, as_readers_see_it
from ledger.proof.outside_changes import describe_change
from ledger.proof.seals import Seals
from ledger.proof.soundness import find_faults, find_stray_files
from ledger.proof.timestamps import CLOCK_TOLERANCE_S
from ledger.proof.verifier import BROKEN, NOT_CHECKED, check_log
from ledger.vocabulary import CustodyEvent
from partnerproof.config import CONFIG_FILE
from partnerproof.safekeeping.anchoring import check_anchors
from partnerproof.safekeeping.backups import find_sound_backup
from partnerproof.safekeeping.installation import Finding, State
from partnerproof.workspace import Workspace

LEAST_FREE_BYTES, LEAST_FREE_SHARE = 2_000_000_000, 0.05
SECRET = ("partnerproof.db", "custody.jsonl", "seals", "warc")  # of var, and var itself
DAYS = {CustodyEvent.VERIFIED: 30, CustodyEvent.BACKED_UP: 8}  # after which it should have happened again
WATCH_DAYS = 2
QUEUE_HOURS = 1  # that a job may wait for its turn


@dataclass
class Health:
    """One look at a workspace."""

    workspace: Workspace
    _log: Sequence[dict[str, Any]] = field(default_factory=list)

    def findings(self) -> Iterator[Finding]:
        """Yield what is found."""
        if not self.workspace.database.exists():
            yield Finding(
                part="database", state=State.NOT_SET_UP, detail="there is none yet", advice="partnerproof crawl …"
            )
            return
        yield self._disk()
        yield self._modes()
        yield self._custody_log()
        yield self._clock()
        yield from self._changes()
        yield from self._database()
        yield self._archive()
        yield from self._seals()
        yield self._anchors()
        yield self._last(CustodyEvent.BACKED_UP, "backup", "partnerproof backup FOLDER, from a timer")
        yield self._last(CustodyEvent.VERIFIED, "verification", "partnerproof verify, from a timer")
        yield self._watch()
        yield from self._queues()

    def _disk(self) -> Finding:
        usage = shutil.disk_usage(self.workspace.var)
        free = f"{usage.free / 1e9:.1f} GB of {usage.total / 1e9:.0f} GB are free"
        if usage.free < LEAST_FREE_BYTES or usage.free < LEAST_FREE_SHARE * usage.total:
            return Finding(
                part="disk",
                state=State.PROBLEM,
                detail=free,
                advice="free some, or move the workspace: a full disk stops a crawl",
            )
        return Finding(part="disk", state=State.OK, detail=free)

    def _modes(self) -> Finding:
        places = [self.workspace.var, *(self.workspace.var / name for name in SECRET)]
        own = self.workspace.var.stat().st_mode
        wide = [
            path for path in places if path.exists() and path.stat().st_mode & (0o022 if not own & 0o077 else 0o077)
        ]
        if wide:
            names = " ".join(str(path) for path in wide)
            return Finding(
                part="modes",
                state=State.PROBLEM,
                detail=f"others of this machine may use {names}",
                advice=f"chmod -R go= {self.workspace.var}",
            )
        return Finding(part="modes", state=State.OK, detail="only the owner of the workspace can read or write it")

    def _custody_log(self) -> Finding:
        path = self.workspace.custody.path
        if not path.exists():
            return Finding(
                part="custody log",
                state=State.PROBLEM,
                detail="there is none",
                advice="restore it: partnerproof restore",
            )
        lines = self.workspace.custody.lines()
        wrong = [check for check in check_log(lines, name=path.name) if check.outcome == BROKEN]
        if wrong:
            return Finding(
                part="custody log",
                state=State.PROBLEM,
                detail=f"{wrong[0].what} {wrong[0].detail}",
                advice="partnerproof verify",
            )
        self._log = [as_readers_see_it(json.loads(line)) for line in lines]
        odd = [number for number, entry in enumerate(self._log, 1) if entry["event"] == ODD]
        if odd:
            detail = f"{path.name}, line {odd[0]} says what this program never writes: it was added by others"
            return Finding(part="custody log", state=State.PROBLEM, detail=detail, advice="partnerproof verify")
        return Finding(part="custody log", state=State.OK, detail=f"{len(lines)} entries in one chain")

    def _clock(self) -> Finding:
        stamped = [
            e
            for e in self._log
            if e["event"] == CustodyEvent.STAMPED and e["details"].get("clock_offset_s") is not None
        ]
        back = [entry for entry in self._log if entry["details"].get("clock_went_back_s")]
        told = f"; it went back {len(back)} times, last on {back[-1]['at']}" if back else ""
        if not stamped:
            detail = f"no authority has stamped yet, so nothing is known of it{told}"
            return Finding(
                part="clock", state=State.NOT_CHECKED if self.workspace.authorities else State.NOT_SET_UP, detail=detail
            )
        offset, at = stamped[-1]["details"]["clock_offset_s"], stamped[-1]["at"]
        detail = f"{offset:+.0f} s off {stamped[-1]['details']['authority']}'s on {at}{told}"
        if abs(offset) > CLOCK_TOLERANCE_S:
            return Finding(part="clock", state=State.PROBLEM, detail=detail, advice="set it, and keep it by NTP")
        return Finding(part="clock", state=State.OK, detail=detail)

    def _changes(self) -> Iterator[Finding]:
        changes = [entry["details"] for entry in self._log if entry["event"] == CustodyEvent.CHANGED]
        if changes:
            more = f" ({len(changes)} times in all)" if len(changes) > 1 else ""
            yield Finding(
                part="changes by others",
                state=State.PROBLEM,
                detail=f"{describe_change(changes[-1])}{more}",
                advice="partnerproof verify --deep, and ask who did it",
            )
        else:
            yield Finding(part="changes by others", state=State.OK, detail="the log tells of none")

    def _database(self) -> Iterator[Finding]:
        try:
            with self.workspace.open_readonly() as ledger:
                faults = find_faults(ledger)
        except (PartnerproofError, sqlite3.Error) as error:
            yield Finding(
                part="database",
                state=State.PROBLEM,
                detail=str(error)[:300],
                advice="partnerproof verify, then partnerproof restore",
            )
            return
        if faults:
            detail = "; ".join(faults)[:300]
            yield Finding(
                part="database",
                state=State.PROBLEM,
                detail=detail,
                advice="partnerproof verify, then partnerproof restore",
            )
        else:
            size = self.workspace.database.stat().st_size
            yield Finding(
                part="database",
                state=State.OK,
                detail=f"{size / 1e6:.1f} MB, sound to SQLite, every reference leads somewhere",
            )

    def _archive(self) -> Finding:
        try:
            with self.workspace.open_readonly() as ledger:
                strays = find_stray_files(ledger, self.workspace.warc)
        except (PartnerproofError, sqlite3.Error, OSError) as error:
            return Finding(part="web archive", state=State.NOT_CHECKED, detail=str(error)[:300])
        if strays.short:
            detail = f"shorter than stored, or missing: {', '.join(strays.short[:5])}"
            return Finding(part="web archive", state=State.PROBLEM, detail=detail, advice="partnerproof restore")
        extra = ""
        if strays.unknown:
            extra = f"; no crawl of this workspace wrote {', '.join(strays.unknown[:5])}"
        if strays.in_stores:
            extra += f"; {strays.in_stores} more lie in stores"
        if strays.unfinished_bytes:
            extra += f"; {strays.unfinished_bytes} bytes were not finished by a killed process, or are being written"
        return Finding(
            part="web archive", state=State.OK, detail=f"{strays.files} files, {strays.file_bytes / 1e6:.1f} MB{extra}"
        )

    def _seals(self) -> Iterator[Finding]:
        seals = Seals.of(self.workspace.seals)
        if not seals.all:
            yield Finding(part="seals", state=State.NOT_SET_UP, detail="nothing is sealed", advice="partnerproof seal")
            return
        try:
            made_at, entries = str(seals.all[-1].head["made_at"]), int(seals.all[-1].head["custody"]["entries"])
        except (PartnerproofError, KeyError, TypeError, ValueError, OverflowError) as error:
            yield Finding(
                part="seals",
                state=State.PROBLEM,
                detail=f"the newest can't be read ({error})",
                advice="partnerproof verify",
            )
            return
        later = [
            e
            for e in self._log[entries:]
            if e["event"] in (CustodyEvent.CAPTURED, CustodyEvent.DECIDED, CustodyEvent.SENT)
        ]
        if later:
            yield Finding(
                part="seals",
                state=State.PROBLEM,
                detail=f"{len(seals.all)}, the newest of {made_at}; {len(later)} crawls and decisions came later",
                advice="partnerproof seal, from a timer",
            )
        else:
            yield Finding(part="seals", state=State.OK, detail=f"{len(seals.all)}, the newest of {made_at}")
        names = {authority.name for authority in self.workspace.authorities}
        unstamped = seals.count_unstamped(names)
        if not names:
            yield Finding(
                part="timestamps",
                state=State.NOT_SET_UP,
                detail="nobody else says when a seal existed",
                advice=f"name two authorities in {CONFIG_FILE} ([[seal.authority]])",
            )
        elif unstamped:
            yield Finding(
                part="timestamps", state=State.PROBLEM, detail=f"{unstamped} seals lack one", advice="partnerproof seal"
            )
        else:
            yield Finding(
                part="timestamps", state=State.OK, detail=f"every seal has those of {', '.join(sorted(names))}"
            )

    def _anchors(self) -> Finding:
        if not self.workspace.config.seal.anchor:
            return Finding(
                part="anchor",
                state=State.NOT_SET_UP,
                detail="who can write here could put back an earlier state unseen",
                advice=f"name one in {CONFIG_FILE} ([[seal.anchor]])",
            )
        try:
            checks = list(check_anchors(self.workspace, ()))
        except (PartnerproofError, OutsideFailureError) as error:
            return Finding(part="anchor", state=State.NOT_CHECKED, detail=str(error)[:300])
        for outcome, state in ((BROKEN, State.PROBLEM), (NOT_CHECKED, State.NOT_CHECKED)):
            for check in checks:
                if check.outcome == outcome:
                    return Finding(
                        part="anchor",
                        state=state,
                        detail=f"{check.what}: {check.detail}",
                        advice="partnerproof verify --anchor",
                    )
        return Finding(part="anchor", state=State.OK, detail="; ".join(check.detail for check in checks))

    def _last(self, event: CustodyEvent, part: str, advice: str) -> Finding:
        entry = next((e for e in reversed(self._log) if e["event"] == event and "backup" not in e["details"]), None)
        if entry is None:
            return Finding(part=part, state=State.NOT_SET_UP, detail="the log tells of none", advice=advice)
        detail = f"the latest of {entry['at']}"
        sound = find_sound_backup(self._log) if event is CustodyEvent.BACKED_UP else entry
        if event is CustodyEvent.BACKED_UP and not Path(entry["details"]["to"]).exists():
            return Finding(
                part=part,
                state=State.NOT_CHECKED,
                detail=f"{detail} in {entry['details']['to']}, which is not here now",
            )
        if sound != entry:
            known = (
                f"the latest one that was, of {sound['at']}, is in {sound['details']['to']}"
                if sound
                else "none that was is here"
            )
            detail = f"{detail} was not found in order; {known}"
            return Finding(
                part=part, state=State.PROBLEM, detail=detail, advice="partnerproof verify, then make a backup"
            )
        broken = entry["details"].get("outcomes", {}).get(BROKEN, 0)
        if broken:
            return Finding(
                part=part,
                state=State.PROBLEM,
                detail=f"{detail} found {broken} things broken",
                advice="partnerproof verify",
            )
        if utc_now() - parse_utc(entry["at"]) > dt.timedelta(days=DAYS[event]):
            return Finding(
                part=part, state=State.PROBLEM, detail=f"{detail}, {DAYS[event]} days ago or more", advice=advice
            )
        return Finding(part=part, state=State.OK, detail=detail)

    def _watch(self) -> Finding:
        rounds = [e for e in self._log if e["event"] == CustodyEvent.BEGAN and e["details"].get("command") == "watch"]
        if not rounds:
            return Finding(
                part="watch",
                state=State.NOT_SET_UP,
                detail="no round was ever made",
                advice="partnerproof watch --once, from a timer every day",
            )
        at = rounds[-1]["at"]
        if utc_now() - parse_utc(at) > dt.timedelta(days=WATCH_DAYS):
            return Finding(
                part="watch",
                state=State.PROBLEM,
                detail=f"the latest round began on {at}",
                advice="look at its timer: systemctl list-timers",
            )
        return Finding(part="watch", state=State.OK, detail=f"the latest round began on {at}")

    def _queues(self) -> Iterator[Finding]:
        """Jobs that nobody begins, and alerts that their channel does not take."""
        try:
            with self.workspace.open_readonly() as ledger:
                jobs, alerts = ledger.select(_Waiting, _JOBS)[0], ledger.select(_Waiting, _ALERTS)[0]
        except (PartnerproofError, sqlite3.Error):
            return  # what is wrong with the database was told
        if jobs.since and utc_now() - parse_utc(jobs.since) > dt.timedelta(hours=QUEUE_HOURS):
            detail = f"{jobs.number} wait, the oldest since {jobs.since}"
            advice = (
                f"start partnerproof serve, with jobs_at_once in {CONFIG_FILE} above 0; or stop them on the page Jobs"
            )
            yield Finding(part="jobs", state=State.PROBLEM, detail=detail, advice=advice)
        if alerts.since and alerts.failure:
            detail = f"{alerts.number} wait, the oldest since {alerts.since}: {alerts.failure}"
            advice = f"mend the channel in {CONFIG_FILE} ([[watch.alert]]); serve and watch send them again"
            yield Finding(part="alerts", state=State.PROBLEM, detail=detail[:300], advice=advice)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    number: int
    since: str | None
    failure: str | None


_JOBS = "SELECT count(*) AS number, min(requested_at) AS since, NULL AS failure FROM jobs WHERE state = 'queued'"
_ALERTS = """
    SELECT count(*) AS number, min(made_at) AS since, max(last_failure) AS failure FROM deliveries
    WHERE delivered_at IS NULL AND last_failure IS NOT NULL
"""
