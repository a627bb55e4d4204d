"""Draws pages of PDF files in a process of its own that can be killed, with hard limits of time and memory.

Only official files may be PDF: decode.sniff_format knows no PDF, so no vendor's image ever comes here.
"""

from __future__ import annotations

import importlib.util
import struct
from dataclasses import dataclass

from ledger.extras import how_to_install
from ledger.vocabulary import RefusalReason
from matcher import thresholds
from matcher.decoding.refusals import Refusal
from matcher.decoding.worker import Worker

_PAGES = struct.Struct(">I")


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPage:
    """PNG of a page on transparent ground, its longer side thresholds.PDF_SIDE_PX; None if the file has no such page.

    number: from 1. pages: of the file.
    """

    png: bytes | None
    number: int
    pages: int


class PdfWorker(Worker):
    """The renderer; every method may be called from any thread."""

    def __init__(self) -> None:
        super().__init__("pdf_child.py", thresholds.PDF_MEMORY_LIMIT_BYTES, (thresholds.PDF_SIDE_PX,))

    def draw(self, content: bytes, page: int | None) -> DrawnPage | Refusal:
        """Draw a page, counted from 1; None: the only one."""
        answer = self.ask(_PAGES.pack(page or 0), content)
        if isinstance(answer, Refusal):
            return answer
        (pages,) = _PAGES.unpack_from(answer)
        return DrawnPage(png=answer[_PAGES.size :] or None, number=page or 1, pages=pages)


_WORKER = PdfWorker()


def is_pdf(content: bytes) -> bool:
    """Whether a file is a PDF; what readers accept may begin with a little rubbish."""
    return b"%PDF-" in content[:1024]


def draw_pdf_page(content: bytes, page: int | None) -> DrawnPage | Refusal:
    """A page drawn by the one worker of this process. Refusal(NEEDS_EXTRA) without the extra."""
    if len(content) > thresholds.MAX_BYTES:
        detail = f"{len(content)} bytes are over the limit of {thresholds.MAX_BYTES}"
        return Refusal(reason=RefusalReason.TOO_MANY_BYTES, detail=detail)
    if importlib.util.find_spec("pypdfium2") is None:
        detail = f"PDF needs an extra; run: {how_to_install('pdf')}"
        return Refusal(reason=RefusalReason.NEEDS_EXTRA, detail=detail)
    return _WORKER.draw(content, page)
