"""The evidence: HTTP exchanges as they went over the wire, in WARC 1.1 files, once per payload digest.

Reads: exchanges from the crawler. Writes: `var/warc/<crawl>-<n>.warc.gz`, rows in captures and warc_files.

1. The response (or, for a payload that is already stored, a revisit record) and the request are appended to the file.
2. One transaction writes the capture's row and how far the file is now valid.
3. What a killed process appended without its row lies beyond that mark; the next start cuts it off.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from warcio.archiveiterator import ArchiveIterator
from warcio.recordloader import ArcWarcRecord

from ledger.archive.codings import BodyRefusedError, undo_chunks, undo_content_coding
from ledger.archive.connections import ConnectionFacts, read_certificate
from ledger.archive.warc_records import (
    Exchange,
    HeaderLines,
    MadeRecord,
    Original,
    certificate_bytes,
    connection_bytes,
    made_bytes,
    request_bytes,
    response_bytes,
    warcinfo_bytes,
)
from ledger.database import Ledger
from ledger.errors import EvidenceBrokenError, OutsideFailureError, RecordDeletedError
from ledger.identity import content_id, sha256_hex, utc_text
from ledger.records import Capture, Certificate, Connection, WarcFile
from ledger.typed_texts import CaptureId, CrawlId, Sha256, VisitId

__all__ = [
    "Exchange",
    "MadeRecord",
    "StoredExchange",
    "StoredRecord",
    "WarcArchive",
    "cut_torn_tails",
    "read_exchange",
    "read_made",
]
ROTATE_BYTES = 1_000_000_000  # a file that one can still copy and check by hand
MAX_CONTENT_BYTES = 64_000_000  # after Content-Encoding is undone; the crawler refuses far less
NOT_MODIFIED = 304
_OF_THE_BODY = frozenset({"content-length", "content-encoding", "transfer-encoding", "content-type"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredExchange:
    """A response read back from the archive. payload: as received; content: after Content-Encoding is undone.

    Of a 304 it is the response that still holds, freshened with the later headers (RFC 9111, 4.3.4).
    """

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    payload: bytes
    content: bytes
    is_unchanged: bool = False  # a server said so

    @property
    def content_type(self) -> str | None:
        return next((value for name, value in self.headers if name.lower() == "content-type"), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """Where a made record lies."""

    warc_file: str
    warc_offset: int
    sha256: Sha256


class WarcArchive:
    """The WARC files of one workspace, open for one crawl's appending. Several processes append to files of their own."""

    def __init__(self, directory: Path, ledger: Ledger, crawl_id: CrawlId, *, tool: str) -> None:
        self.directory = directory
        self.ledger = ledger
        self.crawl_id = crawl_id
        self.tool = tool
        self._file: BinaryIO | None = None
        self._name = ""
        self._end = 0
        directory.mkdir(parents=True, exist_ok=True)
        cut_torn_tails(directory, ledger)

    def store(self, exchange: Exchange) -> Capture:
        """Append an exchange and commit its row. Errors: OutsideFailureError when the disk refuses."""
        digest = sha256_hex(exchange.payload)
        original = self._find_original(digest) if exchange.payload else None
        if exchange.holds is not None:
            digest, original = self._held(exchange.holds)
        self._open_file()
        response_record = response_bytes(exchange, digest, original)
        request_record = request_bytes(exchange)
        self._append(response_record + request_record)
        capture = Capture(
            capture_id=CaptureId(content_id("capture", exchange.visit_id, exchange.url, exchange.attempt)),
            visit_id=exchange.visit_id,
            url=exchange.url,
            attempt=exchange.attempt,
            status=exchange.status,
            fetched_at=exchange.fetched_at,
            content_type=exchange.content_type,
            redirect_url=exchange.redirect_url,
            remote_ip=exchange.remote_ip,
            payload_sha256=digest,
            payload_bytes=len(exchange.payload),
            warc_file=self._name,
            warc_offset=self._end,
            warc_length=len(response_record),
            request_warc_offset=self._end + len(response_record),
            refers_to=None if original is None else original.capture_id,
            etag=_header(exchange, "etag"),
            last_modified=_header(exchange, "last-modified"),
            tls=exchange.tls,
            connection_id=None if exchange.connection is None else exchange.connection.connection_id,
            robots=exchange.robots,
            robots_capture_id=exchange.robots_capture_id,
            server_date=exchange.server_date,
        )
        end = self._end + len(response_record) + len(request_record)
        with self.ledger.transaction():
            if self.ledger.add([capture]) != 1:
                raise EvidenceBrokenError(f"capture of {exchange.url} in visit {exchange.visit_id} is there already")
            self._mark_committed(end)
        self._end = end
        return capture

    def store_connection(self, visit_id: VisitId, facts: ConnectionFacts) -> Connection:
        """Append what is known of a connection, and the certificates that are new, once; returns its row."""
        known = self.ledger.find(Connection, connection_id=facts.id_in(visit_id))
        if known is not None:
            return known
        self._open_file()
        now = utc_text()
        chain = facts.tls.certificates if facts.tls is not None else ()
        digests = tuple(map(sha256_hex, chain))
        data, certificates = b"", []
        for digest, der in dict(zip(digests, chain, strict=True)).items():
            if self.ledger.find(Certificate, certificate_sha256=digest) is None:
                certificates.append(
                    Certificate(
                        certificate_sha256=digest,
                        **asdict(read_certificate(der)),
                        warc_file=self._name,
                        warc_offset=self._end + len(data),
                        stored_at=now,
                    )
                )
                data += certificate_bytes(der, now)
        connection = Connection(
            connection_id=facts.id_in(visit_id),
            visit_id=visit_id,
            host=facts.host,
            port=facts.port,
            remote_ip=facts.remote_ip,
            dns_addresses=facts.dns.addresses if facts.dns else None,
            dns_answered_at=facts.dns.answered_at if facts.dns else None,
            dns_source=facts.dns.source if facts.dns else None,
            dns_left_out=facts.dns.left_out if facts.dns else 0,
            tls_version=facts.tls.version if facts.tls else None,
            tls_cipher=facts.tls.cipher if facts.tls else None,
            certificates=digests,
            certificates_left_out=facts.tls.left_out if facts.tls else 0,
            warc_file=self._name,
            warc_offset=self._end + len(data),
            noted_at=now,
        )
        data += connection_bytes(connection)
        self._append(data)
        with self.ledger.transaction():
            self.ledger.add(certificates)
            self.ledger.add([connection])
            self._mark_committed(self._end + len(data))
        self._end += len(data)
        return connection

    def store_made(self, made: MadeRecord) -> StoredRecord:
        """Append what we made of a page ourselves: its drawn document, a screenshot. The caller writes the row."""
        self._open_file()
        data = made_bytes(made)
        self._append(data)
        stored = StoredRecord(warc_file=self._name, warc_offset=self._end, sha256=sha256_hex(made.content))
        self._end += len(data)
        self._mark_committed(self._end)
        return stored

    def sync(self) -> None:
        """Make sure that everything appended so far outlives a power cut."""
        if self._file is not None:
            os.fsync(self._file.fileno())

    def close(self) -> None:
        if self._file is not None:
            self.sync()
            self._file.close()
            self._file = None

    def __enter__(self) -> WarcArchive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _find_original(self, digest: str) -> Original | None:
        return self.ledger.select_first(
            Original,
            "SELECT capture_id, url, fetched_at FROM captures c WHERE payload_sha256 = ? AND refers_to IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM deletions d WHERE d.capture_id = c.capture_id) LIMIT 1",
            [digest],
        )

    def _held(self, capture_id: CaptureId) -> tuple[Sha256, Original]:
        """The digest and the record of the payload that a 304 says still holds."""
        capture = self.ledger.find(Capture, capture_id=capture_id)
        holder = capture and self.ledger.find(Capture, capture_id=capture.refers_to or capture_id)
        if capture is None or holder is None:
            raise EvidenceBrokenError(f"capture {capture_id}: the database has no such row")
        return capture.payload_sha256, Original(holder.capture_id, holder.url, holder.fetched_at)

    def _open_file(self) -> BinaryIO:
        if self._file is not None and self._end < ROTATE_BYTES:
            return self._file
        self.close()
        file = self._lock_last() or self._begin_file()
        if self._end == 0:
            info = warcinfo_bytes(self._name, self.tool)
            file.write(info)
            file.flush()
            self._end = len(info)
            self._mark_committed(self._end)
        self._file = file
        return file

    def _lock_last(self) -> BinaryIO | None:
        """The crawl's last file, to go on with; None where there is none, it is full, or another process appends to it."""
        last = self._last()
        if last is None or last.committed_bytes >= ROTATE_BYTES:
            return None
        file = _lock(self.directory / last.warc_file)
        if file is not None:
            # asked again: another process may have appended until it gave the lock up
            self._name, self._end = last.warc_file, _committed_bytes(self.ledger, last.warc_file)
        return file

    def _begin_file(self) -> BinaryIO:
        while True:
            last = self._last()
            number = 0 if last is None else int(last.warc_file.split("-")[-1].split(".")[0]) + 1
            self._name, self._end = f"{self.crawl_id}-{number:05d}.warc.gz", 0
            row = WarcFile(warc_file=self._name, crawl_id=self.crawl_id, committed_bytes=0)
            if self.ledger.add([row]) and (file := _lock(self.directory / self._name)) is not None:
                return file

    def _last(self) -> WarcFile | None:
        return self.ledger.select_first(
            WarcFile, "SELECT * FROM warc_files WHERE crawl_id = ? ORDER BY warc_file DESC LIMIT 1", [self.crawl_id]
        )

    def _append(self, data: bytes) -> None:
        """Write at the end; it counts once it is marked as committed."""
        file = self._open_file()
        try:
            file.seek(self._end)
            file.write(data)
            file.flush()
        except OSError as error:
            raise OutsideFailureError(
                f"{self.directory / self._name}: could not be written ({error}); free some space and start again"
            ) from error

    def _mark_committed(self, end: int) -> None:
        self.ledger.update(WarcFile, {"committed_bytes": end}, warc_file=self._name)


def cut_torn_tails(directory: Path, ledger: Ledger) -> None:
    """Cut from every WARC file what a killed process had appended but not committed; not from one to which a process appends now.

    Errors: EvidenceBrokenError when a file is missing or shorter than its rows say.
    """
    for file in ledger.select(WarcFile, "SELECT * FROM warc_files"):
        path = directory / file.warc_file
        size = path.stat().st_size if path.exists() else 0
        if size < file.committed_bytes:
            raise EvidenceBrokenError(
                f"{path}: expected at least {file.committed_bytes} bytes of stored captures, got {size}; "
                "restore the file from a backup before you go on"
            )
        if size > file.committed_bytes and (locked := _lock(path)) is not None:
            with locked:
                committed = _committed_bytes(ledger, file.warc_file)
                if path.stat().st_size > committed:
                    locked.truncate(committed)


def _committed_bytes(ledger: Ledger, warc_file: str) -> int:
    return int(ledger.value("SELECT committed_bytes FROM warc_files WHERE warc_file = ?", [warc_file]))


def _lock(path: Path) -> BinaryIO | None:
    """Open a file for appending; None while another process does. The lock goes with the file's closing."""
    file = path.open("r+b" if path.exists() else "w+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def read_exchange(directory: Path, ledger: Ledger, capture_id: CaptureId) -> StoredExchange:
    """Return a stored response; for a revisit record the headers of the later look with the payload of the first.

    Errors: RecordDeletedError, EvidenceBrokenError when the archive does not hold what the row says.
    """
    capture = ledger.find(Capture, capture_id=capture_id)
    if capture is None:
        raise EvidenceBrokenError(
            f"capture {capture_id}: the database has no such row; was it made from this workspace?"
        )
    deleted_at = ledger.value(
        "SELECT deleted_at FROM deletions WHERE capture_id IN (?, ?)", [capture_id, capture.refers_to]
    )
    if deleted_at is not None:
        raise RecordDeletedError(f"{capture.url} of {capture.fetched_at}: its payload was deleted at {deleted_at}")
    headers, payload = _headers_and_payload(directory / capture.warc_file, capture.warc_offset)
    holder = capture
    if capture.refers_to is not None:
        holder = ledger.find(Capture, capture_id=capture.refers_to) or capture
        held_headers, payload = _headers_and_payload(directory / holder.warc_file, holder.warc_offset)
        if capture.status == NOT_MODIFIED:
            headers = _freshened(held_headers, headers)
    is_encoded = any(name.lower() in ("content-encoding", "transfer-encoding") for name, _ in headers)
    if sha256_hex(payload) != capture.payload_sha256:
        raise EvidenceBrokenError(
            f"{holder.warc_file} at byte {holder.warc_offset}: expected a payload with SHA-256 "
            f"{capture.payload_sha256}, got {sha256_hex(payload)}; the file was changed after the crawl"
        )
    return StoredExchange(
        url=capture.url,
        status=holder.status if capture.status == NOT_MODIFIED else capture.status,
        headers=headers,
        payload=payload,
        is_unchanged=capture.status == NOT_MODIFIED,
        content=_content(headers, payload) if is_encoded else payload,
    )


def _freshened(held: HeaderLines, later: HeaderLines) -> tuple[tuple[str, str], ...]:
    later = [line for line in later if line[0].lower() not in _OF_THE_BODY]
    names = {name.lower() for name, _ in later}
    return (*(line for line in held if line[0].lower() not in names), *later)


def _header(exchange: Exchange, name: str) -> str | None:
    return next((value[:500] for given, value in exchange.response_headers if given.lower() == name), None)


def _headers_and_payload(path: Path, offset: int) -> tuple[tuple[tuple[str, str], ...], bytes]:
    with _reading(path, offset) as record:
        if record.http_headers is None:
            raise EvidenceBrokenError(
                f"{path} at byte {offset}: expected a response, got a record without HTTP headers"
            )
        return tuple(record.http_headers.headers), record.raw_stream.read()


def read_made(directory: Path, warc_file: str, offset: int, sha256: str) -> bytes:
    """Return what was made of a page. Errors: EvidenceBrokenError when the archive does not hold what the row says."""
    with _reading(directory / warc_file, offset) as record:
        content: bytes = record.raw_stream.read()
    if sha256_hex(content) != sha256:
        raise EvidenceBrokenError(
            f"{warc_file} at byte {offset}: expected SHA-256 {sha256}, got {sha256_hex(content)}; "
            "the file was changed after the crawl"
        )
    return content


def _content(headers: HeaderLines, payload: bytes) -> bytes:
    values = {name.lower(): value for name, value in headers}
    is_chunked = "chunked" in values.get("transfer-encoding", "").lower()
    data = undo_chunks(payload) if is_chunked else payload
    try:
        return undo_content_coding(data, values.get("content-encoding", ""), max_bytes=MAX_CONTENT_BYTES)
    except BodyRefusedError:  # the crawler read nothing of it either
        return payload


@contextlib.contextmanager
def _reading(path: Path, offset: int) -> Iterator[ArcWarcRecord]:
    """The record at an offset; whatever goes wrong while it is read is broken evidence."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            record = next(iter(ArchiveIterator(file)), None)
            if record is None:
                raise EvidenceBrokenError(f"{path} at byte {offset}: expected a WARC record, got the end of the file")
            yield record
    except EvidenceBrokenError:
        raise
    except OSError as error:
        raise EvidenceBrokenError(f"{path}: could not be read ({error}); restore it from a backup") from error
    except Exception as error:  # warcio raises many kinds on damaged input, some only when the payload is read
        raise EvidenceBrokenError(f"{path} at byte {offset}: no readable WARC record ({error})") from error
