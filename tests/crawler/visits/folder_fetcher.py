"""A folder of files as a visit's fetcher: no wire, no Scrapy; every answer goes through a real archive."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from crawler.visits.fetcher import FetchedAnswer, FetchFailure
from crawler.visits.visit import RunningVisit
from ledger.archive.warc import Exchange, WarcArchive
from ledger.identity import utc_text
from ledger.vocabulary import Purpose


class FolderFetcher:
    """Answers http://HOST/PATH with the file PATH of a folder, else with 404; `failures`: path → reason."""

    def __init__(self, folder: Path, archive: WarcArchive, failures: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.archive = archive
        self.failures = failures or {}
        self.asked: list[str] = []

    async def fetch(
        self, visit: RunningVisit, url: str, purpose: Purpose, *, referrer: str | None = None
    ) -> FetchedAnswer | FetchFailure:
        path = urlsplit(url).path
        self.asked.append(path)
        if path in self.failures and urlsplit(url).netloc not in visit.unverified_hosts:
            return FetchFailure(reason=self.failures[path], detail="as the test wishes", failed_at=utc_text())
        file = self.folder / (path.strip("/") or "index.html")
        status = 200 if file.is_file() else 404
        content = file.read_bytes() if file.is_file() else b"<title>Page not found</title>"
        kind = (mimetypes.guess_type(file.name)[0] if file.is_file() else None) or "text/html"
        visit.requests += 1
        return FetchedAnswer(
            url=url,
            status=status,
            headers=(("Content-Type", kind),),
            content=content,
            capture_id=self._store(visit, url, status, kind, content),
            answered_at=utc_text(),
        )

    def _store(self, visit: RunningVisit, url: str, status: int, kind: str, content: bytes) -> str:
        if url not in visit.captures:
            exchange = Exchange(
                visit_id=visit.visit_id,
                url=url,
                attempt=0,
                method="GET",
                request_headers=None,
                protocol="HTTP/1.1",
                status=status,
                reason="OK" if status == 200 else "Not Found",
                response_headers=[("Content-Type", kind)],
                payload=content,
                content_type=kind,
                redirect_url=None,
                remote_ip=None,
                fetched_at=utc_text(),
            )
            visit.captures[url] = self.archive.store(exchange).capture_id
        return visit.captures[url]
