"""A certificate of removal to hand out: what had been shown, each look since, and the looks that prove that it is gone.

Reads: cases, removal_checks, what letter_grounds.py reads, looks and captures of the later visits, the archive. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from casebook.cases.decisions import refuse_input
from casebook.cases.enclosure import EnclosedPage, EnclosedPicture, draw_pictures_of, enclose_pages
from casebook.cases.letter_files import LetterFile, render_file
from casebook.cases.letter_grounds import read_brand_name, read_shown_pages, reference_of
from casebook.cases.letter_templates import LetterTemplates
from casebook.cases.removal import read_checks
from casebook.files.pdf import pdf_bytes
from casebook.files.styles import read_style
from casebook.files.written_days import write_day
from ledger.database import Ledger
from ledger.dates import day_of
from ledger.identity import sha256_hex, utc_text
from ledger.proof.custody import CustodyLog
from ledger.records import Case, RemovalCheck
from ledger.typed_texts import FinalUrl, Instant, Sha256, VisitId
from ledger.vocabulary import CustodyEvent, RemovalOutcome

KINDS = {"html": "text/html; charset=utf-8", "pdf": "application/pdf"}
_LANGUAGE = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedLook:
    """One look since the claim was confirmed. digests: of the pages as they were received on it, by address."""

    looked_at: Instant
    outcome: RemovalOutcome
    pages: tuple[Mapping[str, str], ...]
    digests: Mapping[str, Sha256]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalCertificate:
    """What stands on the certificate."""

    case: Case
    brand_name: str
    reference: str
    gone_since: str
    shown: tuple[EnclosedPage, ...]
    pictures: tuple[EnclosedPicture, ...]
    looks: tuple[CertifiedLook, ...]
    made_at: Instant

    @property
    def proving(self) -> int:
        """How many looks found it gone since it was."""
        return sum(
            look.outcome is RemovalOutcome.GONE and look.looked_at[:10] >= (self.case.removed_on or "")
            for look in self.looks
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReceivedPage:
    """A row of _RECEIVED."""

    url: FinalUrl
    sha256: Sha256


def read_removal_certificate(
    ledger: Ledger, warc_dir: Path, templates: LetterTemplates, case: Case
) -> RemovalCertificate:
    """Return what a certificate says. Errors: BadInputError for a case whose removal is not proven."""
    if case.removed_on is None:
        raise refuse_input("case", "one whose removal is proven", "none yet")
    brand = read_brand_name(ledger, case)
    words = {"official": f"Official logo of {brand}", "found": "As it was shown on $url"}
    pages = read_shown_pages(ledger, case.claim_id)
    return RemovalCertificate(
        case=case,
        brand_name=brand,
        reference=reference_of(case),
        gone_since=write_day(_LANGUAGE, day_of(case.removed_on)),
        shown=enclose_pages(templates, _LANGUAGE, brand, pages),
        pictures=tuple(draw_pictures_of(ledger, warc_dir, case.brand, words, pages)),
        looks=tuple(_certified(ledger, check) for check in reversed(read_checks(ledger, case.case_id))),
        made_at=utc_text(),
    )


def export_removal_certificate(
    ledger: Ledger, log: CustodyLog, case: Case, kind: str, *, warc_dir: Path, templates: LetterTemplates, by: str
) -> LetterFile:
    """Return a certificate as a file, and enter that in the custody log. kind: html or pdf.

    Errors: BadInputError for a case whose removal is not proven, and for PDF without the extra.
    """
    if kind not in KINDS:
        raise refuse_input("file", f"one of {', '.join(KINDS)}", kind)
    certificate = read_removal_certificate(ledger, warc_dir, templates, case)
    html = render_file("removal.html", c=certificate, style=read_style("tokens", "components", "paper"))
    content = pdf_bytes(html) if kind == "pdf" else html.encode("utf-8")
    details = {"certificate": "removal", "claim": case.claim_id, "kind": kind, "sha256": sha256_hex(content)}
    log.add(CustodyEvent.EXPORTED, details, by=by)
    return LetterFile(name=f"removal-{certificate.reference}.{kind}", content_type=KINDS[kind], content=content)


def _certified(ledger: Ledger, check: RemovalCheck) -> CertifiedLook:
    return CertifiedLook(
        looked_at=check.looked_at,
        outcome=check.outcome,
        pages=tuple({name: str(page[name]) for name in ("url", "outcome", "why")} for page in check.pages),
        digests=_digests(ledger, check.visit_id),
    )


def _digests(ledger: Ledger, visit_id: VisitId) -> dict[str, Sha256]:
    return {row.url: row.sha256 for row in ledger.select(_ReceivedPage, _RECEIVED, [visit_id])}


_RECEIVED = """
    SELECT p.url, c.payload_sha256 AS sha256 FROM pages p JOIN looks l ON l.look_id = p.look_id
    JOIN captures c ON c.capture_id = l.capture_id WHERE p.visit_id = ?
"""
