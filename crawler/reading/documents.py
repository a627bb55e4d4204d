"""A PDF → its pages, each as a page of its own: words in reading order, headings, pictures.

Vendors put line cards, company profiles and certificates into PDF files. Reads: the bytes of one. Gives: for each page an address
(`#page=3`, RFC 8118) and its content as HTML, so that whatever reads pages reads it: sightings, passages, kind, claims.

1. The file is read in a process of its own, in a box, with limits of time and memory (document_child.py): a hostile one costs one row.
2. Pages up to MAX_PAGES are read; that there are more is said at the first.
3. Without the extra, or where nothing could be read, the row says why: never "nothing there".
"""

from __future__ import annotations

import contextlib
import html
import importlib.util
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from crawler.reading.page_reader import DrawnDocument, PageSource, ReadPage
from ledger.boxes.box import FORBIDDEN_CALL, bare_environment
from ledger.extras import how_to_install
from ledger.typed_texts import FinalUrl
from ledger.vocabulary import PageHealth

MAX_PAGES = 30
PROCESSOR_S = 20.0  # of all pages; a line card of 30 pages with 200 logos takes 4 s
CLOCK_S = 300.0  # the last resort, for a process that does not get to work
MEMORY_LIMIT_BYTES = 1_500_000_000  # address space, 300 MB of which the libraries take
READER = Path(__file__).with_name("document_child.py")
MAX_OUTPUT_BYTES = 60_000_000  # the reader stops at 40 million and the page that it is at
NEEDS_EXTRA = f"needs the pdf extra; run: {how_to_install('pdf')}"
NOTHING_TO_READ = "PDF: its pages hold neither words nor pictures that can be read"
NO_BOXES = "data-no-box"  # the places of what stands in it are no places of a drawn page


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPage:
    """One page of a document. number: from 1."""

    number: int
    html: str
    is_empty: bool  # neither words nor pictures


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDocument:
    """What was read of a document. refusal: why nothing, or not all, could be read; None: all of it was."""

    pages: tuple[DocumentPage, ...]
    refusal: str | None


def is_pdf(content: bytes) -> bool:
    """Tell whether bytes are a PDF; what readers accept may begin with a little rubbish."""
    return b"%PDF-" in content[:1024]


def read_document(content: bytes, *, processor_s: float = PROCESSOR_S) -> ReadDocument:
    """Return the pages of a PDF. Never raises for what the bytes are, nor where the extra is not installed."""
    if not _has_extra():
        return ReadDocument(pages=(), refusal=NEEDS_EXTRA)
    limits = [str(processor_s), str(MEMORY_LIMIT_BYTES), str(MAX_PAGES)]
    # -P: the folder of the script must not come first on sys.path
    command = [sys.executable, "-P", str(READER), *limits]
    ended = _run(command, content)
    refusal: str | None = None
    if ended.is_late:
        refusal = f"its reader gave no answer within {CLOCK_S:g} s"
    elif ended.code == -signal.SIGPROF:
        refusal = f"reading needs more than {processor_s:g} s of processor time"
    elif ended.code == -signal.SIGSYS:
        refusal = FORBIDDEN_CALL
    elif ended.code:
        refusal = "the process that read it ended by itself"
    try:
        return _understand(_parsed_lines(ended.output), refusal)
    except (LookupError, TypeError, ValueError):  # in foreign hands it may say anything
        return ReadDocument(pages=(), refusal="PDF: its reader gave an answer of another kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    output: bytes
    code: int
    is_late: bool


def _run(command: Sequence[str], content: bytes) -> _Ended:
    """Run the reader to its end; of what it writes MAX_OUTPUT_BYTES at most are taken, whatever it says of itself."""
    is_late = threading.Event()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=bare_environment()
    ) as process:

        def end_late() -> None:
            is_late.set()
            process.kill()

        timer = threading.Timer(CLOCK_S, end_late)
        feeder = threading.Thread(target=_feed, args=(process.stdin, content), daemon=True)
        timer.start()
        feeder.start()
        try:
            output = b"" if process.stdout is None else process.stdout.read(MAX_OUTPUT_BYTES)
            if len(output) == MAX_OUTPUT_BYTES:
                process.kill()
            code = process.wait()
        finally:
            timer.cancel()
            process.kill()
            feeder.join()
    return _Ended(output=output, code=code, is_late=is_late.is_set())


def _feed(stdin: IO[bytes] | None, content: bytes) -> None:
    if stdin is not None:
        with contextlib.suppress(OSError), stdin:  # it may end before it has read all
            stdin.write(content)


def _has_extra() -> bool:
    try:
        return importlib.util.find_spec("pypdfium2") is not None
    except ValueError:  # its place among the modules is barred
        return False


def _parsed_lines(output: bytes) -> list[dict[str, Any]]:
    lines = []
    for line in output.splitlines():
        try:
            parsed = json.loads(line)
        except (ValueError, RecursionError):  # the last one, where a limit ended it
            break
        if isinstance(parsed, dict):
            lines.append(parsed)
    return lines


def _understand(lines: Sequence[dict[str, Any]], refusal: str | None) -> ReadDocument:
    if not lines or "pages" not in lines[0]:
        said = str(lines[0].get("refusal", "")) if lines else ""
        return ReadDocument(pages=(), refusal=f"PDF: {said or refusal or 'it could not be read'}")
    count, title = int(lines[0]["pages"]), str(lines[0].get("title", ""))
    read = [line for line in lines[1:] if "blocks" in line]
    pages = tuple(_page(line, title) for line in read)
    if refusal is None and len(read) < count:
        broken = next((str(line["refusal"]) for line in lines[1:] if "refusal" in line), "")
        refusal = f"{len(read)} of {count} pages were read" + (f" ({broken})" if broken else "")
    elif refusal is not None:
        refusal = f"{len(read)} of {count} pages were read: {refusal}"
    return ReadDocument(pages=pages, refusal=None if refusal is None else f"PDF: {refusal}")


def _page(line: dict[str, Any], title: str) -> DocumentPage:
    """A page as HTML: pictures behind the words that stand next above them, the page as a picture where no heading claims it."""
    parts, tops, headings = list[str](), list[float](), 0
    for block in line["blocks"]:
        level, text = int(block["level"]), html.escape(str(block["text"]))
        parts.append(f"<h{level}>{text}</h{level}>" if level else f"<p>{text}</p>")
        tops.append(float(block["top"]))
        headings += level > 0
    figures: dict[int, str] = {}
    for picture in line["pictures"]:
        above = [(top, -place) for place, top in enumerate(tops) if top >= float(picture["middle"])]
        place = -min(above)[1] if above else -1
        figures[place] = figures.get(place, "") + _figure(str(picture["uri"]))
    body = [figures.get(-1, ""), *(part + figures.get(place, "") for place, part in enumerate(parts))]
    if line["drawn"]:
        body.insert(0 if headings > 1 else len(body), _figure(str(line["drawn"])))
    head = f"<title>{html.escape(title)}</title>" if title else ""
    return DocumentPage(
        number=int(line["number"]),
        html=f"<!DOCTYPE html><html><head>{head}</head><body><main>{''.join(body)}</main></body></html>",
        is_empty=not any(body),
    )


def _figure(uri: str) -> str:
    return f'<figure><img src="{html.escape(uri)}"></figure>'


def sources_of(source: PageSource, document: ReadDocument) -> list[PageSource]:
    """Return the pages of a document as what a look at each of them would have brought; empty pages are left out."""
    pages = [page for page in document.pages if not page.is_empty]
    return [
        replace(
            source,
            url=FinalUrl(f"{source.url.partition('#')[0]}#page={page.number}"),
            content=b"",
            drawn=DrawnDocument(html=page.html, box_attribute=NO_BOXES),
            part=page.number if place else None,
        )
        for place, page in enumerate(pages)
    ]


def as_document_page(page: ReadPage, *, refusal: str | None) -> ReadPage:
    """Return a page of a document as it is stored: it is healthy whatever it lacks of a web page.

    refusal: why not all of the document was read; then what it does not show is not known to be gone.
    """
    return replace(page, page=replace(page.page, health=PageHealth.OK, health_reason=refusal))
