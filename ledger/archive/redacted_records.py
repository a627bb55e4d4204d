"""Copies of WARC records in which texts are blanked: records of their own, with digests of their own, that say what they are.

Reads: records as stored. Writes nothing. A record in which nothing is blanked is returned as it is, byte for byte, so that it is still
the one that was sealed.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Protocol

from warcio.archiveiterator import ArchiveIterator
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders

from ledger.archive.codings import BodyRefusedError, undo_chunks, undo_content_coding
from ledger.archive.warc_records import record_writer
from ledger.identity import sha256_hex, warc_record_id

REDACTED = "WARC-Redacted"  # value: the id of the record that this is a copy of
MAX_CONTENT_BYTES = 64_000_000
_CODED = ("content-encoding", "transfer-encoding")
_NO_WORDS = frozenset(
    {
        "warc-type",
        "warc-date",
        "warc-record-id",
        "warc-concurrent-to",
        "warc-refers-to",
        "warc-refers-to-date",
        "content-length",
    }
)
_WRITTEN_ANEW = ("content-length", "warc-block-digest")


class Blanking(Protocol):
    """What blanks: addresses and headers, texts, and what a server sent."""

    def url(self, url: str) -> str: ...
    def text(self, text: str) -> str: ...
    def body(self, content: bytes, content_type: str | None, url: str) -> bytes: ...


@dataclass
class RecordRedaction:
    """Copies records; remembers the payloads that were changed, since revisits name them by their digests."""

    blanking: Blanking
    payloads: dict[str, str] = field(default_factory=dict)  # SHA-256 as captured → of the copy

    def copy(self, data: bytes) -> bytes:
        """Return a record without what is to be blanked. Records that hold payloads come before the revisits that name them."""
        record = next(iter(ArchiveIterator(io.BytesIO(data))))
        headers = [(name, self._header(name, value)) for name, value in record.rec_headers.headers]
        http = record.http_headers
        first = self._first_line(http) if http else ("", "")
        http_lines = [(name, self.blanking.url(value)) for name, value in http.headers] if http else []
        payload: bytes = record.raw_stream.read()
        content = self._payload(record, payload)
        is_same = headers == record.rec_headers.headers and content == payload
        if is_same and (not http or (*first, http_lines) == (http.protocol, http.statusline, http.headers)):
            return data
        if content != payload:
            http_lines = [
                (name, str(len(content)) if name.lower() == "content-length" else value)
                for name, value in http_lines
                if name.lower() not in _CODED
            ]
            self.payloads[sha256_hex(payload)] = sha256_hex(content)
            digest = f"sha256:{sha256_hex(content)}"
            headers = [(name, digest if name == "WARC-Payload-Digest" else value) for name, value in headers]
        answer = StatusAndHeaders(first[1], http_lines, protocol=first[0]) if http else None
        return _write(record, headers, answer, content)

    def _first_line(self, http: StatusAndHeaders) -> tuple[str, str]:
        """Protocol and status line; of a request the address stands in one of them."""
        return self.blanking.url(http.protocol), self.blanking.url(http.statusline)

    def _header(self, name: str, value: str) -> str:
        if name == "WARC-Payload-Digest":
            return self._digest(value)
        return value if name.lower() in _NO_WORDS or name.lower().endswith("-digest") else self.blanking.url(value)

    def _digest(self, value: str) -> str:
        kind, _, digest = value.partition(":")
        return f"{kind}:{self.payloads.get(digest, digest)}"

    def _payload(self, record: ArcWarcRecord, payload: bytes) -> bytes:
        """The blanked payload, content coding undone; as stored where nothing is to be blanked."""
        stated = record.http_headers or record.rec_headers
        content_type = stated.get_header("Content-Type")
        content = payload
        if record.http_headers:
            is_chunked = "chunked" in (stated.get_header("Transfer-Encoding") or "").lower()
            try:
                content = undo_chunks(payload) if is_chunked else payload
                content = undo_content_coding(
                    content, stated.get_header("Content-Encoding") or "", max_bytes=MAX_CONTENT_BYTES
                )
            except BodyRefusedError:  # nobody read it either; what stands in its bytes is looked for all the same
                content = payload
        redacted = self.blanking.body(content, content_type, record.rec_headers.get_header("WARC-Target-URI") or "")
        return payload if redacted == content else redacted


def _write(
    record: ArcWarcRecord, headers: list[tuple[str, str]], http: StatusAndHeaders | None, payload: bytes
) -> bytes:
    original = record.rec_headers.get_header("WARC-Record-ID")
    kept = [(name, value) for name, value in headers if name.lower() not in _WRITTEN_ANEW]
    named = [
        (
            name,
            warc_record_id("redacted", original) if name == "WARC-Record-ID" else value,
        )
        for name, value in kept
    ]
    copy = ArcWarcRecord(
        record.format, record.rec_type, StatusAndHeaders("", [*named, (REDACTED, original)], protocol="WARC/1.1"),
        io.BytesIO(payload), http, record.content_type, len(payload), payload_length=len(payload),
    )  # fmt: skip
    writer, buffer = record_writer()
    writer.write_record(copy)
    return buffer.getvalue()
