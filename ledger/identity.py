"""Identifiers and instants: content-derived ids for what was seen, ULIDs for events, UTC text for times."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime
from typing import Final

from ulid import ULID

from ledger.typed_texts import Instant, LookId, Sha256, VisitId
from ledger.vocabulary import Purpose

CONTENT_ID_DIGITS: Final = 20


def content_id(*parts: object) -> str:
    """Return 20 hexadecimal digits that depend on the parts, their order and their borders.

    Equal parts give the equal id on every machine, so two databases merge without clashes: with 80 bits, a billion ids clash
    by chance in one of two million such databases. Each id stands in a table, its index and its references, so every digit counts.
    """
    digest = hashlib.sha256()
    for part in parts:
        data = str(part).encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()[:CONTENT_ID_DIGITS]


def warc_record_id(*parts: object) -> str:
    """Return a WARC-Record-ID that depends on the parts: `<urn:uuid:…>`, a UUID of version 5 (RFC 9562)."""
    return f"<{uuid.uuid5(uuid.NAMESPACE_URL, content_id(*parts)).urn}>"


def look_id_of(visit_id: VisitId, purpose: Purpose, url: str) -> LookId:
    """Return the id of the look that a visit takes at a URL; it need not have happened."""
    return LookId(content_id("look", visit_id, purpose, url))


def event_id() -> str:
    """Return a new ULID: sorts by time, 26 characters."""
    return str(ULID())


def sha256_hex(data: bytes) -> Sha256:
    """Return the SHA-256 of data as 64 hexadecimal digits."""
    return Sha256(hashlib.sha256(data).hexdigest())


def utc_now() -> datetime:
    """Return the present instant, with its zone."""
    return datetime.now(UTC)


def utc_text(moment: datetime | None = None) -> Instant:
    """Return an instant as `2026-11-23T06:34:29Z`; now if none is given."""
    moment = moment or utc_now()
    return Instant(moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def parse_utc(text: str) -> datetime:
    """Return the instant of a text as utc_text() writes it. Errors: ValueError."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
