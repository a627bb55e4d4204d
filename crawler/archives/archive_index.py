"""An index of somebody's archive: which answers it holds, by address and by time, revisits led to what they repeat.

Reads: the records of an archive's WARC files. Writes: a temporary SQLite file that goes with the process.

1. Every record is listed once: answers, files (resource records), revisits and requests with a web address and a date that has
   come; what else there is, is counted.
2. An answer is looked up by address: with or without www, http or https, as near in time as possible.
3. A revisit record is led to the answer that it repeats: by record id, by address and date, by digest, by address.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from urllib.parse import urljoin, urlsplit

from crawler.archives.archive_files import ArchiveFile
from crawler.archives.archive_payload import Body, read_body
from crawler.archives.archive_records import HttpHead, RawRecord, parse_http, resource_head
from crawler.reading.page_health import is_html
from ledger.archive.codings import BodyRefusedError
from ledger.identity import utc_now, utc_text
from ledger.row_reading import read_rows
from ledger.typed_texts import Instant

# An image of another year says nothing about a page; crawls of one site take days, recurring ones weeks.
MAX_APART_DAYS = 92
MAX_REDIRECTS = 5
FUTURE_TOLERANCE = timedelta(days=1)  # clocks and time zones of whoever made the archive
FUTURE = "date in the future"  # nothing can have been captured then: neither its date nor its order can be trusted
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)")

_TABLE = """
    CREATE TABLE records (
        n INTEGER PRIMARY KEY, warc INTEGER, offset INTEGER, type TEXT, uri TEXT, key TEXT, at TEXT, day REAL, record_id TEXT,
        status INTEGER, content_type TEXT, location TEXT, ip TEXT, concurrent_to TEXT, refers_to TEXT, refers_key TEXT, refers_at TEXT,
        payload_digest TEXT, block_digest TEXT, is_document INTEGER, is_frame_of_others INTEGER, damage TEXT
    )"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An archived answer, found in the index."""

    n: int
    uri: str
    at: Instant
    status: int
    content_type: str | None
    location: str | None
    ip: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAnswer:
    """An archived answer with its body, and the request where the archive has it."""

    http: HttpHead
    status: int
    body: Body
    request: HttpHead | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """A record of the archive as the index has it, beside its number n; the fields in the table's order."""

    warc: int
    offset: int
    type: str
    uri: str
    key: str
    at: Instant
    day: float
    record_id: str | None
    status: int | None
    content_type: str | None
    location: str | None
    ip: str | None
    concurrent_to: str | None
    refers_to: str | None
    refers_key: str | None
    refers_at: Instant | None
    payload_digest: str | None
    block_digest: str | None
    is_document: bool
    is_frame_of_others: bool
    damage: str | None


_COLUMNS = tuple(field.name for field in fields(_Record))
_INSERT = f"INSERT INTO records ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
_values = attrgetter(*_COLUMNS)


class ArchiveIndex:
    """The answers of one archive. left_out: records that are none, by what they are."""

    def __init__(self, archive: ArchiveFile, *, now: datetime | None = None) -> None:
        """now: what time it is; records of a later day than tomorrow are refused."""
        self.archive = archive
        self._latest = utc_text((now or utc_now()) + FUTURE_TOLERANCE)
        self.left_out: Counter[str] = Counter()
        self.database = sqlite3.connect("")  # a private file that SQLite removes by itself
        self.database.execute(_TABLE)
        for number, warc in enumerate(archive.warcs):
            records = (made for record in warc.records() if (made := self._record(number, record)) is not None)
            self.database.executemany(_INSERT, map(_values, records))
            self.left_out["no WARC record"] += len(warc.losses)
        self._tell_damage()
        for column in ("key", "record_id", "payload_digest", "concurrent_to"):
            self.database.execute(f"CREATE INDEX by_{column} ON records({column})")
        self._mark_repeated_documents()
        self._mark_frames()

    def close(self) -> None:
        self.database.close()

    def _record(self, warc: int, record: RawRecord) -> _Record | None:
        kind = record.value("warc-type") or "no type"
        if kind not in ("response", "revisit", "request", "resource"):
            if kind not in ("warcinfo", "metadata"):
                self.left_out[f"{kind} record"] += 1
            return None
        key, at = url_key(record.uri), read_date(record.value("warc-date"))
        if key is None:
            scheme = record.uri.partition(":")[0][:20].lower() or "no"
            self.left_out[f"{scheme} address" if kind != "request" else "request of another scheme"] += 1
            return None
        if at is None:
            self.left_out["no date that can be read"] += 1
            return None
        if at > self._latest:
            self.left_out[FUTURE] += 1
            return None
        if record.http is None and kind != "revisit":
            self.left_out["no HTTP headers"] += 1
            return None
        http = record.http
        content_type = http.value("content-type") if http else None
        is_other_frame = kind == "request" and http is not None and _is_frame_of_others(record.uri, http)
        location = http.value("location") if http else None
        return _Record(
            warc=warc,
            offset=record.offset,
            type=kind,
            uri=record.uri,
            key=key,
            at=at,
            day=_day(at),
            record_id=record.value("warc-record-id"),
            status=http.status if http else None,
            content_type=content_type,
            location=_absolute(record.uri, location),
            ip=record.value("warc-ip-address"),
            concurrent_to=record.value("warc-concurrent-to"),
            refers_to=record.value("warc-refers-to"),
            refers_key=url_key(record.value("warc-refers-to-target-uri") or ""),
            refers_at=read_date(record.value("warc-refers-to-date")),
            payload_digest=record.value("warc-payload-digest"),
            block_digest=record.value("warc-block-digest"),
            is_document=kind != "request" and _is_document(http, record.body_head),
            is_frame_of_others=is_other_frame,
            damage=record.damage,
        )

    def _tell_damage(self) -> None:
        damaged = "SELECT count(*) FROM records WHERE damage IS NOT NULL"
        number = self.database.execute(damaged).fetchone()[0] + sum(len(warc.losses) for warc in self.archive.warcs)
        if number:
            self.archive.damage.append(f"{number} of its records are torn or cut short; what is whole was read")

    def _mark_repeated_documents(self) -> None:
        """An answer "not modified" has no content type of its own."""
        self.database.execute(
            "UPDATE records SET is_document = 1 WHERE type = 'revisit' AND EXISTS (SELECT 1 FROM records o"
            " WHERE o.type = 'response' AND o.is_document AND o.key = records.key)"
        )

    def _mark_frames(self) -> None:
        """What a browser fetched into a frame of another's page is no page of its own: players, captchas, maps."""
        self.database.execute(
            "UPDATE records SET is_document = 0 WHERE type <> 'request' AND EXISTS (SELECT 1 FROM records q"
            " WHERE q.type = 'request' AND q.is_frame_of_others AND q.key = records.key AND q.at = records.at)"
        )

    def documents(self) -> Iterator[Answer]:
        """Yield the documents of the archive, oldest first: pages, and error answers that look like pages."""
        where = (
            "is_document AND (status IS NULL OR status < 300 OR status >= 400 OR status = 304)"
            " ORDER BY at, type = 'resource', n"
        )
        yield from self._answers(where)

    def near(self, url: str, at: Instant) -> Answer | None:
        """Return the answer for an address that is nearest in time, redirects followed, or None."""
        for _ in range(MAX_REDIRECTS + 1):
            where = (
                "key = ? AND type <> 'request' AND abs(day - ?) <= ? AND damage IS NULL"
                " ORDER BY coalesce(status, 200) >= 400, abs(day - ?), type = 'resource', n LIMIT 1"
            )
            answer = next(self._answers(where, [url_key(url), _day(at), MAX_APART_DAYS, _day(at)]), None)
            if answer is None or not (300 <= answer.status < 400 and answer.status != 304 and answer.location):
                return answer
            url = answer.location
        return None

    def _answers(self, where: str, values: Sequence[object] = ()) -> Iterator[Answer]:
        # a revisit record without a head repeats a good answer
        sql = "SELECT n, uri, at, coalesce(nullif(status, 0), 200) AS status, content_type, location, ip FROM records"
        return read_rows(self.database.execute(f"{sql} WHERE {where}", values), Answer)

    def _find(self, where: str, values: Sequence[object]) -> _Record | None:
        sql = f"SELECT {', '.join(_COLUMNS)} FROM records WHERE {where} LIMIT 1"
        return next(read_rows(self.database.execute(sql, values), _Record), None)

    def read(self, answer: Answer, *, max_bytes: int) -> ReadAnswer:
        """Return an answer's headers and body. Errors: BodyRefusedError, with the word for the look's row."""
        record = self._find("n = ?", [answer.n])
        assert record is not None  # noqa: S101  # the answer is of this index
        if record.damage:
            raise BodyRefusedError(record.damage, "the archive's record is damaged")
        is_told_elsewhere = record.type == "revisit" and record.status in (None, 304)
        http = None if is_told_elsewhere else self._head(record)
        holder = record if record.type in ("response", "resource") else self._repeated(record)
        if holder is None:
            raise BodyRefusedError("not-in-archive", "what the revisit record repeats is not in this file")
        block = self.archive.warcs[holder.warc].block(holder.offset)
        head = _head_of(holder, block) if block is not None else None
        if block is None or head is None or head.status is None:
            raise BodyRefusedError("too-large" if block is None else "broken-response", "the record could not be read")
        body = read_body(
            head,
            block,
            max_bytes=max_bytes,
            block_digest=holder.block_digest,
            payload_digest=holder.payload_digest,
        )
        answered = http or head
        return ReadAnswer(
            http=answered, status=answered.status or head.status, body=body, request=self._request(record)
        )

    def _head(self, record: _Record) -> HttpHead | None:
        block = self.archive.warcs[record.warc].block(record.offset)
        return _head_of(record, block) if block is not None else None

    def _repeated(self, record: _Record) -> _Record | None:
        """Return the answer that a revisit record repeats."""
        tries: tuple[tuple[str, list[str | None]], ...] = (
            ("record_id = ?", [record.refers_to]),
            ("key = ? AND at = ?", [record.refers_key, record.refers_at]),
            ("payload_digest = ?", [record.payload_digest]),
            ("key = ? AND status < 300 AND at <= ?", [record.key, record.at]) if record.status == 304 else ("0", []),
        )
        for where, values in tries:
            if None in values:
                continue
            answers = "type IN ('response', 'resource') AND damage IS NULL"
            repeated = self._find(f"{answers} AND {where} ORDER BY type = 'resource', at DESC, n", values)
            if repeated is not None:
                return repeated
        return None

    def _request(self, record: _Record) -> HttpHead | None:
        where = (
            "type = 'request' AND damage IS NULL AND (concurrent_to = ? OR record_id = ? OR (key = ? AND at = ?))"
            " ORDER BY concurrent_to = ? DESC, n"
        )
        values = [record.record_id, record.concurrent_to, record.key, record.at, record.record_id]
        request = self._find(where, values)
        return self._head(request) if request is not None else None


def _head_of(record: _Record, block: bytes) -> HttpHead | None:
    return resource_head(record.content_type) if record.type == "resource" else parse_http(block)


def url_key(url: str) -> str | None:
    """Return an address as it is compared: without scheme, www and fragment; None when it is no web address."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host:
        return None
    shown_port = f":{port}" if port not in (None, 80, 443) else ""
    return f"{host.removeprefix('www.')}{shown_port}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")


def read_date(text: str | None) -> Instant | None:
    """Return a WARC-Date to the second, in UTC; None when it is none."""
    match = _DATE.fullmatch((text or "").strip())
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    try:
        if match[7] == "Z":
            return utc_text(datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC))
        return utc_text(datetime.fromisoformat(f"{match[0][:19]}{match[7]}"))
    except (ValueError, OverflowError):
        return None


def _day(at: str) -> float:
    return datetime.fromisoformat(at).timestamp() / 86_400


def _absolute(base: str, location: str | None) -> str | None:
    try:
        return urljoin(base, location) if location else None
    except ValueError:
        return None


def _is_document(http: HttpHead | None, body_head: bytes) -> bool:
    if http is None or http.status is None:
        return False
    packed = http.value("content-encoding") or http.value("transfer-encoding")
    return is_html(http.value("content-type"), b"" if packed else body_head)


def _is_frame_of_others(url: str, http: HttpHead) -> bool:
    if (http.value("sec-fetch-dest") or "").lower() not in ("iframe", "frame", "embed", "object"):
        return False
    return (http.value("sec-fetch-site") or "").lower() == "cross-site"
