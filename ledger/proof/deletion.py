"""Deleting payloads: what is left of a record is a tombstone of the same length, its digest, and an entry in the log.

Reads: captures. Writes: deletions, the WARC files, the custody log.

1. The custody log tells what is about to be deleted.
2. The same transaction marks the captures as deleted and takes away what was read of them.
3. Each record is overwritten in place, so that no other record moves and every other digest still holds.
4. The custody log tells what stands in its place. What a killed process left undone, the next run does.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.archive.record_places import record_ends
from ledger.archive.warc_places import find_away
from ledger.database import Ledger, Row
from ledger.errors import OutsideFailureError
from ledger.identity import sha256_hex, utc_text, warc_record_id
from ledger.proof.custody import CustodyLog
from ledger.records import Deletion
from ledger.typed_texts import CaptureId, Sha256
from ledger.vocabulary import CustodyEvent, RetentionClass

RECORDS_AN_ENTRY = 500
_COMMENT = 16  # flag of a gzip header (RFC 1952)


Forget = Callable[[Ledger, Sequence[CaptureId]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCapture:
    """A capture whose time is over."""

    capture_id: CaptureId
    retention_class: RetentionClass
    kept_days: int


def delete_captures(
    ledger: Ledger, warc_dir: Path, log: CustodyLog, due: Sequence[DueCapture], *, forget: Forget
) -> int:
    """Delete the payloads of captures; returns how many. The caller holds the writer lock. Errors: OutsideFailureError.

    forget: takes away what was read of the captures, within the same transaction.

    A hold needs no writer lock: one that was laid since the captures were looked up keeps them.
    """
    finish_deletions(ledger, warc_dir, log)
    count = 0
    for start in range(0, len(due), RECORDS_AN_ENTRY):
        with ledger.transaction():
            held = _held(ledger)
            some = [capture for capture in due[start : start + RECORDS_AN_ENTRY] if capture.capture_id not in held]
            if not some:
                continue
            log.add(CustodyEvent.DELETING, {"captures": [capture.capture_id for capture in some]})
            now = utc_text()
            ledger.add(
                Deletion(
                    capture_id=capture.capture_id,
                    retention_class=capture.retention_class,
                    kept_days=capture.kept_days,
                    deleted_at=now,
                )
                for capture in some
            )
            forget(ledger, [capture.capture_id for capture in some])
        finish_deletions(ledger, warc_dir, log)
        count += len(some)
    return count


def _held(ledger: Ledger) -> set[str]:
    """The captures of vendors on whom a hold is laid, and those whose payloads they refer to."""
    sql = """
        WITH kept AS (
            SELECT c.capture_id, c.refers_to FROM holds h JOIN visits v ON v.seed_id = h.seed_id
            JOIN captures c ON c.visit_id = v.visit_id
            WHERE h.event = 'laid' AND h.hold_id = (SELECT max(hold_id) FROM holds o WHERE o.seed_id = h.seed_id)
        )
        SELECT capture_id FROM kept UNION SELECT refers_to FROM kept
    """
    return {row[0] for row in ledger.rows(sql)}


def finish_deletions(ledger: Ledger, warc_dir: Path, log: CustodyLog) -> None:
    """Overwrite the records of deleted captures that the custody log does not tell of yet."""
    logged = {
        (record["file"], record["offset"])
        for entry in log.entries()
        if entry["event"] == CustodyEvent.DELETED
        for record in entry["details"].get("records", ())
    }
    rows = [row for row in ledger.rows(_PLACES) if (row["file"], row["offset"]) not in logged]
    left: list[dict[str, Any]] = []
    for file in sorted({row["file"] for row in rows}):
        away = find_away(warc_dir, file)
        if away is not None:
            raise OutsideFailureError(
                f"{file}: lies in the store {away.folder.url}, where nothing is deleted; bring it home with `partnerproof merge` of its"
                " shard, and delete the store's copy yourself"
            )
        left += _overwrite(warc_dir / file, [row for row in rows if row["file"] == file], record_ends(ledger, file))
    for start in range(0, len(left), RECORDS_AN_ENTRY):
        log.add(CustodyEvent.DELETED, {"records": left[start : start + RECORDS_AN_ENTRY]})


def _overwrite(path: Path, rows: Sequence[Row], stop_of: dict[int, int]) -> Iterator[dict[str, Any]]:
    """Put a tombstone in the place of each record."""
    try:
        with path.open("r+b") as file:
            for row in rows:
                length = stop_of[row["offset"]] - row["offset"]
                data = tombstone(
                    length, f"{row['capture_id']} {row['offset']}", row["payload_sha256"], row["deleted_at"]
                )
                file.seek(row["offset"])
                file.write(data)
                yield {
                    "capture": row["capture_id"],
                    "file": path.name,
                    "offset": row["offset"],
                    "length": length,
                    "payload_sha256": row["payload_sha256"],
                    "left_sha256": sha256_hex(data),
                }
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OutsideFailureError(
            f"{path}: could not be written ({error}); free the disk and run `partnerproof retention --delete` again"
        ) from error


def tombstone(length: int, name: str, payload_sha256: Sha256, deleted_at: str) -> bytes:
    """Return a gzip member of exactly this length: a WARC record that says that a payload was deleted.

    The padding is a comment in gzip's header, which every reader skips (RFC 1952, 2.3). Where even the shortest record is
    too long, the member is empty.
    """
    note = f"deleted: {deleted_at}\r\npayload-digest: sha256:{payload_sha256}\r\n".encode()
    head = (
        f"WARC/1.1\r\nWARC-Type: metadata\r\nWARC-Record-ID: {warc_record_id('tombstone', name)}\r\nWARC-Date: {deleted_at}\r\n"
        f"Content-Type: application/warc-fields\r\nContent-Length: "
    ).encode()
    full = head + f"{len(note)}\r\n\r\n".encode() + note + b"\r\n\r\n"
    short = head + b"0\r\n\r\n\r\n\r\n"
    for content in (full, short, b""):
        member = _padded(content, length)
        if member is not None:
            return member
    return bytes(length)  # shorter than any gzip member, and so than any record


def _padded(content: bytes, length: int) -> bytes | None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(content) + packer.flush() + struct.pack("<2L", zlib.crc32(content), len(content))
    space = length - 10 - len(body)
    if space == 0:
        return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" + body
    if space < 0:
        return None
    comment = b" " * (space - 1) + b"\x00"
    return b"\x1f\x8b\x08" + bytes([_COMMENT]) + b"\x00\x00\x00\x00\x02\xff" + comment + body


# of each deleted capture its response, its request, and what a browser drew of it
_PLACES = """
    WITH gone AS (SELECT c.*, d.deleted_at FROM deletions d JOIN captures c ON c.capture_id = d.capture_id),
    drawn AS (
        SELECT look_id, document_warc_file AS file, document_warc_offset AS offset, document_sha256 AS sha256 FROM renders
        UNION SELECT look_id, screenshot_warc_file, screenshot_warc_offset, screenshot_sha256 FROM renders
        UNION SELECT look_id, document_warc_file, document_warc_offset, document_sha256 FROM pictures
        UNION SELECT look_id, screenshot_warc_file, screenshot_warc_offset, screenshot_sha256 FROM pictures
        UNION SELECT look_id, outlined_warc_file, outlined_warc_offset, outlined_sha256 FROM pictures
    )
    SELECT capture_id, warc_file AS file, warc_offset AS offset, payload_sha256, deleted_at FROM gone
    UNION SELECT capture_id, warc_file, request_warc_offset, payload_sha256, deleted_at FROM gone
    UNION SELECT g.capture_id, m.file, m.offset, m.sha256, g.deleted_at
    FROM gone g JOIN looks k ON k.capture_id = g.capture_id JOIN drawn m ON m.look_id = k.look_id
    WHERE m.file IS NOT NULL
    ORDER BY 2, 3
"""
