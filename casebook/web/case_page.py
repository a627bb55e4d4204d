"""What the page of one case shows: the dossier of its claim, its pictures as files of their own, what happened to it."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casebook.cases.follow_up import ListedReply, read_replies
from casebook.cases.removal import read_checks
from casebook.cases.stored_letters import ListedLetter, list_letters
from casebook.dossier.archived_copy import list_copied_pages
from casebook.dossier.case_story import read_events
from casebook.dossier.dossier import Dossier, compare_logo, read_dossier
from casebook.dossier.findings import Finding, read_finding
from casebook.dossier.named_images import draw_named_image, read_named_images
from casebook.dossier.outlined_places import crop_place, shrink_around
from casebook.dossier.pictures import (
    list_exhibits,
    outlined_place,
    read_png,
    screenshot_place,
)
from ledger.boxes.boxed_calls import BoxedCallError
from ledger.database import Ledger, columns_of
from ledger.errors import BadInputError, EvidenceBrokenError, RecordDeletedError
from ledger.identity import content_id
from ledger.records import Case, CaseEventRow, Picture, RemovalCheck
from ledger.typed_texts import CaseId, ClaimId, FinalUrl, Instant, LookId
from ledger.vocabulary import Relation, VerdictKind
from matcher.explain import Comparison, outline_region
from matcher.logo_matches import image_content

_NO_DETAILS = dict.fromkeys(
    (
        "decision", "reason", "comment", "was", "verdict", "why", "to", "until", "tone", "kind", "on", "dated", "answer_by",
        "removed_on", "healthy_looks", "over_days", "pages",
    )
)  # of an event's details  # fmt: skip
KINDS = ("official", "found", "overlay", "difference", "whole")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPage:
    """A page of a case: its latest look. number: of its picture among those that a browser drew; None: it is not drawn (yet)."""

    look_id: LookId
    url: FinalUrl
    looked_at: Instant
    is_document: bool  # of a PDF: there is no copy to replay
    number: int | None
    is_outlined: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherClaim:
    """Another claim of the same vendor on the same brand. case: None where nobody has to look at it."""

    case: Case | None
    relation: Relation
    tier: str | None
    evidence: str
    verdict: VerdictKind | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEvent:
    """An event of a case; details: by name, None where it has none of that name."""

    event: CaseEventRow
    details: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case as a reviewer sees it. dossier: None when the claim has lost its evidence; pictures: how many logos have some."""

    case: Case
    finding: Finding | None
    dossier: Dossier | None
    pictures: tuple[int, ...]
    pages: tuple[ShownPage, ...]  # drawn ones first
    events: tuple[ShownEvent, ...]
    letters: tuple[ListedLetter, ...]
    replies: tuple[ListedReply, ...]
    checks: tuple[RemovalCheck, ...]  # whether it is gone, newest first


def read_case(ledger: Ledger, case_id: CaseId) -> Case | None:
    """Return a case, or None."""
    return ledger.find(Case, case_id=case_id)


def read_further_claims(ledger: Ledger, case: Case) -> list[FurtherClaim]:
    """Return the other claims of a case's vendor on its brand: those that are cases first, the most serious first."""
    cases = {other.claim_id: other for other in ledger.select(Case, _FURTHER_CASES, [case.claim_id])}
    others: list[ClaimId] = ledger.values(_FURTHER_CLAIMS, [case.claim_id])
    further = [
        FurtherClaim(
            case=other, relation=other.relation, tier=other.tier, evidence=other.evidence, verdict=other.verdict
        )
        for other in cases.values()
    ]  # fmt: skip
    for claim_id in others:
        if claim_id in cases:
            continue
        with suppress(BadInputError):  # its evidence was rejected, or the pages were read anew
            found = read_finding(ledger, claim_id)
            further.append(
                FurtherClaim(
                    case=None, relation=found.relation, tier=found.tier, evidence=found.evidence or "", verdict=found.verdict,
                )
            )  # fmt: skip
    return further


def read_case_view(ledger: Ledger, warc_dir: Path, case: Case) -> CaseView:
    """Gather what is known of a case as of one moment. Its pictures are drawn when they are asked for."""
    with ledger.snapshot():  # a crawl beside it may take evidence away between two of the queries
        return _read_case_view(ledger, warc_dir, case)


def _read_case_view(ledger: Ledger, warc_dir: Path, case: Case) -> CaseView:
    finding: Finding | None
    try:
        finding = read_finding(ledger, case.claim_id)
    except BadInputError:  # its evidence was rejected, or the pages were read anew
        finding = None
    dossier = read_dossier(ledger, warc_dir, finding, with_pictures=False) if finding is not None else None
    logos = dossier.logos if dossier else ()
    return CaseView(
        case=case,
        finding=finding,
        dossier=dossier,
        pictures=tuple(number for number, logo in enumerate(logos) if logo.not_pictured is None),
        pages=_list_pages(ledger, case),
        events=tuple(
            ShownEvent(event=event, details={**_NO_DETAILS, **event.details})
            for event in read_events(ledger, case.case_id)
        ),
        letters=tuple(list_letters(ledger, case.case_id)),
        replies=tuple(read_replies(ledger, case.case_id)),
        checks=tuple(read_checks(ledger, case.case_id)),
    )


def _list_drawn(ledger: Ledger, case: Case) -> list[Picture]:
    return [picture for picture in list_exhibits(ledger, case.claim_id) if picture.screenshot_sha256]


def _list_pages(ledger: Ledger, case: Case) -> tuple[ShownPage, ...]:
    drawn = {picture.look_id: (number, picture) for number, picture in enumerate(_list_drawn(ledger, case))}
    pages = []
    for page in list_copied_pages(ledger, case.claim_id):
        number, picture = drawn.get(page.look_id, (None, None))
        is_outlined = picture is not None and picture.outlined_sha256 is not None
        pages.append(
            ShownPage(
                look_id=page.look_id,
                url=page.url,
                looked_at=page.looked_at,
                is_document=page.is_document,
                number=number,
                is_outlined=is_outlined,
            )
        )
    return tuple(sorted(pages, key=lambda page: page.number is None))


def draw_picture(ledger: Ledger, warc_dir: Path, pictures_dir: Path, case: Case, number: int, kind: str) -> Path | None:
    """Return where a picture of a case lies, drawn if need be; None when there is none.

    Their file names follow from what they are made of, so a case whose evidence has changed shows new ones.
    """
    view = read_case_view(ledger, warc_dir, case)
    if number not in view.pictures or view.dossier is None:
        return None
    logo = view.dossier.logos[number].logo
    stem = content_id("pictures", logo.image_sha256, logo.official_logo_id, logo.x, logo.y, logo.width, logo.height)
    folder = pictures_dir / stem[:2]
    if not (folder / f"{stem}-{KINDS[-1]}.png").exists():
        compared = compare_logo(ledger, warc_dir, logo)
        if not isinstance(compared, Comparison):
            return None
        folder.mkdir(parents=True, exist_ok=True)
        for made in KINDS:
            part = folder / f".{stem}-{made}-{threading.get_ident()}"
            part.write_bytes(getattr(compared, f"{made}_png"))
            part.replace(folder / f"{stem}-{made}.png")
    return folder / f"{stem}-{kind}.png"


def draw_named(ledger: Ledger, warc_dir: Path, case: Case, number: int) -> bytes | None:
    """Return a PNG of an image that claims by words or names; None: there is none."""
    images = read_named_images(ledger, warc_dir, case.claim_id, with_pictures=False)
    drawn = draw_named_image(ledger, warc_dir, images[number].image) if number < len(images) else None
    return drawn if isinstance(drawn, bytes) else None


def read_page_picture(ledger: Ledger, warc_dir: Path, case: Case, number: int, kind: str) -> bytes | None:
    """Return a page of a case as a browser drew it. kind: screenshot, outlined, or place: the part that is outlined; None: there is none."""
    pictures = _list_drawn(ledger, case)
    if number >= len(pictures):
        return None
    picture = pictures[number]
    png = read_png(warc_dir, (screenshot_place if kind == "screenshot" else outlined_place)(picture))
    if png is None or kind != "place":
        return png
    try:
        return crop_place(png, [box for piece in picture.evidence for box in piece["boxes"]])
    except BoxedCallError:
        return None


def draw_thumbnail(ledger: Ledger, warc_dir: Path, pictures_dir: Path, case: Case) -> Path | None:
    """Return where a small picture of a case lies: the outlined place on its page, else the image; None: there is neither."""
    picture = next(iter(_list_drawn(ledger, case)), None)
    stem = content_id("thumbnail", picture.picture_id if picture else case.image_sha256 or "")
    file = pictures_dir / stem[:2] / f"{stem}-thumb.png"
    if file.exists():
        return file
    try:
        drawn = _page_thumbnail(warc_dir, picture) if picture else None
        drawn = drawn or _image_thumbnail(ledger, warc_dir, case)
    except (
        EvidenceBrokenError,
        RecordDeletedError,
        BoxedCallError,
    ):  # a list goes on without; the case says what is wrong
        return None
    if drawn is None:
        return None
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}-{threading.get_ident()}")
    part.write_bytes(drawn)
    part.replace(file)
    return file


def _page_thumbnail(warc_dir: Path, picture: Picture) -> bytes | None:
    png = read_png(warc_dir, outlined_place(picture))
    boxes = [box for piece in picture.evidence for box in piece["boxes"]]
    return shrink_around(png, boxes[0]) if png is not None and boxes else None


def _image_thumbnail(ledger: Ledger, warc_dir: Path, case: Case) -> bytes | None:
    if case.image_sha256 is None:
        return None
    capture_id = ledger.value(
        "SELECT iif(inline_sha256 IS NULL, image_capture_id, NULL) FROM seen_images WHERE image_sha256 = ? LIMIT 1",
        [case.image_sha256],
    )
    drawn = outline_region(image_content(ledger, warc_dir, case.image_sha256, capture_id), None)
    return drawn if isinstance(drawn, bytes) else None


_SAME = "l.seed_id = (SELECT seed_id FROM claims WHERE claim_id = ?1) AND l.brand = (SELECT brand FROM claims WHERE claim_id = ?1) AND l.claim_id <> ?1"
_FURTHER_CASES = f"SELECT {columns_of(Case, 'c')} FROM claims l JOIN cases c USING (claim_id) WHERE {_SAME} ORDER BY c.seriousness, c.case_id"
_FURTHER_CLAIMS = f"SELECT l.claim_id FROM claims l WHERE {_SAME} ORDER BY l.relation"
