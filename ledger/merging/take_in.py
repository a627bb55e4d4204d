"""Shards that came home → the workspace: each is copied, checked, merged and noted, and a shard that is not whole is named.

Reads: folders with a shard.json, here or in a store. Writes: all that shard_rows.py merges, WARC files, `var/shards/<shard>/` with the shard's
own seals and custody log, one entry of the custody log for each shard.

1. shard.json names every file with its digest; one that lacks or differs makes the shard half copied.
2. The copy is verified as a workspace is: its custody log, its seals, every sealed byte and row.
3. Its WARC files join those of the workspace, then its rows do, all or none. What is killed in between is merged again without harm.
4. Its chain stays beside the workspace's, which has an entry with the heads of both its log and its last seal.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ledger.archive.stores import Store
from ledger.archive.warc_places import AWAY, AwayFile, find_away, note_away
from ledger.database import Ledger
from ledger.errors import BadInputError, EvidenceBrokenError, OutsideFailureError
from ledger.identity import event_id, sha256_hex
from ledger.merging.shard_manifest import DATABASE, LOG, MANIFEST, SEALS, WARC, ShardManifest, read_shard_manifest
from ledger.merging.shard_rows import MergedRows, merge_rows
from ledger.proof.custody import CustodyLog
from ledger.proof.fixity import Place
from ledger.proof.seals import Seals
from ledger.proof.verification import Verification
from ledger.proof.verifier import BROKEN, file_facts
from ledger.proof.writer_lock import LOG_NAME, SEALS_NAME
from ledger.vocabulary import CustodyEvent


class ShardOutcome(StrEnum):
    """What became of a shard that was to be merged."""

    MERGED = "merged"
    HERE = "here already"
    HALF_COPIED = "half copied"
    REFUSED = "refused"  # broken, or it contradicts what is here


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenShard:
    """One shard after merging was tried. detail: why nothing was taken, or what its seal is; merged: what came, if something did."""

    place: str
    outcome: ShardOutcome
    detail: str
    manifest: ShardManifest | None = None
    merged: MergedRows | None = None

    @property
    def is_taken(self) -> bool:
        return self.outcome in (ShardOutcome.MERGED, ShardOutcome.HERE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardHome:
    """Where shards come to: the parts of a workspace that merging writes."""

    database: Path
    warc_dir: Path
    shards_dir: Path
    log: CustodyLog

    def kept(self, name: str) -> Path:
        """Where a merged shard's own chain lies."""
        return self.shards_dir / name


def find_shards(place: Store) -> list[Store]:
    """Return the shards in a place: itself, or folders in it, whole or not. Errors: StoreAwayError."""
    roots = {_root_of(name) for name in place.names()} - {None}
    return [place.below(root) if root else place for root in sorted(root for root in roots if root is not None)]


def _root_of(name: str) -> str | None:
    """The folder of the shard that a file is of, relative; None for a file that is no shard's."""
    folder, _, last = name.rpartition("/")
    if last in (MANIFEST, DATABASE, LOG) and not f"/{folder}/".endswith(f"/{SEALS}"):
        return folder
    for inner in (WARC, SEALS):
        before, found, _ = f"/{name}".partition(f"/{inner}")
        if found:
            return before.lstrip("/")
    return None


def take_in(
    home: ShardHome, store: Store, *, leaves_warc: bool = False, on_bytes: Callable[[int], None] = lambda _: None
) -> TakenShard:
    """Merge one shard. The caller holds the writer lock, and judges the visits that came.

    leaves_warc: its WARC files stay in the store, and are read from there. Of a shard that is here already, whose files were left, they come
    home when it is merged without.

    Errors: StoreAwayError, OutsideFailureError when the disk refuses; nothing is taken then.
    """
    data = store.read(MANIFEST)
    if data is None:
        why = f"it has no {MANIFEST}, which is written last: its worker is still writing, or was killed; copy it again"
        return TakenShard(place=store.url, outcome=ShardOutcome.HALF_COPIED, detail=why)
    try:
        manifest = read_shard_manifest(data, f"{store.url}/{MANIFEST}")
    except EvidenceBrokenError as error:
        return TakenShard(place=store.url, outcome=ShardOutcome.HALF_COPIED, detail=str(error))
    try:
        if _is_noted(home, manifest, data):
            came = 0 if leaves_warc else _fetch_left(home, store, manifest, on_bytes)
            detail = f"it was merged before{f'; {came} WARC files came home now' if came else ''}"
            return TakenShard(place=store.url, outcome=ShardOutcome.HERE, detail=detail, manifest=manifest)
        with _staging(home) as folder:
            wrong = _copy(store, manifest, folder, on_bytes, leaves_warc=leaves_warc)
            if wrong:
                return TakenShard(place=store.url, outcome=ShardOutcome.HALF_COPIED, detail=wrong, manifest=manifest)
            (folder / MANIFEST).write_bytes(data)
            _check(store, folder)
            merged = _join(home, manifest, folder)
            seal = _keep(home, manifest, folder)
    except (EvidenceBrokenError, BadInputError) as error:
        return TakenShard(place=store.url, outcome=ShardOutcome.REFUSED, detail=str(error), manifest=manifest)
    except OSError as error:
        raise OutsideFailureError(
            f"{home.shards_dir}: the shard could not be copied there ({error}); free some space and merge again"
        ) from error
    return TakenShard(place=store.url, outcome=ShardOutcome.MERGED, detail=seal, manifest=manifest, merged=merged)


def _is_noted(home: ShardHome, manifest: ShardManifest, data: bytes) -> bool:
    kept = home.kept(manifest.name) / MANIFEST
    if not kept.is_file() or kept.read_bytes() != data:
        return False
    return any(
        entry["event"] == CustodyEvent.MERGED and entry["details"]["manifest_sha256"] == sha256_hex(data)
        for entry in home.log.entries()
    )


@contextlib.contextmanager
def _staging(home: ShardHome) -> Iterator[Path]:
    """A folder of our own to copy into, gone in the end; what killed merges left is taken away."""
    home.shards_dir.mkdir(parents=True, exist_ok=True)
    for left in home.shards_dir.glob(".*"):
        with contextlib.suppress(OSError), _held(left):
            shutil.rmtree(left, ignore_errors=True)
    folder = home.shards_dir / f".{event_id()}"
    folder.mkdir()
    try:
        with _held(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Errors: OSError when somebody else holds it."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(opened)


def _fetch_left(home: ShardHome, store: Store, manifest: ShardManifest, on_bytes: Callable[[int], None]) -> int:
    """Bring the files home that were left in the store; returns how many. Errors: EvidenceBrokenError."""
    came = 0
    for name in manifest.warc_files:
        if find_away(home.warc_dir, name) is None:
            continue
        with _staging(home) as folder:
            copied = store.fetch(WARC + name, folder / name, on_bytes)
            if copied != manifest.files[WARC + name]:
                raise EvidenceBrokenError(
                    f"{store.url}/{WARC}{name}: is not as {MANIFEST} says; restore the store's copy"
                )
            (folder / name).rename(home.warc_dir / name)
        (home.warc_dir / f"{name}{AWAY}").unlink()
        came += 1
    return came


def _copy(
    store: Store, manifest: ShardManifest, folder: Path, on_bytes: Callable[[int], None], *, leaves_warc: bool
) -> str | None:
    """Copy a shard's files; returns what is not as shard.json says, or None. Of what stays in the store, the length is compared."""
    for name, expected in sorted(manifest.files.items()):
        size = store.size_of(name)
        if size is None:
            return f"{name} is not there; copy the shard again"
        if leaves_warc and name.startswith(WARC):
            if size != expected.file_bytes:
                return f"{name}: expected {expected.file_bytes} bytes, got {size}; copy the shard again"
            (folder / WARC).mkdir(exist_ok=True)
            note_away(
                folder / WARC, AwayFile(folder=store.below(WARC.strip("/")), name=name.removeprefix(WARC), was=expected)
            )
            continue
        copied = store.fetch(name, folder / name, on_bytes)
        if copied != expected:
            return (
                f"{name}: expected {expected.file_bytes} bytes with SHA-256 {expected.sha256[:16]}…, got {copied.file_bytes} with "
                f"{copied.sha256[:16]}…; copy the shard again"
            )
    return None


def _check(store: Store, folder: Path) -> None:
    """Verify a shard's copy as a workspace; what was left in the store is read there. Errors: EvidenceBrokenError, StoreAwayError."""
    if not Seals.of(folder / SEALS_NAME).all:
        raise EvidenceBrokenError(f"{store.url}: it has no seal; run its visits again")
    place = Place(
        database=folder / DATABASE,
        warc_dir=folder / WARC,
        seals_dir=folder / SEALS_NAME,
        fixity=folder / "fixity.jsonl",
        log=CustodyLog(folder / LOG_NAME),
        is_backup=True,
    )
    with Ledger.open_readonly(folder / DATABASE, immutable=True):
        pass  # says what is wrong with it, in a user's words
    broken = [check for check in Verification(place).run() if check.outcome == BROKEN]
    if broken:
        more = f"; and {len(broken) - 1} more" if len(broken) > 1 else ""
        raise EvidenceBrokenError(f"{store.url}: {broken[0].what}: {broken[0].detail}{more}")


def _join(home: ShardHome, manifest: ShardManifest, folder: Path) -> MergedRows:
    """Bring WARC files and rows into the workspace, the files first: a row without its bytes would be broken evidence."""
    home.warc_dir.mkdir(parents=True, exist_ok=True)
    moved: list[Path] = []
    try:
        for name in manifest.warc_files:
            target = home.warc_dir / name
            there = folder / WARC / name
            left = there.with_name(f"{name}{AWAY}")
            if not target.exists():
                source, target = (left, target.with_name(left.name)) if left.exists() else (there, target)
                source.replace(target)
                moved.append(target)
            elif file_facts(target)["sha256"] != manifest.files[WARC + name].sha256:
                raise EvidenceBrokenError(f"{target}: another file of this name is here already")
        with Ledger.open(home.database) as ledger:
            return merge_rows(ledger, folder / DATABASE, manifest.crawl_id)
    except BaseException:
        for target in moved:
            target.unlink(missing_ok=True)
        raise


def _keep(home: ShardHome, manifest: ShardManifest, folder: Path) -> str:
    """Put the shard's chain beside the workspace's, and note its heads; returns its last seal in words."""
    for path in folder.glob("partnerproof.db*"):
        path.unlink()
    shutil.rmtree(folder / WARC, ignore_errors=True)
    (folder / "fixity.jsonl").unlink(missing_ok=True)
    kept = home.kept(manifest.name)
    if kept.exists():  # a killed merge came as far as here
        shutil.rmtree(kept)
    kept.mkdir()
    for path in folder.iterdir():
        path.rename(kept / path.name)
    chain, seals = CustodyLog(kept / LOG_NAME).head(), Seals.of(kept / SEALS_NAME)
    last = seals.all[-1]
    home.log.add(
        CustodyEvent.MERGED,
        {
            "shard": manifest.name,
            "crawl": manifest.crawl_id,
            "visits": manifest.visits,
            "manifest_sha256": sha256_hex((kept / MANIFEST).read_bytes()),
            "chain": {"entries": chain.entries, "sha256": chain.sha256},
            "seal": last.seal_id,
            "seal_head_sha256": sha256_hex(last.head_bytes),
        },
    )
    return f"seal {last.seal_id}, {last.head['leaves']} digests, root {last.head['root'][:16]}…"
