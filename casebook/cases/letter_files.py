"""An approved letter as a file: HTML, Word, PDF (extra [pdf]): letterhead, the text that was approved, its enclosure."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

from docx import Document
from docx.document import Document as DocxDocument
from docx.shared import Mm
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from casebook.cases.decisions import refuse_input
from casebook.cases.enclosure import Enclosure, make_enclosure
from casebook.cases.letter_facts import Sender
from casebook.cases.letter_templates import LetterTemplates
from casebook.cases.stored_letters import require_case, require_letter, require_text, text_digest
from casebook.files.pdf import pdf_bytes
from casebook.files.written_days import write_day
from ledger.database import Ledger
from ledger.dates import day_of
from ledger.identity import parse_utc, sha256_hex
from ledger.proof.custody import CustodyLog
from ledger.proof.row_deletion import DELETED_WORDS
from ledger.records import Letter, LetterText
from ledger.typed_texts import Instant, LetterId
from ledger.vocabulary import CustodyEvent, LetterState

TYPES = {
    "html": "text/html; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
TEMPLATES = Path(__file__).parent / "templates"
_TEXT_WIDTH_MM = 166


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFile:
    """A file of a letter."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """All that a file shows."""

    letter: Letter
    text: LetterText
    day: str
    sender: Sender
    enclosure: Enclosure


def export_letter(
    ledger: Ledger,
    log: CustodyLog,
    letter_id: LetterId,
    kind: str,
    *,
    warc_dir: Path,
    templates: LetterTemplates,
    sender: Sender,
    by: str,
) -> LetterFile:
    """Return a letter as a file, and enter that in the custody log. kind: html, docx or pdf; sender: whose letterhead it has.

    Errors: BadInputError for a letter that nobody approved, and for PDF without the extra.
    """
    letter = require_letter(ledger, letter_id)
    if letter.state not in (LetterState.APPROVED, LetterState.SENT):
        raise refuse_input("letter", "one that is approved", letter.state)
    if kind not in TYPES:
        raise refuse_input("file", f"one of {', '.join(TYPES)}", kind)
    if require_text(ledger, letter).body == DELETED_WORDS:
        raise refuse_input(
            "letter", "one whose words are still kept", "one whose words were deleted when their time was over"
        )
    sheet = _make_sheet(ledger, letter, warc_dir=warc_dir, templates=templates, sender=sender)
    content = {"html": _html, "docx": _docx, "pdf": _pdf}[kind](sheet)
    digest = text_digest(letter, sheet.text)
    details = {"letter": letter_id, "kind": kind, "sha256": sha256_hex(content), "text_sha256": digest}
    log.add(CustodyEvent.EXPORTED, details, by=by)
    return LetterFile(name=f"letter-{letter_id[-10:]}.{kind}", content_type=TYPES[kind], content=content)


def draw_letter(ledger: Ledger, letter: Letter, *, warc_dir: Path, templates: LetterTemplates, sender: Sender) -> bytes:
    """Return an approved or sent letter as HTML, for a file that holds more than it: nothing is entered in the custody log."""
    return _html(_make_sheet(ledger, letter, warc_dir=warc_dir, templates=templates, sender=sender))


def _make_sheet(
    ledger: Ledger, letter: Letter, *, warc_dir: Path, templates: LetterTemplates, sender: Sender
) -> _Sheet:
    return _Sheet(
        letter=letter,
        text=require_text(ledger, letter),
        day=write_day(letter.language, day_of(_approved_at(letter)[:10])),
        sender=sender,
        enclosure=make_enclosure(ledger, warc_dir, templates, letter, require_case(ledger, letter.case_id)),
    )


def _approved_at(letter: Letter) -> Instant:
    assert letter.approved_at is not None  # noqa: S101  # only approved letters become files
    return letter.approved_at


def render_file(template: str, **values: object) -> str:
    """Return a page that needs nothing from outside: `data_uri` shows a PNG or JPEG in it."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape(default=True), undefined=StrictUndefined
    )
    environment.filters["data_uri"] = _data_uri
    return environment.get_template(template).render(**values)


def _html(sheet: _Sheet) -> bytes:
    return render_file("letter.html", sheet=sheet).encode("utf-8")


def _data_uri(picture: bytes) -> str:
    kind = "png" if picture.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"


def _pdf(sheet: _Sheet) -> bytes:
    return pdf_bytes(_html(sheet).decode("utf-8"))


def _docx(sheet: _Sheet) -> bytes:
    letter, text = sheet.letter, sheet.text
    document = Document()
    properties = document.core_properties
    properties.title, properties.language = text.subject, letter.language
    properties.author = properties.comments = ""  # else the library names itself,
    properties.created = properties.modified = parse_utc(_approved_at(letter))  # and a day years ago
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)  # A4, as the other files
    page.left_margin = page.right_margin = Mm(22)
    page.top_margin = page.bottom_margin = Mm(25)
    if sheet.sender.letterhead:
        document.add_picture(io.BytesIO(sheet.sender.letterhead), height=Mm(16))
    document.add_paragraph(f"{text.recipient}\n{text.contact}")
    document.add_paragraph(sheet.day)
    document.add_paragraph().add_run(text.subject).bold = True
    for paragraph in text.body.strip().split("\n\n"):
        document.add_paragraph(paragraph)
    _add_enclosure(document, sheet.enclosure)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _add_enclosure(document: DocxDocument, enclosure: Enclosure) -> None:
    words = enclosure.words
    document.add_page_break()  # type: ignore[no-untyped-call]  # python-docx types a part of itself
    document.add_heading(words["title"], level=1)
    for page in enclosure.pages:
        document.add_paragraph().add_run(page.url).bold = True
        document.add_paragraph(f"{words['seen']}: {page.seen}")
        for phrase in page.shown:
            document.add_paragraph(phrase, style="List Bullet")
        if page.sha256:
            document.add_paragraph(f"{words['digest']}: {page.sha256}")
    if enclosure.pictures:
        document.add_heading(words["pictures"], level=2)
    for picture in enclosure.pictures:
        document.add_paragraph(picture.caption)
        if picture.png is None:
            document.add_paragraph(picture.why_not)
        else:
            document.add_picture(io.BytesIO(picture.png), width=Mm(_picture_width_mm(picture.png)))


def _picture_width_mm(png: bytes) -> float:
    """At 96 px an inch, and no wider than the text."""
    return min(_TEXT_WIDTH_MM, int.from_bytes(png[16:20], "big") * 25.4 / 96)
