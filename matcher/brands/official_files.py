"""An official file → the drawing in it that can be described: a picture as it is, or one page of a PDF, drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ledger.errors import Problem
from ledger.extras import how_to_install
from ledger.vocabulary import RefusalReason
from matcher.decoding.pdf_worker import draw_pdf_page, is_pdf
from matcher.decoding.refusals import Refusal
from matcher.looking.templates import describe_mark

PICTURE_SUFFIXES: Final = frozenset(
    {".svg", ".svgz", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".bmp", ".ico", ".tif", ".tiff"}
)
OFFICIAL_SUFFIXES: Final = PICTURE_SUFFIXES | {".pdf"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A drawing that describe_mark accepts. content: a picture that decode_image reads.

    origin: what identifies it, whatever draws it: the file's bytes, for a page of a PDF with the page's number. name:
    the file's name, for a page that was chosen with #page=3 after it (RFC 8118).
    """

    name: str
    content: bytes = field(repr=False)
    origin: bytes = field(repr=False)


def read_drawing(content: bytes, name: str, *, where: str, page: int | None = None) -> Drawing | Problem:
    """The drawing of a file, or the mistake. page: of a PDF, from 1; None: it has one only."""
    drawing = _read_page(content, name, where, page) if is_pdf(content) else _read_picture(content, name, where, page)
    if isinstance(drawing, Problem):
        return drawing
    marks = describe_mark(drawing.content)
    if isinstance(marks, Refusal):
        return _no_logo(where if page is None else f"{where}, page {page}", str(marks))
    return drawing


def _read_picture(content: bytes, name: str, where: str, page: int | None) -> Drawing | Problem:
    if page is not None:
        return Problem(
            where=where, expected="a page of PDF files only", got=f"page = {page}", next_step="remove the key page"
        )
    return Drawing(name=name, content=content, origin=content)


def _read_page(content: bytes, name: str, where: str, page: int | None) -> Drawing | Problem:
    drawn = draw_pdf_page(content, page)
    if isinstance(drawn, Refusal) and drawn.reason is RefusalReason.NEEDS_EXTRA:
        return Problem(
            where=where,
            expected="a picture, or the extra that draws PDF",
            got="a PDF without the extra",
            next_step=f"run: {how_to_install('pdf')}, or export the page as SVG",
        )
    if isinstance(drawn, Refusal):
        return _no_logo(where, str(drawn))
    if drawn.png is None and page is None:
        return Problem(
            where=where,
            expected="a PDF of one page, or to be told which page shows the logo",
            got=f"{drawn.pages} pages and no page",
            next_step=f'export that page alone; or write [[logo]] file = "{name}" page = 1 into brand.toml, for each page'
            " that shows one logo and nothing else",
        )
    if drawn.png is None:
        return Problem(
            where=where,
            expected=f"a page from 1 to {drawn.pages}",
            got=str(page),
            next_step="count from the first page of the file, whatever number is printed on it",
        )
    return Drawing(
        name=name if page is None else f"{name}#page={page}",
        content=drawn.png,
        origin=content + b"\0page=%d" % drawn.number,
    )


def _no_logo(where: str, got: str) -> Problem:
    return Problem(where=where, expected="a picture of a logo", got=got, next_step="export it again as SVG or PNG")
