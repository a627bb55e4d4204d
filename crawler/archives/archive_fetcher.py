"""An archive that others made as a visit's fetcher: its answers, as near in time as possible to the page that shows them.

Reads: an archive's index. Writes: each answer once for a visit, under its own date, into our own archive.
"""

from __future__ import annotations

from collections.abc import Iterable

from crawler.archives.archive_index import Answer, ArchiveIndex, ReadAnswer
from crawler.visits.fetcher import MAX_BYTES, FetchedAnswer, FetchFailure
from crawler.visits.visit import RunningVisit
from ledger.archive.codings import BodyRefusedError
from ledger.archive.warc import Exchange, WarcArchive
from ledger.identity import content_id
from ledger.typed_texts import CaptureId, FinalUrl, Instant
from ledger.vocabulary import Purpose

NOT_IN_ARCHIVE = "not-in-archive"


class ArchiveFetcher:
    """Fetches for one visit. documents: the answers that are its pages.

    What a page shows is asked for after it, and taken from around the page's own date.
    """

    def __init__(self, index: ArchiveIndex, archive: WarcArchive, documents: Iterable[Answer]) -> None:
        self._index = index
        self._archive = archive
        self._documents = {document.uri: document for document in documents}
        self._page_at = Instant("")  # of the page that was fetched last

    async def fetch(
        self, visit: RunningVisit, url: str, purpose: Purpose, *, referrer: str | None = None
    ) -> FetchedAnswer | FetchFailure:
        """Return what the archive holds for an address. Errors: PartnerproofError when our own archive refuses."""
        answer: Answer | None
        if purpose is Purpose.PAGE:
            answer = self._documents[url]
            self._page_at = answer.at
        else:
            answer = self._index.near(url, self._page_at)
        if answer is None:
            detail = "the archive holds no answer for it near that day"
            return FetchFailure(reason=NOT_IN_ARCHIVE, detail=detail, failed_at=self._page_at)
        try:
            read = self._index.read(answer, max_bytes=MAX_BYTES[purpose])
        except BodyRefusedError as error:
            return FetchFailure(reason=error.reason, detail=error.detail, failed_at=answer.at)
        return FetchedAnswer(
            url=FinalUrl(answer.uri),
            status=read.status,
            headers=read.http.headers,
            content=read.body.content,
            capture_id=self._store(visit, answer, read),
            answered_at=answer.at,
        )

    def _store(self, visit: RunningVisit, answer: Answer, read: ReadAnswer) -> CaptureId:
        """Put an answer into our own archive, once for each visit and address; returns the capture's id."""
        if answer.uri in visit.captures:
            return visit.captures[answer.uri]
        capture_id = CaptureId(content_id("capture", visit.visit_id, answer.uri, 0))
        visit.captures[answer.uri] = capture_id
        visit.body_bytes += len(read.body.payload)
        if self._archive.ledger.value("SELECT 1 FROM captures WHERE capture_id = ?", [capture_id]):
            return capture_id
        self._archive.store(
            Exchange(
                visit_id=visit.visit_id,
                url=answer.uri,
                attempt=0,
                method=read.request.first if read.request is not None else "GET",
                request_headers=None if read.request is None else read.request.headers,
                protocol=read.http.first,
                status=read.status,
                reason=read.http.reason,
                response_headers=_without_transfer_coding(read.http.headers),
                payload=read.body.payload,
                content_type=read.http.value("content-type"),
                redirect_url=answer.location if 300 <= read.status < 400 else None,
                remote_ip=answer.ip,
                fetched_at=answer.at,
            )
        )
        return capture_id


def _without_transfer_coding(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    # our archive keeps payloads with the transfer coding undone; players would undo it a second time
    return [(f"X-Archive-{name}" if name.lower() == "transfer-encoding" else name, value) for name, value in headers]
