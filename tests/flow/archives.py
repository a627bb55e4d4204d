"""WARC files as others write them, for tests."""

from __future__ import annotations

import gzip
import io

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

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
