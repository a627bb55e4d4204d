"""What stands between the spider and the wire: robots rules per visit, and every exchange into the archive.

Captures lies nearest to the wire, so that it sees bodies before decompression and every redirect; what a
killed run of the same visit had stored is answered from the archive and not fetched again.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Self
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.headers import Headers
from scrapy.responsetypes import responsetypes
from scrapy.robotstxt import ProtegoRobotParser, RobotParser

from crawler.looks import LookRefusedError
from crawler.visit import RunningVisit
from ledger.database import Ledger
from ledger.identity import utc_text
from ledger.vocabulary import Purpose
from ledger.warc import Exchange, WarcArchive, read_exchange

STORED_FLAG = "stored"
READABLE_ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate", "br"})


class VisitRobotsMiddleware:
    """RFC 9309: robots.txt decides; a missing one allows all, an unreachable one forbids all.

    Parsers live with their visit: a crawl of many vendors does not grow with them.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.user_agent = crawler.settings["ROBOTSTXT_USER_AGENT"] or crawler.settings["USER_AGENT"]
        self.is_obeyed = crawler.settings.getbool("PARTNERPROOF_OBEY_ROBOTS")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        visit: RunningVisit | None = request.meta.get("visit")
        if visit is None or not self.is_obeyed or request.meta.get("purpose") is Purpose.ROBOTS:
            return
        rules = await self._rules(visit, request)
        if isinstance(rules, LookRefusedError):
            raise LookRefusedError(rules.reason, rules.detail)
        if not rules.allowed(request.url, self.user_agent):
            raise LookRefusedError("robots", "robots.txt forbids this address")

    async def _rules(self, visit: RunningVisit, request: Request) -> RobotParser | LookRefusedError:
        parts = urlsplit(request.url)
        netloc = f"{parts.scheme}://{parts.netloc}"
        if netloc not in visit.robots:
            visit.robots[netloc] = asyncio.ensure_future(self._fetch(visit, f"{netloc}/robots.txt"))
        return await visit.robots[netloc]

    async def _fetch(self, visit: RunningVisit, url: str) -> RobotParser | LookRefusedError:
        assert self.crawler.spider is not None  # noqa: S101  # requests come from it
        looked = await self.crawler.spider.look_at_robots(visit, url)  # type: ignore[attr-defined]
        response: Response | None = looked.response
        if response is None:  # the host itself can't be reached, or must not be
            return LookRefusedError(looked.look.reason or "failed", f"{looked.look.detail} (asked for robots.txt)")
        if response.status >= 500 or response.status == 429:
            return LookRefusedError(
                "robots-unreachable", f"robots.txt answers {response.status}, so nothing is allowed (RFC 9309)"
            )
        body = b"" if response.status >= 400 else response.body[:512_000]  # RFC 9309, 2.5: at least 500 KiB
        return ProtegoRobotParser(body, self.crawler.spider)


class CaptureMiddleware:
    """Writes every exchange of a visit to the archive; answers from it what is already there."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @property
    def _archive(self) -> WarcArchive:
        archive: WarcArchive = self.crawler.spider.archive  # type: ignore[union-attr]
        return archive

    def process_request(self, request: Request) -> Response | None:
        visit: RunningVisit | None = request.meta.get("visit")
        if visit is None:
            return None
        capture_id = visit.stored.get((request.url, request.meta.get("retry_times", 0)))
        if capture_id is None:
            return None
        visit.captures[request.url] = capture_id
        return stored_response(self._archive.ledger, self._archive, request.url, capture_id)

    def process_response(self, request: Request, response: Response) -> Response:
        visit: RunningVisit | None = request.meta.get("visit")
        if visit is None:
            return response
        visit.requests += 1
        visit.body_bytes += len(response.body)
        if STORED_FLAG not in response.flags:
            key = (request.url, request.meta.get("retry_times", 0))
            if key in visit.stored:  # two redirects led here at once: the first answer is the one that counts
                visit.captures[request.url] = visit.stored[key]
                response = stored_response(self._archive.ledger, self._archive, request.url, visit.stored[key])
            else:
                visit.stored[key] = self._store(visit, request, response)
        encodings = {part.strip().lower() for part in _header(response, "Content-Encoding").split(",")}
        if not encodings <= READABLE_ENCODINGS:
            raise LookRefusedError("unreadable-encoding", f"Content-Encoding {', '.join(sorted(encodings))}")
        return response

    def _store(self, visit: RunningVisit, request: Request, response: Response) -> str:
        location = _header(response, "Location")
        host = urlsplit(request.url).netloc
        capture = self._archive.store(
            Exchange(
                visit_id=visit.visit_id,
                url=request.url,
                attempt=request.meta.get("retry_times", 0),
                method=request.method,
                request_headers=[("Host", host), *_lines(request.headers)],
                protocol=response.protocol or "HTTP/1.1",
                status=response.status,
                reason=HTTPStatus(response.status).phrase if response.status in _KNOWN_STATUS else "",
                response_headers=_lines(response.headers),
                payload=response.body,
                content_type=_header(response, "Content-Type") or None,
                redirect_url=_absolute(request.url, location) if location and 300 <= response.status < 400 else None,
                remote_ip=str(response.ip_address) if response.ip_address else None,
                fetched_at=utc_text(),
            )
        )
        visit.captures[request.url] = capture.capture_id
        return capture.capture_id


_KNOWN_STATUS = frozenset(int(status) for status in HTTPStatus)


def stored_response(ledger: Ledger, archive: WarcArchive, url: str, capture_id: str) -> Response:
    """Return a stored exchange as the response that the wire once gave, still content-encoded."""
    stored = read_exchange(archive.directory, ledger, capture_id)
    headers = Headers()
    for name, value in stored.headers:
        headers.appendlist(name, value.encode("latin-1", "replace"))
    kind = responsetypes.from_args(headers=headers, url=url, body=stored.payload)
    return kind(url=url, status=stored.status, headers=headers, body=stored.payload, flags=[STORED_FLAG])


def _header(response: Response, name: str) -> str:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else ""


def _lines(headers: Headers) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, values in headers.items() for value in values]


def _absolute(base: str, location: str) -> str | None:
    try:
        return urljoin(base, location)
    except ValueError:
        return None
