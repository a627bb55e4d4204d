"""The documents of one visit: PDF files that pages link to, read page by page.

Reads: the answer of a look. Writes: a row in pages for each page of the document, with its sightings and passages.
"""

from __future__ import annotations

import asyncio

from crawler.reading.documents import NOTHING_TO_READ, as_document_page, read_document, sources_of
from crawler.reading.page_reader import PageSource, store_page, unread_page
from crawler.reading.reading_pool import PageUnreadableError
from crawler.visits.visit import RunningVisit
from crawler.visits.visit_tools import VisitTools
from ledger.vocabulary import PageHealth

MAX_DOCUMENTS = 5  # of a visit


class LinkedDocuments:
    """Reads the documents of a visit, at most MAX_DOCUMENTS; of further ones the row says that they were not read."""

    def __init__(self, tools: VisitTools, visit: RunningVisit) -> None:
        self.tools = tools
        self.visit = visit
        self.read_count = 0

    async def read(self, source: PageSource) -> str | None:
        """Read a document and store its pages; returns why nothing of it could be read, if so."""
        if self.read_count >= MAX_DOCUMENTS:
            return self._refuse(source, f"the visit's {MAX_DOCUMENTS} documents are read")
        self.read_count += 1
        document = await asyncio.to_thread(read_document, source.content)
        sources = sources_of(source, document)
        if not sources:
            return self._refuse(source, document.refusal or NOTHING_TO_READ)
        for page_source in sources:
            try:
                page, _ = await self.tools.reading_pool.read_images(page_source, [])
            except PageUnreadableError as error:
                store_page(self.tools.ledger, unread_page(page_source, str(error), health=PageHealth.UNREADABLE))
                continue
            page = as_document_page(page, refusal=document.refusal)
            store_page(self.tools.ledger, page)
            self.tools.on_page(self.visit, page)
        self.visit.pages += 1
        return None

    def _refuse(self, source: PageSource, reason: str) -> str:
        store_page(self.tools.ledger, unread_page(source, reason, health=PageHealth.UNREADABLE))
        return f"{PageHealth.UNREADABLE}: {reason}"
