"""The export of one claim: a zip file with which a stranger can check every exhibit, offline.

Reads: all that is known about a claim, its records in the archive, the seals, the custody log. Writes: one zip file.

1. Gather in a folder: dossier, pictures, search certificate, the pages as a WACZ, draft certification, and the case's own files that
   come with the order: reply form, letters, files of replies.
2. Add the proofs: rows and records with their paths to the seals' roots, the authorities' tokens, the custody log with
   what concerns others withheld, and the verifier itself.
3. List every file with its digest in manifest.json, have that stamped, pack without dates, so that not a byte can change unseen.
4. Enter the file's digest in the custody log.

A redacted export is the same with ticked texts and outlined pictures blanked in it (casebook/export/redacted_copy.py).
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from casebook.dossier.dossier import Dossier, read_dossier
from casebook.dossier.findings import Finding, read_finding
from casebook.dossier.pictures import outlined_place, screenshot_place, stored_place
from casebook.dossier.report import Pages
from casebook.dossier.witnesses import read_witnesses
from casebook.export.certification import Certification, certify_exchange, read_crawls
from casebook.export.claim_rows import SealedRows, list_rows, read_capture_ids, read_drawn_pages
from casebook.export.exhibits import write_exhibits
from casebook.export.redacted_copy import RedactedCopy, redact_exhibits
from casebook.export.redaction_list import RedactionList
from casebook.files.pdf import write_pdf
from casebook.register.certificate import write_certificate
from casebook.register.recorded_search import read_searches_about
from ledger.archive.warc import StoredRecord
from ledger.database import Ledger
from ledger.errors import OutsideFailureError
from ledger.identity import utc_text
from ledger.proof import verifier
from ledger.proof.custody import CustodyLog
from ledger.proof.proofs import Proofs
from ledger.proof.seals import HEAD, Seals
from ledger.proof.timestamps import Authority, stamp_file
from ledger.proof.verifier import MANIFEST, STAMPS, canonical, file_facts, write_manifest, write_stamps_list
from ledger.proof.wacz import CopiedRecord, MadePlace, PageEntry, add_stored, write_wacz
from ledger.typed_texts import ClaimId, Instant
from ledger.vocabulary import CustodyEvent

FORMAT = "partnerproof export 1"
_TEMPLATES = Path(__file__).parent / "templates"
MAX_EXPORT_BYTES = 2_000_000_000  # beyond 2 GiB zipfile writes another kind of zip file, which verify.py does not take
_OPEN_EVENTS = frozenset({CustodyEvent.BEGAN, CustodyEvent.ENDED, CustodyEvent.CAPTURED, CustodyEvent.SEALED, CustodyEvent.STAMPED, CustodyEvent.VERIFIED, CustodyEvent.MENDED})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOrder:
    """What to export and where to. made_with: the program and its versions; with_pdf: also dossier.pdf (extra [pdf]).

    redact_by: what is to be blanked in the copies. files: of the case (casebook/cases/case_files.py), by their names in the export.
    """

    claim_id: ClaimId
    out: Path
    made_with: Mapping[str, Any]
    with_pdf: bool = False
    redact_by: RedactionList | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    authorities: Sequence[Authority] = ()  # that stamp manifest.json


@dataclass(frozen=True, slots=True, kw_only=True)
class _CapturedPage:
    """A page of a claim as one capture has it."""

    url: str
    title: str | None
    fetched_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What was written. unsealed: rows and records in it that no seal covers yet."""

    path: Path
    sha256: str
    bytes: int
    unsealed: int
    tokens: int
    redaction: Mapping[str, Any] | None = None  # how much was blanked
    unstamped: tuple[str, ...] = ()  # why an authority did not stamp manifest.json


def export_claim(ledger: Ledger, order: ExportOrder, *, warc_dir: Path, seals_dir: Path, log: CustodyLog) -> Export:
    """Write the export of a claim, over an earlier one.

    Errors: BadInputError for a claim that is not there and for mistakes in a list for redaction, EvidenceBrokenError when a record can't be read, OutsideFailureError
    when the disk refuses: then an earlier export stays as it was.
    """
    with ledger.snapshot():  # a crawl beside it may take evidence away between two of the queries
        finding = read_finding(ledger, order.claim_id)
        dossier = read_dossier(ledger, warc_dir, finding)
    if order.redact_by is not None:
        # pictures drawn later show words as pixels, and nothing that the rest lacks
        story = dossier.story.without_words() if dossier.story else None
        dossier = replace(dossier, pages=(), story=story)
    part = order.out.with_name(f".{order.out.name}.part")
    try:
        order.out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".export-", dir=order.out.parent) as made:
            folder = Path(made)
            proofs = Proofs(ledger, Seals.of(seals_dir))
            write_exhibits(folder, ledger, warc_dir, finding.claim_id, dossier)
            copy: RedactedCopy | None = None
            if order.redact_by is not None:
                drawn = read_drawn_pages(ledger, finding.claim_id)
                copy = redact_exhibits(folder, ledger, finding, dossier, drawn, order.redact_by)
                dossier = copy.dossier
            copied = _write_archive(folder, ledger, warc_dir, finding, dossier, str(order.made_with["tool"]), copy)
            unsealed = _write_proofs(folder, ledger, proofs, finding, copied, copy)
            _write_case_files(folder, order.files)
            entries = _write_log_extract(folder, log, finding.claim_id, copy)
            _write_pages(folder, ledger, finding, dossier, order, entries, unsealed, copy)
            shutil.copyfile(verifier.__file__, folder / "verify.py")
            about = {
                "format": FORMAT,
                "claim": finding.claim_id,
                "made_at": utc_text(),
                "made_with": dict(order.made_with),
            }
            if copy is not None:
                about = copy.redaction.value(about) | {"redaction": copy.about}
            digest = write_manifest(folder, about)
            unstamped = _stamp_manifest(folder, order.authorities)
            _pack(folder, part)
            part.replace(order.out)
            tokens = len(list(folder.glob("proof/seals/*/*.tsr")))
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutsideFailureError(
            f"{order.out}: the export could not be written ({error}); free some space or name another file with --out"
        ) from error
    facts = file_facts(order.out)
    log.add(
        CustodyEvent.EXPORTED,
        {"claim": finding.claim_id, "file": order.out.name, "manifest_sha256": digest, **facts}
        | ({"redacted": copy.about} if copy else {}),
    )
    return Export(
        path=order.out,
        unsealed=unsealed,
        tokens=tokens,
        redaction=copy.about if copy else None,
        unstamped=unstamped,
        **facts,
    )


def _stamp_manifest(folder: Path, authorities: Sequence[Authority]) -> tuple[str, ...]:
    """Have manifest.json stamped, so that the pages for people have a time, too; returns what failed."""
    into = folder / STAMPS
    if not authorities:
        return ()
    into.mkdir(parents=True, exist_ok=True)
    stamps = [stamp_file(folder / MANIFEST, authority, into=into) for authority in authorities]
    if not all(stamp.failure for stamp in stamps):
        write_stamps_list(folder)
    return tuple(stamp.failure for stamp in stamps if stamp.failure)


def _write_archive(
    folder: Path,
    ledger: Ledger,
    warc_dir: Path,
    finding: Finding,
    dossier: Dossier,
    software: str,
    copy: RedactedCopy | None,
) -> list[CopiedRecord]:
    """The pages of the claim with all that they show, as a WACZ."""
    claim_id = finding.claim_id
    renders = read_drawn_pages(ledger, claim_id)
    made = [
        place
        for render in renders
        for place in (
            stored_place(render.document_warc_file, render.document_warc_offset, render.document_sha256),
            stored_place(render.screenshot_warc_file, render.screenshot_warc_offset, render.screenshot_sha256),
        )
    ]
    beside = [
        place
        for picture in (page.picture for page in dossier.pages)
        for place in (
            stored_place(picture.document_warc_file, picture.document_warc_offset, picture.document_sha256),
            screenshot_place(picture),
            outlined_place(picture),
        )
    ]
    pages = [
        PageEntry(url=page.url, title=page.title or page.url, at=page.fetched_at)
        for page in ledger.select(_CapturedPage, _PAGES, {"claim": claim_id, "best": finding.page_url})
    ]
    return write_wacz(
        folder / "evidence.wacz",
        ledger,
        warc_dir,
        capture_ids=read_capture_ids(ledger, claim_id),
        made=_made_places(made),
        beside=_made_places(beside),
        pages=pages,
        title=dossier.sentence,
        software=software,
        blanking=copy.redaction if copy else None,
    )


def _made_places(places: Iterable[StoredRecord | None]) -> list[MadePlace]:
    return [MadePlace(file=place.warc_file, offset=place.warc_offset) for place in places if place is not None]


def _write_proofs(
    folder: Path,
    ledger: Ledger,
    proofs: Proofs,
    finding: Finding,
    copied: Sequence[CopiedRecord],
    copy: RedactedCopy | None,
) -> int:
    """Rows and records with their paths, and the seals that they lead to. Returns how many no seal covers."""
    proof = folder / "proof"
    proof.mkdir()
    rows = [
        _listed_row(row, sealed, copy)
        for sealed in list_rows(ledger, finding)
        for row in proofs.row(sealed.table, sealed.group, sealed.condition, [sealed.value])
    ]
    records = [_record_entry(record, proofs) for record in copied]
    if copy is not None:
        copy.counts["records"] = sum(record.is_redacted for record in copied)
    for name, entries in (("rows", rows), ("records", records), ("leaves", proofs.leaves)):
        (proof / f"{name}.jsonl").write_bytes(b"".join(canonical(entry) + b"\n" for entry in entries))
    used = {leaf["seal"] for leaf in proofs.leaves}
    for seal in proofs.seals.all:
        if seal.seal_id in used:
            target = proof / "seals" / seal.seal_id
            target.mkdir(parents=True)
            for path in (seal.folder / HEAD, *seal.tokens, *(token.with_suffix(".pem") for token in seal.tokens)):
                shutil.copyfile(path, target / path.name)
    return sum(1 for entry in (*rows, *records) if entry["leaf"] is None)


def _write_case_files(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def _listed_row(row: dict[str, Any], sealed: SealedRows, copy: RedactedCopy | None) -> dict[str, Any]:
    """A row as it is listed: its digest only where its values do not give it, and alone where the row is withheld."""
    if sealed.is_withheld or row.get("deleted") or (copy is not None and sealed.has_words):
        return {key: value for key, value in row.items() if key != "values"} | {"withheld": True}
    row = copy.row(row) if copy else row
    return row if row.get("redacted") else {key: value for key, value in row.items() if key != "digest"}


def _record_entry(record: CopiedRecord, proofs: Proofs) -> dict[str, Any]:
    leaf = proofs.record(record.file, record.offset)
    origin = {"file": record.file, "offset": record.offset}
    entry = {"offset": record.copied_to, "length": record.length, "leaf": leaf, "from": origin}
    if record.is_redacted:
        digest = json.loads(proofs.leaves[leaf]["leaf"])["sha256"] if leaf is not None else None
        entry |= {"redacted": True, "digest": digest}
    return entry


def _write_log_extract(
    folder: Path, log: CustodyLog, claim_id: ClaimId, copy: RedactedCopy | None
) -> list[dict[str, Any]]:
    """The whole chain; of entries that concern other claims only their digests. Returns the entries that are shown whole."""
    shown: list[dict[str, Any]] = []
    lines = []
    for entry in log.entries():
        is_ours = entry["event"] in _OPEN_EVENTS or entry["details"].get("claim") == claim_id
        if is_ours:
            entry = copy.log_entry(entry) if copy else entry  # noqa: PLW2901
            shown.append(entry)
        else:
            entry = {key: entry[key] for key in ("seq", "previous", "sha256")} | {"withheld": True}  # noqa: PLW2901
        lines.append(canonical(entry) + b"\n")
    (folder / "custody.jsonl").write_bytes(b"".join(lines))
    return shown


def _write_pages(
    folder: Path,
    ledger: Ledger,
    finding: Finding,
    dossier: Dossier,
    order: ExportOrder,
    entries: Sequence[dict[str, Any]],
    unsealed: int,
    copy: RedactedCopy | None,
) -> None:
    """The HTML that a person reads."""
    pages = Pages(_TEMPLATES)
    witnesses = read_witnesses(ledger, finding.claim_id)
    text = pages.render("dossier.html", d=dossier, finding=finding, witnesses=witnesses, is_alone=True)
    (folder / "dossier.html").write_text(text, encoding="utf-8")
    if dossier.search is not None:
        write_certificate(ledger, dossier.search, folder / "search-certificate.html")
    about = read_searches_about(ledger, finding.claim_id)
    if about:
        (folder / "searches").mkdir()
    for search in about:
        write_certificate(ledger, search, folder / "searches" / f"{search.as_of}-{search.search_id[:8]}.html")
    seals = [path.parent for path in folder.glob(f"proof/seals/*/{HEAD}")]
    stamped = [entry["details"] for entry in entries if entry["event"] == CustodyEvent.STAMPED]
    stamps = [
        stamp
        for stamp in stamped
        if any((seal / f"{stamp['authority']}.tsr").exists() for seal in seals if seal.name == stamp["seal"])
    ]
    certification = Certification(
        crawls=read_crawls(ledger, dossier.captures),
        captures=tuple(map(certify_exchange, dossier.captures)),
        made_with=dict(order.made_with),
        stamps=tuple(stamps),
        custody_entries=len(entries),
        unstamped=sum(1 for seal in seals if not any(seal.glob("*.tsr"))),
        unsealed=unsealed,
    )
    listed = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    common = {"d": dossier, "finding": finding, "c": certification, "files": listed, "witnesses": witnesses, "redaction": copy.about if copy else None}  # fmt: skip
    common |= {kind: any(file.startswith(f"{kind}/") for file in listed) for kind in ("letters", "replies")}
    for name in ("certification-draft.html", "READ-ME.html"):
        (folder / name).write_text(pages.render(name, **common), encoding="utf-8")
    if copy is not None:
        copy.pages(folder)
    if order.with_pdf:
        write_pdf((folder / "dossier.html").read_text(encoding="utf-8"), folder / "dossier.pdf")


def _pack(folder: Path, part: Path) -> None:
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    if sum((folder / name).stat().st_size for name in names) > MAX_EXPORT_BYTES:
        raise OutsideFailureError(f"{part}: the evidence has more than 2 GB, which an export does not hold")
    with part.open("wb") as file:
        with zipfile.ZipFile(file, "w") as archive:
            for name in names:
                with (folder / name).open("rb") as source:
                    add_stored(archive, name, source, (folder / name).stat().st_size)
        file.flush()
        os.fsync(file.fileno())


def export_name(finding: Finding, *, is_redacted: bool = False) -> str:
    """Return the file name that an export has when none is given: vendor's domain, brand, the claim's first digits."""
    vendor = "".join(c if c.isalnum() or c in ".-" else "-" for c in finding.vendor_domain)[:60]
    return f"{vendor}-{finding.brand}-{finding.claim_id[:8]}{'-redacted' if is_redacted else ''}.zip"


_PAGES = """
    SELECT DISTINCT c.url, p.title, c.fetched_at FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id
    JOIN looks k ON k.look_id = p.look_id JOIN captures c ON c.capture_id = k.capture_id
    WHERE e.claim_id = :claim ORDER BY p.url = :best DESC, c.fetched_at DESC, c.url
"""
