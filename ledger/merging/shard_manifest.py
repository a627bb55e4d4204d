"""What a shard says of itself: shard.json, the last of its files to be written.

A folder without it, or with a file that is not as it says, is half copied: it is named, and nothing of it is taken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ledger.archive.stores import StoredFile
from ledger.errors import EvidenceBrokenError
from ledger.identity import sha256_hex
from ledger.proof.verifier import canonical
from ledger.typed_texts import CrawlId, Instant, Sha256

FORMAT = "partnerproof shard 1"
MANIFEST = "shard.json"
DATABASE, LOG, WARC, SEALS = "partnerproof.db", "custody.jsonl", "warc/", "seals/"
_ID = re.compile(r"[0-9A-Za-z]{10,40}")
_WARC_NAME = re.compile(r"warc/[0-9A-Za-z-]{1,120}\.warc\.gz")
_SEAL_NAME = re.compile(r"seals/[0-9A-Za-z]{10,40}/[0-9A-Za-z._-]{1,80}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardManifest:
    """One run of a shard, that came home whole. visits: of this shard; crawl_visits: of the whole crawl; files: by their names."""

    shard_id: str
    run_id: str  # ULID: a shard that was run twice came home twice
    crawl_id: CrawlId
    visits: int
    crawl_visits: int
    made_at: Instant
    files: Mapping[str, StoredFile]

    @property
    def name(self) -> str:
        """The name of the folder that it lies in."""
        return f"{self.shard_id}-{self.run_id}"

    @property
    def warc_files(self) -> list[str]:
        """The names of its WARC files, without the folder."""
        return [name.removeprefix(WARC) for name in self.files if name.startswith(WARC)]

    def as_bytes(self) -> bytes:
        """Return it as it is written, with a digest of itself."""
        body = {
            "format": FORMAT,
            "shard_id": self.shard_id,
            "run_id": self.run_id,
            "crawl_id": self.crawl_id,
            "visits": self.visits,
            "crawl_visits": self.crawl_visits,
            "made_at": self.made_at,
            "files": {
                name: {"bytes": file.file_bytes, "sha256": file.sha256} for name, file in sorted(self.files.items())
            },
        }
        return canonical({**body, "sha256": sha256_hex(canonical(body))}) + b"\n"


def read_shard_manifest(data: bytes, where: str) -> ShardManifest:
    """Return what a shard says of itself. Errors: EvidenceBrokenError when it is not what this program writes."""
    try:
        read: dict[str, Any] = json.loads(data)
        body = {key: value for key, value in read.items() if key != "sha256"}
        if read["format"] != FORMAT or read["sha256"] != sha256_hex(canonical(body)):
            raise ValueError("its digest is another")
        for name in ("shard_id", "run_id", "crawl_id"):
            if not _ID.fullmatch(read[name]):
                raise ValueError(f"{name} is none")
        manifest = ShardManifest(
            shard_id=read["shard_id"],
            run_id=read["run_id"],
            crawl_id=CrawlId(read["crawl_id"]),
            visits=int(read["visits"]),
            crawl_visits=int(read["crawl_visits"]),
            made_at=Instant(str(read["made_at"])),
            files={
                _own_name(name): StoredFile(file_bytes=int(file["bytes"]), sha256=Sha256(str(file["sha256"])))
                for name, file in read["files"].items()
            },
        )
        if not {DATABASE, LOG} <= manifest.files.keys():
            raise ValueError("it lists no database, or no custody log")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise EvidenceBrokenError(
            f"{where}: expected what a shard says of itself, got something else ({str(error)[:200]}); copy the shard again"
        ) from error
    return manifest


def _own_name(name: str) -> str:
    """Errors: ValueError for a name that would lead out of the shard's folder, or that no shard has."""
    is_known = name in (DATABASE, LOG) or _WARC_NAME.fullmatch(name) or _SEAL_NAME.fullmatch(name)
    if not is_known or ".." in PurePosixPath(name).parts:
        raise ValueError(f"it names {name[:80]!r}")
    return name
