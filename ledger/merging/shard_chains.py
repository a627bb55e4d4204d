"""The chains of shards that were merged: each shard's own custody log and seals, as they were when it came home.

Reads: `var/shards/<shard>/`, the workspace's custody log. A shard's rows and bytes are part of the workspace since, and its seals cover them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ledger.errors import PartnerproofError
from ledger.identity import sha256_hex
from ledger.proof.custody import CustodyLog
from ledger.proof.fixity import Place
from ledger.proof.seals import Seals
from ledger.proof.verification import Verification
from ledger.proof.verifier import BROKEN, OK, Check
from ledger.proof.writer_lock import LOG_NAME, SEALS_NAME
from ledger.vocabulary import CustodyEvent

MANIFEST, SHARDS_NAME = "shard.json", "shards"  # in var


def check_shard_chains(shards_dir: Path, entries: Iterable[Mapping[str, Any]]) -> Iterator[Check]:
    """Yield a check for each shard that the custody log tells of, and for folders that it does not tell of."""
    merged = {entry["details"]["shard"]: entry["details"] for entry in entries if entry["event"] == CustodyEvent.MERGED}
    there = {path.name for path in shards_dir.glob("[!.]*")} if shards_dir.is_dir() else set()
    for name in sorted(merged.keys() | there):
        what = f"shard {name}"
        if name not in merged:
            yield Check(what, BROKEN, "was put there by others: the custody log does not tell of it")
            continue
        try:
            yield from _check_chain(what, shards_dir / name, merged[name])
        except (PartnerproofError, OSError, KeyError, TypeError, ValueError) as error:
            yield Check(what, BROKEN, f"can't be read ({error})")


def _check_chain(what: str, folder: Path, told: Mapping[str, Any]) -> Iterator[Check]:
    log, seals = CustodyLog(folder / LOG_NAME), Seals.of(folder / SEALS_NAME).all
    if not (folder / MANIFEST).is_file() or not log.path.is_file() or not seals:
        yield Check(what, BROKEN, "its own chain is missing, and the custody log tells of it")
        return
    place = Place(
        database=folder / "partnerproof.db",
        warc_dir=folder / "warc",
        seals_dir=folder / SEALS_NAME,
        fixity=folder / "fixity.jsonl",
        log=log,
        is_backup=True,
    )
    broken = [check for check in Verification(place).check_chain() if check.outcome == BROKEN]
    yield from (Check(f"{what}, {check.what}", BROKEN, check.detail) for check in broken)
    head = log.head()
    facts = (
        ("shard.json", sha256_hex((folder / MANIFEST).read_bytes()), told["manifest_sha256"]),
        ("its custody log", (head.entries, head.sha256), (told["chain"]["entries"], told["chain"]["sha256"])),
        ("its last seal", sha256_hex(seals[-1].head_bytes), told["seal_head_sha256"]),
    )
    changed = [name for name, found, expected in facts if found != expected]
    for name in changed:
        yield Check(f"{what}, {name}", BROKEN, "is not the one that came home, as the custody log tells")
    if not broken and not changed:
        yield Check(what, OK, f"its own chain of {head.entries} entries and {len(seals)} seals, as it came home")
