"""WARC files as others write them, for tests."""

from __future__ import annotations

import gzip
import io
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.archives.archive_files import open_archive
from crawler.archives.archive_index import ArchiveIndex
from crawler.archives.ingest import Ingest, begin_ingest, plan_ingest
from ledger.archive.warc import WarcArchive
from ledger.database import Ledger
from ledger.lexicon import Lexicon

WORDS = "<p>" + "Words about our work for ports and towns. " * 30 + "</p>"
PAGE = f"<html><title>V</title><h1>Our partners</h1>{WORDS}<p>We are a partner of Acme.</p><img src='/l.png'><img src='/gone.png'></html>"
URL = "http://www.vendor.example/partners"

AT = "2019-05-01T10:11:12Z"


class Maker:
    """Writes a WARC file as others do."""

    def __init__(self, *, is_gzip: bool = True, version: str = "1.0") -> None:
        self.buffer = io.BytesIO()
        self.writer = WARCWriter(self.buffer, gzip=is_gzip, warc_version=version)
        self.writer.write_record(self.writer.create_warcinfo_record("made.warc", {"software": "somebody's 1.0"}))

    def answer(
        self,
        url: str,
        body: bytes | str,
        content_type: str = "text/html; charset=utf-8",
        *,
        status: str = "200 OK",
        at: str = AT,
        headers: tuple[tuple[str, str], ...] = (),
        warc: tuple[tuple[str, str], ...] = (),
        kind: str = "response",
        protocol: str = "HTTP/1.1",
    ) -> Maker:
        data = body.encode() if isinstance(body, str) else body
        http = StatusAndHeaders(status, [("Content-Type", content_type), *headers], protocol=protocol)
        fields = {"WARC-Date": at, "WARC-IP-Address": "192.0.2.7", **dict(warc)}
        record = self.writer.create_warc_record(
            url, kind, payload=io.BytesIO(data), length=len(data), http_headers=http, warc_headers_dict=fields
        )
        self.writer.write_record(record)
        return self

    def request(self, url: str, *headers: tuple[str, str], at: str = AT) -> Maker:
        http = StatusAndHeaders("GET /x HTTP/1.1", list(headers), is_http_request=True)
        self.writer.write_record(
            self.writer.create_warc_record(url, "request", http_headers=http, warc_headers_dict={"WARC-Date": at})
        )
        return self

    def record(self, url: str, kind: str, content_type: str, body: bytes, at: str = AT) -> Maker:
        self.writer.write_record(
            self.writer.create_warc_record(
                url,
                kind,
                payload=io.BytesIO(body),
                length=len(body),
                warc_content_type=content_type,
                warc_headers_dict={"WARC-Date": at},
            )
        )
        return self

    def raw(self, head: str, block: bytes) -> Maker:
        """A record that warcio would not write."""
        fields = f"WARC/1.0\r\nWARC-Date: {AT}\r\n{head}\r\nContent-Length: {len(block)}\r\n\r\n"
        self.buffer.write(gzip.compress(fields.encode() + block + b"\r\n\r\n"))
        return self

    def revisit(self, url: str, digest: str, of: str, of_at: str, *, at: str, status: str = "200 OK") -> Maker:
        http = StatusAndHeaders(status, [("Content-Type", "text/html")], protocol="HTTP/1.1")
        self.writer.write_record(
            self.writer.create_revisit_record(url, digest, of, of_at, http, warc_headers_dict={"WARC-Date": at})
        )
        return self

    @property
    def data(self) -> bytes:
        return self.buffer.getvalue()


class Space:
    """A workspace without brands: what is read of a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lexicon = Lexicon.load()
        self.unread: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.warnings: list[str] = []
        self.damage: list[str] = []

    def read(self, data: bytes, name: str = "made.warc.gz") -> Space:
        file = self.folder / name
        file.write_bytes(data)
        with (
            Ledger.open(self.folder / "p.db") as ledger,
            open_archive(file, self.folder) as opened,
            closing(ArchiveIndex(opened)) as index,
        ):
            order = plan_ingest(index, ledger, self.lexicon, [])
            if begin_ingest(ledger, order, file=name, settings={}, tool="partnerproof test"):
                with WarcArchive(self.folder / "warc", ledger, order.crawl_id, tool="partnerproof test") as archive:
                    reading = Ingest(index, ledger, archive, self.lexicon)
                    assert len(list(reading.read_visits(order))) <= len(order.plans)
                self.unread = reading.unread
            self.left_out, self.warnings, self.damage = +index.left_out, opened.warnings, opened.damage
        return self

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.folder / "p.db")) as database:
            return database.execute(sql).fetchall()

    @property
    def pages(self) -> list[tuple[object, ...]]:
        return self.rows("SELECT url, health FROM pages ORDER BY url")


def whole(png: bytes, **how: object) -> Maker:
    maker = Maker(**how)  # type: ignore[arg-type]  # keywords of Maker
    maker.answer(URL, PAGE).request(URL, ("Host", "www.vendor.example"), ("User-Agent", "somebody"))
    return maker.answer("https://vendor.example/l.png", png, "image/png", at="2019-05-01T10:11:14Z")
