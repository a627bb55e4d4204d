"""What a case shows, each at an address of its own: logos compared, images named, pages as they were drawn, small pictures, archived copies.

An archived copy stands in a frame that may do nothing: no script, no network, no way out. Its own policy (COPY_POLICY) sandboxes it and lets it
load nothing; the page around it lets no other address into the frame.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

from starlette.responses import HTMLResponse

from casebook.dossier.archived_copy import COPY_POLICY, ArchivedCopy, make_archived_copy
from casebook.web.access.accounts import Session
from casebook.web.application_context import ApplicationContext, is_plain_id
from casebook.web.case_page import KINDS, draw_named, draw_picture, draw_thumbnail, read_case, read_page_picture
from casebook.web.queue import Filters
from casebook.web.responses import POLICY, Answer, NotThereError, Page, Path_
from ledger.records import Case
from ledger.typed_texts import CaseId, LookId
from ledger.vocabulary import Role

_NO_PICTURE = base64.b64decode(  # one transparent pixel, where a case has no picture
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNgYGBgAAAABQABeqhXUAAAAABJRU5ErkJggg=="
)


AROUND_POLICY = f"{POLICY}; frame-src 'self'"


def require_case_of(context: ApplicationContext, path: Path_) -> Case:
    """Return the case that an address names. Errors: NotThereError."""
    case = read_case(context.ledger, CaseId(path["case_id"])) if is_plain_id(path["case_id"]) else None
    if case is None:
        raise NotThereError
    return case


def show_picture(context: ApplicationContext, session: Session, path: Path_, query: Mapping[str, str]) -> Answer:
    case, kind = require_case_of(context, path), path["kind"]
    number = path["number"]
    if kind not in KINDS or not number.isdecimal() or len(number) > 2:
        raise NotThereError
    file = draw_picture(context.ledger, context.warc_dir, context.pictures_dir, case, int(number), kind)
    if file is None:
        raise NotThereError
    return Answer(file=file)


def show_named(context: ApplicationContext, session: Session, path: Path_, query: Mapping[str, str]) -> Answer:
    case, number = require_case_of(context, path), path["number"]
    if not number.isdecimal() or len(number) > 2:
        raise NotThereError
    png = draw_named(context.ledger, context.warc_dir, case, int(number))
    if png is None:
        raise NotThereError
    return Answer(png=png)


def show_page_picture(context: ApplicationContext, session: Session, path: Path_, query: Mapping[str, str]) -> Answer:
    case, kind, number = require_case_of(context, path), path["kind"], path["number"]
    if kind not in ("screenshot", "outlined", "place") or not number.isdecimal() or len(number) > 2:
        raise NotThereError
    png = read_page_picture(context.ledger, context.warc_dir, case, int(number), kind)
    if png is None:
        raise NotThereError
    return Answer(png=png)


def show_thumbnail(context: ApplicationContext, session: Session, path: Path_, query: Mapping[str, str]) -> Answer:
    file = draw_thumbnail(context.ledger, context.warc_dir, context.pictures_dir, require_case_of(context, path))
    return Answer(png=_NO_PICTURE) if file is None else Answer(file=file)


def show_copy(context: ApplicationContext, session: Session, path: Path_, query: Mapping[str, str]) -> Answer:
    """The page around the copy: what it is, of when, and what is missing in it."""
    case, copy = _read(context, path)
    values = {"case": case, "copy": copy, "filters": Filters.read(query)}
    return Answer(template="copy.html", values=values, policy=AROUND_POLICY)


def show_copied_document(
    context: ApplicationContext, session: Session, path: Path_, query: Mapping[str, str]
) -> Answer:
    _, copy = _read(context, path)
    return Answer(response=HTMLResponse(copy.html, headers={"Content-Security-Policy": COPY_POLICY}))


def _read(context: ApplicationContext, path: Path_) -> tuple[Case, ArchivedCopy]:
    case, look_id = require_case_of(context, path), path["look_id"]
    copy = (
        make_archived_copy(context.ledger, context.warc_dir, case.claim_id, LookId(look_id))
        if is_plain_id(look_id)
        else None
    )
    if copy is None:
        raise NotThereError
    return case, copy


EVIDENCE_PAGES: Mapping[str, Page] = {
    "/cases/{case_id}/pictures/{number}/{kind}": Page(role=Role.READER, make=show_picture),
    "/cases/{case_id}/thumb": Page(role=Role.READER, make=show_thumbnail),
    "/cases/{case_id}/named/{number}": Page(role=Role.READER, make=show_named),
    "/cases/{case_id}/pages/{number}/{kind}": Page(role=Role.READER, make=show_page_picture),
    "/cases/{case_id}/copies/{look_id}": Page(role=Role.READER, make=show_copy),
    "/cases/{case_id}/copies/{look_id}/document": Page(role=Role.READER, make=show_copied_document),
}
