"""What stands between the spider and the wire: each visit's pace, and every exchange into the archive.

CaptureMiddleware lies nearest to the wire, so that it sees bodies before decompression and every redirect. What a killed
run of the same visit had stored is answered from the archive; what an earlier visit has is requested on condition that it
has changed (If-None-Match, If-Modified-Since).
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable
from http import HTTPStatus
from http.cookiejar import Cookie
from typing import Any, Self, cast
from urllib.parse import urldefrag, urljoin, urlsplit
from weakref import WeakKeyDictionary

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.cookies import CookiesMiddleware
from scrapy.exceptions import CannotResolveHostError
from scrapy.http import Response
from scrapy.http.cookies import CookieJar
from scrapy.http.headers import Headers
from scrapy.responsetypes import responsetypes
from w3lib.url import safe_url_string

from crawler.visits.clock import read_server_date
from crawler.visits.visit import RunningVisit, find_earlier_capture
from crawler.wire.addresses import known_addresses, refused_hosts, resolve
from crawler.wire.connection_facts import read_connection_facts
from crawler.wire.failures import LookRefusedError
from crawler.wire.pace import MAX_WAIT_S, Pace, retry_after_s
from crawler.wire.proxy import PROXY_META
from crawler.wire.robots import ROBOTS_META
from crawler.wire.tls import UNVERIFIED_META
from crawler.wire.visiting_spider import visiting_spider
from ledger.archive.codings import is_no_text
from ledger.archive.warc import NOT_MODIFIED, Exchange, WarcArchive, read_exchange
from ledger.database import Ledger
from ledger.domains import is_public_suffix
from ledger.errors import EvidenceBrokenError
from ledger.identity import utc_text
from ledger.records import Connection
from ledger.typed_texts import CaptureId
from ledger.vocabulary import Purpose, Tls

STORED_FLAG = "stored"
CUT_FLAG = "dataloss"  # Scrapy's word for a body that ended early
UNCHANGED_FLAG = "unchanged"
READABLE_ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate", "br", "zstd"})
MAX_HEADER_LINES = 200
MAX_HEADER_BYTES = 64_000
_PLACE = "place_at_address"
_HELD = "held_capture"
_UNCONDITIONAL = "unconditional"
logger = logging.getLogger(__name__)


class PaceMiddleware:
    """Keeps to what hosts ask for: Crawl-delay, Retry-After, and few requests at once to one IP address.

    What is answered from the archive does not come here: CaptureMiddleware stands before it.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @property
    def _pace(self) -> Pace:
        return visiting_spider(self.crawler).pace

    async def process_request(self, request: Request) -> None:
        visit: RunningVisit | None = request.meta.get("visit")
        if visit is None:
            return
        parts = urlsplit(request.url)
        left = self._pace.closed_for(parts.netloc)
        if left > MAX_WAIT_S:
            raise LookRefusedError("retry-after", f"the host asked to be left alone for {left:.0f} s")
        if not await self._pace.wait(parts.netloc, at_most_s=visit.seconds_left()):
            visit.spent = visit.spent or "seconds"
            raise LookRefusedError("budget-seconds", "the host asks for longer waits than the visit has seconds left")
        address = await self._address_of(request)
        if address is not None:
            try:
                await asyncio.wait_for(self._pace.places.take(address), timeout=max(0.1, visit.seconds_left()))
            except TimeoutError as error:
                visit.spent = visit.spent or "seconds"
                raise LookRefusedError("budget-seconds", f"{address} was busy until the visit's end") from error
            request.meta[_PLACE] = address

    async def _address_of(self, request: Request) -> str | None:
        """Where a request goes; asked of the resolver before the first one to a host, or that would hold no place.

        None: nobody knows, or only the proxy does.
        """
        parts = urlsplit(request.url)
        host = parts.hostname or ""
        is_new = known_addresses.get(host) is None and refused_hosts.get(host) is None
        if host and is_new and PROXY_META not in request.meta:
            await resolve(host, parts.port or (443 if parts.scheme == "https" else 80))
        return known_addresses.get(host)

    def process_response(self, request: Request, response: Response) -> Response:
        self._give_back(request)
        has_visit = request.meta.get("visit") is not None  # whoever asks in `scrapy shell` waits as they like
        if has_visit and response.status in (429, 503) and STORED_FLAG not in response.flags:
            seconds = retry_after_s(_header(response, "Retry-After"))
            if seconds:
                self._pace.come_back_after(urlsplit(request.url).netloc, seconds)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        self._give_back(request)
        host = urlsplit(request.url).hostname
        address = refused_hosts.get(host)
        if request.meta.get("visit") is None and address and isinstance(exception, CannotResolveHostError):
            # no row will say why: `scrapy shell` would only tell of a name that has no address
            logger.warning(
                "%s leads to %s, which is not a public address; to ask it all the same: -s PARTNERPROOF_ALLOW_PRIVATE=1",
                host,
                address,
            )
            raise LookRefusedError("private-address", f"{host} leads to {address}, which is not a public address")

    def _give_back(self, request: Request) -> None:
        address = request.meta.pop(_PLACE, None)
        if address is not None:
            self._pace.places.give_back(address)


class VisitCookiesMiddleware(CookiesMiddleware):
    """Cookies as a browser keeps them, for one visit: some servers show nothing without. They go when the visit does."""

    def __init__(self, debug: bool = False) -> None:  # noqa: FBT001, FBT002  # as Scrapy calls it
        super().__init__(debug)
        self.jars = cast("defaultdict[Any, CookieJar]", _JarsOfVisits())

    def _process_cookies(self, cookies: Iterable[Cookie], *, jar: CookieJar, request: Request) -> None:
        # Scrapy's own asks tldextract, which fetches the list of public suffixes, past robots rules, address guard and archive
        for cookie in cookies:
            if is_public_suffix(cookie.domain.removeprefix(".")):
                host = urlsplit(request.url).hostname or ""
                if cookie.domain.removeprefix(".") != host:
                    continue
                cookie.domain = host
            jar.set_cookie_if_ok(cookie, request)


class _JarsOfVisits:
    """A jar for each visit that lives; whatever asks without one, such as `scrapy shell`, shares one."""

    def __init__(self) -> None:
        self._of_visits: WeakKeyDictionary[RunningVisit, CookieJar] = WeakKeyDictionary()
        self._other = CookieJar()

    def __getitem__(self, visit: RunningVisit | None) -> CookieJar:
        return self._other if visit is None else self._of_visits.setdefault(visit, CookieJar())


class CaptureMiddleware:
    """Writes every exchange of a visit to the archive; answers from it what is already there or has not changed."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @property
    def _archive(self) -> WarcArchive:
        return visiting_spider(self.crawler).archive

    def process_request(self, request: Request) -> Response | None:
        visit: RunningVisit | None = request.meta.get("visit")
        if visit is None:
            return None
        # here and not when the request was made: robots.txt of the host is asked for in between
        request.meta[UNVERIFIED_META] = urlsplit(request.url).netloc in visit.unverified_hosts
        url = _wire_url(request)
        capture_id = visit.stored.get((url, _attempt(request)))
        if capture_id is None:
            self._ask_on_condition(visit, request)
            return None
        visit.captures[url] = capture_id
        return self._stored(url, capture_id)

    def _ask_on_condition(self, visit: RunningVisit, request: Request) -> None:
        for name in ("If-None-Match", "If-Modified-Since"):  # of the address that redirected here
            request.headers.pop(name, None)
        request.meta.pop(_HELD, None)
        if request.meta.get(_UNCONDITIONAL):
            return
        earlier = find_earlier_capture(self._archive.ledger, visit, _wire_url(request))
        if earlier is None:
            return
        request.meta[_HELD] = earlier.capture_id
        if earlier.etag:
            request.headers["If-None-Match"] = earlier.etag.encode("latin-1", "replace")
        if earlier.last_modified:
            request.headers["If-Modified-Since"] = earlier.last_modified.encode("latin-1", "replace")

    def process_response(self, request: Request, response: Response) -> Request | Response:
        visit: RunningVisit | None = request.meta.get("visit")
        if visit is None:
            return response
        visit.requests += 1
        visit.body_bytes += len(response.body)
        _refuse_many_headers(response)
        if STORED_FLAG not in response.flags:
            url = _wire_url(request)
            key = (url, _attempt(request))
            if key in visit.stored:  # two redirects led here at once: the first answer is the one that counts
                visit.captures[url] = visit.stored[key]
                response = self._stored(url, visit.stored[key])
            elif response.status == NOT_MODIFIED and not self._is_held(request):
                return self._without_condition(request)
            else:
                visit.stored[key] = self._store(visit, request, response)
                if response.status == NOT_MODIFIED and _HELD in request.meta:
                    response = self._stored(url, visit.stored[key])
        encodings = {part.strip().lower() for part in _header(response, "Content-Encoding").split(",")}
        # "none", "utf-8": what browsers do not know, they take for no coding
        is_image = request.meta.get("purpose") is Purpose.IMAGE  # whose decoder says what it is
        if not encodings <= READABLE_ENCODINGS and not is_image and is_no_text(response.body):
            raise LookRefusedError("unreadable-encoding", f"Content-Encoding {', '.join(sorted(encodings))}")
        return response

    def _is_held(self, request: Request) -> bool:
        """Whether what a 304 refers to can still be read: one damaged record is no reason to end a crawl."""
        if _HELD not in request.meta:
            return True  # a 304 that nobody asked for is stored as it came
        try:
            read_exchange(self._archive.directory, self._archive.ledger, request.meta[_HELD])
        except EvidenceBrokenError as error:
            logger.warning("asked again without condition: %s", error)
            return False
        return True

    def _without_condition(self, request: Request) -> Request:
        again = request.copy()
        again.meta[_UNCONDITIONAL] = True
        return again

    def _stored(self, url: str, capture_id: CaptureId) -> Response:
        return stored_response(self._archive.ledger, self._archive, url, capture_id)

    def _store(self, visit: RunningVisit, request: Request, response: Response) -> CaptureId:
        location = response.headers.get("Location")
        url = _wire_url(request)
        parts = urlsplit(url)
        tls = (
            (Tls.UNVERIFIED if request.meta.get(UNVERIFIED_META) else Tls.VERIFIED) if parts.scheme == "https" else None
        )
        robots, robots_capture_id = request.meta.get(ROBOTS_META) or (None, None)
        lines = _lines(response.headers)
        capture = self._archive.store(
            Exchange(
                visit_id=visit.visit_id,
                url=url,
                attempt=_attempt(request),
                is_cut=CUT_FLAG in response.flags,
                method=request.method,
                request_headers=[("Host", parts.netloc), *_lines(request.headers)],
                protocol=response.protocol or "HTTP/1.1",
                status=response.status,
                reason=_PHRASES.get(response.status, ""),
                response_headers=lines,
                payload=response.body,
                content_type=_header(response, "Content-Type") or None,
                redirect_url=_followed(url, location) if location and 300 <= response.status < 400 else None,
                remote_ip=str(response.ip_address) if response.ip_address else None,
                fetched_at=utc_text(),
                holds=request.meta.get(_HELD) if response.status == NOT_MODIFIED else None,
                tls=tls,
                connection=self._connection(visit, request, response),
                robots=robots,
                robots_capture_id=robots_capture_id,
                server_date=read_server_date({name.lower(): value for name, value in lines}),
            )
        )
        visit.captures[url] = capture.capture_id
        visit.fetched_at[capture.capture_id] = capture.fetched_at
        return capture.capture_id

    def _connection(self, visit: RunningVisit, request: Request, response: Response) -> Connection:
        facts = read_connection_facts(request.url, response)
        if facts not in visit.connections:
            visit.connections[facts] = self._archive.store_connection(visit.visit_id, facts)
        return visit.connections[facts]


_PHRASES = {int(status): status.phrase for status in HTTPStatus}


def stored_response(ledger: Ledger, archive: WarcArchive, url: str, capture_id: CaptureId) -> Response:
    """Return a stored exchange as the response that the wire once gave, still content-encoded.

    A 304 is answered as the response that still holds, flagged as unchanged.
    """
    stored = read_exchange(archive.directory, ledger, capture_id)
    headers = Headers()
    for name, value in stored.headers:
        headers.appendlist(name, value.encode("latin-1", "replace"))
    kind = responsetypes.from_args(headers=headers, url=url, body=stored.payload)
    flags = [STORED_FLAG, *([UNCHANGED_FLAG] if stored.is_unchanged else [])]
    return kind(url=url, status=stored.status, headers=headers, body=stored.payload, flags=flags)


def _refuse_many_headers(response: Response) -> None:
    lines = _lines(response.headers)
    size = sum(len(name) + len(value) for name, value in lines)
    if len(lines) > MAX_HEADER_LINES or size > MAX_HEADER_BYTES:
        raise LookRefusedError("too-many-headers", f"{len(lines)} header lines, {size} bytes")


def _header(response: Response, name: str) -> str:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else ""


def _lines(headers: Headers) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, values in headers.items() for value in values]


def _attempt(request: Request) -> int:
    """Which request for its address this is: a redirect that comes back to it, with a cookie now, may be answered otherwise."""
    been_here = [urldefrag(url).url for url in request.meta.get("redirect_urls", ())].count(_wire_url(request))
    retries: int = request.meta.get("retry_times", 0)
    return retries + been_here


def _wire_url(request: Request) -> str:
    """The address as it is asked for: a fragment stays here, and answers don't have it in theirs."""
    url: str = request.url
    return urldefrag(url).url if "#" in url else url


def _followed(base: str, location: bytes) -> str | None:
    """The address that a redirect leads to, as Scrapy's RedirectMiddleware asks for it, so that rows lead on to each other."""
    try:
        url = safe_url_string(location)
        if location.startswith(b"//"):
            url = f"{urlsplit(base).scheme}://{url.lstrip('/')}"
        return urldefrag(safe_url_string(urljoin(base, url))).url
    except ValueError:
        return None
