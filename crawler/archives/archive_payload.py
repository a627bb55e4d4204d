"""The body of an archived answer: transfer coding undone, content coding undone within limits, digests checked.

Reads: bytes of a record and its headers. Writes: nothing; a body that can't be had is a word that says why.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from crawler.archives.archive_records import HttpHead
from ledger.archive.codings import BodyRefusedError, undo_chunks, undo_content_coding

_ALGORITHMS = {"sha1", "sha256", "sha512", "md5"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """payload: transfer coding undone, as our archive keeps it. content: content coding undone too."""

    payload: bytes
    content: bytes


def read_body(
    http: HttpHead, block: bytes, *, max_bytes: int, block_digest: str | None, payload_digest: str | None
) -> Body:
    """Return the body of an answer. Errors: BodyRefusedError when digests, limits or codings are against it."""
    stored = block[http.body_start :]
    if is_digest_of(block_digest, block) is False:
        raise BodyRefusedError("digest-mismatch", f"the record is not what its block digest says ({block_digest})")
    payload = undo_chunks(stored) if "chunked" in (http.value("transfer-encoding") or "").lower() else stored
    if len(payload) > max_bytes:
        raise BodyRefusedError("too-large", f"{len(payload)} bytes")
    content = undo_content_coding(payload, http.value("content-encoding") or "", max_bytes=max_bytes)
    # makers differ in what they take the payload to be: as on the wire, without chunks, or without any coding
    if payload_digest and not any(
        is_digest_of(payload_digest, body) is not False for body in (stored, payload, content)
    ):
        raise BodyRefusedError("digest-mismatch", f"the payload is not what its digest says ({payload_digest})")
    return Body(payload=payload, content=content)


def is_digest_of(digest: str | None, data: bytes) -> bool | None:
    """Tell whether a WARC digest (`sha1:BASE32`, `sha256:hex`) is that of data; None when it can't be checked."""
    algorithm, _, value = (digest or "").strip().partition(":")
    algorithm = algorithm.lower().replace("-", "")
    if algorithm not in _ALGORITHMS or not value:
        return None
    expected = hashlib.new(algorithm, data, usedforsecurity=False).digest()
    return any(_decode(value, how) == expected for how in ("hex", "base32", "base64"))


def _decode(value: str, how: str) -> bytes | None:
    try:
        if how == "hex":
            return bytes.fromhex(value)
        if how == "base32":
            return base64.b32decode(value.upper() + "=" * (-len(value) % 8))
        return base64.b64decode(value.replace("-", "+").replace("_", "/") + "=" * (-len(value) % 4))
    except (ValueError, binascii.Error):
        return None
