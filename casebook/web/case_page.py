"""What the page of one case shows: the dossier of its claim, its pictures as files of their own, what happened to it."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from pathlib import Path

from casebook.cases.cases import read_events
from casebook.cases.follow_up import read_replies
from casebook.cases.letters import list_letters
from casebook.cases.removal import read_checks
from casebook.dossier.dossier import Dossier, compare_logo, read_dossier
from casebook.dossier.findings import read_finding
from casebook.dossier.pictures import list_exhibits, read_exhibit_png
from ledger.database import Ledger, Row
from ledger.errors import BadInputError
from ledger.identity import content_id
from ledger.typed_texts import CaseId
from matcher.looking.explain import Comparison

_UNSAID = dict.fromkeys(
    (
        "decision", "reason", "comment", "was", "verdict", "why", "to", "until", "tone", "kind", "on", "answer_by",
        "removed_on", "healthy_looks", "over_days", "pages",
    )
)  # of an event's details  # fmt: skip
KINDS = ("official", "found", "overlay", "difference", "whole")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case as a reviewer sees it. dossier: None when the claim has lost its evidence; pictures: how many logos have some."""

    case: Row
    finding: Row | None
    dossier: Dossier | None
    pictures: tuple[int, ...]
    pages: tuple[Row, ...]  # the latest picture of each page, as casebook/dossier/pictures.py lists them
    events: tuple[tuple[Row, dict[str, object]], ...]
    letters: tuple[Row, ...]  # with their subjects, oldest first
    replies: tuple[Row, ...]
    checks: tuple[Row, ...]  # whether it is gone, newest first


def read_case(ledger: Ledger, case_id: CaseId) -> Row | None:
    """Return a case, or None."""
    return ledger.row("SELECT * FROM cases WHERE case_id = ?", [case_id])


def read_case_view(ledger: Ledger, warc_dir: Path, case: Row) -> CaseView:
    """Gather what is known of a case. Its pictures are drawn when they are asked for."""
    try:
        finding: Row | None = read_finding(ledger, case["claim_id"])
    except BadInputError:  # its evidence was rejected, or the pages were read anew
        finding = None
    dossier = read_dossier(ledger, warc_dir, finding, with_pictures=False) if finding is not None else None
    logos = dossier.logos if dossier else ()
    pictured = tuple(number for number, logo in enumerate(logos) if logo.not_pictured is None)
    events = tuple((row, {**_UNSAID, **json.loads(row["details"])}) for row in read_events(ledger, case["case_id"]))
    pages = tuple(row for row in list_exhibits(ledger, case["claim_id"]) if row["screenshot_sha256"])
    case_id = case["case_id"]
    return CaseView(
        case=case, finding=finding, dossier=dossier, pictures=pictured, pages=pages, events=events,
        letters=tuple(list_letters(ledger, case_id)), replies=tuple(read_replies(ledger, case_id)),
        checks=tuple(read_checks(ledger, case_id)),
    )  # fmt: skip


def draw_picture(ledger: Ledger, warc_dir: Path, pictures_dir: Path, case: Row, number: int, kind: str) -> Path | None:
    """Return where a picture of a case lies, drawn if need be; None when there is none.

    They are kept by what they are made of, so a case whose evidence has changed shows new ones.
    """
    view = read_case_view(ledger, warc_dir, case)
    if number not in view.pictures or view.dossier is None:
        return None
    row = view.dossier.logos[number].row
    stem = content_id(
        "pictures", row["image_sha256"], row["official_logo_id"], row["x"], row["y"], row["width"], row["height"]
    )
    folder = pictures_dir / stem[:2]
    if not (folder / f"{stem}-{KINDS[-1]}.png").exists():
        compared = compare_logo(ledger, warc_dir, row)
        if not isinstance(compared, Comparison):
            return None
        folder.mkdir(parents=True, exist_ok=True)
        for one in KINDS:
            part = folder / f".{stem}-{one}-{threading.get_ident()}"
            part.write_bytes(getattr(compared, f"{one}_png"))
            part.replace(folder / f"{stem}-{one}.png")
    return folder / f"{stem}-{kind}.png"


def read_page_picture(ledger: Ledger, warc_dir: Path, case: Row, number: int, kind: str) -> bytes | None:
    """Return a page of a case as a browser drew it. kind: screenshot or outlined; None: there is none."""
    pages = [row for row in list_exhibits(ledger, case["claim_id"]) if row["screenshot_sha256"]]
    return read_exhibit_png(warc_dir, pages[number], kind) if number < len(pages) else None
