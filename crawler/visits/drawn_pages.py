"""A page that needs a browser is drawn, kept and read again; where it can't be, its row says why.

Reads: a page that was read, within a visit. Writes: renders, the drawn document and its screenshot in the archive.

1. The reason comes from crawler/reading/browser_reasons.py, which the reader asked.
2. No browser, or the visit's renders are spent: the page says "needs a browser", with the reason.
3. What the browser asks for comes through the fetcher: robots, budget, addresses and the archive hold as for every look.
4. A visit that runs again takes the drawn document from the archive.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from crawler.drawing.browser import Fetched, Rendered, RenderFailedError, why_no_browser
from crawler.images.stylesheets import Sheet
from crawler.reading.browser_reasons import needs_browser
from crawler.reading.links import PageLinks
from crawler.reading.page_reader import DrawnDocument, PageSource, ReadPage
from crawler.reading.stored_pages import read_drawn
from crawler.visits.fetcher import FetchedAnswer, FetchFailure
from crawler.visits.visit import RunningVisit
from crawler.visits.visit_tools import VisitTools
from ledger.archive.warc import MadeRecord
from ledger.errors import PartnerproofError
from ledger.identity import content_id, utc_text
from ledger.records import Render
from ledger.vocabulary import Purpose

_PURPOSES = {"image": Purpose.IMAGE, "stylesheet": Purpose.STYLESHEET}


async def draw(
    tools: VisitTools,
    visit: RunningVisit,
    source: PageSource,
    read: ReadPage,
    reason: str,
    read_sheets: Callable[[Iterable[str]], Awaitable[list[Sheet]]],
) -> tuple[ReadPage, PageLinks | None]:
    """Return the page as a browser drew it, and where it then leads; where it could not be drawn, as it is, saying so.

    read: with its sightings and passages, if it is healthy; so is what is returned. reason: why it has to be drawn.
    read_sheets: fetches style sheets. Errors: PageUnreadableError.
    """
    drawn = read_drawn(tools.ledger, tools.archive.directory, source.look_id)
    if drawn is None:
        render, drawn = await _draw(tools, visit, source, reason)
        tools.ledger.put([render])
        if drawn is None:
            return needs_browser(read, reason, render.failure or ""), None
    drawn_source = replace(source, drawn=drawn)
    again, leads = await tools.reading_pool.read(drawn_source)
    if again.is_healthy:
        again, _ = await tools.reading_pool.read_images(drawn_source, await read_sheets(leads.sheet_urls))
    return again, leads


async def _draw(
    tools: VisitTools, visit: RunningVisit, source: PageSource, reason: str
) -> tuple[Render, DrawnDocument | None]:
    failure = why_no_browser(tools.browser.options.executable, tools.browser.options.user)
    if failure is None and visit.renders >= visit.budget.renders:
        failure = f"the visit's {visit.budget.renders} renders are spent"
    rendered: Rendered | None = None
    if failure is None:
        visit.renders += 1
        try:
            rendered = await _ask_browser(tools, visit, source)
        except RenderFailedError as error:
            failure = str(error)
    if rendered is None:
        return _row(visit, source, reason, failure=failure), None
    at = utc_text()
    html = rendered.html.encode("utf-8", "replace")
    document = tools.archive.store_made(
        MadeRecord(kind="conversion", url=source.url, content=html, content_type="text/html; charset=utf-8", made_at=at)
    )
    picture = tools.archive.store_made(
        MadeRecord(kind="resource", url=source.url, content=rendered.screenshot, content_type="image/png", made_at=at)
    )
    row = replace(
        _row(visit, source, reason, failure=None),
        consent=rendered.consent,
        asked=rendered.asked,
        refused=rendered.refused,
        box_attribute=rendered.box_attribute,
        document_sha256=document.sha256,
        document_warc_file=document.warc_file,
        document_warc_offset=document.warc_offset,
        screenshot_sha256=picture.sha256,
        screenshot_warc_file=picture.warc_file,
        screenshot_warc_offset=picture.warc_offset,
        rendered_at=at,
    )
    return row, DrawnDocument(html=rendered.html, box_attribute=rendered.box_attribute)


async def _ask_browser(tools: VisitTools, visit: RunningVisit, source: PageSource) -> Rendered:
    broken: list[PartnerproofError] = []

    async def fetch(url: str, kind: str) -> Fetched | None:
        purpose = _PURPOSES.get(kind, Purpose.PAGE)
        if broken or visit.overspent(purpose):
            return None
        try:
            fetched = await tools.fetcher.fetch(visit, url, purpose)
        except PartnerproofError as error:  # disk full, evidence broken: the crawl stops, not only this page
            broken.append(error)
            return None
        return None if isinstance(fetched, FetchFailure) else _for_browser(fetched)

    try:
        return await tools.browser.render(source.url, fetch)
    finally:
        if broken:
            raise broken[0]


def _for_browser(answer: FetchedAnswer) -> Fetched:
    """An answer with one line a header: all that the browser's interface takes."""
    lines: dict[str, list[str]] = {}
    for name, value in answer.headers:
        lines.setdefault(name, []).append(value)
    return Fetched(
        status=answer.status,
        headers=tuple((name, ", ".join(values)) for name, values in lines.items()),
        body=answer.content,
    )


def _row(visit: RunningVisit, source: PageSource, reason: str, *, failure: str | None) -> Render:
    return Render(
        render_id=content_id("render", source.look_id),
        visit_id=visit.visit_id,
        look_id=source.look_id,
        reason=reason,
        failure=failure,
        consent=None,
        asked=0,
        refused=(),
        box_attribute=None,
        document_sha256=None,
        document_warc_file=None,
        document_warc_offset=None,
        screenshot_sha256=None,
        screenshot_warc_file=None,
        screenshot_warc_offset=None,
        rendered_at=utc_text(),
    )
