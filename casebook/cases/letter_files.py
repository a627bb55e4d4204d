"""An approved letter as a file: HTML, Word, PDF (extra [pdf]). What they hold is the text that was approved, and nothing else."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from docx import Document
from docx.shared import Mm
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from casebook.cases.decisions import refuse_input
from casebook.cases.letters import require_letter, require_text, text_digest
from casebook.files.pdf import pdf_bytes
from ledger.database import Ledger
from ledger.identity import parse_utc, sha256_hex
from ledger.proof.custody import CustodyLog
from ledger.records import Letter, LetterText
from ledger.typed_texts import Instant, LetterId
from ledger.vocabulary import CustodyEvent, LetterState

TYPES = {
    "html": "text/html; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFile:
    """A file of a letter."""

    name: str
    content_type: str
    content: bytes


def export_letter(ledger: Ledger, log: CustodyLog, letter_id: LetterId, kind: str, *, by: str) -> LetterFile:
    """Return a letter as a file, and enter that in the custody log. kind: html, docx or pdf.

    Errors: BadInputError for a letter that nobody approved, and for PDF without the extra.
    """
    letter = require_letter(ledger, letter_id)
    if letter.state not in (LetterState.APPROVED, LetterState.SENT):
        raise refuse_input("letter", "one that is approved", letter.state)
    if kind not in TYPES:
        raise refuse_input("file", f"one of {', '.join(TYPES)}", kind)
    text = require_text(ledger, letter)
    content = {"html": _html, "docx": _docx, "pdf": _pdf}[kind](letter, text)
    details = {"letter": letter_id, "kind": kind, "sha256": sha256_hex(content), "text_sha256": text_digest(text)}
    log.add(CustodyEvent.EXPORTED, details, by=by)
    return LetterFile(name=f"letter-{letter_id[-10:]}.{kind}", content_type=TYPES[kind], content=content)


def _approved_at(letter: Letter) -> Instant:
    assert letter.approved_at is not None  # noqa: S101  # only approved letters become files
    return letter.approved_at


def _html(letter: Letter, text: LetterText) -> bytes:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=select_autoescape(default=True), undefined=StrictUndefined
    )
    return environment.get_template("letter.html").render(letter=letter, text=text).encode("utf-8")


def _pdf(letter: Letter, text: LetterText) -> bytes:
    return pdf_bytes(_html(letter, text).decode("utf-8"))


def _docx(letter: Letter, text: LetterText) -> bytes:
    document = Document()
    properties = document.core_properties
    properties.title, properties.language = text.subject, letter.language
    properties.author = properties.comments = ""  # else the library names itself,
    properties.created = properties.modified = parse_utc(_approved_at(letter))  # and a day years ago
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)  # A4, as the other files
    page.left_margin = page.right_margin = Mm(22)
    page.top_margin = page.bottom_margin = Mm(25)
    document.add_paragraph(f"{text.recipient}\n{text.contact}")
    document.add_paragraph(_approved_at(letter)[:10])
    document.add_paragraph().add_run(text.subject).bold = True
    for paragraph in text.body.strip().split("\n\n"):
        document.add_paragraph(paragraph)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
