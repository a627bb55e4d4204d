"""The records of our own archive as bytes: answers, requests, revisits, what was made of a page, and the file's own head."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.utils import Digester
from warcio.warcwriter import WARCWriter

from ledger.identity import warc_record_id
from ledger.records import Connection
from ledger.typed_texts import CaptureId, Instant, VisitId
from ledger.vocabulary import RobotsRule, Tls

PROFILE_NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
HeaderLines = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its response, as the crawler had them on the wire (transfer coding undone)."""

    visit_id: VisitId
    url: str
    attempt: int
    method: str
    request_headers: HeaderLines | None  # None: an archive that others made holds no request for it
    protocol: str
    status: int
    reason: str
    response_headers: HeaderLines
    payload: bytes
    content_type: str | None
    redirect_url: str | None
    remote_ip: str | None
    fetched_at: Instant
    holds: CaptureId | None = None  # 304: the capture whose content still holds
    tls: Tls | None = None
    connection: Connection | None = None  # None: what an archive that others made holds
    robots: RobotsRule | None = None
    robots_capture_id: CaptureId | None = None
    server_date: str | None = None
    is_cut: bool = False  # the connection ended before the body did


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeRecord:
    """Something made of a page here. kind: conversion (its document as drawn) or resource (a picture of it)."""

    kind: str
    url: str
    content: bytes
    content_type: str
    made_at: str


@dataclass(frozen=True, slots=True)
class Original:
    """Where a payload lies that was met before."""

    capture_id: CaptureId
    url: str
    fetched_at: Instant


class _Sha256Writer(WARCWriter):  # type: ignore[misc]  # warcio has no types
    @staticmethod
    def _create_digester() -> Digester:
        return Digester("sha256")


def _warc_bytes(build: WARCWriter, buffer: io.BytesIO, record: ArcWarcRecord) -> bytes:
    build.write_record(record)
    return buffer.getvalue()


def record_writer() -> tuple[WARCWriter, io.BytesIO]:
    buffer = io.BytesIO()
    return _Sha256Writer(buffer, gzip=True, warc_version="1.1"), buffer


def response_bytes(exchange: Exchange, digest: str, original: Original | None) -> bytes:
    writer, buffer = record_writer()
    http = StatusAndHeaders(
        f"{exchange.status} {exchange.reason}", list(exchange.response_headers), protocol=exchange.protocol
    )
    headers: dict[str, str] = {"WARC-Date": exchange.fetched_at}
    if exchange.remote_ip:
        headers["WARC-IP-Address"] = exchange.remote_ip
    if exchange.is_cut:
        headers["WARC-Truncated"] = "disconnect"  # WARC 1.1, 5.13
    if exchange.connection is not None:
        headers["WARC-Concurrent-To"] = warc_record_id(exchange.connection.connection_id)
    if original is not None:
        record = writer.create_revisit_record(
            exchange.url,
            f"sha256:{digest}",
            original.url,
            original.fetched_at,
            http_headers=http,
            warc_headers_dict=headers,
        )
        if exchange.holds is not None:
            record.rec_headers.replace_header("WARC-Profile", PROFILE_NOT_MODIFIED)
    else:
        headers["WARC-Payload-Digest"] = f"sha256:{digest}"
        record = writer.create_warc_record(
            exchange.url,
            "response",
            payload=io.BytesIO(exchange.payload),
            length=len(exchange.payload),
            http_headers=http,
            warc_headers_dict=headers,
        )
    if exchange.connection is not None:
        _add_protocols(record, exchange.protocol, exchange.connection)
    return _warc_bytes(writer, buffer, record)


def _add_protocols(record: ArcWarcRecord, protocol: str, connection: Connection) -> None:
    """The fields WARC-Protocol, one line each, and WARC-Cipher-Suite (iipc.github.io/warc-specifications, extensions)."""
    record.rec_headers.add_header("WARC-Protocol", protocol.lower())
    if connection.tls_version is not None:
        record.rec_headers.add_header("WARC-Protocol", connection.tls_version.lower().replace("v", "/", 1))
    if connection.tls_cipher is not None and connection.tls_cipher.startswith("TLS_"):
        record.rec_headers.add_header("WARC-Cipher-Suite", connection.tls_cipher)


def connection_bytes(connection: Connection) -> bytes:
    """What is known of a connection, as a record that its responses name in WARC-Concurrent-To."""
    lines = [("host", connection.host), ("port", connection.port), ("remote-ip", connection.remote_ip)]
    lines += [("dns-source", connection.dns_source), ("dns-answered-at", connection.dns_answered_at)]
    lines += [("dns-address", address) for address in connection.dns_addresses or ()]
    lines += [("dns-addresses-left-out", connection.dns_left_out or None)]
    lines += [("tls-version", connection.tls_version), ("tls-cipher", connection.tls_cipher)]
    lines += [("certificate", f"sha256:{digest}") for digest in connection.certificates]
    lines += [("certificates-left-out", connection.certificates_left_out or None)]
    content = "".join(f"{name}: {value}\r\n" for name, value in lines if value is not None).encode("utf-8", "replace")
    scheme = "http" if connection.tls_version is None else "https"
    host = f"[{connection.host}]" if ":" in connection.host else connection.host
    writer, buffer = record_writer()
    record = writer.create_warc_record(
        f"{scheme}://{host}:{connection.port}/",
        "metadata",
        payload=io.BytesIO(content),
        length=len(content),
        warc_content_type="application/warc-fields",
        warc_headers_dict={
            "WARC-Date": connection.noted_at,
            "WARC-Record-ID": warc_record_id(connection.connection_id),
        },
    )
    return _warc_bytes(writer, buffer, record)


def certificate_bytes(der: bytes, stored_at: str) -> bytes:
    """A certificate as a record of its own, under the name that RFC 6920 gives to its digest."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")
    return made_bytes(
        MadeRecord(
            kind="resource",
            url=f"ni:///sha-256;{digest}",
            content=der,
            content_type="application/pkix-cert",
            made_at=stored_at,
        )
    )


def request_bytes(exchange: Exchange) -> bytes:
    writer, buffer = record_writer()
    headers: dict[str, str] = {"WARC-Date": exchange.fetched_at}
    if exchange.request_headers is None:
        note = b"note: the archive that this answer was taken from holds no request for it\r\n"
        record = writer.create_warc_record(
            exchange.url,
            "metadata",
            payload=io.BytesIO(note),
            length=len(note),
            warc_content_type="application/warc-fields",
            warc_headers_dict=headers,
        )
        return _warc_bytes(writer, buffer, record)
    parts = urlsplit(exchange.url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    http = StatusAndHeaders(f"{exchange.method} {path} HTTP/1.1", list(exchange.request_headers), is_http_request=True)
    record = writer.create_warc_record(exchange.url, "request", http_headers=http, warc_headers_dict=headers)
    return _warc_bytes(writer, buffer, record)


def made_bytes(made: MadeRecord) -> bytes:
    writer, buffer = record_writer()
    record = writer.create_warc_record(
        made.url,
        made.kind,
        payload=io.BytesIO(made.content),
        length=len(made.content),
        warc_content_type=made.content_type,
        warc_headers_dict={"WARC-Date": made.made_at},
    )
    return _warc_bytes(writer, buffer, record)


def warcinfo_bytes(name: str, tool: str) -> bytes:
    writer, buffer = record_writer()
    info = {
        "software": tool,
        "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "description": "payloads as received, transfer coding undone, content coding kept; reason phrases are the standard ones",
    }
    return _warc_bytes(writer, buffer, writer.create_warcinfo_record(name, info))
